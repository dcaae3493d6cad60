"""One check: ask the provider, and turn whatever happens into a finished check. One watch never takes down its batch."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from pricewatch_pipeline.domain.backoff import (
    Plan,
    ScheduleState,
    plan_after,
    plan_continued,
    plan_doubtful,
    plan_unschedulable,
)
from pricewatch_pipeline.domain.checks import CheckKind, FinishedCheck, KnownPage, OpenCheck, StoredPage
from pricewatch_pipeline.domain.known_pages import known_after
from pricewatch_pipeline.domain.materializations import MaterializationPolicy, is_event_due, tells_of_filings
from pricewatch_pipeline.domain.offers import problem_of, storable
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.domain.providers import Detail, Provider, Reading
from pricewatch_pipeline.domain.watches import Watch
from pricewatch_pipeline.errors import (
    DatabaseUnavailable,
    ForbiddenAddress,
    HostResting,
    PricewatchError,
    ScheduleError,
)
from pricewatch_pipeline.services.fetch_politely import PoliteFetch
from pricewatch_pipeline.services.judge_reading import Judged, judged
from pricewatch_pipeline.services.keep_evidence import EvidenceKeeper

log = logging.getLogger(__name__)

CHECK_TIMEOUT = timedelta(minutes=3)
"""For a whole check, its waits for a turn at the host apart; a page has a timeout of its own."""

LONGEST_ERROR = 2000
"""Characters."""

_STILL_NO_OFFER = "the page is the same as last time, when it said that nothing is on offer"


@dataclass(frozen=True, kw_only=True)
class CheckRules:
    """The settings that decide what follows from a check."""

    quarantine_after: int
    materialization_events: MaterializationPolicy
    moves_schedule: bool = True
    """Whether the check counts for the schedule; one asked for by hand does only when told to."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What becomes of a check that was made."""

    keeper: EvidenceKeeper
    rules: CheckRules
    looked: Callable[[FinishedCheck], None]
    """Is told of it, in a worker thread."""


class Asking(Protocol):
    """What a look needs of that by which a provider gets its pages: `PoliteFetch`, or what serves one that is there."""

    pages: list[Page]

    @property
    def may_escalate(self) -> bool: ...

    def escalate(self) -> None: ...

    def limited(self, limit: timedelta) -> AbstractAsyncContextManager[None]: ...

    async def __call__(self, request: PageRequest) -> Page: ...


class DatabaseClock:
    """The database's clock between two readings of it: its last instant plus the time gone by here."""

    def __init__(self, instant: datetime) -> None:
        self._instant = instant
        self._read_at = time.monotonic()

    def now(self) -> datetime:
        return self._instant + timedelta(seconds=time.monotonic() - self._read_at)


async def make_check(
    check: OpenCheck, providers: Mapping[str, Provider], fetch: PoliteFetch, clock: DatabaseClock, kept: Kept
) -> FinishedCheck:
    """Look once and say how it ended.

    Raises:
        HostResting: nobody may ask the host now; the check was not made.
    """
    started_at = clock.now()
    started = time.monotonic()
    async with fetch.in_hand():
        look_once = partial(look, check, providers, fetch)
        believed = await judged(check, await look_once(), fetch, clock.now, look_once)
        if believed.reading.outcome.is_success:
            fetch.learn()
        took = timedelta(seconds=time.monotonic() - started) - fetch.time_away
        async with fetch.reading():
            return await asyncio.to_thread(_finished, check, believed, fetch, started_at, clock.now(), took, kept)


async def look(
    check: OpenCheck, providers: Mapping[str, Provider], fetch: Asking, *, keeps_seen: bool = False
) -> Reading:
    """What the provider says of a page, which is fetched again by the browser where it was an empty shell and the store
    allows it. A trial of a page goes this way too, and keeps what was seen (`Reading.offer`) also where it failed.

    Raises:
        HostResting: nobody may ask the host now.
    """
    reading = await _read(check, providers, fetch, keeps_seen=keeps_seen)
    if reading.needs_script and fetch.may_escalate:
        fetch.escalate()
        reading = _better_of(reading, await _read(check, providers, fetch, keeps_seen=keeps_seen))
    return reading


def _better_of(shell: Reading, browsed: Reading) -> Reading:
    """What a check says that tried the cheap way, got an empty shell, and then tried the browser."""
    if browsed.outcome is not Outcome.PROVIDER_ERROR or any(page.status for page in browsed.pages):
        return browsed
    # There is no browser on this machine: the shell is what the site sent.
    return replace(shell, error=f"{shell.error}; {browsed.error}")


