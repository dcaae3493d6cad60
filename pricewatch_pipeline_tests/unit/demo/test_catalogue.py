from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.demo.catalogue import (
    ITEMS,
    SHOPS,
    Item,
    Markup,
    availability_at,
    delay_of,
    is_challenging,
    is_on_sale,
    items_of,
    list_price_at,
    price_at,
    shop_with,
    true_price,
)
from pricewatch_pipeline.domain.offers import Availability

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAY = [NOON + timedelta(minutes=n) for n in range(24 * 60)]
INSTANTS = st.datetimes(datetime(2025, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
ANY_ITEM = st.sampled_from(ITEMS)


def item(shop_id: str, slug: str) -> Item:
    return next(each for each in items_of(shop_id) if each.slug == slug)


class TestItems:
    def test_every_item_has_a_page_and_numbers_of_its_own(self) -> None:
        assert len({(each.shop_id, each.path) for each in ITEMS}) == len(ITEMS)
        assert len({each.sku for each in ITEMS}) == len(ITEMS)
        assert len({each.gtin for each in ITEMS}) == len(ITEMS)

    @pytest.mark.parametrize("each", ITEMS, ids=lambda each: each.sku)
    def test_gtins_are_valid(self, each: Item) -> None:
        assert len(each.gtin) == 13
        assert sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(each.gtin)) % 10 == 0

    def test_the_shops_differ_as_real_ones_do(self) -> None:
        assert {shop.markup for shop in SHOPS} == set(Markup)
        assert {"GBP", "USD", "EUR", "PLN", "JPY"} == {shop.currency for shop in SHOPS}
        assert all(items_of(shop.shop_id) for shop in SHOPS)


class TestPrices:
    @given(ANY_ITEM, INSTANTS)
    def test_a_price_stays_near_its_base_and_is_written_as_its_currency_is(self, each: Item, instant: datetime) -> None:
        price = price_at(each, instant)
        assert Decimal("0.65") < price / each.base_price < Decimal("1.15")
        decimals = 0 if shop_with(each.shop_id).currency == "JPY" else -2
        assert price.as_tuple().exponent == decimals
        assert price == price_at(each, instant)

    @given(ANY_ITEM, INSTANTS)
    def test_a_list_price_is_shown_in_a_sale_and_is_higher(self, each: Item, instant: datetime) -> None:
        list_price = list_price_at(each, instant)
        assert (list_price is not None) is is_on_sale(each, instant)
        assert list_price is None or list_price > price_at(each, instant)

    @pytest.mark.parametrize("each", ITEMS, ids=lambda each: each.sku)
    def test_a_price_moves_every_few_minutes_and_holds_in_between(self, each: Item) -> None:
        prices = [price_at(each, instant) for instant in DAY]
        changes = sum(before != after for before, after in pairwise(prices))
        assert 24 * 60 / 10 < changes < 24 * 60 * 2 / 3

    def test_a_known_instant_has_a_known_price(self) -> None:
        assert price_at(item("linden", "barista-7"), NOON) == Decimal("1344.00")
        assert price_at(item("hikari", "tetsubin"), NOON) == Decimal(13900)


class TestAvailability:
    def test_the_shop_that_sells_out_does_so_for_a_while(self) -> None:
        seen = Counter(availability_at(item("dernier", "montre-lune"), instant) for instant in DAY)
        assert set(seen) == {Availability.IN_STOCK, Availability.LIMITED_AVAILABILITY, Availability.OUT_OF_STOCK}
        assert 200 < seen[Availability.OUT_OF_STOCK] < 1000

    def test_a_page_may_show_no_price_while_sold_out(self) -> None:
        bag = item("dernier", "sac-de-voyage")
        for instant in DAY:
            is_sold_out = availability_at(bag, instant) is Availability.OUT_OF_STOCK
            assert true_price(bag, instant) == (None if is_sold_out else price_at(bag, instant))

    def test_elsewhere_it_stays_what_it_is(self) -> None:
        assert {availability_at(item("linden", "fahrradhelm"), instant) for instant in DAY} == {Availability.PRE_ORDER}


class TestQuirks:
    def test_only_the_guarded_shop_challenges_and_only_now_and_then(self) -> None:
        seen = {shop.shop_id: sum(is_challenging(shop, instant) for instant in DAY) for shop in SHOPS}
        assert 200 < seen.pop("fortress") < 600
        assert set(seen.values()) == {0}

    def test_only_the_slow_shop_takes_its_time(self) -> None:
        delays = {shop.shop_id: {delay_of(shop, "/p/atlas", instant) for instant in DAY} for shop in SHOPS}
        assert all(timedelta(seconds=1) <= delay < timedelta(seconds=3) for delay in delays.pop("slowboat"))
        assert set().union(*delays.values()) == {timedelta(0)}
