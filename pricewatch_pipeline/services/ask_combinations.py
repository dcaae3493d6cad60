"""Asks the combinations of a batch, in order, and stores how each ended soon after it did.

A few at a time: each that waits has reserved its turn at the host, and others stand behind it.
"""

import asyncio
import heapq
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from pricewatch_pipeline.domain.batches import (
    BatchCombination,
    BatchProgress,
    CombinationState,
    is_answer,
    is_asked_again,
    is_hopeless,
    wait_before,
)
from pricewatch_pipeline.domain.checks import OpenCheck, StoredPage
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.errors import HostResting, NotStorable
from pricewatch_pipeline.services.checking_run import CHUNK, RELEASE_PATIENCE, GuestRun
from pricewatch_pipeline.services.fetch_politely import PoliteFetch
from pricewatch_pipeline.services.make_check import LONGEST_ERROR, DatabaseClock, evidence_of, look
from pricewatch_pipeline.storage import batch_steps
from pricewatch_pipeline.storage.batch_steps import EndedCombination
from pricewatch_pipeline.storage.database import PATIENCE

MOST_FAILED_PAGES = 5
"""Of a batch and run: pages that could not be read are kept as evidence no further. A sweep must not fill the disk."""
MOST_UNSTORED = 8
"""No further combination is begun while so many wait to be stored: after a kill they are asked again."""


@dataclass(order=True)
class _Waiting:
    """A combination that is to be asked."""

    not_before: float
    nth: int
    combination: BatchCombination = field(compare=False)


class CombinationAsker:
    """Of one batch in one run. Used on the run's event loop."""

    def __init__(
        self,
        run: GuestRun,
        check: OpenCheck,
        progress: BatchProgress,
        waiting: Sequence[BatchCombination],
        *,
        clock: DatabaseClock,
        pace: timedelta,
        in_hand: int,
    ) -> None:
        """`check` is that of the whole watch; `pace` its host's delay between two requests."""
        self.progress = progress
        self.resting: HostResting | None = None
        """Why the host may not be asked any more; what was in hand then is stored."""
        self.is_lost = False
        """The batch is another run's, or over: nothing more is written."""
        self.hopeless: Outcome | None = None
        """How all that were asked failed, where the others are not worth a request."""
        self._run = run
        self._check = check
        self._clock = clock
        self._pace = pace
        self._most_in_hand = in_hand
        self._queue = [_Waiting(0.0, nth, combination) for nth, combination in enumerate(waiting)]
        self._asking = 0
        self._changed = asyncio.Event()
        self._is_stopped = False
        self._workers: list[asyncio.Task[None]] = []
        self._unstored: list[EndedCombination] = []
        self._has_unstored = asyncio.Event()
        self._is_over = asyncio.Event()
        self._storing: asyncio.Future[BatchProgress | None] | None = None
        self._lowest: dict[str | None, Decimal] = {progress.currency: progress.price} if progress.price else {}
        self._failed_pages = 0
        self._outcomes: Counter[Outcome] = Counter()
        self._patience = PATIENCE

    async def ask_all(self) -> None:
        """Until all have ended, the host wants rest, or somebody stops it; then what ended is stored."""
        async with asyncio.TaskGroup() as group:
            storer = group.create_task(self._store_all())
            self._workers = [group.create_task(self._work()) for _ in range(min(self._most_in_hand, len(self._queue)))]
            if self._workers:
                await asyncio.wait(self._workers)
            self._is_over.set()
            self._has_unstored.set()
            await storer

    def stop(self) -> None:
        """Ask nothing more, and do not wait for what is in hand."""
        self._is_stopped = True
        for worker in self._workers:
            worker.cancel()

    async def flush(self) -> None:
        """Store what ended and is not stored yet, when the run ends before its time."""
        self._patience = RELEASE_PATIENCE
        if self._storing:  # what it stores is not stored twice; what it could not, is here
            await asyncio.wait([self._storing])
        while self._unstored and not self.is_lost:
            await self._store_some()

    async def _work(self) -> None:
        while waiting := await self._next():
            try:
                self._take(await self._ask(waiting.combination), waiting)
            except HostResting as resting:
                self.resting = resting
                self._is_stopped = True
            finally:
                self._asking -= 1
                self._changed.set()

    async def _next(self) -> _Waiting | None:
        """The next one to ask, when its time has come; None: there will be none."""
        while not self._is_stopped:
            now = time.monotonic()
            is_crowded = len(self._unstored) >= MOST_UNSTORED
            if self._queue and self._queue[0].not_before <= now and not is_crowded:
                self._asking += 1
                return heapq.heappop(self._queue)
            if not self._queue and not self._asking:
                break
            wait_s = self._queue[0].not_before - now if self._queue and not is_crowded else None
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._changed.wait()
        self._changed.set()
        return None

    def _take(self, ended: EndedCombination, waiting: _Waiting) -> None:
        if ended.state is CombinationState.WAITING:
            again = replace(waiting.combination, attempts=ended.attempts)
            wait = wait_before(ended.attempts, self._pace)
            heapq.heappush(self._queue, _Waiting(time.monotonic() + wait.total_seconds(), waiting.nth, again))
        else:
            self._outcomes[ended.outcome] += 1
            if not self.progress.done and self._queue and is_hopeless(self._outcomes):
                self.hopeless = ended.outcome
                self._is_stopped = True
        self._unstored.append(ended)
        self._has_unstored.set()

    async def _ask(self, combination: BatchCombination) -> EndedCombination:
        run, check = self._run, combination_check(self._check, combination)
        fetch = PoliteFetch(run.guest, check, read_with="", now=self._clock.now())
        async with fetch.in_hand():
            reading = await look(check, run.providers, fetch)
            if reading.outcome.is_success:
                fetch.learn()
            page = None
            if shown := self._page_to_keep(reading, fetch.pages):
                async with fetch.reading():
                    page, _ = await asyncio.to_thread(evidence_of, run.keeper, shown, check.watch)
        return ended_combination(combination, reading, fetch.pages, page, now=self._clock.now())

    def _page_to_keep(self, reading: Reading, pages: Sequence[Page]) -> Page | None:
        """Of the lowest price so far, and of some that were got and could not be read."""
        shown = next((page for page in reversed(reading.pages or tuple(pages)) if page.body), None)
        if shown is None:
            return None
        if reading.outcome is Outcome.OK and reading.offer and reading.offer.price is not None:
            currency, price = reading.offer.currency, reading.offer.price
            if currency in self._lowest and price >= self._lowest[currency]:
                return None
            self._lowest[currency] = price
            return shown
        if is_answer(reading.outcome) or self._failed_pages >= MOST_FAILED_PAGES:
            return None
        self._failed_pages += 1
        return shown

    async def _store_all(self) -> None:
        while True:
            await self._has_unstored.wait()
            # At once: what is not stored is asked again after a kill. What ends meanwhile goes together.
            while self._unstored:
                await self._store_some()
            if self._is_over.is_set():
                return
            self._has_unstored.clear()

    async def _store_some(self) -> None:
        chunk = self._unstored[:CHUNK]
        self._storing = asyncio.ensure_future(self._run.off_loop(self._store_and_tell, chunk))
        progress = await asyncio.shield(self._storing)
        self._storing = None
        del self._unstored[: len(chunk)]
        if progress is None:
            self.is_lost = True
            self._unstored.clear()
            self.stop()
        else:
            self.progress = progress
        self._changed.set()

    def _store_and_tell(self, chunk: Sequence[EndedCombination]) -> BatchProgress | None:
        pages = {each.page.sha256: each.page for each in chunk if each.page}
        placed = {page.sha256: page for page in self._run.keeper.place(list(pages.values()))}
        progress = self._stored([replace(each, page=placed[each.page.sha256]) if each.page else each for each in chunk])
        self._run.store_learned()
        if progress:
            self._run.observer.progressed(progress)
        return progress

    def _stored(self, chunk: Sequence[EndedCombination]) -> BatchProgress | None:
        """How far the batch is with them. One that the database refuses is stored as a failure, alone."""
        try:
            return self._write(chunk)
        except NotStorable as error:
            if len(chunk) == 1:
                return self._write([_refused(chunk[0], str(error))])
        progress = None
        for each in chunk:
            progress = self._stored([each])
        return progress

    def _write(self, chunk: Sequence[EndedCombination]) -> BatchProgress | None:
        run = self._run
        return run.engine.database.run(
            lambda connection: batch_steps.store(connection, run.token, self.progress, chunk, run_id=run.run_id),
            patience=self._patience,
        )


