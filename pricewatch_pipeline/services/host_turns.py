"""What one run knows of its turns at one host: reserved instants, places, rests. No I/O; the time comes from outside."""

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count

from pricewatch_pipeline.domain.pages import Page
from pricewatch_pipeline.domain.politeness import FOREVER, Observation, Sign, observation_of
from pricewatch_pipeline.errors import HostResting
from pricewatch_pipeline.storage.hosts import Grant, News, Unused, Wanted

CROWDED_OUT_S = 1.0
"""How long a run waits before it asks again for a place at a host whose places all belong to others."""
LATE_S = 0.05
"""A slot that was missed by more (and by more than a tenth of the delay) is lost: asking then could crowd another run's."""


LAST = math.inf
"""The rank of a request that goes behind whoever waits already."""


SLOWER = 1.5
"""A pace that grew by less keeps the slots that are reserved: it moves a little with every answer."""


@dataclass(kw_only=True)
class _Silence:
    """The host is left alone."""

    ends: float
    until: datetime | None
    reason: str


class Gate:
    """Lets one through at a time: the lowest rank of those who wait, and of these who came first."""

    def __init__(self) -> None:
        self._is_held = False
        self._arrivals = count()
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def passed(self, rank: float = LAST) -> AsyncIterator[None]:
        """Wait to be let through, and keep the others out while the block runs."""
        await self._enter(rank)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, rank: float) -> None:
        if not self._is_held:
            self._is_held = True
            return
        called = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (rank, next(self._arrivals), called))
        try:
            await called
        except asyncio.CancelledError:
            if not called.cancelled():  # it was called, and cannot come
                self._leave()
            raise

    def _leave(self) -> None:
        while self._waiting:
            *_, called = heappop(self._waiting)
            if not called.done():
                called.set_result(None)
                return
        self._is_held = False


