"""What a history of prices says."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from pricewatch_pipeline.domain.insights import (
    DROP_SHARE,
    Insights,
    Outlook,
    Trend,
    insights,
    low_of,
    median_of,
    trend_of,
)
from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.price_changes import PriceChange

START = datetime(2026, 1, 1, tzinfo=UTC)
SOLD_OUT = Availability.OUT_OF_STOCK


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def history(*changes: tuple) -> tuple[PriceChange, ...]:
    """Changes as (day, price[, availability[, currency]])."""
    return tuple(
        PriceChange(
            began_at=day(change[0]),
            price=None if change[1] is None else Decimal(change[1]),
            currency=change[3] if len(change) > 3 else "EUR",
            availability=change[2] if len(change) > 2 else Availability.IN_STOCK,
        )
        for change in changes
    )


@pytest.mark.parametrize(
    ("changes", "since", "until", "low", "median"),
    [
        ([], 0, 10, None, None),
        ([(0, "10")], 0, 10, "10", "10"),
        ([(0, "10"), (6, "20")], 0, 10, "10", "10"),
        ([(0, "10"), (4, "20")], 0, 10, "10", "20"),
        ([(0, "10"), (5, "20")], 0, 10, "10", "10"),
        ([(0, "10"), (2, "20"), (5, "30")], 4, 10, "20", "30"),
        ([(0, "10"), (2, "20")], 2, 10, "20", "20"),
        ([(0, "10"), (2, "0"), (9, "20")], 0, 10, "10", "10"),
        ([(0, "30"), (2, "10", SOLD_OUT), (9, "20")], 0, 10, "20", "30"),
        ([(0, "30"), (2, None, SOLD_OUT)], 5, 10, None, None),
        ([(0, "30"), (2, "1", Availability.IN_STOCK, "USD")], 0, 10, "30", "30"),
        ([(0, "30"), (20, "1")], 0, 10, "30", "30"),
        ([(0, "30"), (10, "20")], 0, 10, "20", "30"),
        ([(0, "30")], 10, 10, "30", "30"),
        ([(12, "30")], 0, 10, None, None),
    ],
)
def test_low_and_median_are_of_the_time_that_each_price_stood(changes, since, until, low, median):
    window = {"since": day(since), "until": day(until), "currency": "EUR"}

    assert low_of(history(*changes), **window) == (low and Decimal(low))
    assert median_of(history(*changes), **window) == (median and Decimal(median))


def seen(
    changes: tuple[PriceChange, ...], at: float, *, until: float | None = None, target: str | None = None
) -> Insights:
    return insights(
        changes,
        now=day(at),
        until=None if until is None else day(until),
        currency="EUR",
        target=target and Decimal(target),
    )


def test_nothing_is_said_of_nothing():
    found = seen((), 10, target="5")
    assert (found.price, found.lowest, found.highest, found.percentile, found.score) == (None,) * 5
    assert (found.points, found.is_confident, found.drops, found.changed_at, found.trend) == (0, False, (), None, None)
    assert (found.outlook, found.proposed_target) == (None, None)
    assert [(window.days, window.low, window.median) for window in found.windows] == [
        (30, None, None),
        (90, None, None),
        (365, None, None),
    ]


def test_the_lowest_ever_has_the_newest_of_its_dates():
    found = seen(history((0, "10"), (2, "20"), (5, "10"), (7, "15"), (8, "20")), 10)
    assert (found.lowest.price, found.lowest.at) == (Decimal(10), day(5))
    assert (found.highest.price, found.highest.at) == (Decimal(20), day(8))


def test_a_giveaway_a_sold_out_price_and_another_currency_are_no_lowest():
    changes = history((0, "10"), (1, "0"), (2, "5", SOLD_OUT), (3, "1", Availability.IN_STOCK, "USD"), (4, "9"))
    found = seen(changes, 10)
    assert (found.lowest.price, found.windows[0].low, found.drops[-1].price) == (Decimal(9), Decimal(9), Decimal(9))


def test_windows_look_back_from_now_with_what_stood_when_they_began():
    found = seen(history((0, "10"), (300, "30"), (360, "20")), 400)
    assert [(w.days, w.low, w.median) for w in found.windows] == [
        (30, Decimal(20), Decimal(20)),
        (90, Decimal(20), Decimal(30)),
        (365, Decimal(10), Decimal(10)),
    ]


@pytest.mark.parametrize(
    ("changes", "at", "percentile", "score"),
    [
        ([(0, "10")], 20, "1", "5"),
        ([(0, "10"), (10, "20")], 20, "1", "2.5"),
        ([(0, "20"), (5, "10"), (10, "15")], 20, "0.75", "5"),
        ([(0, "20"), (10, "10")], 20, "0.5", "9.5"),  # 7.5 by the time, but it was never lower
        ([(0, "20"), (20, "10")], 20, "0", "10"),
        ([(0, "1"), (100, "20"), (500, "10")], 520, "0.0548", "9.726"),  # a price from years ago is no measure
        ([(0, "10"), (10, None, SOLD_OUT)], 20, None, None),
        ([(0, "10")], 0, None, None),
    ],
)
def test_how_good_a_price_is(changes, at, percentile, score):
    found = seen(history(*changes), at)
    assert (found.percentile, found.score) == (percentile and Decimal(percentile), score and Decimal(score))


@pytest.mark.parametrize(
    ("changes", "at", "until", "points"),
    [
        ([(0, "10")], 14, None, 14),
        ([(0, "10")], 13, None, 13),
        ([(0.2, "10"), (0.4, "11"), (0.6, "12")], 0.9, None, 1),
        ([(0.2, "10")], 1.1, None, 2),
        ([(0, "10"), (3, None, SOLD_OUT), (8, "10")], 10, None, 5),
        ([(0, "10")], 100, 5, 5),
        ([(0, "10")], 1000, None, 365),
    ],
)
def test_a_point_is_a_day_with_a_price(changes, at, until, points):
    found = seen(history(*changes), at, until=until)
    assert (found.points, found.is_confident) == (points, points >= 14)


@pytest.mark.parametrize(
    ("prices", "drops"),
    [
        (["100", "97"], [("100", "97")]),
        (["100", "97.01"], []),
        (["100", "99", "98", "97"], [("100", "97")]),  # a slow drift adds up
        (["100", "102", "98.9"], []),  # what moved by less than 3 % is no place to fall from
        (["100", "103", "99.91"], [("103", "99.91")]),
        (["100", "90", "80"], [("100", "90"), ("90", "80")]),
        (["100", "0", "100"], []),
    ],
)
def test_a_drop_is_measured_from_where_the_price_last_moved_by_3_percent(prices, drops):
    found = seen(history(*enumerate(prices)), 50).drops
    assert [(drop.was, drop.price) for drop in found] == [(Decimal(was), Decimal(price)) for was, price in drops]


@pytest.mark.parametrize(
    ("changes", "changed_at"),
    [
        ([(0, "10")], None),
        ([(0, "10"), (3, "9")], 3),
        ([(0, "10"), (3, "9"), (5, "9", Availability.LIMITED_AVAILABILITY)], 3),
        ([(0, "10"), (3, "9"), (5, None, SOLD_OUT), (8, "9")], 3),
        ([(0, "10"), (3, "9"), (5, None, SOLD_OUT), (8, "11")], 8),
    ],
)
def test_the_last_change_is_of_the_price_itself(changes, changed_at):
    found = seen(history(*changes), 10.5)
    assert found.changed_at == (None if changed_at is None else day(changed_at))
    assert found.days_since_change == (None if changed_at is None else 10 - changed_at)


@pytest.mark.parametrize(
    ("changes", "at", "trend"),
    [
        ([(0, "10")], 0.5, None),
        ([(0, "10")], 40, Trend.STEADY),
        ([(0, "10"), (38, "9.95")], 40, Trend.LOWEST),
        ([(0, "5"), (5, "10"), (38, "9.95")], 40, Trend.STEADY),
        ([(0, "5"), (5, "10"), (38, "9.9")], 40, Trend.DOWN),
        ([(0, "10"), (38, "10.1")], 40, Trend.UP),
        ([(0, "10"), (20, "12")], 60, Trend.STEADY),  # it has been so for a month
        ([(0, "10"), (20, "8")], 600, Trend.LOWEST),
        ([(0, "10"), (30, None, SOLD_OUT)], 40, None),
    ],
)
def test_the_trend_is_against_the_median_of_the_last_month(changes, at, trend):
    assert trend_of(history(*changes), now=day(at), currency="EUR") == trend
    assert seen(history(*changes), at).trend == trend


@pytest.mark.parametrize(
    ("prices", "target", "outlook", "proposal"),
    [
        (["100", "80", "100"], "85", (False, True), "84"),
        (["100", "80", "100"], "79.99", (False, False), "84"),
        (["100", "80"], "80", (True, True), "79.99"),
        (["100", "80", "82"], None, None, "81.99"),
        (["0.01"], None, None, None),
        (["100", None], "100", (False, True), "105"),
    ],
)
def test_a_target_is_within_reach_where_the_price_was_as_low_before(prices, target, outlook, proposal):
    found = seen(history(*enumerate(prices)), 10, target=target)
    assert found.outlook == (
        outlook and Outlook(target=Decimal(target), is_reached=outlook[0], is_reachable=outlook[1])
    )
    assert found.proposed_target == (proposal and Decimal(proposal))


def test_a_target_is_proposed_in_what_can_be_paid():
    changes = history((0, "1000", Availability.IN_STOCK, "JPY"), (1, "1033", Availability.IN_STOCK, "JPY"))
    assert insights(changes, now=day(5), currency="JPY").proposed_target == Decimal(1032)


def test_what_is_known_ends_with_the_newest_check():
    found = seen(history((0, "10"), (10, "20")), 30, until=11)
    assert found.windows[0].median == Decimal(10)
    assert found.price == Decimal(20)


amounts = st.decimals("0", "1000", places=2)
availabilities = st.sampled_from([None, Availability.IN_STOCK, SOLD_OUT])
changes_of = st.lists(
    st.builds(
        PriceChange,
        began_at=st.integers(0, 500 * 24).map(lambda hours: START + timedelta(hours=hours)),
        price=st.none() | amounts,
        currency=st.sampled_from(["EUR", "EUR", "EUR", "USD", None]),
        availability=availabilities,
    ),
    max_size=30,
).map(tuple)


@given(
    changes=changes_of, at=st.integers(-10, 900), until=st.none() | st.integers(-10, 900), target=st.none() | amounts
)
@example(
    changes=(PriceChange(began_at=START, price=Decimal(5), currency="EUR"), PriceChange(began_at=START)),
    at=0,
    until=None,
    target=None,
)
def test_every_history_has_insights_that_agree_with_each_other(changes, at, until, target):
    found = insights(changes, now=day(at), until=None if until is None else day(until), currency="EUR", target=target)
    for window in found.windows:
        if window.median is not None:
            assert found.lowest.price <= window.low <= window.median <= found.highest.price
    assert found.percentile is None or 0 <= found.percentile <= 1
    assert found.score is None or 0 <= found.score <= 10
    assert 0 <= found.points <= 366
    assert all(drop.share >= DROP_SHARE for drop in found.drops)
    assert found.trend is None or found.price is not None
    assert found.proposed_target is None or found.price is None or found.proposed_target < found.price


@given(changes=changes_of, prices=st.tuples(amounts, amounts))
def test_a_lower_price_is_never_a_worse_deal(changes, prices):
    low, high = sorted(prices)
    assume(low > 0)
    cheap, dear = (
        insights((*changes, PriceChange(began_at=day(510), price=price, currency="EUR")), now=day(520), currency="EUR")
        for price in (low, high)
    )
    assert cheap.score >= dear.score
    assert cheap.percentile <= dear.percentile


@given(changes=changes_of, first=st.integers(0, 500), second=st.integers(0, 500))
def test_a_longer_window_has_no_higher_low(changes, first, second):
    near, far = sorted((first, second), reverse=True)
    lows = [low_of(changes, since=day(since), until=day(520), currency="EUR") for since in (far, near)]
    assert lows[1] is None or lows[0] <= lows[1]


@given(changes=changes_of)
def test_the_order_in_which_changes_are_given_does_not_matter(changes):
    assume(len({change.began_at for change in changes}) == len(changes))
    assert seen(changes, 600) == seen(tuple(reversed(changes)), 600)
