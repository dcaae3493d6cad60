"""Watches with rules, and what has been told of them."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from pricewatch_pipeline.domain.alert_rules import AlertRule, RuleKind
from pricewatch_pipeline.services.raise_alerts import Alerting
from pricewatch_pipeline.storage import alert_rule_rows
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.definitions import Sourced
from pricewatch_pipeline_tests.support.checks import Checker
from pricewatch_pipeline_tests.support.shop import store_watches, watch

Rows = Callable[..., list[dict[str, Any]]]


ALERTING = Alerting(default_channels=("mail", "phone"), timezone="Europe/Berlin")


def watched(database: Database, watch_id: str, **fields: Any) -> Checker:
    store_watches(database, [watch(watch_id, f"https://shop.example/{watch_id}", **fields)])
    return Checker(database=database, watch_id=watch_id, alerting=ALERTING)


def add_rules(database: Database, *rules: AlertRule) -> None:
    database.run(lambda connection: alert_rule_rows.upsert_rules(connection, [(rule, Sourced()) for rule in rules]))


def rule(rule_id: str, kind: str, **said: Any) -> AlertRule:
    return AlertRule(rule_id=rule_id, kind=RuleKind(kind), **{"cooldown": timedelta(0), **said})


def alerts(rows: Rows) -> list[tuple[str, str, Decimal | None]]:
    """(rule, subject, price) in the order of their slots."""
    found = rows("SELECT rule_id, subject, price FROM pricewatch.alerts ORDER BY slot_at, rule_id, subject")
    return [(row["rule_id"], row["subject"], row["price"]) for row in found]


def deliveries(rows: Rows) -> list[tuple[str, str]]:
    """(rule, channel)."""
    found = rows("""
        SELECT rule_id, channel FROM pricewatch.alert_deliveries JOIN pricewatch.alerts USING (alert_id) ORDER BY 1, 2
    """)
    return [(row["rule_id"], row["channel"]) for row in found]
