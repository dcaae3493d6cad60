from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.domain.politeness import (
    FIRST_OPENING,
    FOREVER,
    LONGEST_ADAPTIVE,
    LONGEST_ASKED_REST,
    LONGEST_OPENING,
    LONGEST_OWN_REST,
    HostState,
    Observation,
    RestReason,
    Sign,
    after,
    after_all,
    observation_of,
    opening,
    own_rest,
)

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FINE = Observation(outcome=Outcome.OK, status=200, latency=timedelta(milliseconds=80))
BLOCK = Observation(outcome=Outcome.BLOCKED, status=403)
BREAKDOWN = Observation(outcome=Outcome.TRANSPORT, status=500)
TIMEOUT = Observation(outcome=Outcome.TIMEOUT)
REFUSAL = Observation(outcome=Outcome.RATE_LIMITED, status=429)


THROTTLED = Observation(outcome=Outcome.RATE_LIMITED, status=403, least_rest=10 * MINUTE)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def refusal(retry_after: timedelta | None, status: int = 429, outcome: Outcome = Outcome.RATE_LIMITED) -> Observation:
    return Observation(outcome=outcome, status=status, retry_after=retry_after)


def answers(latency_s: float, count: int = 1) -> list[Observation]:
    return [Observation(outcome=Outcome.OK, status=200, latency=seconds(latency_s))] * count


@pytest.mark.parametrize(
    ("outcome", "status", "sign"),
    [
        (Outcome.OK, 200, Sign.ANSWER),
        (Outcome.NOT_MODIFIED, 304, Sign.ANSWER),
        (Outcome.NOT_FOUND, 404, Sign.ANSWER),
        (Outcome.GONE, 410, Sign.ANSWER),
        (Outcome.UNREADABLE, 200, Sign.ANSWER),
        (Outcome.NOT_A_PRODUCT, 200, Sign.ANSWER),
        (Outcome.TOO_LARGE, 200, Sign.ANSWER),
        (Outcome.TRANSPORT, 400, Sign.ANSWER),
        (Outcome.TRANSPORT, 302, Sign.ANSWER),
        (Outcome.BLOCKED, 403, Sign.BLOCK),
        (Outcome.BLOCKED, 503, Sign.BLOCK),
        (Outcome.RATE_LIMITED, 429, Sign.BREAKDOWN),
        (Outcome.TRANSPORT, 500, Sign.BREAKDOWN),
        (Outcome.TRANSPORT, 200, Sign.BREAKDOWN),
        (Outcome.TRANSPORT, None, Sign.BREAKDOWN),
        (Outcome.TIMEOUT, None, Sign.BREAKDOWN),
        (Outcome.UNREADABLE, 502, Sign.BREAKDOWN),
        (Outcome.LOGIN, 401, Sign.NOTHING),
        (Outcome.CONSENT, 200, Sign.NOTHING),
        (Outcome.ROBOTS, None, Sign.NOTHING),
        (Outcome.FORBIDDEN_ADDRESS, None, Sign.NOTHING),
    ],
)
def test_an_answer_is_a_sign_of_how_the_host_is(outcome: Outcome, status: int | None, sign: Sign) -> None:
    assert Observation(outcome=outcome, status=status).sign is sign


@pytest.mark.parametrize(
    ("observations", "is_open"),
    [
        ([BLOCK] * 2, False),
        ([BLOCK] * 3, True),
        ([BREAKDOWN] * 4, False),
        ([BREAKDOWN] * 5, True),
        ([TIMEOUT, BREAKDOWN] * 2, False),
        ([TIMEOUT, BLOCK, BREAKDOWN, BLOCK], False),
        ([TIMEOUT, BLOCK, BREAKDOWN, BLOCK, TIMEOUT], True),
        ([BLOCK, BLOCK, FINE, BLOCK, BLOCK], False),
        ([BLOCK, BLOCK, Observation(outcome=Outcome.NOT_FOUND, status=404), BLOCK], False),
        ([BLOCK, BLOCK, Observation(outcome=Outcome.LOGIN, status=401), BLOCK], True),
        ([Observation(outcome=Outcome.CONSENT)] * 9, False),
    ],
)
def test_three_blocks_or_five_failures_without_an_answer_open_the_breaker(
    observations: list[Observation], is_open: bool
) -> None:
    state = after_all(HostState(), observations, now=NOW)
    assert (state.breaker_until is not None) is is_open
    assert not is_open or (state.breaker_until, state.openings) == (NOW + FIRST_OPENING, 1)


