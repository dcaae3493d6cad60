"""The documents that are wanted: asked for one after the other, the newest first, and each on the shelf before the next."""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from pricewatch_pipeline.domain import filing_retries
from pricewatch_pipeline.domain.filings import LONGEST_PART, MOST_A_CHECK, FilingState, ListedFiling
from pricewatch_pipeline.domain.insiders import ParsedFiling
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page
from pricewatch_pipeline.errors import HostResting
from pricewatch_pipeline.providers.sec_form4.access import request_of
from pricewatch_pipeline.providers.sec_form4.ground import NOT_THERE, PASSING, Ground, Stopped, Tally

MOST_FAILURES = 3
"""In a row: then it is not the documents."""
_UNUSABLE = frozenset({Outcome.TOO_LARGE, Outcome.UNREADABLE})
"""Outcomes of pages that are there, and will be the same the next time."""

Read = Callable[[bytes, ListedFiling], ParsedFiling]


class InHand:
    """What the checks of one run have in hand, or are done with: a filing that is in two lists is asked for once."""

    def __init__(self) -> None:
        self._taken: dict[tuple[str, int], asyncio.Event] = {}

    def elsewhere(self, listed: ListedFiling) -> asyncio.Event | None:
        """What another check sets when it is done with a filing; None: no other has it in hand."""
        return self._taken.get((listed.accession, listed.attempts))

    @contextmanager
    def taking(self, listed: ListedFiling) -> Iterator[Callable[[], None]]:
        """Have a filing in hand until the end of the block; it stays taken where the block says that it is done with."""
        event = asyncio.Event()
        key = (listed.accession, listed.attempts)
        self._taken[key] = event
        try:
            yield event.set
        finally:
            if not event.is_set():
                del self._taken[key]
                event.set()


class Documents:
    """The documents of one company, in one check."""

    def __init__(
        self, ground: Ground, cik: str, tally: Tally, read: Read, in_hand: InHand, *, started_at: datetime
    ) -> None:
        self._ground = ground
        self._cik = cik
        self._tally = tally
        self._read = read
        self._in_hand = in_hand
        self._started_at = started_at
        self._is_beside_another = False
        """Whether another run has read what this one had just asked for."""

    async def take(self) -> Stopped | None:
        """Read what is wanted, as far as one check may; why the check cannot end well.

        Raises:
            HostResting: nobody may ask the host now, and nothing was read yet.
        """
        wanted = await self._ground.shelf.wanted(self._cik, at_most=MOST_A_CHECK)
        try:
            return await self._take(wanted)
        except HostResting:
            if not self._tally.handled:
                raise
            return None

    async def _take(self, wanted: Sequence[ListedFiling]) -> Stopped | None:
        failed: list[tuple[ListedFiling, Page]] = []
        elsewhere: list[asyncio.Event] = []
        in_a_row = 0
        waiting = deque(wanted)
        while waiting:
            # However long the first turn took to come: a check that got nowhere and is due again at once would go on for good.
            if (self._tally.handled or failed) and not self._time_left:
                break
            listed = waiting.popleft()
            if other := self._in_hand.elsewhere(listed):
                elsewhere.append(other)
                continue
            ended = await self._take_one(listed)
            if isinstance(ended, Stopped):
                return ended
            in_a_row = in_a_row + 1 if ended else 0
            failed += [(listed, ended)] if ended else []
            if in_a_row == MOST_FAILURES:
                break
            if self._is_beside_another:
                waiting = await self._away_from_another(waiting)
        late = [page for listed, page in failed if await self._is_late(listed, page)]
        await self._await(elsewhere)
        return _late(late, len(wanted)) if late else None

    async def _away_from_another(self, waiting: deque[ListedFiling]) -> deque[ListedFiling]:
        """Two runs that read one list in one order would both ask for each document: this one goes on somewhere else in what
        is left."""
        self._is_beside_another = False
        wanted = {each.accession for each in await self._ground.shelf.wanted(self._cik, at_most=MOST_A_CHECK)}
        left = deque(each for each in waiting if each.accession in wanted)
        left.rotate(random.randrange(len(left) or 1))  # noqa: S311 - where no other run goes on, too
        return left

    async def _take_one(self, listed: ListedFiling) -> Page | Stopped | None:
        """None: it is done with. A page: it may come the next time."""
        with self._in_hand.taking(listed) as done:
            page = await self._ground.fetch(replace(request_of(listed.url), is_one_of_many=True))
            if page.outcome in PASSING:
                return page
            if stopped := await self._taken(listed, page):
                return stopped
            self._tally.handled += 1
            done()
            return None

    async def _is_late(self, listed: ListedFiling, page: Page) -> bool:
        """Count a failure; whether the document may come soon, and not only some day."""
        error = page.error or page.outcome.verdict.meaning
        failures = listed.failures + 1
        is_given_up = filing_retries.is_given_up(failures=failures, attempts=listed.attempts)
        state = FilingState.GONE if is_given_up else FilingState.PENDING
        await self._ground.shelf.miss(listed, state, error, watch_id=self._ground.watch_id)
        if is_given_up:
            self._tally.gone += 1
            self._tally.problems.append(f"the document of {listed.accession} could not be had again and again: {error}")
        return not is_given_up

    async def _await(self, others: Sequence[asyncio.Event]) -> None:
        """What other checks have in hand belongs to what this one tells of."""
        if others and self._time_left:
            waiting = [asyncio.create_task(other.wait()) for other in others]
            await asyncio.wait(waiting, timeout=self._time_left)
            for task in waiting:
                task.cancel()

    @property
    def _time_left(self) -> float:
        """Seconds."""
        return max(0.0, (LONGEST_PART - (self._ground.now() - self._started_at)).total_seconds())

    async def _taken(self, listed: ListedFiling, page: Page) -> Stopped | None:
        if page.outcome is Outcome.OK:
            await self._keep(listed, await asyncio.to_thread(self._read_of, listed, page), page)
        elif page.outcome in NOT_THERE:
            error = page.error or page.outcome.verdict.meaning
            await self._ground.shelf.miss(listed, FilingState.GONE, error, watch_id=self._ground.watch_id)
            self._tally.gone += 1
            self._tally.problems.append(f"the document of {listed.accession} is not there: {error}")
        elif page.outcome in _UNUSABLE:
            await self._keep(listed, ParsedFiling(outcome=Outcome.UNREADABLE, error=page.error), page)
        else:
            return Stopped.by(page)
        return None

    def _read_of(self, listed: ListedFiling, page: Page) -> ParsedFiling:
        found = self._read(page.body, listed)
        named = found.filing and found.filing.accession
        if named and named != listed.accession:
            error = f"the document is that of another filing: it names {named}"
            return ParsedFiling(outcome=Outcome.UNREADABLE, error=error)
        return found

    async def _keep(self, listed: ListedFiling, found: ParsedFiling, page: Page) -> None:
        kept = await self._ground.shelf.keep(listed, found, page, watch_id=self._ground.watch_id)
        if kept.error:
            self._tally.unreadable += 1
            self._tally.problems.append(f"the document of {listed.accession} cannot be read: {kept.error}")
            return
        self._is_beside_another = not kept.is_new
        self._tally.read += kept.is_new
        self._tally.transactions += kept.transactions
        self._tally.holdings += kept.holdings


def _late(failed: Sequence[Page], wanted: int) -> Stopped:
    last = failed[-1]
    error = f"{len(failed):,} of {wanted:,} documents could not be had, the last one: {last.error}"
    return Stopped(outcome=last.outcome, error=error, page=last)
