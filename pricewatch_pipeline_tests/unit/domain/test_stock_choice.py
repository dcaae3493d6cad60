import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.stock_choice import WEIGHTS, StockSign, choose_stock

Sign = tuple[str, Availability]
SIGNS = st.builds(
    StockSign,
    availability=st.sampled_from(Availability),
    kind=st.sampled_from(sorted(WEIGHTS)),
    said=st.text(max_size=9),
)


def signs(*said: Sign) -> list[StockSign]:
    return [StockSign(availability=availability, kind=kind, said=availability.value) for kind, availability in said]


@pytest.mark.parametrize(
    ("said", "chosen"),
    [
        ([], None),
        (
            [
                ("strategy", Availability.OUT_OF_STOCK),
                ("offer", Availability.IN_STOCK),
                ("buy button", Availability.IN_STOCK),
            ],
            Availability.OUT_OF_STOCK,
        ),
        ([("offer", Availability.PRE_ORDER), ("buy button", Availability.IN_STOCK)], Availability.PRE_ORDER),
        ([("offer", Availability.OUT_OF_STOCK), ("buy button", Availability.IN_STOCK)], Availability.OUT_OF_STOCK),
        (
            [
                ("offer", Availability.OUT_OF_STOCK),
                ("buy button", Availability.IN_STOCK),
                ("text", Availability.IN_STOCK),
            ],
            Availability.IN_STOCK,
        ),
        ([("offer", Availability.IN_STOCK), ("text", Availability.OUT_OF_STOCK)], Availability.IN_STOCK),
        (
            [
                ("offer", Availability.IN_STOCK),
                ("text", Availability.OUT_OF_STOCK),
                ("notify button", Availability.OUT_OF_STOCK),
            ],
            Availability.OUT_OF_STOCK,
        ),
        (
            [
                ("offer", Availability.IN_STOCK),
                ("text", Availability.OUT_OF_STOCK),
                ("buy button", Availability.IN_STOCK),
            ],
            Availability.IN_STOCK,
        ),
        ([("text", Availability.OUT_OF_STOCK), ("buy button", Availability.IN_STOCK)], Availability.OUT_OF_STOCK),
        ([("far text", Availability.OUT_OF_STOCK), ("buy button", Availability.IN_STOCK)], Availability.IN_STOCK),
        ([("sold out button", Availability.OUT_OF_STOCK), ("text", Availability.IN_STOCK)], Availability.OUT_OF_STOCK),
        ([("text", Availability.DISCONTINUED)], Availability.DISCONTINUED),
        ([("disabled buy button", Availability.OUT_OF_STOCK), ("text", Availability.IN_STOCK)], Availability.IN_STOCK),
        ([("buy button", Availability.PRE_ORDER)], Availability.PRE_ORDER),
        ([("disabled buy button", Availability.OUT_OF_STOCK)], None),
        (
            [("disabled buy button", Availability.OUT_OF_STOCK), ("far text", Availability.OUT_OF_STOCK)],
            Availability.OUT_OF_STOCK,
        ),
    ],
)
def test_what_is_trusted_more_wins(said: list[Sign], chosen: Availability | None) -> None:
    assert choose_stock(signs(*said)).availability == chosen


def test_a_text_that_is_repeated_counts_once_and_the_nearest_first() -> None:
    said = signs(
        ("text", Availability.OUT_OF_STOCK),
        ("text", Availability.OUT_OF_STOCK),
        ("far text", Availability.OUT_OF_STOCK),
        ("offer", Availability.IN_STOCK),
    )
    assert choose_stock(said).availability == Availability.IN_STOCK


def test_the_reason_says_what_speaks_for_it_and_against_it() -> None:
    choice = choose_stock(signs(("offer", Availability.IN_STOCK), ("text", Availability.OUT_OF_STOCK)))
    assert choice.reason == "InStock: offer 'InStock'; against it text 'OutOfStock'"


@given(st.lists(SIGNS, max_size=8))
def test_what_is_chosen_was_said(said: list[StockSign]) -> None:
    choice = choose_stock(said)
    assert choice.availability is None or choice.availability in {sign.availability for sign in said}


@given(st.lists(SIGNS, max_size=8))
def test_what_the_store_s_own_strategy_says_is_never_overruled(said: list[StockSign]) -> None:
    own = StockSign(availability=Availability.BACK_ORDER, kind="strategy", said="")
    assert (
        choose_stock([own, *(sign for sign in said if sign.kind != "strategy")]).availability is Availability.BACK_ORDER
    )
