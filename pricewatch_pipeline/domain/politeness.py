"""What a host's answers mean for how it is asked from now on: its pace, its rests, its circuit breaker. Pure functions.

The breaker is closed while `breaker_until` is None, open until that instant, and half-open after it: then one probe
over all runs may ask, and its answer alone closes or reopens it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page

FOREVER = datetime.max.replace(tzinfo=UTC)
"""A rest that only an operator ends."""

BLOCKS_TO_OPEN = 3
FAILURES_TO_OPEN = 5
FIRST_OPENING = timedelta(minutes=15)
LONGEST_OPENING = timedelta(hours=24)
_MOST_DOUBLINGS = 20

FIRST_REST = timedelta(seconds=60)
"""After a refusal that does not say how long to wait."""
LONGEST_OWN_REST = timedelta(hours=1)
LONGEST_ASKED_REST = timedelta(days=1)

LONGEST_ADAPTIVE = timedelta(seconds=60)
FIRST_ADAPTIVE = timedelta(seconds=0.5)
"""What a refusal doubles, at a host without any delay."""
QUICK = timedelta(seconds=0.5)
"""Answers that come sooner are no reason to slow down."""
SMALL = timedelta(seconds=0.1)
"""A target below is not worth a delay: the host keeps up with many requests at once."""
_LATENCY_WEIGHT = 0.2
_DECAY = 0.1
_ZERO = timedelta(0)


class RestReason(StrEnum):
    """Who asked for a rest."""

    OPERATOR = "operator"
    RETRY_AFTER = "retry_after"


class Sign(StrEnum):
    """What an answer says about the host, whatever it says about the page."""

    ANSWER = "answer"
    BLOCK = "block"
    BREAKDOWN = "breakdown"
    NOTHING = "nothing"
    """The host was not asked, or showed a wall that anybody meets there (login, consent)."""


_SIGNS = {
    Outcome.BLOCKED: Sign.BLOCK,
    Outcome.RATE_LIMITED: Sign.BREAKDOWN,
    Outcome.TRANSPORT: Sign.BREAKDOWN,
    Outcome.TIMEOUT: Sign.BREAKDOWN,
    Outcome.LOGIN: Sign.NOTHING,
    Outcome.CONSENT: Sign.NOTHING,
    Outcome.ROBOTS: Sign.NOTHING,
    Outcome.FORBIDDEN_ADDRESS: Sign.NOTHING,
    Outcome.PROVIDER_ERROR: Sign.NOTHING,
    Outcome.ABANDONED: Sign.NOTHING,
}
_REFUSALS = (Outcome.BLOCKED, Outcome.RATE_LIMITED)


@dataclass(frozen=True, kw_only=True)
class HostState:
    """How a host stands."""

    asked_delay: timedelta = timedelta(seconds=1)
    """Between two requests, as its stores and its robots.txt ask for."""
    concurrency: int = 2
    adaptive_delay: timedelta = _ZERO
    latency: timedelta | None = None
    """Moving average; None: no answer yet."""
    rests_until: datetime | None = None
    rest_reason: RestReason | None = None
    rest_note: str | None = None
    failures: int = 0
    """Blocks and breakdowns since the last answer."""
    blocks: int = 0
    """The blocks among them."""
    openings: int = 0
    """Of the breaker, since it was last closed."""
    breaker_until: datetime | None = None
    breaker_reason: str | None = None

    @property
    def delay(self) -> timedelta:
        """The pace that counts."""
        return max(self.asked_delay, self.adaptive_delay)

    def is_resting(self, now: datetime) -> bool:
        """Whether it was told, or asked, to be left alone."""
        return self.rests_until is not None and self.rests_until > now


@dataclass(frozen=True, kw_only=True)
class Observation:
    """How a host answered one request."""

    outcome: Outcome
    status: int | None = None
    latency: timedelta | None = None
    """None: nothing that says how quick the host is."""
    retry_after: timedelta | None = None
    is_probe: bool = False
    """The request was the one that an open breaker lets through."""
    closes_host: bool = False
    """A refusal that is meant for all that we ask of the host."""
    least_rest: timedelta = _ZERO
    """What the host wants after a refusal, whether it says so or not."""

    @property
    def sign(self) -> Sign:
        """What it says about the host."""
        sign = _SIGNS.get(self.outcome, Sign.ANSWER)
        status = self.status or 0
        if sign is Sign.ANSWER and status >= 500:
            return Sign.BREAKDOWN
        # A request that it does not like, or redirects that lead nowhere: the page is at fault, the host is well.
        if self.outcome is Outcome.TRANSPORT and 300 <= status < 500:
            return Sign.ANSWER
        return sign


def observation_of(page: Page, *, is_probe: bool = False) -> Observation:
    """What a fetched page says about its host."""
    if page.is_proxy_failure or (_is_robots(page) and _SIGNS.get(page.outcome) is not Sign.BREAKDOWN):
        return Observation(outcome=Outcome.PROVIDER_ERROR)
    # What a browser takes is its own scripts and waits, far more than the host.
    is_timed = page.request.fetcher != "browser" and page.elapsed > _ZERO
    return Observation(
        outcome=page.outcome,
        status=page.status,
        latency=page.elapsed if is_timed else None,
        retry_after=page.retry_after,
        is_probe=is_probe,
        closes_host=page.request.closes_host and page.outcome in _REFUSALS,
        least_rest=page.request.rest_when_refused or _ZERO,
    )


def _is_robots(page: Page) -> bool:
    """Sites serve robots.txt also to those whom they block, and some block it alone: only its failures say something."""
    return page.request.url.partition("?")[0].endswith("/robots.txt")


def after_all(state: HostState, observations: Iterable[Observation], *, now: datetime) -> HostState:
    """The state after these answers, in their order."""
    for observation in observations:
        state = after(state, observation, now=now)
    return state


def after(state: HostState, observation: Observation, *, now: datetime) -> HostState:
    """The state after one answer."""
    match observation.sign:
        case Sign.NOTHING:
            return state
        case Sign.ANSWER:
            return _closed(_paced(state, observation.latency, is_error=False), observation)
        case _:
            if _is_known_refusal(state, observation, now):
                return _rested(state, observation, now)
            counted = _counted(_paced(state, observation.latency, is_error=True), observation)
            return _opened(_rested(counted, observation, now), observation, now)


def _is_known_refusal(state: HostState, observation: Observation, now: datetime) -> bool:
    """Whether the host rests for what this tells once more: several requests in flight are refused together, which is one refusal."""
    is_refusal = observation.outcome is Outcome.RATE_LIMITED and not observation.is_probe
    return is_refusal and state.rest_reason is RestReason.RETRY_AFTER and state.is_resting(now)


def _closed(state: HostState, observation: Observation) -> HostState:
    if state.breaker_until is None:
        return replace(state, failures=0, blocks=0)
    if not observation.is_probe:  # asked before it opened
        return state
    return replace(state, failures=0, blocks=0, openings=0, breaker_until=None, breaker_reason=None)


def _counted(state: HostState, observation: Observation) -> HostState:
    if state.breaker_until is not None and not observation.is_probe:
        return state
    return replace(state, failures=state.failures + 1, blocks=state.blocks + (observation.sign is Sign.BLOCK))


def _opened(state: HostState, observation: Observation, now: datetime) -> HostState:
    is_enough = observation.closes_host or state.blocks >= BLOCKS_TO_OPEN or state.failures >= FAILURES_TO_OPEN
    is_first = state.breaker_until is None and is_enough
    if not is_first and not (state.breaker_until is not None and observation.is_probe):
        return state
    openings = state.openings + 1
    return replace(
        state, openings=openings, breaker_until=now + opening(openings), breaker_reason=_reason(state, observation)
    )


def opening(nth: int) -> timedelta:
    """How long the breaker stays open, the n-th time in a row."""
    return min(FIRST_OPENING * (1 << min(max(nth - 1, 0), _MOST_DOUBLINGS)), LONGEST_OPENING)


def _reason(state: HostState, observation: Observation) -> str:
    last = observation.outcome.value.replace("_", " ") + (f" ({observation.status})" if observation.status else "")
    if state.openings:
        return f"the probe failed: {last}"
    if observation.closes_host:
        return f"it refuses all that we ask: {last}"
    if state.blocks >= BLOCKS_TO_OPEN:
        return f"blocked {state.blocks} times in a row"
    return f"{state.failures} failures in a row, the last: {last}"


def _rested(state: HostState, observation: Observation, now: datetime) -> HostState:
    """A refusal is followed by silence, and a slower pace after it."""
    asked = _asked_rest(observation.retry_after)
    is_refusal = observation.outcome is Outcome.RATE_LIMITED or (asked and observation.status in (429, 503))
    if not is_refusal:
        return state
    is_late = state.is_resting(now)  # it was asked before the rest began, and is told the same again
    if not is_late:
        doubled = 2 * max(state.delay, FIRST_ADAPTIVE)
        state = replace(state, adaptive_delay=max(state.adaptive_delay, min(doubled, LONGEST_ADAPTIVE)))
    elif not asked:
        return state
    rest = max(asked or own_rest(state.failures), observation.least_rest)
    until = now + rest
    if is_late and state.rests_until and state.rests_until >= until:
        return state
    status = f" ({observation.status})" if observation.status else ""
    note = f"asked to slow down{status}: {_why_so_long(rest, asked, observation.least_rest)}"
    return replace(state, rests_until=until, rest_reason=RestReason.RETRY_AFTER, rest_note=note)


def _why_so_long(rest: timedelta, asked: timedelta | None, least: timedelta) -> str:
    if rest == asked:
        return "as its Retry-After asks"
    if rest == least:
        return f"it wants {round(least / timedelta(minutes=1))} minutes without a request then"
    return "it refused us and did not say for how long"


def own_rest(failures: int) -> timedelta:
    """How long to be silent after a refusal that does not say."""
    return min(FIRST_REST * (1 << min(max(failures - 1, 0), _MOST_DOUBLINGS)), LONGEST_OWN_REST)


def _asked_rest(retry_after: timedelta | None) -> timedelta | None:
    if retry_after is None or retry_after <= _ZERO:
        return None
    return min(retry_after, LONGEST_ASKED_REST)


def _paced(state: HostState, latency: timedelta | None, *, is_error: bool) -> HostState:
    """The delay follows latency / concurrency: up at once, down slowly, and never down on an error."""
    average = _average(state.latency, latency, is_error=is_error)
    target = _target(average, state)
    delay = state.adaptive_delay
    if target >= delay:
        delay = target
    elif not is_error:
        delay -= (delay - target) * _DECAY
        if target == _ZERO and delay <= max(state.asked_delay, SMALL):
            delay = _ZERO
    return replace(state, latency=average, adaptive_delay=min(delay, LONGEST_ADAPTIVE))


def _average(before: timedelta | None, latency: timedelta | None, *, is_error: bool) -> timedelta | None:
    if latency is None or (is_error and before is not None and latency < before):
        return before
    return latency if before is None else before + (latency - before) * _LATENCY_WEIGHT


def _target(average: timedelta | None, state: HostState) -> timedelta:
    if average is None or average < QUICK:
        return _ZERO
    target = average / max(state.concurrency, 1)
    return target if target > max(state.asked_delay, SMALL) else _ZERO
