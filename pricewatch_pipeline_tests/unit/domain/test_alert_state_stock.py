"""Rules about stock, about what providers say, and for operators: tables over the checks of a watch."""

from datetime import timedelta
from typing import Any

import pytest

from pricewatch_pipeline.domain.alert_state import RuleStatus
from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.price_changes import PriceChange
from pricewatch_pipeline_tests.support.alert_story import BEGIN, HOUR, Story, rule

STOCK = {
    "i": Availability.IN_STOCK,
    "l": Availability.LIMITED_AVAILABILITY,
    "o": Availability.OUT_OF_STOCK,
    "d": Availability.DISCONTINUED,
    "p": Availability.PRE_ORDER,
    "b": Availability.BACK_ORDER,
    "?": None,
}


def stocked(kind: str, checks: str, *, every: timedelta = 2 * HOUR, **said: Any) -> str:
    """What a rule answers to checks of stock, one letter each; `x` is one that failed."""
    story = Story(rule=rule(kind, **said))
    marks = ""
    for letter in checks:
        if letter == "x":
            has_fired = story.check(outcome=Outcome.BLOCKED, after=every)
        else:
            has_fired = story.check("10", STOCK[letter], after=every)
        marks += "!" if has_fired else "-"
    return marks


@pytest.mark.parametrize(
    ("kind", "checks", "marks"),
    [
        ("back_in_stock", "iii", "---"),
        ("back_in_stock", "oii", "-!-"),
        ("back_in_stock", "dl", "-!"),
        ("back_in_stock", "pi", "-!"),
        ("back_in_stock", "bl", "-!"),
        ("back_in_stock", "o?i", "--!"),
        ("back_in_stock", "oxi", "--!"),
        ("back_in_stock", "i?i", "---"),
        ("back_in_stock", "ixi", "---"),
        ("back_in_stock", "oioi", "-!-!"),
        ("back_in_stock", "ill", "---"),
        ("out_of_stock", "ooo", "---"),
        ("out_of_stock", "ioo", "-!-"),
        ("out_of_stock", "id", "-!"),
        ("out_of_stock", "iod", "-!-"),
        ("out_of_stock", "po", "-!"),
        ("out_of_stock", "i?o", "--!"),
        ("out_of_stock", "o?o", "---"),
        ("out_of_stock", "ip", "--"),
    ],
)
def test_stock_is_told_when_it_has_changed(kind: str, checks: str, marks: str) -> None:
    assert stocked(kind, checks) == marks


@pytest.mark.parametrize("kind", ["back_in_stock", "out_of_stock"])
def test_stock_that_flaps_fires_once(kind: str) -> None:
    assert stocked(kind, "oi" * 20, every=timedelta(minutes=10)).count("!") == 1


def test_what_must_last_longer_is_armed_later() -> None:
    assert stocked("back_in_stock", "oioioooi", every=HOUR, rearm_after=3 * HOUR) == "-!-----!"
    assert stocked("back_in_stock", "oioi", every=HOUR, rearm_after=timedelta(0)) == "-!-!"


def test_stock_that_is_back_within_the_cooldown_is_told_at_its_end() -> None:
    assert stocked("back_in_stock", "oioiii", every=HOUR, cooldown=4 * HOUR) == "-!---!"
    assert stocked("back_in_stock", "oioioo", every=HOUR, cooldown=4 * HOUR) == "-!----"


def test_a_rule_made_while_something_is_sold_out_knows_from_the_history() -> None:
    sold_out = PriceChange(began_at=BEGIN - 48 * HOUR, availability=Availability.OUT_OF_STOCK)
    not_known = PriceChange(began_at=BEGIN - 24 * HOUR)
    story = Story(rule=rule("back_in_stock"), history=[sold_out, not_known])

    assert story.check("79")
    assert story.reasons == ["it is in stock, for 79 EUR"]


@pytest.mark.parametrize(
    ("before", "now", "reason"),
    [
        (("10", "i"), ("10", "o"), "out of stock instead of in stock"),
        (("10", "i"), ("9", "l"), "9 EUR instead of 10 EUR; in stock (few left) instead of in stock"),
        (("10", "i"), (None, "o"), "out of stock instead of in stock"),
        (("10", "i"), ("10", "?"), None),
        (("10", "?"), ("10", "i"), None),
        ((None, "o"), ("10", "o"), None),
    ],
)
def test_a_change_is_another_price_or_availability_where_both_are_known(
    before: tuple[str, str], now: tuple[str, str], reason: str | None
) -> None:
    story = Story(rule=rule("change"))
    story.check(before[0], STOCK[before[1]])
    story.check(now[0], STOCK[now[1]])

    assert story.reasons == ([reason] if reason else [])


