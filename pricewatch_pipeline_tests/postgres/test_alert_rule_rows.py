"""Alert rules in the table: all that a rule says comes back, and one that means something else starts anew."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pricewatch_pipeline.domain.alert_rules import UNTIL_UNMUTED, AlertRule, Baseline, Digest, RuleKind, ScopeKind
from pricewatch_pipeline.domain.alert_values import RuleState, RuleStatus
from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.watches import ActiveWindow
from pricewatch_pipeline.storage import alert_rule_rows
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.definitions import Sourced

Rows = Callable[..., list[dict[str, Any]]]

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)
SHARES = st.decimals(min_value="0.0001", max_value=1, places=4)
SECONDS = st.integers(0, 10**7).map(lambda s: timedelta(seconds=s))
TIMES = st.times(timezones=st.none()).map(lambda t: t.replace(second=0, microsecond=0))
RULES = st.builds(
    AlertRule,
    rule_id=st.just("mine"),
    kind=st.sampled_from(RuleKind),
    scope=st.just(ScopeKind.TAG),
    scope_id=TEXTS,
    amount=st.none() | st.decimals(min_value="0.01", max_value=10**12, places=4),
    currency=st.sampled_from([None, "EUR", "CZK"]),
    share=st.none() | SHARES,
    baseline=st.none() | st.sampled_from(Baseline),
    days=st.none() | st.integers(1, 3660),
    indicator=st.sampled_from([None, "low", "high"]),
    times=st.none() | st.integers(1, 1000),
    cooldown=st.none() | SECONDS,
    rearm=SHARES,
    rearm_after=SECONDS,
    again_after=st.none() | SHARES,
    confirm=st.none() | SHARES,
    max_per_day=st.none() | st.integers(1, 100),
    quiet=st.lists(
        st.builds(ActiveWindow, days=st.frozensets(st.integers(0, 6), min_size=1), start=TIMES, end=TIMES), max_size=2
    ).map(tuple),
    timezone=st.sampled_from([None, "Europe/Berlin"]),
    channels=st.none() | st.lists(TEXTS, max_size=3).map(tuple),
    digest=st.sampled_from(Digest),
    title_template=st.none() | TEXTS,
    body_template=st.none() | TEXTS,
    is_enabled=st.booleans(),
)
INSTANTS = st.integers(0, 10**9).map(lambda s: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=s))
PRICES = st.none() | st.decimals(min_value=0, max_value=10**12, places=4)
STATES = st.builds(
    RuleState,
    status=st.sampled_from(RuleStatus),
    currency=st.sampled_from([None, "EUR"]),
    reference_price=PRICES,
    fired_at=st.none() | INSTANTS,
    fired_slot_at=st.none() | INSTANTS,
    fired_price=PRICES,
    fired_threshold=PRICES,
    recent_firings=st.lists(INSTANTS, max_size=3).map(tuple),
    held_price=PRICES,
    held_currency=st.sampled_from([None, "EUR"]),
    held_availability=st.none() | st.sampled_from(Availability),
    awaits_confirmation_since=st.none() | INSTANTS,
    clear_since=st.none() | INSTANTS,
)
FIRED = RuleState(status=RuleStatus.FIRED)
PLAIN = AlertRule(rule_id="mine", kind=RuleKind.BELOW, amount=Decimal(80))
WITHOUT_FIXTURE_CHECK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def write(database: Database, rule: AlertRule, source: Sourced | None = None) -> tuple[list[str], list[str]]:
    return database.run(lambda c: alert_rule_rows.upsert_rules(c, [(rule, source or Sourced())]))


def read(database: Database) -> alert_rule_rows.RuleRow:
    row = database.run(lambda c: alert_rule_rows.one(c, "mine"))
    assert row is not None
    return row


@WITHOUT_FIXTURE_CHECK
@given(rule=RULES)
def test_all_that_a_rule_says_comes_back(database: Database, rule: AlertRule) -> None:
    write(database, rule)

    assert read(database).rule == rule
    assert write(database, rule) == ([], [])


@WITHOUT_FIXTURE_CHECK
@given(state=STATES)
def test_all_that_a_rule_remembers_comes_back(rows: Rows, state: RuleState) -> None:
    remember(rows, state)
    (row,) = rows("SELECT status, state FROM pricewatch.alert_states")

    assert alert_rule_rows.state_of(row["status"], row["state"]) == state


def remember(rows: Rows, state: RuleState = FIRED) -> None:
    rows(
        """
        INSERT INTO pricewatch.alert_states (rule_id, subject, status, state) VALUES ('mine', 'w', :status, cast(:state AS jsonb))
        ON CONFLICT (rule_id, subject) DO UPDATE SET status = excluded.status, state = excluded.state
        """,
        status=state.status.value,
        state=json.dumps(alert_rule_rows.state_record(state)),
    )


def states(rows: Rows) -> list[dict[str, Any]]:
    return rows("SELECT subject FROM pricewatch.alert_states WHERE rule_id = 'mine'")


@pytest.mark.parametrize(
    "changed",
    [
        replace(PLAIN, amount=Decimal(70)),
        replace(PLAIN, currency="EUR"),
        replace(PLAIN, kind=RuleKind.DROP),
        replace(PLAIN, kind=RuleKind.DROP, amount=None, share=Decimal("0.1"), baseline=Baseline.FIRST),
    ],
)
def test_a_rule_that_means_something_else_forgets_what_it_has_seen(
    database: Database, rows: Rows, changed: AlertRule
) -> None:
    write(database, PLAIN)
    remember(rows)

    assert write(database, changed) == ([], ["mine"])
    assert not states(rows)


@pytest.mark.parametrize(
    "changed",
    [
        replace(PLAIN, amount=Decimal("80.00"), cooldown=timedelta(days=1)),
        replace(PLAIN, channels=("phone",), digest=Digest.DAILY),
        replace(PLAIN, title_template="Cheap!", is_enabled=False),
        replace(PLAIN, scope=ScopeKind.TAG, scope_id="toys"),
    ],
)
def test_a_rule_that_is_only_told_otherwise_remembers(database: Database, rows: Rows, changed: AlertRule) -> None:
    write(database, PLAIN)
    remember(rows)

    assert write(database, changed) == ([], ["mine"])
    assert states(rows)


def test_a_rule_keeps_the_file_and_line_that_manage_it(database: Database) -> None:
    assert write(database, PLAIN, Sourced(file="mine.yaml", line=7)) == (["mine"], [])
    row = read(database)

    assert (row.source_file, row.source_line) == ("mine.yaml", 7)


def test_an_archived_rule_is_not_listed_forgets_and_comes_back_when_written_again(
    database: Database, rows: Rows
) -> None:
    write(database, PLAIN)
    remember(rows)

    assert database.run(lambda c: alert_rule_rows.archive_rules(c, ["mine", "unknown"])) == ["mine"]
    assert database.run(lambda c: alert_rule_rows.one(c, "mine")) is None
    assert not states(rows)
    write(database, PLAIN)
    assert read(database).rule == PLAIN


def test_a_rule_is_muted_until_it_is_unmuted(database: Database) -> None:
    write(database, PLAIN)
    database.run(lambda c: alert_rule_rows.mute(c, ["mine"], UNTIL_UNMUTED))
    muted = read(database)
    database.run(lambda c: alert_rule_rows.mute(c, ["mine"], None))

    assert (muted.is_muted, muted.muted_until) == (True, UNTIL_UNMUTED)
    assert not read(database).is_muted


def test_everybody_has_the_rules_that_need_no_file(database: Database) -> None:
    rules = {row.rule.rule_id: row.rule for row in database.run(alert_rule_rows.listed)}

    assert {name: rule.kind for name, rule in rules.items()} == {
        "target": RuleKind.AT_TARGET,
        "failing": RuleKind.FAILING,
        "blocked": RuleKind.BLOCKED,
        "run-failed": RuleKind.RUN_FAILED,
    }
    assert rules["failing"].times == 10
