"""Rules that wait for prices in a currency which a watch has left are found, and said."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pricewatch_pipeline.domain.alert_rules import AlertRule, Baseline, ScopeKind
from pricewatch_pipeline.services.diagnose_alerts import judge_silence
from pricewatch_pipeline.services.steer_alert_rules import list_rules
from pricewatch_pipeline.storage import alert_views
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.checks import offer
from pricewatch_pipeline_tests.support.raised import add_rules, alerts, rule, watched

Rows = Callable[..., list[dict[str, Any]]]

TENTH = {"share": Decimal("0.1"), "baseline": Baseline.PREVIOUS}
NEW_TARGET = (
    "`pricewatch watch edit lamp --target AMOUNT --currency EUR`, "
    "or `target: {amount: AMOUNT, currency: EUR}` where a file manages the watch"
)
FOR_LAMP = {"scope": ScopeKind.WATCH, "scope_id": "lamp"}


def silent(database: Database, *, limit: int | None = None) -> list[dict[str, Any]]:
    return database.run(lambda connection: alert_views.silenced_by_currency(connection, limit=limit))


def moved_to_euros(database: Database, *watch_ids: str, **fields: Any) -> None:
    """Watches of a shop that had kuna, and euros from the third check on."""
    for watch_id in watch_ids:
        kuna, euros = offer("75", currency="HRK"), offer("10", currency="EUR")
        watched(database, watch_id, **fields).check(kuna, kuna, euros, offer("9", currency="EUR"))


@pytest.mark.parametrize(
    ("added", "fields", "advice"),
    [
        (rule("mine", "below", amount=Decimal(80), **FOR_LAMP), {}, "name the currency in the rule: `below: AMOUNT EUR`"),
        (rule("mine", "below", amount=Decimal(80)), {}, "name the currency in the rule: `below: AMOUNT EUR`, or add such a rule for lamp alone"),
        (rule("mine", "drop", amount=Decimal(5), baseline=Baseline.FIRST, **FOR_LAMP), {}, "name the currency in the rule: `by: AMOUNT EUR`"),
        (rule("mine", "drop", **TENTH), {}, "remove it and add it again: it begins anew then, with EUR"),
        (rule("mine", "lowest", scope=ScopeKind.TAG, scope_id="home"), {"tags": ("home",)}, "remove it and add it again: it begins anew then, with EUR"),
        (rule("target", "at_target"), {"target_price": Decimal(80)}, NEW_TARGET),
        (rule("target", "at_target"), {"target_price": Decimal(80), "target_currency": "HRK"}, NEW_TARGET),
    ],
)  # fmt: skip
def test_a_rule_of_a_shop_that_changed_its_money_is_silent_and_it_is_said(
    database: Database, rows: Rows, added: AlertRule, fields: dict[str, Any], advice: str
) -> None:
    add_rules(database, added)
    moved_to_euros(database, "lamp", **fields)
    (changed,) = rows("SELECT began_at FROM pricewatch.price_changes WHERE currency = 'EUR' ORDER BY began_at LIMIT 1")
    day = f"{changed['began_at']:%d %b %Y}".removeprefix("0")

    (finding,) = judge_silence(silent(database))

    said = f"the rule {added.rule_id} is silent for lamp: it compares HRK, and lamp has had EUR since {day}"
    assert (finding.subject, finding.verdict, finding.what, finding.advice) == ("alert rules", "warn", said, advice)
    assert all(price is None or price > 10 for *_, price in alerts(rows))  # it is true: nothing was told of the euros
    assert {each["rule_id"]: each["silent_for"] for each in list_rules(database)}[added.rule_id] == 1


@pytest.mark.parametrize(
    ("added", "fields"),
    [
        (rule("mine", "below", amount=Decimal(80), currency="HRK"), {}),
        (rule("mine", "change"), {}),
        (rule("mine", "drop", is_enabled=False, **TENTH), {}),
        (rule("target", "at_target"), {}),
        (rule("target", "at_target"), {"target_price": Decimal(80), "target_currency": "EUR"}),
    ],
)
def test_a_rule_that_waits_for_what_it_names_or_for_nothing_is_not_called_silent(
    database: Database, added: AlertRule, fields: dict[str, Any]
) -> None:
    add_rules(database, added)
    moved_to_euros(database, "lamp", **fields)
    assert silent(database) == []


def test_a_rule_that_is_not_about_the_watch_any_more_is_not_silent_for_it(database: Database, rows: Rows) -> None:
    add_rules(database, rule("mine", "drop", scope=ScopeKind.TAG, scope_id="home", **TENTH))
    moved_to_euros(database, "lamp", tags=("home",))
    assert len(silent(database)) == 1
    rows("UPDATE pricewatch.watches SET tags = '{}'")
    assert silent(database) == []


def test_the_advice_is_true_with_a_currency_of_its_own_the_rule_speaks(database: Database, rows: Rows) -> None:
    add_rules(database, rule("mine", "below", amount=Decimal(5)))
    lamp = watched(database, "lamp")
    lamp.check(offer("75", currency="HRK"), offer("4", currency="EUR"))
    assert alerts(rows) == []
    add_rules(database, rule("mine", "below", amount=Decimal(5), currency="EUR"))
    lamp.check(offer("4", currency="EUR"))
    assert alerts(rows) == [("mine", "lamp", Decimal(4))]
    assert silent(database) == []


def test_many_are_counted_and_a_few_named(database: Database) -> None:
    add_rules(database, *(rule(f"mine-{number}", "drop", **TENTH) for number in range(3)))
    moved_to_euros(database, "lamp", "kettle")

    first, second, rest = judge_silence(silent(database, limit=2))

    assert first.what.startswith("the rule mine-0 is silent for kettle (and 1 other): it compares HRK, and kettle")
    assert second.what.startswith("the rule mine-1 ")
    assert (rest.what, rest.advice) == (
        "1 more rule is like this",
        "`pricewatch alerts rules` marks them: `silent for`",
    )
