"""Checks that ended, as a run hands them to the database: without a page, a server or an engine."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from pricewatch_pipeline.domain.backoff import Plan
from pricewatch_pipeline.domain.checks import CheckKind, FinishedCheck
from pricewatch_pipeline.domain.offers import Availability, Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.services import raise_alerts
from pricewatch_pipeline.services.raise_alerts import Alerting
from pricewatch_pipeline.storage.database import Database

BEGIN = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=20)
HOUR = timedelta(hours=1)
IN_STOCK, SOLD_OUT = Availability.IN_STOCK, Availability.OUT_OF_STOCK


def offer(
    price: str | None, *, currency: str = "EUR", availability: Availability | None = IN_STOCK, **fields: Any
) -> Offer:
    """What a page says; a page without a price says no currency."""
    known = None if price is None else Decimal(price)
    return Offer(price=known, currency=None if known is None else currency, availability=availability, **fields)


def finished(watch_id: str, found: Offer | Outcome, at: datetime, **fields: Any) -> FinishedCheck:
    """A check that ended at this instant; its slot too, unless `fields` says otherwise."""
    outcome = Outcome.OK if isinstance(found, Offer) else found
    return FinishedCheck(
        **{
            "watch_id": watch_id,
            "slot_at": at,
            "attempt": 1,
            "kind": CheckKind.SCHEDULED,
            "outcome": outcome,
            "started_at": at,
            "finished_at": at,
            "host": "shop.example",
            "offer": found if isinstance(found, Offer) else None,
            "error": None if outcome.is_success else outcome.verdict.meaning,
            **fields,
        }
    )


def plan(failures: int, at: datetime) -> Plan:
    """What the schedule says after a check that left a watch with so many failures."""
    return Plan(
        slot_at=at + HOUR, next_due_at=at + HOUR, attempt=0, consecutive_failures=failures, is_quarantined=False
    )


@dataclass(kw_only=True)
class Checker:
    """Stores checks of one watch, an hour apart."""

    database: Database
    watch_id: str = "lamp"
    now: datetime = BEGIN
    failures: int = 0
    alerting: Alerting = field(default_factory=lambda: Alerting(default_channels=("mail",)))

    def check(self, *found: str | Offer | Outcome | None, after: timedelta = HOUR, **fields: Any) -> None:
        """One check after the other: a price, an offer, a failure."""
        for each in found:
            self.now += after
            looked = offer(each) if each is None or (isinstance(each, str) and not isinstance(each, Outcome)) else each
            self.failures = 0 if isinstance(looked, Offer) or looked.is_success else self.failures + 1
            check = finished(self.watch_id, looked, self.now, **{"plan": plan(self.failures, self.now), **fields})
            store(self.database, [check], self.alerting)

    def not_modified(self, *, after: timedelta = HOUR) -> None:
        """A check that finds the page as it was."""
        with self.database.transaction() as connection:
            last_slot_at = connection.exec_driver_sql(
                "SELECT last_slot_at FROM pricewatch.watches WHERE watch_id = %s", (self.watch_id,)
            ).scalar_one()
        self.check(Outcome.NOT_MODIFIED, carried_slot_at=last_slot_at, after=after)


def store(database: Database, checks: Sequence[FinishedCheck], alerting: Alerting) -> frozenset[str]:
    """Complete checks as if they were asked for by hand: without a claim."""
    return database.run(
        lambda connection: raise_alerts.record_manual(connection, checks, run_id="run", alerting=alerting)
    )
