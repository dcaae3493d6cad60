from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.domain.backoff import (
    LONGEST_RETRY_AFTER,
    MOST_LOOKS,
    NEVER,
    ScheduleState,
    is_quarantined,
    plan_after,
    plan_continued,
    plan_deferred,
    plan_doubtful,
    plan_too_soon,
    quarantine_probe_at,
    retry_at,
)
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.schedule import is_active, next_due
from pricewatch_pipeline.domain.watches import ActiveWindow, Schedule

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
FAILURES = [outcome for outcome in Outcome if outcome.is_failure]


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def state(schedule: Schedule | None = None, **changes: object) -> ScheduleState:
    defaults = {
        "schedule": schedule or Schedule(every=timedelta(hours=6)),
        "watch_id": "w",
        "slot_at": NOW - minutes(1),
        "attempt": 1,
        "consecutive_failures": 0,
        "quarantine_after": 10,
    }
    return ScheduleState(**{**defaults, **changes})  # type: ignore[arg-type]


def wait(
    outcome: Outcome, failures: int, *, interval: timedelta = timedelta(hours=6), watch_id: str = "w"
) -> timedelta:
    return (
        retry_at(
            outcome,
            attempt=1,
            consecutive_failures=failures,
            interval=interval,
            watch_id=watch_id,
            now=NOW,
            retry_after=None,
        )
        - NOW
    )


class TestRetryAt:
    @pytest.mark.parametrize(
        ("outcome", "failures", "interval", "unjittered"),
        [
            (Outcome.TRANSPORT, 1, timedelta(hours=6), minutes(1)),
            (Outcome.TRANSPORT, 2, timedelta(hours=6), minutes(2)),
            (Outcome.TRANSPORT, 5, timedelta(hours=6), minutes(16)),
            (Outcome.TRANSPORT, 100_000, timedelta(hours=6), timedelta(hours=6)),
            (Outcome.TRANSPORT, 3, minutes(1), minutes(1)),
            (Outcome.BLOCKED, 1, timedelta(hours=6), minutes(15)),
            (Outcome.BLOCKED, 3, timedelta(hours=6), minutes(60)),
            (Outcome.GONE, 1, timedelta(hours=1), timedelta(hours=1)),
            (Outcome.TIMEOUT, 1, timedelta(seconds=3), timedelta(seconds=30)),
        ],
    )
    def test_the_wait_doubles_up_to_the_interval_give_or_take_a_half(
        self, outcome: Outcome, failures: int, interval: timedelta, unjittered: timedelta
    ) -> None:
        waits = {wait(outcome, failures, interval=interval, watch_id=str(n)) for n in range(100)}
        assert len(waits) > 50
        assert all(unjittered / 2 <= found < unjittered * 3 / 2 for found in waits)

    @pytest.mark.parametrize(
        ("retry_after", "at_least"),
        [
            (timedelta(hours=2), timedelta(hours=2)),
            (timedelta(days=400), LONGEST_RETRY_AFTER),
            (timedelta(seconds=-5), timedelta(seconds=30)),
        ],
    )
    def test_what_the_site_asks_for_is_a_floor(self, retry_after: timedelta, at_least: timedelta) -> None:
        due = retry_at(
            Outcome.RATE_LIMITED,
            attempt=1,
            consecutive_failures=1,
            interval=timedelta(hours=6),
            watch_id="w",
            now=NOW,
            retry_after=retry_after,
        )
        assert at_least <= due - NOW <= LONGEST_RETRY_AFTER

    @given(st.sampled_from(FAILURES), st.integers(1, 10_000), st.integers(1, 50), st.text(max_size=5))
    def test_it_is_deterministic_and_never_at_once(
        self, outcome: Outcome, failures: int, attempt: int, watch_id: str
    ) -> None:
        def once() -> datetime:
            return retry_at(
                outcome,
                attempt=attempt,
                consecutive_failures=failures,
                interval=minutes(10),
                watch_id=watch_id,
                now=NOW,
                retry_after=None,
            )

        assert once() == once()
        assert timedelta(seconds=15) <= once() - NOW < minutes(15)