def test_the_breaker_says_why_it_opened() -> None:
    assert after_all(HostState(), [BLOCK] * 3, now=NOW).breaker_reason == "blocked 3 times in a row"
    broken = after_all(HostState(), [TIMEOUT] * 4 + [BREAKDOWN], now=NOW)
    assert broken.breaker_reason == "5 failures in a row, the last: transport (500)"


def page_of(outcome: Outcome, status: int | None, *, closes_host: bool = True, path: str = "/search") -> Page:
    request = PageRequest(url=f"https://flights.example{path}", closes_host=closes_host)
    return Page(request=request, outcome=outcome, final_url=request.url, status=status)


@pytest.mark.parametrize(
    ("page", "is_open"),
    [
        (page_of(Outcome.BLOCKED, 200), True),
        (page_of(Outcome.RATE_LIMITED, 429), True),
        (page_of(Outcome.TRANSPORT, 500), False),
        (page_of(Outcome.CONSENT, 200), False),
        (page_of(Outcome.OK, 200), False),
        (page_of(Outcome.BLOCKED, 200, closes_host=False), False),
        (page_of(Outcome.BLOCKED, 403, path="/robots.txt"), False),
    ],
)
def test_a_refusal_that_is_meant_for_the_whole_host_opens_the_breaker_at_once(page: Page, is_open: bool) -> None:
    state = after(HostState(), observation_of(page), now=NOW)
    assert (state.breaker_until == NOW + FIRST_OPENING) is is_open
    assert not is_open or (state.breaker_reason or "").startswith("it refuses all that we ask: ")


HALF_OPEN = after_all(HostState(), [BLOCK] * 3, now=NOW - FIRST_OPENING)


def test_a_good_probe_closes_the_breaker_and_forgets() -> None:
    closed = after(HALF_OPEN, replace(FINE, is_probe=True), now=NOW)
    assert (closed.breaker_until, closed.failures, closed.blocks, closed.openings) == (None, 0, 0, 0)
    assert after_all(closed, [BLOCK] * 2, now=NOW).breaker_until is None


def test_every_bad_probe_opens_it_for_twice_as_long_up_to_a_day() -> None:
    state, lengths = HALF_OPEN, []
    for _ in range(9):
        state = after(state, replace(BLOCK, is_probe=True), now=NOW)
        assert state.breaker_until
        lengths.append((state.breaker_until - NOW) / MINUTE)
    assert lengths == [30, 60, 120, 240, 480, 960, 1440, 1440, 1440]
    assert state.breaker_reason == "the probe failed: blocked (403)"


@pytest.mark.parametrize("straggler", [FINE, BLOCK, BREAKDOWN, TIMEOUT])
def test_what_was_asked_before_it_opened_neither_closes_nor_prolongs_it(straggler: Observation) -> None:
    late = after(HALF_OPEN, straggler, now=NOW)
    assert (late.breaker_until, late.openings) == (HALF_OPEN.breaker_until, HALF_OPEN.openings)


def test_a_probe_that_meets_a_login_decides_nothing() -> None:
    assert after(HALF_OPEN, Observation(outcome=Outcome.LOGIN, is_probe=True), now=NOW) == HALF_OPEN


@pytest.mark.parametrize(
    ("retry_after", "rest"),
    [
        (seconds(120), seconds(120)),
        (seconds(0.5), seconds(0.5)),
        (timedelta(days=3), LONGEST_ASKED_REST),
        (seconds(0), seconds(60)),
        (seconds(-30), seconds(60)),
        (timedelta.max, LONGEST_ASKED_REST),
        (None, seconds(60)),
    ],
)
def test_a_refusal_is_followed_by_the_rest_it_asks_for(retry_after: timedelta | None, rest: timedelta) -> None:
    state = after(HostState(), refusal(retry_after), now=NOW)
    assert state.rests_until == NOW + rest
    assert state.rest_reason is RestReason.RETRY_AFTER


def test_a_503_rests_when_it_says_how_long_and_counts_as_a_breakdown_anyway() -> None:
    asked = after(HostState(), refusal(seconds(30), 503, Outcome.BLOCKED), now=NOW)
    assert asked.rests_until == NOW + seconds(30)
    silent = after(HostState(), refusal(None, 503, Outcome.TRANSPORT), now=NOW)
    assert (silent.rests_until, silent.failures) == (None, 1)


