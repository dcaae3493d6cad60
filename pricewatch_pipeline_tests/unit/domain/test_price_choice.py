"""The choice among amounts seen on a page: by what they are worth, whatever their order, and never one that was not seen."""

import random
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.domain.offers import PriceRole
from pricewatch_pipeline.domain.price_choice import (
    choose_price,
    fitted_weights,
    is_same_rounded,
    is_with_tax,
    options_of,
    shared_out,
)
from pricewatch_pipeline.domain.sightings import TEXT, TRAITS, Sighting

GOOD = frozenset({"text", "title_near", "title_same_block", "first_shown", "with_currency", "class_price", "buy_near"})


def shown(amount: str, *more: str, order: int = 1, without: tuple[str, ...] = (), **fields: object) -> Sighting:
    seen = Sighting(
        source=TEXT, place=f"line {order}", raw=amount, amount=Decimal(amount), currency="EUR", has_currency=True,
        order=order, traits=(GOOD | set(more)) - set(without),
    )  # fmt: skip
    return replace(seen, **fields)  # type: ignore[arg-type]


def data(amount: str, kind: str = "json_ld_chosen", *, currency: str | None = "EUR", **fields: object) -> Sighting:
    source = next(name for name in ("json_ld", "microdata", "meta", "state") if kind.startswith(name))
    traits = frozenset({kind, "data_sure"})
    seen = Sighting(source=source, place=kind, raw=amount, amount=Decimal(amount), currency=currency, traits=traits)
    return replace(seen, **fields)  # type: ignore[arg-type]


BETTER = [
    ("struck", shown("80"), shown("100", "struck", without=("first_shown",))),
    ("an instalment", shown("599"), shown("24.90", "label_instalment")),
    ("of a related product", shown("80", order=3), shown("49", "region_related", "repeated", without=("first_shown",))),
    ("a unit price", shown("3.49"), shown("13.96", "label_unit", without=("first_shown",))),
    ("for members", shown("80"), shown("72", "label_conditional", without=("first_shown",))),
    ("a delivery's", shown("80"), shown("4.95", "label_shipping")),
    ("in the data and shown, beside another shown", data("80"), shown("70", without=("first_shown", "class_price"))),
    ("of another product in the data", data("80"), data("70", "json_ld_other")),
    ("a list price in the data", data("80"), data("100", "json_ld_list")),
]


@pytest.mark.parametrize(("price", "other"), [case[1:] for case in BETTER], ids=[case[0] for case in BETTER])
def test_the_price_is_chosen_and_not_the_other(price: Sighting, other: Sighting) -> None:
    for sightings in ([price, other], [other, price]):
        chosen = choose_price(sightings).chosen
        assert chosen is not None
        assert chosen.amount == price.amount


@pytest.mark.parametrize(
    "sightings",
    [
        [],
        [shown("49", "region_related", "repeated", without=("first_shown", "title_near", "title_same_block"))],
        [shown("0", "zero", "region_cart", without=("first_shown", "title_near", "title_same_block"))],
        [shown("24.90", "label_instalment", without=("first_shown",))],
        [data("10", "json_ld_offer"), data("20", "json_ld_offer")],
    ],
    ids=["nothing", "related", "a cart", "an instalment", "variants that nothing tells apart"],
)
def test_no_price_is_chosen_and_it_is_said_why(sightings: list[Sighting]) -> None:
    choice = choose_price(sightings)
    assert choice.chosen is None
    assert choice.reason


def test_data_that_the_page_shows_is_believed_more_than_data_alone() -> None:
    both = choose_price([data("80"), shown("80")]).chosen
    alone = choose_price([data("80")]).chosen
    assert both is not None
    assert alone is not None
    assert both.share > alone.share
    assert both.best.source == "json_ld"


def test_the_shown_price_with_tax_wins_over_the_one_without_in_the_data() -> None:
    chosen = choose_price([data("43.90"), shown("53.12")]).chosen
    assert chosen is not None
    assert chosen.amount == Decimal("53.12")


def test_what_scripts_hold_says_nothing_against_what_the_page_shows() -> None:
    script = data("99", "state_offer", traits=frozenset({"state_offer"}))
    chosen = choose_price([shown("80"), script]).chosen
    assert chosen is not None
    assert chosen.amount == Decimal(80)
    assert "page_has_main_data" not in chosen.traits