class TestPlanAfter:
    @pytest.mark.parametrize("outcome", [Outcome.OK, Outcome.NOT_MODIFIED])
    def test_a_success_forgets_the_failures_and_goes_to_the_next_slot(self, outcome: Outcome) -> None:
        before = state(attempt=3, consecutive_failures=25)
        plan = plan_after(outcome, before, now=NOW)
        assert plan.slot_at == plan.next_due_at == next_due(before.schedule, "w", before.slot_at, NOW)
        assert (plan.attempt, plan.consecutive_failures, plan.is_quarantined) == (0, 0, False)

    @pytest.mark.parametrize("outcome", FAILURES)
    def test_a_failure_keeps_the_slot_open_or_gives_it_up_for_a_later_one(self, outcome: Outcome) -> None:
        before = state(attempt=2)
        plan = plan_after(outcome, before, now=NOW)
        assert plan.consecutive_failures == 1
        assert plan.next_due_at > NOW
        if plan.slot_at == before.slot_at:
            assert plan.attempt == 2
        else:
            assert (plan.slot_at, plan.attempt) == (plan.next_due_at, 0)

    def test_a_slot_is_retried_while_there_is_time_before_the_next(self) -> None:
        plan = plan_after(Outcome.TIMEOUT, state(), now=NOW)
        assert plan.slot_at == NOW - minutes(1)
        assert minutes(0.5) <= plan.next_due_at - NOW < minutes(1.5)

    def test_a_slot_whose_retry_would_run_into_the_next_is_given_up(self) -> None:
        before = state(Schedule(every=minutes(1)), consecutive_failures=4)
        slot = next_due(before.schedule, "w", NOW, NOW)
        late = slot + timedelta(seconds=45)
        plan = plan_after(Outcome.BLOCKED, state(before.schedule, slot_at=slot, consecutive_failures=4), now=late)
        assert plan.slot_at == plan.next_due_at == slot + minutes(1)
        assert (plan.attempt, plan.consecutive_failures) == (0, 5)

    def test_a_slot_given_up_at_the_wish_of_the_site_waits_as_long_as_it_wished(self) -> None:
        plan = plan_after(
            Outcome.RATE_LIMITED, state(Schedule(every=minutes(5))), now=NOW, retry_after=timedelta(hours=2)
        )
        assert timedelta(hours=2) < plan.next_due_at - NOW <= timedelta(hours=2) + minutes(5)
        assert plan.slot_at == plan.next_due_at

    def test_a_cron_watch_is_retried_before_its_next_firing(self) -> None:
        before = state(Schedule(every=None, cron="0 12 * * *"), slot_at=NOW)
        plan = plan_after(Outcome.TRANSPORT, before, now=NOW + minutes(1))
        assert plan.slot_at == NOW
        assert plan.next_due_at - NOW < minutes(3)

    def test_a_retry_in_a_closed_window_is_given_up_for_the_next_slot(self) -> None:
        morning = ActiveWindow(days=frozenset(range(7)), start=time(9), end=time(12, 1))
        schedule = Schedule(every=timedelta(hours=6), windows=(morning,))
        plan = plan_after(Outcome.BLOCKED, state(schedule), now=NOW)
        assert plan.slot_at == plan.next_due_at
        assert is_active(schedule, plan.next_due_at)

    def test_a_watch_that_keeps_failing_is_looked_at_once_a_day(self) -> None:
        plan = plan_after(Outcome.NOT_FOUND, state(consecutive_failures=9), now=NOW)
        assert plan.is_quarantined
        assert plan.slot_at == plan.next_due_at
        assert timedelta(days=1) <= plan.next_due_at - NOW < timedelta(days=1.1)
        assert (plan.attempt, plan.consecutive_failures) == (0, 10)

    def test_a_quarantined_watch_is_not_looked_at_more_often_than_it_asked(self) -> None:
        weekly = state(Schedule(every=timedelta(days=7)), consecutive_failures=50)
        assert plan_after(Outcome.NOT_FOUND, weekly, now=NOW).next_due_at - NOW > timedelta(days=3)

    @given(
        st.sampled_from([outcome for outcome in Outcome if outcome is not Outcome.FINISHED]),
        st.integers(0, 15),
        st.integers(1, 5000).map(minutes),
        st.booleans(),
        st.booleans(),
        st.none() | st.timedeltas(timedelta(0), timedelta(days=3)),
    )
    def test_whatever_happens_the_next_look_is_ahead_active_and_not_before_the_site_wishes(
        self,
        outcome: Outcome,
        failures: int,
        every: timedelta,
        has_cron: bool,
        has_window: bool,
        retry_after: timedelta | None,
    ) -> None:
        schedule = Schedule(
            every=every,
            cron="*/20 * * * *" if has_cron else None,
            timezone="Europe/Berlin",
            windows=(ActiveWindow(days=frozenset({0, 3}), start=time(22), end=time(15)),) if has_window else (),
        )
        before = state(schedule, consecutive_failures=failures)
        plan = plan_after(outcome, before, now=NOW, retry_after=retry_after)
        assert plan == plan_after(outcome, before, now=NOW, retry_after=retry_after)
        assert plan.next_due_at > NOW
        assert is_active(schedule, plan.next_due_at)
        assert plan.slot_at in (before.slot_at, plan.next_due_at)
        if outcome.is_failure and retry_after:
            assert plan.next_due_at >= NOW + min(retry_after, LONGEST_RETRY_AFTER)

    def test_an_empty_market_ends_the_slot_and_the_failures(self) -> None:
        plan = plan_after(Outcome.NO_OFFERS, state(consecutive_failures=7), now=NOW)
        assert plan == plan_after(Outcome.OK, state(consecutive_failures=7), now=NOW)

    @pytest.mark.parametrize(("failures", "is_quarantined"), [(7, False), (10, True)])
    def test_a_check_that_was_cancelled_ends_the_slot_and_forgets_no_failure(
        self, failures: int, is_quarantined: bool
    ) -> None:
        plan = plan_after(Outcome.CANCELLED, state(consecutive_failures=failures), now=NOW)
        assert (plan.next_due_at, plan.attempt) == (plan_after(Outcome.OK, state(), now=NOW).next_due_at, 0)
        assert (plan.consecutive_failures, plan.is_quarantined) == (failures, is_quarantined)

    def test_a_finished_watch_is_never_due_again(self) -> None:
        plan = plan_after(Outcome.FINISHED, state(consecutive_failures=7), now=NOW)
        assert (plan.slot_at, plan.next_due_at, plan.consecutive_failures, plan.is_quarantined) == (
            NEVER,
            NEVER,
            0,
            False,
        )

    def test_a_site_that_is_down_is_tried_less_and_less_and_then_once_a_day(self) -> None:
        current, now, looks = state(slot_at=NOW), NOW, []
        for _ in range(14):
            plan = plan_after(Outcome.TRANSPORT, current, now=now)
            looks.append(plan.next_due_at - now)
            now = plan.next_due_at
            current = state(
                slot_at=plan.slot_at, attempt=plan.attempt + 1, consecutive_failures=plan.consecutive_failures
            )
        assert looks[0] < minutes(2)
        assert all(timedelta(days=1) <= look < timedelta(days=1.1) for look in looks[9:])
        assert sum(looks[:9], timedelta(0)) < timedelta(days=1)