async def _read(check: OpenCheck, providers: Mapping[str, Provider], fetch: Asking, *, keeps_seen: bool) -> Reading:
    provider = providers.get(check.watch.provider)
    if provider is None:
        known = ", ".join(sorted(providers))
        return Reading(
            outcome=Outcome.PROVIDER_ERROR,
            error=f"no provider {check.watch.provider!r} is installed here; there are: {known}",
        )
    try:
        async with fetch.limited(CHECK_TIMEOUT):
            reading = await provider.check(check.watch, check.store, fetch)
            checked = _sound(reading, fetch.pages, check.known_page)
            return replace(checked, offer=checked.offer or reading.offer) if keeps_seen else checked
    except TimeoutError:
        return Reading(outcome=Outcome.TIMEOUT, error=f"the check took longer than {CHECK_TIMEOUT}")
    except ForbiddenAddress as error:
        return Reading(outcome=Outcome.FORBIDDEN_ADDRESS, error=str(error))
    except (HostResting, DatabaseUnavailable):
        raise
    except asyncio.CancelledError:
        if (task := asyncio.current_task()) and task.cancelling():
            raise
        # Somebody cancelled what the provider waited for, not the check: which must end, or its run never does.
        what = f"the provider {check.watch.provider!r} gave up: what it waited for was cancelled"
        return Reading(outcome=Outcome.PROVIDER_ERROR, error=what)
    except PricewatchError as error:
        return Reading(outcome=Outcome.PROVIDER_ERROR, error=str(error))
    except Exception as error:
        log.exception("provider %s failed on watch %s", check.watch.provider, check.watch.watch_id)
        return Reading(outcome=Outcome.PROVIDER_ERROR, error=f"{type(error).__name__}: {error}")


def _sound(reading: Reading, fetched: Sequence[Page], known: KnownPage | None) -> Reading:
    """The reading, or the failure that it is when its offer is missing or cannot be stored."""
    is_carried = any(page.outcome is Outcome.NOT_MODIFIED for page in fetched)
    if odd := next((detail for detail in reading.details if not isinstance(detail, Detail)), None):
        raise TypeError(f"a detail of a reading is a Detail, not {odd!r:.80}")
    if reading.outcome is Outcome.NOT_MODIFIED and is_carried and known and not known.has_offer:
        return replace(reading, outcome=Outcome.NO_OFFERS, offer=None, error=reading.error or _STILL_NO_OFFER)
    if not reading.outcome.is_success or (reading.outcome is Outcome.NOT_MODIFIED and is_carried):
        return replace(reading, offer=None)
    if reading.offer is None:
        error = reading.error or f"the provider says {reading.outcome} and gives no offer"
        return replace(reading, outcome=Outcome.PROVIDER_ERROR, error=error)
    if problem := problem_of(reading.offer):
        return replace(reading, outcome=Outcome.UNREADABLE, offer=None, error=problem)
    return replace(reading, offer=storable(reading.offer))


def _finished(
    check: OpenCheck,
    believed: Judged,
    fetch: PoliteFetch,
    started_at: datetime,
    finished_at: datetime,
    read_time: timedelta,
    kept: Kept,
) -> FinishedCheck:
    """All of a check together; in a worker thread, for compressing the evidence takes its time."""
    pages, reading = fetch.pages, believed.reading
    is_carried = reading.outcome is Outcome.NOT_MODIFIED
    shown = next((page for page in reversed(reading.pages or tuple(pages)) if page.body), None)
    page, screenshot = (None, None) if is_carried or shown is None else evidence_of(kept.keeper, shown, check.watch)
    finished = replace(
        _fetched(check, reading, fetch, started_at, finished_at),
        offer=reading.offer,
        doubted_offer=believed.doubted_offer,
        waiting_becomes=believed.judgement.waiting_becomes,
        history=believed.history,
        signals=reading.signals if reading.outcome.is_success else {},
        details=reading.details,
        read_time=max(read_time, timedelta(0)),
        error=ledger_error(reading),
        page=page,
        screenshot=screenshot,
        carried_slot_at=check.last_seen.slot_at if is_carried else None,
        known_page=_known_after(check, reading, fetch.read_with, finished_at),
        plan=_plan(check, believed, pages[-1] if pages else None, finished_at, kept.rules),
        news_at=reading.news_at,
        remaining=0 if reading.outcome.is_failure else reading.remaining,
        is_event_due=is_worth_an_event(check, reading, finished_at, kept.rules),
    )
    kept.looked(finished)
    return finished


