"""What is doubted, what confirms it, and that every price a shop stays at is believed in the end."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.domain.offers import Candidate, Offer, PriceRole
from pricewatch_pipeline.domain.plausibility import (
    DEFAULT_BOUNDS,
    INDEPENDENT_AFTER,
    MOST_DOUBTS,
    RECENT_PRICES,
    Belief,
    DoubtedPrice,
    DoubtState,
    Judgement,
    PlausibilityBounds,
    PriceHistory,
    bounds_of,
    confirmed,
    confirmed_by_another_way,
    history_after,
    judge,
)

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
TITLE = "Desk lamp Aurora"


def offer(price: str | None, currency: str | None = "EUR", title: str | None = TITLE, **fields: Any) -> Offer:
    return Offer(price=None if price is None else Decimal(price), currency=currency, title=title, **fields)


def history(*prices: str, doubted: tuple[DoubtedPrice, ...] = ()) -> PriceHistory:
    return PriceHistory(prices=tuple(map(Decimal, prices)), currency="EUR", title=TITLE, doubted=doubted)


def doubted(price: str, *, minutes: float = 60, state: DoubtState = DoubtState.WAITING, **fields: Any) -> DoubtedPrice:
    said = {"currency": "EUR", "title": TITLE} | fields
    return DoubtedPrice(price=Decimal(price), observed_at=NOW - timedelta(minutes=minutes), state=state, **said)


def judged(what: Offer | None, before: PriceHistory, bounds: PlausibilityBounds = DEFAULT_BOUNDS) -> Judgement:
    return judge(what, before, bounds, now=NOW)


@pytest.mark.parametrize(
    ("prices", "price", "is_doubtful"),
    [
        ([], "202", False),  # the first price of all
        (["100"], "100", False),
        (["100"], "50", False),
        (["100"], "49.99", True),
        (["100"], "150", False),
        (["100"], "150.01", True),
        (["100"], "10000", True),
        (["100"], "1", True),
        (["100"], "0", True),
        ([], "0", True),
        (["0"], "5", True),
        (["0"], "0", False),
        (["6290"] * 9, "202", True),
        (["100", "90", "80", "70", "60", "50"], "40", False),  # a drift
        (["100"] * 5 + ["30"], "30.20", False),  # what was believed lately
        (["100"] * 5, "0.0001", True),
    ],
)
def test_a_price_is_measured_against_the_recent_median(prices: list[str], price: str, is_doubtful: bool) -> None:
    judgement = judged(offer(price), history(*prices))
    assert (judgement.belief is Belief.DOUBTFUL) is is_doubtful
    assert judgement.is_new is is_doubtful
    assert (judgement.doubt is not None) is is_doubtful


@pytest.mark.parametrize("shift", ["0.001", "0.01", "0.1", "10", "100", "1000"])
def test_a_misread_decimal_mark_is_doubted_whatever_the_bounds(shift: str) -> None:
    wide = PlausibilityBounds(is_on=True, max_fall=Decimal(1), max_rise=Decimal("Infinity"))
    before = history("59.90", "59.90")
    judgement = judge(offer(str(Decimal("59.90") * Decimal(shift))), before, bounds_of(wide), now=NOW)
    assert "misread decimal mark" in (judgement.doubt or "")
    assert judge(offer("700"), before, bounds_of(wide), now=NOW).belief is Belief.PLAUSIBLE


@pytest.mark.parametrize("before", [(), ("100", "100")], ids=["first", "later"])
@pytest.mark.parametrize("bounds", [DEFAULT_BOUNDS, bounds_of(PlausibilityBounds(max_fall=Decimal(1)))])
def test_a_price_of_0_is_never_confirmed_by_looks(before: tuple[str, ...], bounds: PlausibilityBounds) -> None:
    looks = tuple(doubted("0", minutes=minutes) for minutes in (60, 600, 1200, 1800))
    judgement = judged(offer("0"), history(*before, doubted=looks), bounds)
    assert (judgement.belief, judgement.may_be_confirmed, judgement.is_new) == (Belief.DOUBTFUL, False, False)
    assert "only an operator can say that it is free" in (judgement.doubt or "")


def test_a_price_of_0_that_an_operator_has_confirmed_is_believed_from_then_on() -> None:
    after = history_after(history("100"), offer("0"), Belief.CONFIRMED)
    assert judged(offer("0"), after).belief is Belief.PLAUSIBLE


@pytest.mark.parametrize(
    ("confidence", "before", "is_doubtful"),
    [(None, (), False), (0.5, (), False), (0.49, (), True), (0.1, ("100",), False)],
)
def test_a_first_price_of_little_confidence_needs_another_look(
    confidence: float | None, before: tuple[str, ...], is_doubtful: bool
) -> None:
    what = offer("100", confidence=confidence)
    assert (judged(what, history(*before)).belief is Belief.DOUBTFUL) is is_doubtful


@pytest.mark.parametrize(
    ("second", "belief", "becomes"),
    [
        (offer("100", confidence=0.3, method="text"), Belief.CONFIRMED, DoubtState.CONFIRMED),
        (offer("100", confidence=0.9, method="json_ld"), Belief.PLAUSIBLE, DoubtState.DROPPED),
        (offer("30", confidence=0.9), Belief.PLAUSIBLE, DoubtState.DROPPED),
        (offer("30", confidence=0.3), Belief.DOUBTFUL, DoubtState.DROPPED),
    ],
)
def test_the_look_after_a_doubted_first_price_decides(second: Offer, belief: Belief, becomes: DoubtState) -> None:
    judgement = judged(second, history(doubted=(doubted("100"),)))
    assert (judgement.belief, judgement.waiting_becomes) == (belief, becomes)


def test_a_doubt_says_what_was_expected_and_what_else_the_page_says() -> None:
    what = offer(
        "202",
        candidates=(
            Candidate(source="text", place="p", raw="202", amount=Decimal(202), role=PriceRole.PRICE, is_chosen=True),
            Candidate(source="json_ld", place="$", raw="6290", amount=Decimal(6290), currency="EUR"),
            Candidate(source="text", place="s", raw="6300", amount=Decimal(6300), role=PriceRole.LIST_PRICE),
        ),
    )
    assert judged(what, history(*["6290"] * 9)).doubt == (
        "202.00 is 97% below the median 6290.00 of the last 9 prices. The page's json_ld says 6290.00, which would fit."
    )


@pytest.mark.parametrize(
    ("what", "bounds", "doubt"),
    [
        (offer("100", "USD"), DEFAULT_BOUNDS, "The price is in USD; the ones before were in EUR."),
        (offer("9000", "USD"), PlausibilityBounds(checks_currency=False), None),  # no median of two currencies
        (offer("100", None), DEFAULT_BOUNDS, None),
        (offer("100", title="Garden hose"), DEFAULT_BOUNDS, "The title is 'Garden hose'; before, it was 'Desk lamp Aurora'."),
        (offer("100", title="Garden hose"), PlausibilityBounds(checks_title=False), None),
        (offer("100", title=None), DEFAULT_BOUNDS, None),
        (offer(None, title="Garden hose"), DEFAULT_BOUNDS, None),  # sold out
        (offer("1"), PlausibilityBounds(is_on=False), None),
        (offer("40"), PlausibilityBounds(max_fall=Decimal("0.7")), None),
        (offer("160"), PlausibilityBounds(max_rise=Decimal("0.7")), None),
    ],
)  # fmt: skip
def test_currency_and_title_are_compared_too_and_bounds_can_be_wider(
    what: Offer, bounds: PlausibilityBounds, doubt: str | None
) -> None:
    assert judged(what, history("100"), bounds_of(bounds)).doubt == doubt


def test_the_nearest_bounds_win_field_by_field() -> None:
    found = bounds_of(
        PlausibilityBounds(max_fall=Decimal("0.9")), None, PlausibilityBounds(max_fall=Decimal("0.1"), is_on=False)
    )
    assert found == PlausibilityBounds(
        is_on=False, max_fall=Decimal("0.9"), max_rise=Decimal("0.5"), checks_currency=True, checks_title=True
    )


@pytest.mark.parametrize(
    ("waits", "belief", "becomes", "is_new"),
    [
        (doubted("30"), Belief.CONFIRMED, DoubtState.CONFIRMED, False),
        (doubted("31"), Belief.CONFIRMED, DoubtState.CONFIRMED, False),
        (doubted("30", minutes=4), Belief.DOUBTFUL, None, False),
        (doubted("20"), Belief.DOUBTFUL, DoubtState.DROPPED, True),
        (doubted("30", currency="USD"), Belief.DOUBTFUL, DoubtState.DROPPED, True),
        (doubted("30", title="Garden hose"), Belief.DOUBTFUL, DoubtState.DROPPED, True),
        (doubted("30", state=DoubtState.DROPPED), Belief.DOUBTFUL, None, True),
        (doubted("30", state=DoubtState.DISMISSED), Belief.DOUBTFUL, None, False),
        (doubted("30", state=DoubtState.DISMISSED, minutes=31 * 24 * 60), Belief.DOUBTFUL, None, True),
    ],
)
def test_another_look_at_the_same_price_confirms_it(
    waits: DoubtedPrice, belief: Belief, becomes: DoubtState | None, is_new: bool
) -> None:
    judgement = judged(offer("30"), history("100", "100", doubted=(waits,)))
    assert (judgement.belief, judgement.waiting_becomes, judgement.is_new) == (belief, becomes, is_new)


@pytest.mark.parametrize("what", [offer("101"), offer(None), None], ids=["back", "sold out", "not modified"])
def test_a_doubted_price_that_is_gone_is_dropped(what: Offer | None) -> None:
    judgement = judged(what, history("100", doubted=(doubted("30"),)))
    assert (judgement.belief, judgement.waiting_becomes) == (Belief.PLAUSIBLE, DoubtState.DROPPED)


def test_title_and_price_that_change_together_are_never_confirmed_by_looks() -> None:
    before = history("100", doubted=(doubted("60", title="Garden hose"),))
    judgement = judged(offer("60", title="Garden hose"), before)
    assert (judgement.belief, judgement.is_new, judgement.may_be_confirmed) == (Belief.DOUBTFUL, False, False)
    assert not confirmed_by_another_way(judgement, offer("60", title="Garden hose"), offer("60", title="Garden hose"))


@pytest.mark.parametrize(
    ("second", "is_confirmed"),
    [
        (offer("30"), True),
        (offer("30.50", title="Lamp Aurora"), True),
        (offer("100"), False),
        (offer("30", "USD"), False),
        (offer(None), False),
    ],
)
def test_another_way_confirms_what_it_shows_too(second: Offer, is_confirmed: bool) -> None:
    before = history("100")
    first = judged(offer("30"), before)
    assert confirmed_by_another_way(first, offer("30"), second) is is_confirmed
    assert confirmed(first, before).belief is Belief.CONFIRMED


def test_a_confirmed_price_is_the_median_of_what_follows_and_the_way_back_is_open() -> None:
    after = history_after(history(*["100"] * 15), offer("30"), Belief.CONFIRMED)
    assert after.prices == (Decimal(100), Decimal(30), Decimal(30))
    assert judged(offer("28"), after).belief is Belief.PLAUSIBLE
    assert judged(offer("100"), after).belief is Belief.PLAUSIBLE
    assert judged(offer("60"), after).belief is Belief.DOUBTFUL


def test_a_first_price_with_a_misread_decimal_mark_is_doubted_like_any_other_when_it_comes_again() -> None:
    after = history_after(history("10000"), offer("100"), Belief.CONFIRMED)
    assert after.prices == (Decimal(100), Decimal(100))
    assert judged(offer("10000"), after).belief is Belief.DOUBTFUL


def test_runs_that_look_at_the_same_time_are_one_look() -> None:
    at_once = tuple(doubted("10000", minutes=minutes) for minutes in (1, 1.1, 1.2, 2))
    assert judged(offer("10000"), history("100", doubted=at_once)).belief is Belief.DOUBTFUL


def test_prices_in_another_currency_begin_anew() -> None:
    after = history_after(history("100", "100"), offer("30", "USD"), Belief.PLAUSIBLE)
    assert (after.prices, after.currency) == ((Decimal(30),), "USD")


LEVELS = st.sampled_from(["1.00", "30.00", "100.00", "101.00", "350.00", "10000.00", None])
PAUSES = st.sampled_from([timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=6)])


class Series:
    """A watch as the engine and the database keep it, in a few lines."""

    def __init__(self) -> None:
        self.now = NOW
        self.history = PriceHistory()
        self.kept: list[DoubtedPrice] = []
        self.snapshots: list[Decimal | None] = []

    def look(self, what: Offer, pause: timedelta) -> Judgement:
        self.now += pause
        before = PriceHistory(
            prices=self.history.prices,
            currency=self.history.currency,
            title=self.history.title,
            doubted=tuple(self.kept),
        )
        judgement = judge(what, before, DEFAULT_BOUNDS, now=self.now)
        if state := judgement.waiting_becomes:
            self.kept = [
                DoubtedPrice(price=d.price, currency=d.currency, title=d.title, observed_at=d.observed_at, state=state)
                if d.state is DoubtState.WAITING
                else d
                for d in self.kept
            ]
        if judgement.is_new and what.price is not None:
            self.kept.append(
                DoubtedPrice(price=what.price, currency=what.currency, title=what.title, observed_at=self.now)
            )
        if judgement.belief is not Belief.DOUBTFUL:
            self.history = history_after(before, what, judgement.belief)
            self.snapshots.append(what.price)
        return judgement

    @property
    def waiting(self) -> list[DoubtedPrice]:
        return [d for d in self.kept if d.state is DoubtState.WAITING]


@given(st.lists(st.tuples(LEVELS, PAUSES), max_size=40))
def test_whatever_a_shop_shows_only_confirmed_doubts_become_snapshots(
    steps: list[tuple[str | None, timedelta]],
) -> None:
    series = Series()
    for price, pause in steps:
        kept_before = list(series.kept)
        judgement = series.look(offer(price), pause)
        assert len(series.waiting) <= 1
        assert len(series.history.prices) <= RECENT_PRICES
        if judgement.belief is Belief.DOUBTFUL:
            assert series.waiting
        if judgement.belief is Belief.CONFIRMED:
            # Another look showed it long enough before, or several lately did.
            alike = [d for d in kept_before if price and abs(d.price - Decimal(price)) <= Decimal("0.05") * d.price]
            assert any(
                d.state is DoubtState.WAITING and series.now - d.observed_at >= INDEPENDENT_AFTER for d in alike
            ) or (len(alike) >= MOST_DOUBTS)
    # A shop that stays at any price is believed by the second look that is one.
    last = [series.look(offer("77.00"), timedelta(hours=1)).belief for _ in range(3)]
    assert Belief.DOUBTFUL not in last[1:]
    assert not series.waiting


@given(st.integers(1, 10), st.sampled_from(["20.00", "500.00", "8888.00"]))
def test_a_shop_that_goes_back_and_forth_fills_no_quarantine(turns: int, other: str) -> None:
    assert len(back_and_forth(turns, other).kept) == min(turns, MOST_DOUBTS)


@given(st.integers(10, 20), st.sampled_from(["0.10", "10.00", "9999.00", "10000.00"]))
def test_nor_does_one_whose_decimal_mark_wanders(turns: int, other: str) -> None:
    assert len(back_and_forth(turns, other).kept) == 2 * MOST_DOUBTS


def back_and_forth(turns: int, other: str) -> Series:
    series = Series()
    series.look(offer("100.00"), timedelta(hours=1))
    for _ in range(turns):
        series.look(offer(other), timedelta(hours=1))
        series.look(offer("100.00"), timedelta(hours=1))
    return series
