"""What alert rules cost per snapshot: the same completions without any look at rules, with the built-in rules, and with ten."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from statistics import median

from benchmarks.results import Summary
from benchmarks.rig import Rig
from pricewatch_pipeline.domain.alert_rules import AlertRule, Baseline, RuleKind
from pricewatch_pipeline.domain.checks import CheckKind, FinishedCheck
from pricewatch_pipeline.domain.offers import Availability, Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.services import raise_alerts
from pricewatch_pipeline.services.checking_run import CHUNK
from pricewatch_pipeline.services.raise_alerts import Alerting
from pricewatch_pipeline.storage import alert_rule_rows, completions
from pricewatch_pipeline.storage.database import Connection, Database
from pricewatch_pipeline.storage.definitions import Sourced

WATCHES = 4 * CHUNK
LOOKS = 5
"""At each watch, per measure: PostgreSQL's CPU time is told in hundredths of a second."""
CHANGES = 60
"""In the history of each watch, two days apart: fifteen of them within the thirty days that rules look back at."""
_TENTH = Decimal("0.1")
RULES = (
    AlertRule(rule_id="bench-below", kind=RuleKind.BELOW, amount=Decimal(80)),
    AlertRule(rule_id="bench-previous", kind=RuleKind.DROP, share=_TENTH, baseline=Baseline.PREVIOUS),
    AlertRule(rule_id="bench-median", kind=RuleKind.DROP, share=_TENTH, baseline=Baseline.MEDIAN, days=30),
    AlertRule(rule_id="bench-alerted", kind=RuleKind.DROP, share=_TENTH, baseline=Baseline.LAST_ALERTED),
    AlertRule(rule_id="bench-rise", kind=RuleKind.RISE, amount=Decimal(30), baseline=Baseline.FIRST),
    AlertRule(rule_id="bench-ever", kind=RuleKind.LOWEST),
    AlertRule(rule_id="bench-lowest", kind=RuleKind.LOWEST, days=30),
    AlertRule(rule_id="bench-change", kind=RuleKind.CHANGE, confirm=_TENTH),
    AlertRule(rule_id="bench-back", kind=RuleKind.BACK_IN_STOCK),
)
"""Beside the built-in rule about targets, which all these watches have."""

Store = Callable[[Connection, Sequence[FinishedCheck]], object]
_ALERTING = Alerting(default_channels=("mail",))


def measure_alerting(rig: Rig, *, repeats: int) -> Summary:
    """Milliseconds of CPU per snapshot, ours and PostgreSQL's, by turns; and what rules make of a completion's cost."""
    with closing(_Bench(rig)) as bench:
        ways: dict[str, tuple[bool, Store]] = {
            "none": (False, lambda connection, checks: completions.record_manual(connection, checks, run_id=None)),
            "built_in": (False, _raise),
            "ten": (True, _raise),
        }
        costs: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(repeats + 1):
            for name, (has_rules, store) in ways.items():
                bench.have_rules(has_rules)
                costs[name].append(bench.cost_ms(store))
        alerts = bench.alerts()
    ms = {name: median(each[1:]) for name, each in costs.items()}  # the first round fills caches
    return {
        "alert_rules_ms_per_snapshot": ms["ten"] - ms["none"],
        "alert_rules_built_in_ms_per_snapshot": ms["built_in"] - ms["none"],
        "alert_rules_ratio": ms["ten"] / ms["none"],
        "completion_ms_per_snapshot": ms["none"],
        "alerts_per_snapshot": alerts / (WATCHES * LOOKS * (repeats + 1)),
    }


def _raise(connection: Connection, checks: Sequence[FinishedCheck]) -> object:
    return raise_alerts.record_manual(connection, checks, run_id=None, alerting=_ALERTING)


class _Bench:
    """Watches with a history, and completions of theirs."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._database = Database(rig.environment["PRICEWATCH_DATABASE_URL"])
        self._turns = count(1)
        self._begin = datetime.now(UTC)
        rig.connection.execute("INSERT INTO pricewatch.hosts (host) VALUES ('alerts.example') ON CONFLICT DO NOTHING")
        rig.connection.execute(
            """
            INSERT INTO pricewatch.watches (watch_id, provider, query, host, url, every_s, next_due_at, target_price)
            SELECT 'alerts-' || n, 'retail', '{}', 'alerts.example', 'https://alerts.example/' || n, 3600,
                   now() + interval '1 year', 75
            FROM generate_series(1, %s) AS n
            """,
            [WATCHES],
        )
        rig.connection.execute(
            """
            INSERT INTO pricewatch.price_changes (watch_id, began_at, price, currency, availability)
            SELECT 'alerts-' || n, %s - make_interval(days => 2 * c), 90 + (n + 7 * c) %% 21, 'EUR', 'InStock'
            FROM generate_series(1, %s) AS n, generate_series(1, %s) AS c
            """,
            [self._begin, WATCHES, CHANGES],
        )
        rig.connection.execute("ANALYZE pricewatch.watches, pricewatch.price_changes")

    def have_rules(self, has_rules: bool) -> None:
        """The nine rules, or only the built-in ones."""
        if has_rules:
            rules = [(rule, Sourced()) for rule in RULES]
            self._database.run(lambda connection: alert_rule_rows.upsert_rules(connection, rules))
            return
        self._database.run(
            lambda connection: alert_rule_rows.archive_rules(connection, [rule.rule_id for rule in RULES])
        )

    def cost_ms(self, store: Store) -> float:
        """Of some looks at every watch, per snapshot."""
        turns = [next(self._turns) for _ in range(LOOKS)]
        chunks = [
            [self._check(number, turn) for number in range(start, start + CHUNK)]
            for turn in turns
            for start in range(1, WATCHES, CHUNK)
        ]
        ours, theirs = time.process_time(), self._rig.postgres_cpu_s()
        for chunk in chunks:
            self._database.run(lambda connection, chunk=chunk: store(connection, chunk))  # type: ignore[misc]
        spent_s = time.process_time() - ours + self._rig.postgres_cpu_s() - theirs
        return 1000 * spent_s / (WATCHES * LOOKS)

    def _check(self, number: int, turn: int) -> FinishedCheck:
        """At each look every fiftieth has another price, and the one before that is back where it was."""
        at = self._begin + timedelta(seconds=turn)
        is_other = (number + turn) % 50 == 0
        price = Decimal(90 + (number + 7) % 21) - (5 + number % 25 if is_other else 0)
        return FinishedCheck(
            watch_id=f"alerts-{number}",
            slot_at=at,
            attempt=1,
            kind=CheckKind.MANUAL,
            outcome=Outcome.OK,
            started_at=at,
            finished_at=at,
            host="alerts.example",
            offer=Offer(price=price, currency="EUR", availability=Availability.IN_STOCK, title=f"Lamp {number}"),
        )

    def alerts(self) -> int:
        """How many there are now of these watches."""
        found = self._rig.connection.execute(
            "SELECT count(*) FROM pricewatch.alerts WHERE starts_with(watch_id, 'alerts-')"
        ).fetchone()
        return int(found[0]) if found else 0

    def close(self) -> None:
        with suppress(Exception):
            self._database.close()