def test_refusals_that_do_not_say_how_long_double_the_rest_up_to_an_hour() -> None:
    state, now, rests = HostState(), NOW, []
    for _ in range(4):
        state = after(state, REFUSAL, now=now)
        assert state.rests_until
        rests.append(state.rests_until - now)
        now = state.rests_until + MINUTE
    assert rests == [MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE]
    assert own_rest(50) == LONGEST_OWN_REST


def test_a_refusal_doubles_the_delay_once_per_rest_up_to_a_minute() -> None:
    state = after_all(HostState(asked_delay=seconds(1)), [REFUSAL] * 4, now=NOW)
    assert state.adaptive_delay == seconds(2)
    again = after(state, REFUSAL, now=NOW + timedelta(hours=2))
    assert again.adaptive_delay == seconds(4)
    assert after(replace(state, adaptive_delay=seconds(50)), REFUSAL, now=NOW + 2 * MINUTE).delay == LONGEST_ADAPTIVE
    assert after(HostState(asked_delay=seconds(0)), REFUSAL, now=NOW).delay == seconds(1)


def test_a_pause_of_an_operator_is_not_cut_short_by_a_refusal() -> None:
    paused = HostState(rests_until=FOREVER, rest_reason=RestReason.OPERATOR, rest_note="sale")
    state = after(paused, refusal(seconds(60)), now=NOW)
    assert (state.rests_until, state.rest_reason, state.rest_note) == (FOREVER, RestReason.OPERATOR, "sale")


@pytest.mark.parametrize(("delay_s", "concurrency"), [(0.0, 64), (0.0, 16), (1.0, 2), (2.0, 1)])
def test_a_quick_host_is_never_slowed(delay_s: float, concurrency: int) -> None:
    state = HostState(asked_delay=seconds(delay_s), concurrency=concurrency)
    assert after_all(state, answers(0.3, 200), now=NOW).adaptive_delay == seconds(0)


def test_a_crowd_of_requests_in_flight_may_take_its_time() -> None:
    state = HostState(asked_delay=seconds(0), concurrency=64)
    assert after_all(state, answers(5, 100), now=NOW).adaptive_delay == seconds(0)


def test_a_host_that_takes_ten_times_as_long_is_slowed_and_recovers_slowly() -> None:
    state = after_all(HostState(asked_delay=seconds(1)), answers(0.4, 20), now=NOW)
    assert state.delay == seconds(1)
    slowed = after_all(state, answers(4, 20), now=NOW)
    assert seconds(1.9) < slowed.delay <= seconds(2)
    soon = after_all(slowed, answers(0.4, 5), now=NOW)
    assert seconds(1) < soon.delay < slowed.delay
    assert after_all(slowed, answers(0.4, 100), now=NOW).adaptive_delay == seconds(0)


def test_quick_errors_do_not_make_a_slow_host_look_quick() -> None:
    slowed = after_all(HostState(asked_delay=seconds(1)), answers(4, 20), now=NOW)
    errors = [Observation(outcome=Outcome.TRANSPORT, status=500, latency=seconds(0.01))] * 4
    later = after_all(slowed, errors, now=NOW)
    assert (later.delay, later.latency) == (slowed.delay, slowed.latency)


outcomes = st.sampled_from(Outcome)
spans = st.none() | st.timedeltas(min_value=timedelta(days=-5), max_value=timedelta.max)
observations = st.lists(
    st.builds(
        Observation,
        outcome=outcomes,
        status=st.none() | st.integers(100, 599),
        latency=st.none() | st.timedeltas(min_value=timedelta(0), max_value=timedelta(minutes=5)),
        retry_after=spans,
        is_probe=st.booleans(),
    ),
    max_size=40,
)
states = st.builds(
    HostState,
    asked_delay=st.timedeltas(min_value=timedelta(0), max_value=timedelta(hours=1)),
    concurrency=st.integers(1, 64),
)


@given(states, observations)
def test_whatever_a_host_answers_the_state_stays_in_its_bounds(state: HostState, found: list[Observation]) -> None:
    for observation in found:
        before, state = state, after(state, observation, now=NOW)
        assert timedelta(0) <= state.adaptive_delay <= LONGEST_ADAPTIVE
        assert state.delay >= state.asked_delay
        assert 0 <= state.blocks <= state.failures
        assert state.rests_until is None or NOW < state.rests_until <= NOW + LONGEST_ASKED_REST
        assert state.breaker_until is None or NOW < state.breaker_until <= NOW + LONGEST_OPENING
        assert (state.breaker_until is None) == (state.openings == 0)
        if observation.sign in (Sign.BLOCK, Sign.BREAKDOWN):
            assert state.adaptive_delay >= before.adaptive_delay
        if observation.sign is Sign.NOTHING:
            assert state == before