class TestQuarantine:
    @pytest.mark.parametrize(("failures", "expected"), [(0, False), (9, False), (10, True), (11, True)])
    def test_it_begins_at_the_limit(self, failures: int, expected: bool) -> None:
        assert is_quarantined(failures, 10) is expected

    def test_probes_are_spread(self) -> None:
        probes = {quarantine_probe_at(state(watch_id=str(n)), 10, now=NOW) for n in range(200)}
        assert len(probes) > 50


class TestDistances:
    EXCHANGE = Schedule(
        every=None,
        cron="0 3,9,15,21 * * *",
        timezone="America/New_York",
        at_least_apart=timedelta(hours=4),
        retry_first=timedelta(hours=1),
    )

    @pytest.mark.parametrize(
        ("checked", "following"),
        [
            ("2026-05-04 09:00", "2026-05-04 15:00"),
            ("2026-05-04 10:30", "2026-05-04 15:00"),  # late, and still four hours before
            ("2026-05-04 11:13", "2026-05-04 21:00"),
            ("2026-05-04 14:30", "2026-05-04 21:00"),
            ("2026-03-08 01:30", "2026-03-08 09:00"),  # the night in which the clocks go forward
            ("2026-10-31 23:20", "2026-11-01 03:00"),  # and back: four hours, whatever the clocks show
        ],
    )
    def test_a_good_check_keeps_its_distance_in_the_zone_of_the_exchange(self, checked: str, following: str) -> None:
        now, then = (
            datetime.fromisoformat(at).replace(tzinfo=ZoneInfo("America/New_York")) for at in (checked, following)
        )
        plan = plan_after(Outcome.OK, state(self.EXCHANGE, slot_at=now), now=now + minutes(1))
        assert plan.next_due_at == then

    def test_a_slot_as_far_away_as_the_distance_is_far_enough(self) -> None:
        every = Schedule(every=timedelta(hours=6), at_least_apart=timedelta(hours=6))
        slot = next_due(every, "w", NOW, NOW)
        assert plan_after(Outcome.OK, state(every, slot_at=slot), now=slot + minutes(3)).slot_at == slot + timedelta(
            hours=6
        )

    def test_a_failure_keeps_no_distance_but_its_own_first_wait_and_doubles_it(self) -> None:
        waits = []
        slot = next_due(self.EXCHANGE, "w", NOW, NOW)
        for failures in range(3):
            plan = plan_after(
                Outcome.TRANSPORT, state(self.EXCHANGE, slot_at=slot, consecutive_failures=failures), now=slot
            )
            waits.append((plan.next_due_at - slot) / timedelta(hours=1))
        assert [int(hours) for hours in waits] == [1, 2, 4]
        assert all(hours <= 1.1 * expected for hours, expected in zip(waits, (1, 2, 4), strict=True))

    @pytest.mark.parametrize(
        ("answered", "is_put_off"),
        [(None, False), (timedelta(hours=5), False), (timedelta(hours=3), True), (timedelta(0), True)],
    )
    def test_a_check_by_hand_puts_off_the_slot_that_comes_too_soon_after_it(
        self, answered: timedelta | None, is_put_off: bool
    ) -> None:
        answered_at = None if answered is None else NOW - answered
        plan = plan_too_soon(state(self.EXCHANGE, consecutive_failures=2), now=NOW, answered_at=answered_at)
        assert (plan is not None) is is_put_off
        if plan and answered_at:
            assert plan.next_due_at - answered_at >= timedelta(hours=3.8)
            assert (plan.attempt, plan.consecutive_failures) == (0, 2)

    def test_what_a_check_leaves_to_be_read_is_not_put_off(self) -> None:
        goes_on = state(self.EXCHANGE, slot_at=NOW - minutes(1))
        assert plan_too_soon(goes_on, now=NOW, answered_at=NOW - minutes(1)) is None

    def test_without_a_distance_nothing_is_put_off(self) -> None:
        assert plan_too_soon(state(), now=NOW, answered_at=NOW) is None