def test_another_currency_is_a_change() -> None:
    story = Story(rule=rule("change"))

    assert [story.check("10", currency=currency) for currency in ("EUR", "USD", None, "USD")] == [False, True, False, False]  # fmt: skip
    assert story.reasons == ["10 USD instead of 10 EUR"]


def test_a_price_that_is_back_after_a_sold_out_page_without_one_is_no_other_price() -> None:
    story = Story(rule=rule("change"))
    story.check("10")
    story.check(None, Availability.OUT_OF_STOCK)
    story.check("10")

    assert story.reasons == ["out of stock instead of in stock", "in stock instead of out of stock"]


# What providers say.


def signalled(kind: str, *signals: str | None, name: str, **said: Any) -> str:
    story = Story(rule=rule(kind, **said))
    fired = (story.check("100", signals={} if signal is None else {name: signal}) for signal in signals)
    return "".join("!" if has_fired else "-" for has_fired in fired)


@pytest.mark.parametrize(
    ("signals", "marks"),
    [
        (["low", "low", "typical", "low"], "!--!"),
        (["typical", "Low "], "-!"),
        (["low", None, "low"], "!--"),
        (["", "high"], "--"),
    ],
)
def test_a_price_indicator_is_told_when_it_comes(signals: list[str | None], marks: str) -> None:
    assert signalled("price_indicator", *signals, name="price_indicator", indicator="low") == marks


def test_without_an_indicator_none_is_waited_for() -> None:
    assert signalled("price_indicator", "low", name="price_indicator") == "-"


@pytest.mark.parametrize(
    ("signals", "marks"),
    [
        (["1000000", "999999.99", "2000000", "2000000"], "!-!!"),
        (["a lot", "", "NaN", "Infinity", None, "1e6"], "-----!"),
    ],
)
def test_each_insider_trade_of_that_value_is_told(signals: list[str | None], marks: str) -> None:
    assert signalled("insider_trade", *signals, name="insider_trade_value", amount="1000000") == marks


def test_an_insider_trade_waits_for_the_cooldown() -> None:
    trades = ["5"] * 4

    assert signalled("insider_trade", *trades, name="insider_trade_value", amount="5", cooldown=2 * HOUR) == "!-!-"


def test_of_an_insider_trade_is_told_once_with_who_and_what_whatever_the_cooldown_of_its_watch() -> None:
    story = Story(rule=rule("insider_trade", amount="5"))
    said = {"insider_trade_value": "7", "insider_trade": "sale of 1 share by COOK TIMOTHY D (0000320193-26-000009)"}

    assert [story.check("100", signals=said, cooldown=6 * HOUR) for _ in range(2)] == [True, True]
    assert story.reasons[0].startswith(
        "an insider's sale of 1 share by COOK TIMOTHY D (0000320193-26-000009) is worth 7"
    )


# For operators.


def test_failing_fires_at_the_count_repeats_after_each_cooldown_and_ends_with_a_success() -> None:
    story = Story(rule=rule("failing", times=3, cooldown=4 * HOUR))

    assert story.prices(*[None] * 8) == [False, False, True, False, False, False, True, False]
    assert story.reasons[0] == "3 checks in a row failed, the last with the outcome timeout"
    assert story.state.status is RuleStatus.FIRED
    assert story.prices("10", None, None, None) == [False, False, False, True]


def test_failing_without_a_number_never_fires() -> None:
    assert Story(rule=rule("failing")).prices(None, None) == [False, False]


def test_a_block_is_told_once_while_it_lasts() -> None:
    story = Story(rule=rule("blocked"))
    blocked = [story.check(outcome=Outcome.BLOCKED, is_host_blocked=is_open) for is_open in (False, True, True, False, True)]  # fmt: skip

    assert blocked == [False, True, False, False, True]


def test_a_price_in_quarantine_is_told_once_until_a_success() -> None:
    story = Story(rule=rule("quarantined"))
    doubted: dict[str, Any] = {"outcome": Outcome.IMPLAUSIBLE, "is_doubted": True}

    assert [story.check(**doubted), story.check(**doubted), *story.prices(None)] == [True, False, False]
    assert [story.check(**doubted), story.check("10"), story.check(**doubted)] == [False, False, True]