def combination_check(check: OpenCheck, combination: BatchCombination) -> OpenCheck:
    """A combination as a check of its own: what a provider is asked."""
    watch = replace(check.watch, query=combination.query, url=combination.url, is_matrix=False)
    # Where proxies take turns, each combination begins with another one.
    return replace(check, watch=watch, attempt=combination.number, known_page=None)


def ended_combination(
    combination: BatchCombination, reading: Reading, pages: Sequence[Page], page: StoredPage | None, *, now: datetime
) -> EndedCombination:
    """What is stored of an attempt. `pages` are those that were fetched, `page` the one that is kept."""
    offer = reading.offer if reading.outcome is Outcome.OK else None
    outcome = Outcome.NOT_PRICED if offer and offer.price is None else reading.outcome
    attempts = combination.attempts + 1
    state = CombinationState.FAILED
    if is_answer(outcome):
        state = CombinationState.DONE
    elif is_asked_again(outcome, attempts):
        state = CombinationState.WAITING
    is_priced = outcome is Outcome.OK
    return EndedCombination(
        number=combination.number,
        state=state,
        attempts=attempts,
        outcome=outcome,
        finished_at=now,
        error=None if is_priced else (reading.error or outcome.verdict.meaning)[:LONGEST_ERROR],
        offer=replace(offer, candidates=()) if offer and is_priced else None,
        signals=reading.signals if is_priced else {},
        details=reading.details,
        page=page,
        wire_bytes=sum(each.wire_bytes for each in pages),
        body_bytes=sum(len(each.body) for each in pages),
        fetch_time=sum((each.elapsed for each in pages), timedelta(0)),
        page_count=len(pages),
    )


def _refused(ended: EndedCombination, why: str) -> EndedCombination:
    """The failure that is stored for a combination which the database refuses."""
    return replace(
        ended,
        state=CombinationState.FAILED,
        outcome=Outcome.PROVIDER_ERROR,
        error=f"the database refuses what was read: {why}"[:LONGEST_ERROR],
        offer=None,
        signals={},
        details=(),
        page=None,
    )