def _fetched(
    check: OpenCheck, reading: Reading, fetch: PoliteFetch, started_at: datetime, finished_at: datetime
) -> FinishedCheck:
    """How the check went on the net: what was asked for, and what came."""
    pages = fetch.pages
    last = pages[-1] if pages else None
    told_by = _told_by(reading, last)
    return FinishedCheck(
        watch_id=check.watch.watch_id,
        slot_at=check.slot_at,
        attempt=check.attempt,
        kind=check.kind,
        outcome=reading.outcome,
        started_at=started_at,
        finished_at=finished_at,
        host=check.watch.host,
        url=check.watch.url,
        final_url=told_by.final_url if told_by else None,
        is_of_file=told_by is not None and told_by.request.is_file,
        http_status=told_by.status if told_by else None,
        wire_bytes=sum(page.wire_bytes for page in pages),
        body_bytes=fetch.body_bytes,
        fetch_time=sum((page.elapsed for page in pages), timedelta(0)),
        wait_time=fetch.wait_time,
        fetcher=last.request.fetcher if last else None,
        page_count=len(pages),
    )


def _told_by(reading: Reading, last: Page | None) -> Page | None:
    """The page whose address and status stand for a check: the last one; where that is one document of many, and all went
    well, the one that the reading names."""
    if last is None or not last.request.is_one_of_many or reading.outcome.is_failure:
        return last
    return reading.pages[-1] if reading.pages else None


def is_worth_an_event(check: OpenCheck, reading: Reading, now: datetime, rules: CheckRules) -> bool:
    """Whether a materialization tells of what was read."""
    if tells_of_filings(reading.details):
        return True
    return reading.outcome.is_success and is_event_due(rules.materialization_events, check, reading.offer, now)


def ledger_error(reading: Reading) -> str | None:
    """What the ledger says of a reading that is no success."""
    return None if reading.outcome.is_success else (reading.error or reading.outcome.verdict.meaning)[:LONGEST_ERROR]


def evidence_of(keeper: EvidenceKeeper, page: Page, watch: Watch) -> tuple[StoredPage | None, StoredPage | None]:
    """The page and its picture as they are kept. A price is not lost for its evidence."""
    try:
        return keeper.compress(page, host=watch.host), keeper.compress_screenshot(page)
    except Exception:
        log.exception("the page behind a check of watch %s cannot be kept", watch.watch_id)
        return None, None


def _known_after(check: OpenCheck, reading: Reading, read_with: str, read_at: datetime) -> KnownPage | None:
    """What a conditional request next time needs: of readings that rest on one page only."""
    if reading.outcome not in (Outcome.OK, Outcome.NO_OFFERS) or len(reading.pages) != 1:
        return None
    if reading.pages[0].outcome is Outcome.NOT_MODIFIED:  # there was something else to read
        return check.known_page
    return known_after(reading.pages[0], read_with=read_with, read_at=read_at)


def rested(check: OpenCheck, resting: HostResting, now: datetime) -> FinishedCheck:
    """The failure that somebody who asked for a check is told when its host may not be asked."""
    return FinishedCheck(
        watch_id=check.watch.watch_id,
        slot_at=check.slot_at,
        attempt=check.attempt,
        kind=check.kind,
        outcome=Outcome.RATE_LIMITED,
        started_at=now,
        finished_at=now,
        host=check.watch.host,
        url=check.watch.url,
        error=str(resting)[:LONGEST_ERROR],
    )


def refused(check: FinishedCheck, why: str) -> FinishedCheck:
    """The failure that is stored for a check which the database refuses."""
    error = f"the database refuses what was read: {why}"[:LONGEST_ERROR]
    plan = check.plan and replace(check.plan, consecutive_failures=check.plan.consecutive_failures + 1)
    return replace(
        check,
        outcome=Outcome.PROVIDER_ERROR,
        offer=None,
        doubted_offer=None,
        waiting_becomes=None,
        history=None,
        signals={},
        details=(),
        error=error,
        final_url=None,
        http_status=None,
        page=None,
        screenshot=None,
        carried_slot_at=None,
        known_page=None,
        plan=plan,
        is_event_due=False,
    )


def _plan(check: OpenCheck, believed: Judged, last: Page | None, now: datetime, rules: CheckRules) -> Plan | None:
    if not rules.moves_schedule or check.watch.schedule_error:
        return None
    # A check by hand that counts stands for the slot of this moment.
    attempt = check.attempt if check.kind is CheckKind.SCHEDULED else 1
    state = schedule_state(check, rules.quarantine_after, attempt=attempt)
    try:
        if believed.reading.outcome is Outcome.IMPLAUSIBLE:
            return plan_doubtful(state, now=now, is_new=believed.judgement.is_new)
        # A check by hand goes on by itself.
        is_left = believed.reading.remaining > 0 and check.kind is CheckKind.SCHEDULED
        if is_left and not believed.reading.outcome.is_failure:
            return plan_continued(state, now=now)
        return plan_after(believed.reading.outcome, state, now=now, retry_after=last.retry_after if last else None)
    except ScheduleError as error:  # the files were read elsewhere, with other time zones
        log.error("watch %s cannot be scheduled and is looked at once a day: %s", check.watch.watch_id, error)
        return plan_unschedulable(state, now=now)


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
