"""One check: ask the provider, and turn whatever happens into a finished check. One watch never takes down its batch."""

import asyncio
import hashlib
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import zstandard

from pricewatch_pipeline.domain.backoff import Plan, ScheduleState, plan_after
from pricewatch_pipeline.domain.checks import CheckKind, FinishedCheck, OpenCheck, StoredPage
from pricewatch_pipeline.domain.materializations import MaterializationPolicy, is_event_due
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page
from pricewatch_pipeline.domain.providers import Provider, Reading
from pricewatch_pipeline.errors import ForbiddenAddress, PricewatchError
from pricewatch_pipeline.services.pacing import PacedFetch

log = logging.getLogger(__name__)

CHECK_TIMEOUT = timedelta(minutes=3)
"""For a whole check once its first turn at the host has come; a page has a timeout of its own."""


@dataclass(frozen=True, kw_only=True)
class CheckRules:
    """The settings that decide what follows from a check."""

    quarantine_after: int
    materialization_events: MaterializationPolicy
    moves_schedule: bool = True
    """Whether the check counts for the schedule; one asked for by hand does only when told to."""


class DatabaseClock:
    """The database's clock between two readings of it: its last instant plus the time gone by here."""

    def __init__(self, instant: datetime) -> None:
        self._instant = instant
        self._read_at = time.monotonic()

    def now(self) -> datetime:
        return self._instant + timedelta(seconds=time.monotonic() - self._read_at)


async def make_check(
    check: OpenCheck, providers: Mapping[str, Provider], fetch: PacedFetch, clock: DatabaseClock, rules: CheckRules
) -> FinishedCheck:
    """Look once and say how it ended."""
    started_at = clock.now()
    started = time.monotonic()
    reading = await _read(check, providers, fetch)
    took = timedelta(seconds=time.monotonic() - started)
    page = await asyncio.to_thread(_evidence, reading.pages or tuple(fetch.pages))
    return _finished(check, reading, fetch, started_at, clock.now(), took - fetch.time_away, page, rules)


async def _read(check: OpenCheck, providers: Mapping[str, Provider], fetch: PacedFetch) -> Reading:
    provider = providers.get(check.watch.provider)
    if provider is None:
        known = ", ".join(sorted(providers))
        return Reading(
            outcome=Outcome.PROVIDER_ERROR,
            error=f"no provider {check.watch.provider!r} is installed here; there are: {known}",
        )
    try:
        async with asyncio.timeout(CHECK_TIMEOUT.total_seconds()):
            return await provider.check(check.watch, check.store, fetch)
    except TimeoutError:
        return Reading(outcome=Outcome.TIMEOUT, error=f"the check took longer than {CHECK_TIMEOUT}")
    except ForbiddenAddress as error:
        return Reading(outcome=Outcome.FORBIDDEN_ADDRESS, error=str(error))
    except PricewatchError as error:
        return Reading(outcome=Outcome.PROVIDER_ERROR, error=str(error))
    except Exception as error:
        log.exception("provider %s failed on watch %s", check.watch.provider, check.watch.watch_id)
        return Reading(outcome=Outcome.PROVIDER_ERROR, error=f"{type(error).__name__}: {error}")


def _finished(
    check: OpenCheck,
    reading: Reading,
    fetch: PacedFetch,
    started_at: datetime,
    finished_at: datetime,
    read_time: timedelta,
    evidence: StoredPage | None,
    rules: CheckRules,
) -> FinishedCheck:
    pages = fetch.pages
    last = pages[-1] if pages else None
    is_success = reading.outcome.is_success and reading.offer is not None
    return FinishedCheck(
        watch_id=check.watch.watch_id,
        slot_at=check.slot_at,
        attempt=check.attempt,
        kind=check.kind,
        outcome=reading.outcome,
        started_at=started_at,
        finished_at=finished_at,
        host=check.watch.host,
        offer=reading.offer if is_success else None,
        url=check.watch.url,
        final_url=last.final_url if last else None,
        http_status=last.status if last else None,
        wire_bytes=sum(page.wire_bytes for page in pages),
        body_bytes=sum(len(page.body) for page in pages),
        fetch_time=sum((page.elapsed for page in pages), timedelta(0)),
        read_time=max(read_time, timedelta(0)),
        error=None if is_success else reading.error or reading.outcome.verdict.meaning,
        page=evidence,
        plan=_plan(check, reading, last, finished_at, rules),
        is_event_due=reading.offer is not None
        and is_success
        and is_event_due(rules.materialization_events, check, reading.offer, finished_at),
    )


def _plan(check: OpenCheck, reading: Reading, last: Page | None, now: datetime, rules: CheckRules) -> Plan | None:
    if not rules.moves_schedule:
        return None
    # A check by hand that counts stands for the slot of this moment.
    attempt = check.attempt if check.kind is CheckKind.SCHEDULED else 1
    return plan_after(
        reading.outcome,
        schedule_state(check, rules.quarantine_after, attempt=attempt),
        now=now,
        retry_after=last.retry_after if last else None,
    )


def schedule_state(check: OpenCheck, quarantine_after: int, *, attempt: int | None = None) -> ScheduleState:
    """Where a check's watch stands in its schedule."""
    return ScheduleState(
        schedule=check.watch.schedule,
        watch_id=check.watch.watch_id,
        slot_at=check.slot_at,
        attempt=check.attempt if attempt is None else attempt,
        consecutive_failures=check.consecutive_failures,
        quarantine_after=quarantine_after,
    )


def _evidence(pages: tuple[Page, ...]) -> StoredPage | None:
    """The page behind the outcome, compressed and named by its content."""
    body = next((page.body for page in reversed(pages) if page.body), b"")
    if not body:
        return None
    return StoredPage(
        sha256=hashlib.sha256(body).digest(),
        content=zstandard.ZstdCompressor(level=3).compress(body),
        media_type=pages[-1].headers.get("content-type", "").partition(";")[0] or None,
        body_bytes=len(body),
    )