class TestPlanDeferred:
    def test_a_watch_claimed_in_a_closed_window_waits_for_the_opening_without_blame(self) -> None:
        night = ActiveWindow(days=frozenset(range(7)), start=time(22), end=time(6))
        plan = plan_deferred(state(Schedule(windows=(night,)), consecutive_failures=2), now=NOW)
        opening = NOW.replace(hour=22)
        assert opening <= plan.slot_at == plan.next_due_at < opening + minutes(5)
        assert (plan.attempt, plan.consecutive_failures, plan.is_quarantined) == (0, 2, False)


class TestPlanDoubtful:
    def test_a_new_doubt_is_looked_at_again_soon_in_the_same_slot_and_is_no_failure(self) -> None:
        before = state(consecutive_failures=2)
        plan = plan_doubtful(before, now=NOW, is_new=True)
        assert minutes(7) < plan.next_due_at - NOW < minutes(23)
        assert (plan.slot_at, plan.attempt, plan.consecutive_failures) == (before.slot_at, 1, 2)
        assert not plan.is_quarantined

    @pytest.mark.parametrize(("is_new", "attempt"), [(False, 1), (True, MOST_LOOKS)])
    def test_what_waits_already_or_was_looked_at_often_ends_the_slot(self, is_new: bool, attempt: int) -> None:
        before = state(attempt=attempt)
        plan = plan_doubtful(before, now=NOW, is_new=is_new)
        following = next_due(before.schedule, "w", before.slot_at, NOW)
        assert (plan.slot_at, plan.next_due_at, plan.attempt) == (following, following, 0)

    def test_a_short_interval_is_no_reason_to_look_later_than_due(self) -> None:
        before = state(Schedule(every=minutes(1)))
        plan = plan_doubtful(before, now=NOW, is_new=True)
        assert plan.next_due_at <= next_due(before.schedule, "w", before.slot_at, NOW)

    def test_a_closed_window_is_waited_for(self) -> None:
        window = ActiveWindow(days=frozenset(range(7)), start=time(11), end=time(12, 1))
        before = state(Schedule(every=timedelta(minutes=30), windows=(window,)))
        plan = plan_doubtful(before, now=NOW, is_new=True)
        assert is_active(before.schedule, plan.next_due_at)

    def test_a_watch_in_quarantine_stays_there(self) -> None:
        plan = plan_doubtful(state(consecutive_failures=10), now=NOW, is_new=True)
        assert plan.is_quarantined


def test_what_left_something_to_read_has_a_new_slot_at_once_and_is_no_failure_any_more() -> None:
    plan = plan_continued(state(consecutive_failures=3), now=NOW)
    assert (plan.slot_at, plan.next_due_at, plan.attempt) == (NOW, NOW, 0)
    assert (plan.consecutive_failures, plan.is_quarantined) == (0, False)


def test_what_is_left_when_a_window_closes_waits_for_the_next_one() -> None:
    mornings = Schedule(windows=(ActiveWindow(days=frozenset(range(7)), start=time(6), end=time(9)),))
    plan = plan_continued(state(mornings), now=NOW)
    assert plan.next_due_at == plan.slot_at
    assert plan.slot_at.date() == NOW.date() + timedelta(days=1)
    assert is_active(mornings, plan.slot_at)
