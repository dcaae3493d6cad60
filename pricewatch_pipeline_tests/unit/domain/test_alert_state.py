"""Alert rules over the checks of a watch: tables per kind, and the cases of field-notes.md c7 by name."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline_tests.support.alert_story import HOUR, Story, rule

DAY = timedelta(days=1)


def fires(marks: str) -> list[bool]:
    """`-!--` for readers: where a rule fires."""
    return [mark == "!" for mark in marks]


@pytest.mark.parametrize(
    ("said", "prices", "marks"),
    [
        # Amounts: at or below, at the first check too, and once.
        ({"kind": "below", "amount": "80"}, "79", "!"),
        ({"kind": "below", "amount": "80"}, "80", "!"),
        ({"kind": "below", "amount": "80"}, "80.01", "-"),
        ({"kind": "below", "amount": "80"}, "90 79 79 78 79", "-!---"),
        # It must leave by 1 % before it is news again.
        ({"kind": "below", "amount": "80"}, "79 80.80 79 80.81 79", "!---!"),
        ({"kind": "below", "amount": "80", "rearm": "0.05"}, "79 84 79 84.01 79", "!---!"),
        ({"kind": "below", "amount": "80", "rearm": "0"}, "79 80.01 79", "!-!"),
        # A further 5 % below the last alert is worth another.
        ({"kind": "below", "amount": "80"}, "80 76.01 76 75 72.2", "!-!-!"),
        ({"kind": "below", "amount": "80", "again_after": "0.5"}, "80 41 40", "!-!"),
        ({"kind": "below", "amount": "80", "again_after": None}, "80 40 1", "!--"),
        ({"kind": "below", "amount": "80", "again_after": "0"}, "80 80 79.99 79.99", "!-!-"),
        # Drops.
        ({"kind": "drop", "share": "0.1", "baseline": "previous"}, "100 91 82 73 73", "---!-"),
        ({"kind": "drop", "share": "0.1", "baseline": "previous"}, "100 90 81 81", "-!!-"),
        ({"kind": "drop", "share": "0.1", "baseline": "first"}, "100 95 90 89 90.5 90 85", "--!---!"),
        ({"kind": "drop", "amount": "15", "baseline": "first"}, "100 86 85", "--!"),
        ({"kind": "drop", "amount": "15", "share": "0.1", "baseline": "first"}, "100 90 86 85", "---!"),
        ({"kind": "drop", "amount": "5", "share": "0.1", "baseline": "first"}, "100 95 91 90", "---!"),
        ({"kind": "drop", "amount": "150", "baseline": "first"}, "100 1", "--"),
        ({"kind": "drop", "share": "0.1", "baseline": "low", "days": 30}, "100 120 100 90 82 80", "---!--"),
        ({"kind": "drop", "share": "0.1", "baseline": "median", "days": 30}, "100 100 100 100 200 90", "-----!"),
        ({"kind": "drop", "baseline": "first"}, "100 1", "--"),
        ({"kind": "drop", "share": "0.1"}, "100 1", "--"),
        # Rises.
        ({"kind": "rise", "share": "0.1", "baseline": "first"}, "100 110 111 109 110 122", "-!---!"),
        ({"kind": "rise", "share": "0.1", "baseline": "first"}, "100 110 108.8 110", "-!-!"),
        ({"kind": "rise", "amount": "10", "share": "0.2", "baseline": "first"}, "100 110 120", "--!"),
        ({"kind": "rise", "share": "0.1", "baseline": "previous"}, "100 110 121 120", "-!!-"),
        ({"kind": "rise", "share": "0.1", "baseline": "last_alerted"}, "100 90 99 105 108.90", "--!-!"),
        # Lowest: strictly, against an earlier price, and not each cent of it.
        ({"kind": "lowest"}, "100", "-"),
        ({"kind": "lowest"}, "100 100 99.99 100", "--!-"),
        ({"kind": "lowest"}, "100 99 98 97 94.06 94.05", "-!---!"),
        ({"kind": "lowest"}, "100 99 101 98", "-!-!"),
        ({"kind": "lowest", "days": 30}, "100 99", "-!"),
        # Changes.
        ({"kind": "change"}, "100 100 100.01 100.01 100", "--!-!"),
    ],
)  # fmt: skip
def test_a_rule_fires_at_these_prices(said: dict[str, Any], prices: str, marks: str) -> None:
    assert Story(rule=rule(**said)).prices(*prices.split()) == fires(marks)


@pytest.mark.parametrize(
    ("target", "prices", "marks"), [("80", "79 79", "!-"), ("80", "90 80", "-!"), (None, "1", "-")]
)
def test_the_watchs_own_target_is_met_at_or_below_it(target: str | None, prices: str, marks: str) -> None:
    assert Story(rule=rule("at_target"), target=target).prices(*prices.split()) == fires(marks)


def test_another_target_than_the_one_that_was_met_starts_anew() -> None:
    story = Story(rule=rule("at_target"), target="80")
    assert story.prices("75", "75") == [True, False]
    story.target = "74.50"

    assert story.prices("75", "74") == [False, True]


# The cases of field-notes.md c7.


def test_flapping() -> None:
    story = Story(rule=rule("below", amount="80"))

    assert story.prices(*["79.95", "80.05"] * 50) == [True] + [False] * 99


def test_flapping_further_apart_than_the_hysteresis_is_held_by_the_cooldown() -> None:
    story = Story(rule=rule("below", amount="80", cooldown=6 * HOUR))
    fired = story.prices(*["79", "90"] * 12)

    assert [index for index, has_fired in enumerate(fired) if has_fired] == [0, 6, 12, 18]


def test_fx_jitter() -> None:
    story = Story(rule=rule("below", amount="80"))
    in_euros = story.check("81")
    in_dollars = [story.check(price, currency="USD") for price in ("79.90", "80.10", "79.80", "50")]
    again_in_euros = [story.check("81"), story.check("79")]

    assert (in_euros, in_dollars, again_in_euros) == (False, [False] * 4, [False, True])


@pytest.mark.parametrize("kind", ["drop", "rise"])
@pytest.mark.parametrize("baseline", ["previous", "first", "median", "low", "last_alerted"])
def test_fx_jitter_reaches_no_baseline(kind: str, baseline: str) -> None:
    story = Story(rule=rule(kind, share="0.05", baseline=baseline, days=30))
    story.check("100")

    assert not any(story.check(price, currency=currency) for price, currency in [("110", "USD"), ("100", "EUR"), ("90", "USD"), ("100", "EUR")])  # fmt: skip


def test_an_amount_in_another_currency_than_the_page_is_never_met() -> None:
    story = Story(rule=rule("below", amount="80", currency="USD"))

    assert story.prices("10", "5") == [False, False]
    assert story.check("79", currency="USD")


def test_a_target_in_a_named_currency_waits_for_it() -> None:
    story = Story(rule=rule("at_target"), target="80")

    assert not story.check("10", target_currency="USD")
    assert story.check("79", currency="USD", target_currency="USD")


def test_first_check() -> None:
    assert Story(rule=rule("below", amount="80")).prices("79") == [True]
    assert Story(rule=rule("at_target"), target="80").prices("79") == [True]


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "lowest"},
        {"kind": "change"},
        {"kind": "back_in_stock"},
        {"kind": "drop", "share": "0.01", "baseline": "first"},
        {"kind": "drop", "share": "0.01", "baseline": "previous"},
        {"kind": "drop", "share": "0.01", "baseline": "median"},
        {"kind": "drop", "share": "0.01", "baseline": "low"},
        {"kind": "drop", "share": "0.01", "baseline": "last_alerted"},
        {"kind": "rise", "share": "0.01", "baseline": "first"},
    ],
)
def test_first_check_of_what_needs_something_before_it_says_nothing(said: dict[str, Any]) -> None:
    assert Story(rule=rule(**said)).prices("79", "79") == [False, False]


def test_slow_drift() -> None:
    """1 % at a time never is a drop of 10 % against the price before; against the last alert it adds up."""
    prices = [f"{100 * 0.99**n:.2f}" for n in range(25)]
    drifting = Story(rule=rule("drop", share="0.1", baseline="last_alerted"))
    fired = drifting.prices(*prices)

    assert [index for index, has_fired in enumerate(fired) if has_fired] == [11, 22]
    assert drifting.reasons[0] == "89.53 EUR is 10.5 % below 100 EUR, the highest price since the last alert"
    assert not any(Story(rule=rule("drop", share="0.1", baseline="previous")).prices(*prices))


def test_last_alerted_counts_a_fall_after_a_recovery_anew() -> None:
    story = Story(rule=rule("drop", share="0.1", baseline="last_alerted"))

    assert story.prices("100", "90", "90", "100", "90", "91", "90") == fires("-!--!--")


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "below", "amount": "80"},
        {"kind": "drop", "share": "0.1", "baseline": "previous"},
        {"kind": "rise", "share": "0.1", "baseline": "previous"},
        {"kind": "change"},
        {"kind": "lowest"},
        {"kind": "back_in_stock"},
        {"kind": "out_of_stock"},
    ],
)
def test_failed_crawl_then_recovery(said: dict[str, Any]) -> None:
    story = Story(rule=rule(**said))
    story.prices("79")
    known = story.state

    assert story.prices(None, None, "79", None, "79") == [False] * 5
    assert story.state == known


def test_giveaway() -> None:
    """A price of 0 is no low, meets no target and arms nothing; `change` tells of it."""
    for said in ({"kind": "below", "amount": "80"}, {"kind": "lowest"}, {"kind": "drop", "share": "0.1", "baseline": "previous"}):  # fmt: skip
        assert Story(rule=rule(**said)).prices("100", "0", "100") == [False] * 3
    assert Story(rule=rule("lowest")).prices("100", "0", "100", "99") == fires("---!")
    assert Story(rule=rule("rise", share="0.1", baseline="previous")).prices("100", "0", "100") == [False] * 3
    assert Story(rule=rule("change")).prices("100", "0", "100") == fires("-!!")


@pytest.mark.parametrize("gone", [Availability.OUT_OF_STOCK, Availability.DISCONTINUED])
def test_item_gone(gone: Availability) -> None:
    """What nobody can buy has no price worth an alert: neither does it fire a rule, nor arm one, nor is it a baseline."""
    story = Story(rule=rule("below", amount="80"))

    assert not story.check("10", gone)
    assert story.check("79")
    assert not story.check("200", gone)
    assert not story.check("79")
    dropping = Story(rule=rule("drop", share="0.1", baseline="previous"))
    dropping.check("100")
    dropping.check("500", gone)
    assert not dropping.check("100")


def test_a_price_whose_availability_is_not_known_fires() -> None:
    assert Story(rule=rule("below", amount="80")).check("79", None)


def test_rise() -> None:
    """Only who asks for rises hears of them."""
    for said in ({"kind": "drop", "share": "0.1", "baseline": "previous"}, {"kind": "lowest"}, {"kind": "below", "amount": "80"}):  # fmt: skip
        assert Story(rule=rule(**said)).prices("100", "150") == [False, False]
    story = Story(rule=rule("rise", share="0.1", baseline="previous"))

    assert story.prices("100", "150") == [False, True]
    assert story.reasons == ["150 EUR is 50 % above 100 EUR, the price before"]


# What was lower long ago.


def test_lowest_in_days_forgets_what_is_older() -> None:
    story = Story(rule=rule("lowest", days=30))
    story.prices("50", "100")

    assert story.prices("99", after=DAY) == [False]
    assert story.prices("98", after=40 * DAY) == [True]
    assert story.reasons == ["98 EUR is the lowest price in 30 days; until now that was 99 EUR"]


def test_a_median_counts_time_and_not_checks() -> None:
    story = Story(rule=rule("drop", share="0.1", baseline="median", days=10))
    story.prices("100")
    story.prices("60", "61", "60", "61", after=timedelta(minutes=5))
    story = Story(rule=story.rule, history=[*story.history], now=story.now)

    assert story.prices("100", after=HOUR) == [False]
    assert story.prices("88", after=6 * DAY) == [True]


# Cooldown, per day, confirmation.


def test_what_is_still_true_at_the_end_of_the_cooldown_fires_then() -> None:
    story = Story(rule=rule("drop", share="0.1", baseline="previous", cooldown=3 * HOUR))

    assert story.prices("100", "90", "80", "80", "80", "80") == fires("-!--!-")
    assert story.reasons[1] == "80 EUR is 11.1 % below 90 EUR, the price before"


def test_what_is_over_at_the_end_of_the_cooldown_does_not_fire() -> None:
    story = Story(rule=rule("drop", share="0.1", baseline="previous", cooldown=3 * HOUR))

    assert story.prices("100", "90", "80", "90", "90", "90") == fires("-!----")


@pytest.mark.parametrize(
    ("said", "prices", "marks"),
    [
        ({"kind": "lowest", "again_after": "0"}, "100 90 80 80 80 80", "-!--!-"),
        ({"kind": "change"}, "100 90 80 80 80 80", "-!--!-"),
        ({"kind": "change"}, "100 90 80 90 90 90", "-!----"),
        ({"kind": "below", "amount": "95"}, "94 99 94 94 94", "!--!-"),
        ({"kind": "drop", "share": "0.1", "baseline": "last_alerted"}, "100 90 80 80 80 80", "-!--!-"),
    ],
)
def test_a_cooldown_delays(said: dict[str, Any], prices: str, marks: str) -> None:
    assert Story(rule=rule(**said, cooldown=3 * HOUR)).prices(*prices.split()) == fires(marks)


def test_without_a_cooldown_of_its_own_a_rule_has_the_watchs() -> None:
    story = Story(rule=rule("drop", share="0.1", baseline="previous", cooldown=None))

    assert story.prices("100", "90", "81", cooldown=timedelta(0)) == fires("-!!")
    assert story.prices("70", cooldown=2 * HOUR) == [False]


def test_no_more_alerts_within_24_hours_than_a_rule_may_have() -> None:
    story = Story(rule=rule("change", max_per_day=2))

    assert story.prices(*(str(n) for n in range(100, 110))) == fires("-!!-------")
    assert story.prices("200", after=16 * HOUR) == [True]


def test_a_big_move_waits_for_a_second_check() -> None:
    story = Story(rule=rule("below", amount="80", confirm="0.3"))

    assert story.prices("100", "50", "50") == fires("--!")
    assert Story(rule=story.rule).prices("100", "79") == [False, True]
    assert Story(rule=story.rule).prices("50") == [True]


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "drop", "share": "0.1", "baseline": "previous"},
        {"kind": "drop", "share": "0.1", "baseline": "low", "days": 30},
        {"kind": "drop", "share": "0.1", "baseline": "last_alerted"},
        {"kind": "lowest"},
        {"kind": "change"},
    ],
)
def test_a_big_move_that_does_not_last_is_never_told(said: dict[str, Any]) -> None:
    assert Story(rule=rule(**said, confirm="0.3")).prices("100", "10", "10") == fires("--!")
    assert Story(rule=rule(**said, confirm="0.3")).prices("100", "10", None, "10") == fires("---!")
    assert Story(rule=rule(**said, confirm="0.3")).prices("100", "10", "100", "100") == [False] * 4


def test_a_high_price_that_does_not_last_is_nothing_to_measure_a_drop_from() -> None:
    doubting = rule("drop", share="0.1", baseline="last_alerted", confirm="0.3")

    assert Story(rule=doubting).prices("100", "200", "100", "100") == [False] * 4
    assert Story(rule=doubting).prices("100", "200", "200", "100", "100") == fires("----!")
    assert Story(rule=replace(doubting, confirm=None)).prices("100", "200", "100") == fires("--!")


def test_the_same_check_told_again_fires_nothing_and_confirms_nothing() -> None:
    story = Story(rule=rule("below", amount="80", confirm="0.3"))
    story.prices("100", "50")

    assert story.prices("50", after=timedelta(0)) == [False]
    assert story.prices("50") == [True]
    assert story.prices("10", after=timedelta(0)) == [False]


# Texts and numbers.


@pytest.mark.parametrize(
    ("said", "reason", "was", "threshold"),
    [
        ({"kind": "below", "amount": "80"}, "79.90 EUR is at or below 80 EUR", "100", "80"),
        ({"kind": "drop", "share": "0.2", "baseline": "first"}, "79.90 EUR is 20.1 % below 100 EUR, the first price known", "100", "80"),
        ({"kind": "drop", "amount": "20", "baseline": "low", "days": 7}, "79.90 EUR is 20.1 % below 100 EUR, the lowest price of the last 7 days", "100", "80"),
        ({"kind": "drop", "share": "0.2", "baseline": "median", "days": 7}, "79.90 EUR is 20.1 % below 100 EUR, the median of the last 7 days", "100", "80"),
        ({"kind": "lowest"}, "79.90 EUR is the lowest price ever; until now that was 100 EUR", "100", "100"),
        ({"kind": "change"}, "79.90 EUR instead of 100 EUR", "100", None),
    ],
)  # fmt: skip
def test_a_firing_says_what_was_met(said: dict[str, Any], reason: str, was: str, threshold: str | None) -> None:
    story = Story(rule=rule(**said))
    story.prices("100", "79.9000")
    ((_, answer),) = story.alerts

    assert answer.firing is not None
    assert answer.firing.reason == reason
    assert answer.firing.was_price == Decimal(was)
    assert answer.firing.threshold == (None if threshold is None else Decimal(threshold))


def test_a_target_is_named_in_the_reason() -> None:
    story = Story(rule=rule("at_target"), target="80")
    story.prices("79")

    assert story.reasons == ["79 EUR is at or below the target of 80 EUR"]
