"""How everything stands: what runs here, the fleet in numbers, what waits for what, and what fails."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from pricewatch_pipeline.domain.batches import BatchProgress
from pricewatch_pipeline.services.explain_waiting import is_held_back, why_it_waits, why_left_alone
from pricewatch_pipeline.services.open_pipeline import Pipeline
from pricewatch_pipeline.settings import Settings, read_session
from pricewatch_pipeline.storage import alert_numbers, batches, host_views, ledger, outbox, quarantine, watches
from pricewatch_pipeline.storage.outbox import Backlog

Record = dict[str, Any]
_MOST_LOOKED_AT = 1_000


@dataclass(frozen=True, kw_only=True)
class RunningSession:
    """An `up` or `demo` that runs in this home folder."""

    mode: str
    pid: int
    url: str


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A watch that is not being checked, and why."""

    watch_id: str
    state: str
    next_due_at: datetime
    waits: str


@dataclass(frozen=True, kw_only=True)
class Failing:
    """A watch whose last checks failed."""

    watch_id: str
    failures: int
    outcome: str | None
    error: str | None
    next_due_at: datetime


@dataclass(frozen=True, kw_only=True)
class Doubted:
    """A price that waits for another look, or for an operator."""

    watch_id: str
    price: Decimal
    currency: str | None
    observed_at: datetime
    doubt: str


@dataclass(frozen=True, kw_only=True)
class LeftAlone:
    """A host that is not asked as its pace would allow."""

    host: str
    state: str
    until: datetime | None
    """None: until somebody ends it, or the next probe."""
    why: str | None
    due_watches: int


@dataclass(frozen=True, kw_only=True)
class DeadLetters:
    """Alerts that a channel did not take, and that are not tried again by themselves."""

    channel: str
    error: str
    deliveries: int
    last_at: datetime


@dataclass(frozen=True, kw_only=True)
class Status:
    """How everything stands."""

    measured_at: datetime
    session: RunningSession | None
    fleet: Record
    outcomes: dict[str, int]
    """Of the last day."""
    in_progress: list[Record]
    """The batches that are being checked, by who checks them."""
    open_batches: list[BatchProgress]
    """Of watches that stand for many queries; the newest of them."""
    due: list[Waiting]
    """Due or being checked, in the order of their time; the first of them."""
    held_back: list[Waiting]
    """Kept from their checks by more than their own time; the first of them."""
    failing: list[Failing]
    """The longest series first; the first of them."""
    doubted: list[Doubted]
    """Prices that are not believed yet, the oldest first; the first of them."""
    hosts: list[LeftAlone]
    """That are paused, rest, or have an open breaker; the first of them."""
    outbox: Backlog
    """Alerts that wait to be sent."""
    dead_letters: list[DeadLetters]
    """By channel and reason; the most first."""


def show_status(pipeline: Pipeline, *, limit: int = 20) -> Status:
    """Ask for everything; at most `limit` watches in each list."""
    database = pipeline.database
    now, session = database.now(), running_session(pipeline.settings)
    of_waiting = partial(_waiting, now=now, is_running=session is not None)
    held_back = database.run(partial(watches.held_back, limit=_MOST_LOOKED_AT))
    failing = database.run(partial(watches.failing, limit=limit))
    return Status(
        measured_at=now,
        session=session,
        fleet=database.run(ledger.fleet),
        outcomes=database.run(ledger.outcomes),
        in_progress=database.run(ledger.in_progress),
        open_batches=[each for each in database.run(partial(batches.recent, limit=limit)) if each.is_open],
        due=of_waiting(database.run(partial(watches.in_turn, limit=limit))),
        held_back=of_waiting([watch for watch in held_back if is_held_back(watch, now=now)][:limit]),
        failing=[
            Failing(
                watch_id=watch["watch_id"],
                failures=watch["consecutive_failures"],
                outcome=watch["last_outcome"],
                error=watch["last_error"],
                next_due_at=watch["next_due_at"],
            )
            for watch in failing
        ],
        doubted=[
            Doubted(**{each.name: price[each.name] for each in fields(Doubted)})
            for price in database.run(partial(quarantine.waiting, limit=limit))
        ],
        hosts=[
            LeftAlone(
                host=host["host"],
                state=host["state"],
                until=host["state_until"],
                why=why_left_alone(host, now=now),
                due_watches=host["due_watches"],
            )
            for host in database.run(partial(host_views.left_alone, limit=limit))
        ],
        outbox=database.run(outbox.backlog),
        dead_letters=[DeadLetters(**each) for each in database.run(alert_numbers.dead_letters)[:limit]],
    )


def running_session(settings: Settings) -> RunningSession | None:
    """What runs in this home folder; None when nothing does."""
    session = read_session(settings.session_file)
    return RunningSession(mode=session["mode"], pid=session["pid"], url=session["url"]) if session else None


def _waiting(found: Iterable[Record], *, now: datetime, is_running: bool) -> list[Waiting]:
    return [
        Waiting(
            watch_id=watch["watch_id"],
            state=watch["state"],
            next_due_at=watch["next_due_at"],
            waits=why_it_waits(watch, now=now, is_running=is_running),
        )
        for watch in found
    ]
