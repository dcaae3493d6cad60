"""One product in many stores: which is best."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.domain.exchange import Rates
from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.price_changes import PriceChange
from pricewatch_pipeline.domain.products import (
    Comparison,
    Standing,
    StoreHistory,
    StoreOffer,
    best_history,
    best_offers,
    currency_of,
    is_fresh,
)

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
RATES = Rates(per_eur={"USD": Decimal("1.25"), "CZK": Decimal(25)})


def offer(watch_id: str, price: str | None, **fields) -> StoreOffer:
    amounts = {
        name: Decimal(fields.pop(name)) for name in ("shipping_price", "unit_price", "pack_size") if name in fields
    }
    given_fields = {"currency": "EUR", "confirmed_at": NOW - timedelta(hours=1), "every": timedelta(hours=6)} | fields
    return StoreOffer(watch_id=watch_id, price=price and Decimal(price), **amounts, **given_fields)


def compare(*offers: StoreOffer, currency: str = "EUR", pack_unit: str | None = None) -> Comparison:
    return best_offers(offers, RATES, currency, now=NOW, pack_unit=pack_unit)


def standings(found: Comparison) -> dict[str, str]:
    return {each.offer.watch_id: str(each.standing) for each in found.offers}


def test_the_cheapest_is_best_whatever_its_currency():
    found = compare(offer("a", "10"), offer("b", "11", currency="USD"), offer("c", "300", currency="CZK"))
    assert (found.best.offer.watch_id, found.best.price) == ("b", Decimal("8.8"))
    assert [each.offer.watch_id for each in found.offers] == ["b", "a", "c"]
    assert found.highest_price == Decimal(12)


def test_the_comparison_is_in_the_currency_asked_for():
    found = compare(offer("a", "10"), offer("b", "11", currency="USD"), currency="CZK")
    assert [(each.offer.watch_id, each.price) for each in found.offers] == [("b", Decimal(220)), ("a", Decimal(250))]


@pytest.mark.parametrize(
    ("other", "standing"),
    [
        (offer("other", "1", availability=Availability.OUT_OF_STOCK), "sold_out"),
        (offer("other", None, availability=Availability.OUT_OF_STOCK), "sold_out"),
        (offer("other", "1", availability=Availability.DISCONTINUED), "sold_out"),
        (offer("other", "1", confirmed_at=NOW - timedelta(days=8)), "stale"),
        (offer("other", "1", confirmed_at=None), "stale"),
        (offer("other", "1", condition="used"), "used"),
        (offer("other", "1", condition="refurbished"), "used"),
        (offer("other", "1", currency="GBP"), "no_rate"),
        (offer("other", "1", currency=None), "no_rate"),
        (offer("other", None), "no_price"),
        (offer("other", "0"), "no_price"),
    ],
)
def test_what_cannot_be_bought_now_is_never_best(other, standing):
    found = compare(offer("best", "10"), other)
    assert standings(found) == {"best": "compared", "other": standing}
    assert (found.best.offer.watch_id, found.highest_price) == ("best", Decimal(10))


def test_a_sold_out_offer_still_shows_what_it_cost():
    (found,) = compare(offer("a", "11", currency="USD", availability=Availability.OUT_OF_STOCK)).offers
    assert (found.standing, found.price) == (Standing.SOLD_OUT, Decimal("8.8"))


def test_used_goods_are_compared_with_each_other_where_nobody_sells_new_ones():
    assert compare(offer("a", "10", condition="used"), offer("b", "9", condition="used")).best.offer.watch_id == "b"


def test_used_goods_do_not_become_best_while_the_new_ones_are_sold_out():
    sold_out = offer("new", "10", availability=Availability.OUT_OF_STOCK)
    assert compare(sold_out, offer("used", "5", condition="used")).best is None


def test_a_delivery_of_unknown_price_is_not_a_free_one():
    found = compare(
        offer("unknown", "9"), offer("free", "10", shipping_price="0"), offer("dear", "9.50", shipping_price="4")
    )
    assert found.best.offer.watch_id == "unknown"
    assert (found.best_landed.offer.watch_id, found.best_landed.landed_price) == ("free", Decimal(10))
    assert {each.offer.watch_id: each.landed_price for each in found.offers} == {
        "unknown": None,
        "free": Decimal(10),
        "dear": Decimal("13.50"),
    }


def test_shipping_is_converted_too():
    (found,) = compare(offer("a", "10", currency="USD", shipping_price="2.5")).offers
    assert found.landed_price == Decimal(10)


def test_a_unit_price_is_the_pages_else_the_price_by_the_pack():
    found = compare(
        offer("says", "10", unit_price="18", unit_price_per="kg", pack_size="0.5", pack_unit="kg"),
        offer("counted", "12", pack_size="0.8", pack_unit="kg"),
        offer("neither", "1"),
    )
    assert {each.offer.watch_id: each.unit_price for each in found.offers} == {
        "says": Decimal(18),
        "counted": Decimal(15),
        "neither": None,
    }
    assert found.best_unit.offer.watch_id == "counted"


@pytest.mark.parametrize(("pack_unit", "best"), [(None, "kilo"), ("piece", "piece"), ("l", "kilo")])
def test_units_are_compared_with_their_like_only(pack_unit, best):
    found = compare(
        offer("kilo", "10", unit_price="20", unit_price_per="kg"),
        offer("kilo-too", "10", unit_price="21", unit_price_per="kg"),
        offer("piece", "10", unit_price="0.10", unit_price_per="piece"),
        pack_unit=pack_unit,
    )
    assert found.best_unit.offer.watch_id == best


@pytest.mark.parametrize(
    ("age", "every", "fresh"),
    [
        (timedelta(days=7), timedelta(hours=1), True),
        (timedelta(days=7, seconds=1), timedelta(hours=1), False),
        (timedelta(days=21), timedelta(days=7), True),
        (timedelta(days=22), timedelta(days=7), False),
        (timedelta(days=8), None, False),
    ],
)
def test_a_price_is_of_now_for_seven_days_or_three_intervals(age, every, fresh):
    assert is_fresh(offer("a", "1", confirmed_at=NOW - age, every=every), now=NOW) is fresh


@pytest.mark.parametrize(
    ("currencies", "own", "expected"),
    [
        (["USD", "USD"], None, "USD"),
        (["USD", "CZK"], None, "EUR"),
        (["USD", "USD"], "CZK", "CZK"),
        ([], None, "EUR"),
    ],
)
def test_a_product_is_compared_in_its_own_currency_else_in_that_of_all_its_stores(currencies, own, expected):
    offers = [offer(str(index), "1", currency=currency) for index, currency in enumerate(currencies)]
    assert currency_of([*offers, offer("none", None, currency=None)], own=own, default="EUR") == expected


offers_of = st.lists(
    st.builds(
        StoreOffer,
        watch_id=st.uuids().map(str),
        price=st.none() | st.decimals("0", "1000", places=2),
        currency=st.sampled_from(["EUR", "USD", "GBP", None]),
        availability=st.none() | st.sampled_from(Availability),
        condition=st.sampled_from([None, "new", "used"]),
        shipping_price=st.none() | st.decimals("0", "10", places=2),
        unit_price=st.none() | st.decimals("0", "10", places=2),
        unit_price_per=st.sampled_from([None, "kg", "l"]),
        pack_size=st.none() | st.decimals("0", "10", places=2),
        pack_unit=st.sampled_from([None, "kg", "piece"]),
        confirmed_at=st.none() | st.just(NOW) | st.just(NOW - timedelta(days=40)),
    ),
    max_size=6,
)


@given(offers=offers_of)
def test_every_set_of_offers_can_be_compared(offers):
    found = compare(*offers)
    compared = [each for each in found.offers if each.standing is Standing.COMPARED]
    assert {each.offer.watch_id for each in found.offers} == {each.watch_id for each in offers}
    assert (found.best is None) == (not compared)
    assert all(found.best.price <= each.price <= found.highest_price for each in compared)
    assert all(each.landed_price is None or each.landed_price >= each.price for each in compared)
    if found.best_landed:
        assert found.best_landed.landed_price >= found.best.price


@given(offers=offers_of, shuffled=st.randoms())
def test_the_order_of_the_offers_does_not_matter(offers, shuffled):
    again = list(offers)
    shuffled.shuffle(again)
    assert compare(*again) == compare(*offers)


def changes(*those: tuple) -> tuple[PriceChange, ...]:
    """Changes as (day, price[, currency])."""
    return tuple(
        PriceChange(
            began_at=NOW + timedelta(days=each[0]),
            price=each[1] and Decimal(each[1]),
            currency=each[2] if len(each) > 2 else "EUR",
        )
        for each in those
    )


@pytest.mark.parametrize(
    ("histories", "best"),
    [
        ([], []),
        ([([(0, "10"), (2, "9")], None)], [(0, "10"), (2, "9")]),
        ([([(0, "10")], None), ([(1, "9"), (3, "12")], None)], [(0, "10"), (1, "9"), (3, "10")]),
        ([([(0, "10")], None), ([(1, "11"), (3, "12")], None)], [(0, "10")]),
        ([([(0, "10")], None), ([(1, "9"), (2, None)], None)], [(0, "10"), (1, "9"), (2, "10")]),
        ([([(0, "10")], None), ([(1, "9"), (2, "0")], None)], [(0, "10"), (1, "9"), (2, "10")]),
        ([([(0, "10")], None), ([(1, "1", "USD")], None)], [(0, "10")]),
        ([([(0, "10")], 5), ([(1, "11")], None)], [(0, "10"), (5, "11")]),
        ([([(0, "10")], 5)], [(0, "10"), (5, None)]),
        ([([(0, "10"), (6, "9")], 5)], [(0, "10"), (5, None)]),
        ([([(0, "10")], None), ([(0, "9")], None)], [(0, "9")]),
    ],
)
def test_the_best_price_changes_when_another_one_is_the_lowest_that_can_be_had(histories, best):
    found = best_history(
        [
            StoreHistory(changes=changes(*those), ended_at=None if end is None else NOW + timedelta(days=end))
            for those, end in histories
        ],
        "EUR",
    )
    assert found == changes(*best)