@given(observations)
def test_a_good_answer_always_ends_the_series(found: list[Observation]) -> None:
    state = after_all(HostState(), [*found, replace(FINE, is_probe=True)], now=NOW)
    assert (state.failures, state.blocks, state.openings, state.breaker_until) == (0, 0, 0, None)


@given(st.integers(-3, 10_000))
def test_openings_never_get_shorter(nth: int) -> None:
    assert FIRST_OPENING <= opening(nth) <= opening(nth + 1) <= LONGEST_OPENING


def page(outcome: Outcome, *, url: str = "https://shop.example/lamp", fetcher: str = "http", **fields: object) -> Page:
    request = PageRequest(url=url, fetcher=fetcher)
    return Page(request=request, outcome=outcome, final_url=url, **fields)  # type: ignore[arg-type]


def test_a_proxy_that_fails_says_nothing_of_the_host() -> None:
    assert observation_of(page(Outcome.TRANSPORT, is_proxy_failure=True)).sign is Sign.NOTHING


def test_what_a_browser_takes_is_no_measure_of_the_host() -> None:
    assert observation_of(page(Outcome.OK, elapsed=seconds(9))).latency == seconds(9)
    assert observation_of(page(Outcome.OK, elapsed=seconds(9), fetcher="browser")).latency is None


@pytest.mark.parametrize(
    ("outcome", "sign"),
    [(Outcome.OK, Sign.NOTHING), (Outcome.BLOCKED, Sign.NOTHING), (Outcome.TIMEOUT, Sign.BREAKDOWN)],
)
def test_of_robots_txt_only_a_breakdown_says_something_of_the_host(outcome: Outcome, sign: Sign) -> None:
    assert observation_of(page(outcome, url="https://shop.example/robots.txt")).sign is sign


@pytest.mark.parametrize(
    ("retry_after", "status", "rest", "why"),
    [
        (None, 403, 10 * MINUTE, "asked to slow down (403): it wants 10 minutes without a request then"),
        (None, 429, 10 * MINUTE, "asked to slow down (429): it wants 10 minutes without a request then"),
        (MINUTE, 429, 10 * MINUTE, "asked to slow down (429): it wants 10 minutes without a request then"),
        (30 * MINUTE, 429, 30 * MINUTE, "asked to slow down (429): as its Retry-After asks"),
    ],
)
def test_a_host_rests_as_long_as_it_is_known_to_want(
    retry_after: timedelta | None, status: int, rest: timedelta, why: str
) -> None:
    state = after(HostState(), replace(THROTTLED, retry_after=retry_after, status=status), now=NOW)
    assert (state.rests_until, state.rest_note) == (NOW + rest, why)


def test_requests_in_flight_that_are_refused_together_are_one_refusal() -> None:
    state = after_all(HostState(), [THROTTLED] * 8, now=NOW)
    assert (state.failures, state.breaker_until, state.rests_until) == (1, None, NOW + 10 * MINUTE)


def test_a_probe_that_is_refused_opens_the_breaker_again_though_the_host_rests() -> None:
    resting = replace(HALF_OPEN, rests_until=NOW + MINUTE, rest_reason=RestReason.RETRY_AFTER)
    state = after(resting, replace(THROTTLED, is_probe=True), now=NOW)
    assert (state.openings, (state.breaker_reason or "")[:16]) == (resting.openings + 1, "the probe failed")


def test_a_host_that_refuses_again_after_each_rest_is_left_alone_for_longer() -> None:
    state, now = HostState(), NOW
    for _ in range(5):
        state = after(state, THROTTLED, now=now)
        assert state.rests_until
        now = state.rests_until
    assert state.breaker_until
    assert now - NOW >= 50 * MINUTE


def test_a_request_says_how_long_its_host_rests_when_it_is_refused() -> None:
    request = PageRequest(url="https://www.sec.gov/", rest_when_refused=10 * MINUTE)
    page = Page(request=request, outcome=Outcome.RATE_LIMITED, final_url=request.url, status=403)
    assert observation_of(page).least_rest == 10 * MINUTE