@dataclass(kw_only=True)
class HostTurns:
    """One host within one run. Instants are this process's monotonic clock, in seconds."""

    host: str
    passes_breaker: bool
    """A person asked: an open breaker does not hold the first request."""
    gate: Gate = field(default_factory=Gate)
    overtakers: int = 0
    """Who wait for the next turn beside the gate: whoever came through it lets them go first."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    slots: deque[float] = field(default_factory=deque)
    pace: float = 0.0
    burst: int = 1
    places: int = 0
    held_until: float = -math.inf
    waiting: int = 0
    in_flight: int = 0
    holds_probe: bool = False
    is_judging: bool = False
    """An answer that may change everything is being settled: nothing is sent meanwhile."""
    noted: list[Observation] = field(default_factory=list)
    _own_next: float = -math.inf
    """The same bucket for what this run really asks: late turns must not be followed at once by the next."""
    _crowded_until: float = -math.inf
    _silence: _Silence | None = None
    _read_at: tuple[datetime, float] | None = None
    """One instant by the database's clock and by ours."""
    _newest: Grant | None = None
    """The newest reservation of slots."""

    @property
    def is_busy(self) -> bool:
        return bool(self.waiting or self.in_flight)

    def wanted(self, extra: int, *, most_places: int) -> Wanted:
        """What to reserve when `extra` further requests are known of."""
        slots = extra + max(0, self.waiting - len(self.slots)) if self.waiting else extra
        return Wanted(
            slots=slots,
            places=max(self.places, min(most_places, self.in_flight + max(self.waiting, len(self.slots) + slots))),
            passes_breaker=self.passes_breaker or self.holds_probe,
        )

    def wait_s(self, now: float) -> float | None:
        """Seconds until the next request may be sent, zero or less for now; None when there is something to reserve first."""
        if now < self._crowded_until:
            return self._crowded_until - now
        if now >= self.held_until:
            return None
        if self.is_judging or self.in_flight >= (1 if self.holds_probe else self.places):
            return math.inf
        while self.slots and self.slots[0] < now - max(LATE_S, self.pace / 10) and self.pace > 0:
            self.slots.popleft()
        if self.slots:
            return max(self.slots[0], self._own_next) - now
        return None if self.pace else 0.0

    @contextmanager
    def overtaken(self) -> Iterator[None]:
        """A request waits beside the gate while the block runs."""
        self.overtakers += 1
        try:
            yield
        finally:
            self.overtakers -= 1
            self.changed.set()

    @contextmanager
    def standing_aside(self) -> Iterator[None]:
        """One of them waits for something else while the block runs: others need not wait for that."""
        self.overtakers -= 1
        self.changed.set()
        try:
            yield
        finally:
            self.overtakers += 1

    def take(self, now: float) -> None:
        """Send a request now."""
        if self.slots:
            self.slots.popleft()
        self._own_next = max(self._own_next, now - (self.burst - 1) * self.pace) + self.pace
        self.in_flight += 1

    def refuse(self, now: float) -> None:
        """Do nothing when the host may be asked.

        Raises:
            HostResting: it may not.
        """
        if self._silence and now < self._silence.ends:
            raise HostResting(self.host, until=self._silence.until, reason=self._silence.reason)
        self._silence = None

    def refuse_late(self, now: float, wait_s: float, *, gives_up_at: float) -> None:
        """Do nothing when the turn, or whatever ends a wait of unknown length, may be waited for.

        Raises:
            HostResting: it comes when the run should be over: a host may ask for an hour between two requests.
        """
        if self._read_at and math.isfinite(wait_s) and now + wait_s > gives_up_at:
            read_at, at = self._read_at
            raise HostResting(
                self.host, until=read_at + timedelta(seconds=now - at + wait_s), reason="its turn comes after this run"
            )

    def granted(self, grant: Grant, now: float, *, held_until: float) -> None:
        """Take in what a reservation brought."""
        self.holds_probe = self.holds_probe or grant.is_probe
        self.told(grant, now)
        self.places = grant.places
        if not grant.places:
            self._crowded_until = now + CROWDED_OUT_S
            return
        self.held_until = held_until
        if grant.slots:
            first = now + grant.wait.total_seconds()
            # What was saved up while the host was idle is due now.
            self.slots.extend(max(now, first + n * self.pace) for n in range(grant.slots))
            self._newest = grant

    def told(self, news: News, now: float) -> None:
        """Take in how the host stands, as the database says."""
        pace_before, self.pace, self.burst = self.pace, news.delay.total_seconds(), news.burst
        if self.pace > pace_before * SLOWER:
            # Reserved at a pace that is not asked for any more, as when robots.txt has just been read.
            self.slots.clear()
            self._own_next += self.pace - pace_before
        self._read_at = news.read_at, now
        rest = news.rest_of(passes_breaker=self.passes_breaker or self.holds_probe)
        self._silence = None
        if rest:
            is_endless = rest.until == FOREVER
            ends = math.inf if is_endless else now + (rest.until - news.read_at).total_seconds()
            self._silence = _Silence(ends=ends, until=None if is_endless else rest.until, reason=rest.reason)
            # Afterwards they would be late, and whoever asks first may be a probe: all is reserved anew.
            self.slots.clear()
            self.held_until = -math.inf
        self.changed.set()

    def note(self, page: Page) -> bool:
        """Remember how the host answered, until it is settled; whether that must be at once."""
        observation = observation_of(page, is_probe=self.holds_probe)
        self.noted.append(observation)
        self.is_judging = self.is_judging or _is_grave(observation)
        return self.is_judging

    def settled(self, observations: Iterable[Observation]) -> None:
        """These count now. A probe that was answered is over; what a person's request met, the next one is held by."""
        self.is_judging = any(map(_is_grave, self.noted))
        if any(map(_is_grave, observations)):
            self.holds_probe = self.passes_breaker = False

    def take_noted(self) -> list[Observation]:
        """What is to be settled."""
        noted, self.noted = self.noted, []
        return noted

    def shed_places(self) -> int:
        """Let go of the places that this run cannot use; how many it keeps."""
        self.places = min(self.places, self.in_flight + max(self.waiting, len(self.slots)))
        return self.places

    def kept_places(self, until: float | None) -> None:
        """The lease of its places runs anew; None: they are gone."""
        self.held_until = -math.inf if until is None else until
        if until is None:
            self.places = 0

    def unused(self) -> Unused:
        """What is to be given back at the end."""
        if self._newest is None:
            return Unused(holds_probe=self.holds_probe)
        return Unused(
            span=min(len(self.slots), self._newest.slots) * self._newest.delay,
            ends_at=self._newest.ends_at,
            holds_probe=self.holds_probe,
        )


def _is_grave(observation: Observation) -> bool:
    return observation.sign in (Sign.BLOCK, Sign.BREAKDOWN) or (
        observation.is_probe and observation.sign is Sign.ANSWER
    )