def test_a_rounded_price_on_the_page_is_the_datas() -> None:
    choice = choose_price([data("20638.61"), shown("20639")])
    assert choice.chosen is not None
    assert "matches_data" in next(o for o in choice.options if o.amount == Decimal(20639)).traits


@pytest.mark.parametrize(
    ("shown_", "exact", "is_same"),
    [("20639", "20638.61", True), ("20638", "20638.61", True), ("20640", "20638.61", False), ("4", "3.99", False),
     ("19.5", "19.49", False)],
)  # fmt: skip
def test_only_whole_amounts_are_roundings(shown_: str, exact: str, is_same: bool) -> None:
    assert is_same_rounded(Decimal(shown_), Decimal(exact)) is is_same


@pytest.mark.parametrize(
    ("gross", "net", "is_taxed"),
    [("119", "100", True), ("53.11", "43.89", True), ("121.00", "100.00", True), ("111", "100", False),
     ("100", "119", False), ("10", "0", False)],
)  # fmt: skip
def test_tax_is_told_by_the_rates_that_countries_have(gross: str, net: str, is_taxed: bool) -> None:
    assert is_with_tax(Decimal(gross), Decimal(net)) is is_taxed


def test_the_list_price_is_the_higher_one_that_is_called_so_beside_the_price() -> None:
    old = shown("100", "struck", order=2, without=("first_shown",), role=PriceRole.LIST_PRICE)
    far = replace(old, amount=Decimal(150), order=80)
    lower = replace(old, amount=Decimal(70))
    assert choose_price([shown("80"), old, far, lower]).list_price == Decimal(100)


def test_every_weight_is_of_a_trait_that_can_be_said_in_words() -> None:
    assert set(fitted_weights()) <= set(TRAITS)


_sightings = st.lists(
    st.builds(
        lambda source, amount, traits, order: Sighting(
            source=source, place=f"{source} {order}", raw=str(amount), amount=amount, order=order, traits=traits | {source}
        ),
        st.sampled_from([TEXT, "json_ld", "meta"]),
        st.decimals(min_value=0, max_value=10_000, places=2),
        st.frozensets(st.sampled_from(sorted(TRAITS)), max_size=8),
        st.integers(0, 300),
    ),
    max_size=12,
)  # fmt: skip


@given(sightings=_sightings, seed=st.integers())
def test_the_order_of_sightings_does_not_matter(sightings: list[Sighting], seed: int) -> None:
    shuffled = random.Random(seed).sample(sightings, len(sightings))
    one, other = choose_price(sightings), choose_price(shuffled)
    assert [o.amount for o in one.options] == [o.amount for o in other.options]
    assert (one.chosen and one.chosen.amount, one.reason) == (other.chosen and other.chosen.amount, other.reason)


@given(sightings=_sightings)
def test_no_price_comes_out_of_thin_air_and_belief_is_shared(sightings: list[Sighting]) -> None:
    choice = choose_price(sightings)
    amounts = {sighting.amount for sighting in sightings}
    assert choice.chosen is None or choice.chosen.amount in amounts
    assert sum(option.share for option in choice.options) <= 1 + 1e-9
    assert all(isinstance(choice.why(option), str) for option in choice.options)


def test_options_hold_each_amount_once_however_it_is_written() -> None:
    options = shared_out(options_of([shown("80"), shown("80.00", order=5), data("80.0")], fitted_weights()))
    assert [(option.amount, len(option.sightings)) for option in options] == [(Decimal(80), 3)]


@pytest.mark.parametrize(
    ("price", "listed"),
    [
        (data("80", place="[0].hasVariant[1].offers"), None),
        (data("80", place="[0].hasVariant[0].offers"), Decimal(100)),
        (data("80", "json_ld_offer", place="[0].hasVariant[0].offers"), Decimal(100)),
    ],
    ids=["of another variant", "its own", "its own, not the chosen"],
)
def test_the_list_price_in_the_data_is_the_same_offers(price: Sighting, listed: Decimal | None) -> None:
    of_first = data("100", "json_ld_list", place="[0].hasVariant[0].offers", role=PriceRole.LIST_PRICE)
    dearer = data("90", "json_ld_offer", place="[0].hasVariant[0].offers")
    assert choose_price([price, shown("80"), dearer, of_first]).list_price == listed


def test_of_variants_at_one_price_only_the_chosen_has_its_list_price() -> None:
    others = data("80", "json_ld_offer", place="[1]"), data("100", "json_ld_list", place="[1]")
    assert choose_price([data("80", place="[0]"), *others]).list_price is None
