import os
import subprocess
import sys
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.domain.schedule import (
    LONGEST_OPENING_PHASE,
    check_schedule,
    checks_per_day,
    first_due,
    is_active,
    next_due,
    next_opening,
    stable_hash,
)
from pricewatch_pipeline.domain.watches import ActiveWindow, Schedule
from pricewatch_pipeline.errors import ScheduleError

EVERY_DAY = frozenset(range(7))
MONDAY, SUNDAY = frozenset({0}), frozenset({6})
WORKDAYS = frozenset(range(5))
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def at(text: str, zone: str = "UTC", fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def window(days: frozenset[int], hours: str) -> ActiveWindow:
    start, end = hours.split("-")
    return ActiveWindow(days=days, start=time.fromisoformat(start), end=time.fromisoformat(end))


def windowed(*windows: ActiveWindow, zone: str = "Europe/Berlin", every: timedelta = timedelta(hours=1)) -> Schedule:
    return Schedule(every=every, timezone=zone, windows=windows)


def slots(schedule: Schedule, start: datetime, end: datetime) -> list[datetime]:
    """Every slot in (start, end], each checked on time."""
    found = [next_due(schedule, "w", start, start)]
    while found[-1] <= end:
        found.append(next_due(schedule, "w", found[-1], found[-1]))
    return found[:-1]


class TestInterval:
    def test_a_new_watch_is_due_at_once(self) -> None:
        assert first_due(Schedule(), "w", NOON) == NOON

    def test_a_watch_checked_at_an_odd_instant_joins_its_grid_in_no_hurry(self) -> None:
        every = timedelta(hours=6)
        for watch_id in map(str, range(200)):
            gap = next_due(Schedule(every=every), watch_id, NOON, NOON) - NOON
            assert every / 2 < gap <= every * 3 / 2

    def test_watches_of_one_interval_are_spread_over_it(self) -> None:
        every = timedelta(hours=1)
        due = [next_due(Schedule(every=every), f"watch-{n}", NOON, NOON) for n in range(3000)]
        by_minute = [sum(1 for instant in due if instant.minute == minute) for minute in range(60)]
        assert min(by_minute) > 20
        assert max(by_minute) < 100

    def test_a_slow_check_does_not_move_the_grid(self) -> None:
        schedule = Schedule(every=timedelta(minutes=10))
        slot = next_due(schedule, "w", NOON, NOON)
        assert next_due(schedule, "w", slot, slot + timedelta(minutes=9)) == slot + timedelta(minutes=10)

    def test_the_phase_is_the_same_in_every_process(self) -> None:
        code = "from pricewatch_pipeline.domain.schedule import stable_hash; print(stable_hash('w', 1))"
        for seed in ("0", "1"):
            ran = subprocess.run(
                [sys.executable, "-c", code],
                env={**os.environ, "PYTHONHASHSEED": seed},
                capture_output=True,
                check=True,
            )
            assert int(ran.stdout) == stable_hash("w", 1)


class TestCron:
    @pytest.mark.parametrize(
        ("cron", "zone", "day", "fires_at"),
        [
            # Spring: 02:30 does not exist, so it fires when the clocks have jumped. Autumn: once, in the first pass.
            ("30 2 * * *", "Europe/Berlin", "2026-03-29", ["03:00+02:00"]),
            ("30 2 * * *", "Europe/Berlin", "2026-10-25", ["02:30+02:00"]),
            ("30 2 * * *", "Europe/Berlin", "2026-10-26", ["02:30+01:00"]),
            ("0 0-3 * * *", "Europe/Berlin", "2026-03-29", ["00:00+01:00", "01:00+01:00", "03:00+02:00"]),
            ("0 * * * 7", "Europe/Berlin", "2026-10-25", 25),
            ("0 * * * 7", "Europe/Berlin", "2026-03-29", 23),
            ("*/15 * * * 7", "Europe/Berlin", "2026-10-25", 100),
            ("30 2 * * *", "America/New_York", "2026-03-08", ["03:00-04:00"]),
            ("30 1 * * *", "America/New_York", "2026-11-01", ["01:30-04:00"]),
            (
                "0 */6 * * *",
                "America/New_York",
                "2026-11-01",
                ["00:00-04:00", "06:00-05:00", "12:00-05:00", "18:00-05:00"],
            ),
            ("0 9 * * *", "America/New_York", "2026-03-08", ["09:00-04:00"]),
            # Lord Howe moves its clocks by half an hour.
            ("45 1 * * *", "Australia/Lord_Howe", "2026-04-05", ["01:45+11:00"]),
            ("15 2 * * *", "Australia/Lord_Howe", "2026-10-04", ["02:30+11:00"]),
            ("0 * * * *", "Australia/Lord_Howe", "2026-04-05", 24),
            ("0 * * * *", "Australia/Lord_Howe", "2026-10-04", 23),
            ("30 6 * * *", "Asia/Kolkata", "2026-03-29", ["06:30+05:30"]),
            ("*/30 * * * *", "Asia/Kolkata", "2026-03-29", 48),
            # Cairo's clocks skip midnight itself.
            ("0 0 * * *", "Africa/Cairo", "2026-04-24", ["01:00+03:00"]),
            ("30 6 * * MON-FRI", "UTC", "2026-05-04", ["06:30+00:00"]),
            ("30 6 * * MON-FRI", "UTC", "2026-05-03", []),
        ],
    )
    def test_it_fires_by_the_clock_of_its_zone(self, cron: str, zone: str, day: str, fires_at: list[str] | int) -> None:
        midnight = at(day, zone)
        the_next = at(f"{datetime.fromisoformat(day).date() + timedelta(days=1)}", zone)
        # A firing at midnight belongs to the day: look from just before it to just before the next one.
        tick = timedelta(microseconds=1)
        found = slots(Schedule(every=None, cron=cron, timezone=zone), midnight - tick, the_next - tick)
        clocks = [
            slot.astimezone(ZoneInfo(zone)).isoformat()[11:16] + slot.astimezone(ZoneInfo(zone)).isoformat()[19:]
            for slot in found
        ]
        assert len(found) == len(set(found))
        assert (len(clocks) if isinstance(fires_at, int) else clocks) == fires_at

    def test_it_fires_in_both_passes_of_a_repeated_hour(self) -> None:
        schedule = Schedule(every=None, cron="0 * * * *", timezone="Europe/Berlin")
        found = slots(schedule, at("2026-10-25T01:30", "Europe/Berlin"), at("2026-10-25T03:30", "Europe/Berlin"))
        assert found == [at("2026-10-25T00:00"), at("2026-10-25T01:00"), at("2026-10-25T02:00")]

    def test_a_check_late_in_the_second_pass_does_not_bring_the_first_back(self) -> None:
        schedule = Schedule(every=None, cron="30 2 * * *", timezone="Europe/Berlin")
        in_second_pass = at("2026-10-25T02:15", "Europe/Berlin", fold=1)
        slot = at("2026-10-25T02:30", "Europe/Berlin")
        assert next_due(schedule, "w", slot, in_second_pass) == at("2026-10-26T02:30", "Europe/Berlin")

    def test_a_new_watch_waits_for_its_firing(self) -> None:
        assert first_due(Schedule(every=None, cron="0 18 * * *"), "w", NOON) == at("2026-05-04T18:00")

    def test_a_firing_in_a_closed_window_waits_for_the_opening(self) -> None:
        schedule = Schedule(cron="0 3 * * *", timezone="UTC", windows=(window(WORKDAYS, "09:00-17:00"),))
        saturday = at("2026-05-09T00:00")
        due = next_due(schedule, "w", saturday, saturday)
        assert at("2026-05-11T09:00") <= due < at("2026-05-11T09:05")
        assert next_due(schedule, "w", due, due) - due == timedelta(days=1)

    def test_a_firing_just_after_the_opening_stays_a_firing(self) -> None:
        schedule = Schedule(cron="0 9,18 * * *", timezone="UTC", windows=(window(EVERY_DAY, "09:00-17:00"),))
        assert next_due(schedule, "w", at("2026-05-04T09:00"), at("2026-05-04T09:01")) == at("2026-05-05T09:00")


class TestWindows:
    @pytest.mark.parametrize(
        ("days", "hours", "instant", "expected"),
        [
            (MONDAY, "22:00-06:00", "2026-05-04T21:59", False),
            (MONDAY, "22:00-06:00", "2026-05-04T22:00", True),
            (MONDAY, "22:00-06:00", "2026-05-05T00:30", True),
            (MONDAY, "22:00-06:00", "2026-05-05T05:59", True),
            (MONDAY, "22:00-06:00", "2026-05-05T06:00", False),
            (MONDAY, "22:00-06:00", "2026-05-04T00:30", False),
            (MONDAY, "00:00-00:00", "2026-05-04T23:59", True),
            (MONDAY, "00:00-00:00", "2026-05-05T00:00", False),
            (MONDAY, "12:00-12:00", "2026-05-05T11:59", True),
            (MONDAY, "09:00-17:00", "2026-05-04T17:00", False),
            (WORKDAYS, "09:00-17:00", "2026-05-09T12:00", False),
        ],
    )
    def test_a_window_is_open_from_its_start_to_just_before_its_end(
        self, days: frozenset[int], hours: str, instant: str, expected: bool
    ) -> None:
        assert is_active(windowed(window(days, hours)), at(instant, "Europe/Berlin")) is expected

    def test_without_windows_a_watch_is_always_active(self) -> None:
        assert is_active(Schedule(), NOON)
        assert next_opening(Schedule(), NOON) == NOON

    @pytest.mark.parametrize(
        ("sunday", "hours", "real"),
        [
            ("2026-03-22", "01:30-04:30", timedelta(hours=3)),
            ("2026-03-29", "01:30-04:30", timedelta(hours=2)),
            ("2026-10-25", "01:30-04:30", timedelta(hours=4)),
            ("2026-10-25", "22:00-06:00", timedelta(hours=8)),
            ("2026-03-29", "00:00-00:00", timedelta(hours=23)),
            ("2026-10-25", "00:00-00:00", timedelta(hours=25)),
            ("2026-03-29", "02:30-04:00", timedelta(hours=1)),
            ("2026-03-29", "01:00-02:30", timedelta(hours=1)),
            ("2026-10-25", "02:00-02:30", timedelta(minutes=30)),
        ],
    )
    def test_a_window_ends_by_the_clock_on_the_days_that_clocks_change(
        self, sunday: str, hours: str, real: timedelta
    ) -> None:
        schedule = windowed(window(SUNDAY, hours))
        start = at(sunday, "Europe/Berlin")
        quarters = (start + timedelta(minutes=15) * n for n in range(4 * 36))
        assert sum(is_active(schedule, quarter) for quarter in quarters) * timedelta(minutes=15) == real

    def test_a_window_that_a_spring_night_skips_opens_the_week_after(self) -> None:
        schedule = windowed(window(SUNDAY, "02:15-02:45"))
        assert next_opening(schedule, at("2026-03-28T12:00")) == at("2026-04-05T02:15", "Europe/Berlin")

    def test_windows_that_touch_are_one(self) -> None:
        schedule = windowed(window(MONDAY, "22:00-00:00"), window(frozenset({1}), "00:00-06:00"))
        start = at("2026-05-04T22:00", "Europe/Berlin")
        assert all(is_active(schedule, start + timedelta(minutes=n)) for n in range(8 * 60))
        assert next_opening(schedule, start + timedelta(hours=8)) == start + timedelta(days=7)

    @pytest.mark.parametrize(
        ("instant", "expected"),
        [
            ("2026-05-04T08:00", "2026-05-04T09:00"),
            ("2026-05-04T12:34", "2026-05-04T12:34"),
            ("2026-05-04T17:00", "2026-05-05T09:00"),
            ("2026-05-08T17:00", "2026-05-11T09:00"),
        ],
    )
    def test_the_next_opening_is_the_first_instant_that_is_active(self, instant: str, expected: str) -> None:
        schedule = windowed(window(WORKDAYS, "09:00-17:00"))
        assert next_opening(schedule, at(instant, "Europe/Berlin")) == at(expected, "Europe/Berlin")

    def test_watches_do_not_all_start_in_the_second_of_the_opening(self) -> None:
        schedule = windowed(window(WORKDAYS, "09:00-17:00"), every=timedelta(hours=6))
        opening = at("2026-05-04T09:00", "Europe/Berlin")
        starts = {first_due(schedule, f"watch-{n}", opening - timedelta(hours=5)) - opening for n in range(500)}
        assert len(starts) > 200
        assert all(timedelta(0) <= start < LONGEST_OPENING_PHASE for start in starts)

    def test_the_spread_after_an_opening_stays_within_a_short_window(self) -> None:
        schedule = windowed(window(MONDAY, "09:00-09:01"))
        assert all(is_active(schedule, first_due(schedule, f"watch-{n}", NOON)) for n in range(100))


class TestCheckSchedule:
    @pytest.mark.parametrize(
        ("schedule", "message"),
        [
            (Schedule(timezone="Europe/Berln"), "did you mean Europe/Berlin"),
            (Schedule(timezone="europe/berlin"), "did you mean Europe/Berlin[?]"),
            (Schedule(timezone="New York"), "did you mean America/New_York[?]"),
            (Schedule(timezone="Mars/Olympus"), "an IANA name such as"),
            (Schedule(timezone=""), "is not a time zone"),
            (Schedule(timezone="../etc/passwd"), "is not a time zone"),
            (Schedule(cron="0 0 31 2 *"), "never fires"),
            (Schedule(cron="0 0 30 2 *"), "never fires"),
            (Schedule(cron="0 0 31 4,6,9,11 *"), "never fires"),
            (Schedule(cron="61 * * * *"), "bad minute"),
            (Schedule(cron="0 24 * * *"), "bad hour"),
            (Schedule(cron="0 0 32 2 *"), "bad day-of-month"),
            (Schedule(cron="0 0 * * FUNDAY"), "bad day-of-week"),
            (Schedule(cron="*/0 * * * *"), "bad minute"),
            (Schedule(cron="every day"), "2 fields, not 5"),
            (Schedule(cron="* * * * * *"), "6 fields, not 5"),
            (Schedule(cron=""), "0 fields, not 5"),
            (Schedule(cron="@daily"), "write the five fields"),
            (Schedule(cron="1" * 5000 + " * * * *"), "at most 200"),
            (Schedule(every=timedelta(seconds=59)), "from 1 minute"),
            (Schedule(every=timedelta(0)), "from 1 minute"),
            (Schedule(every=timedelta.max), "to 366 days"),
            (Schedule(every=None), "neither an interval"),
            (windowed(window(frozenset(), "09:00-17:00")), "09:00-17:00 has no days"),
            (windowed(window(frozenset({7}), "09:00-17:00")), r"0 \(Monday\) to 6"),
        ],
    )
    def test_a_schedule_that_cannot_be_kept_is_explained(self, schedule: Schedule, message: str) -> None:
        with pytest.raises(ScheduleError, match=message):
            check_schedule(schedule)

    @pytest.mark.parametrize(
        "schedule",
        [
            Schedule(),
            Schedule(every=timedelta(minutes=1)),
            Schedule(cron="0 0 29 2 *"),
            Schedule(cron="0 0 L * *", timezone="Asia/Kolkata"),
            Schedule(cron="0 8 * * mon#1"),
            windowed(window(MONDAY, "22:00-06:00")),
        ],
    )
    def test_a_schedule_that_can_be_kept_passes(self, schedule: Schedule) -> None:
        check_schedule(schedule)

    @given(st.text(max_size=30) | st.from_regex(r"[0-9*/,LW#-]{1,6}( [0-9*/,LW#-]{1,6}){4}", fullmatch=True))
    def test_any_text_as_cron_is_kept_or_explained(self, cron: str) -> None:
        schedule = Schedule(every=None, cron=cron)
        try:
            check_schedule(schedule)
        except ScheduleError:
            return
        assert next_due(schedule, "w", NOON, NOON) > NOON


ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Cairo"]
)
INSTANTS = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
CLOCKS = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))
WINDOWS = st.builds(ActiveWindow, days=st.frozensets(st.integers(0, 6), min_size=1), start=CLOCKS, end=CLOCKS)
INTERVALS = st.integers(1, 3 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))
CRONS = st.sampled_from(["0 * * * *", "*/7 * * * *", "30 2 * * *", "15 1-3 * * *", "0 9 * * MON-FRI", "0 0 1 * *"])
SCHEDULES = st.builds(
    lambda every, cron, zone, windows: Schedule(every=every, cron=cron, timezone=zone, windows=tuple(windows)),
    INTERVALS,
    st.none() | CRONS,
    ZONES,
    st.lists(WINDOWS, max_size=2),
)
WATCH_IDS = st.sampled_from(["a", "b", "nice-lamp", "watch_17"])
LATE = st.timedeltas(timedelta(0), timedelta(days=40))


class TestProperties:
    @given(SCHEDULES, WATCH_IDS, INSTANTS, LATE)
    def test_the_next_slot_is_in_the_future_and_active(
        self, schedule: Schedule, watch_id: str, slot: datetime, late: timedelta
    ) -> None:
        due = next_due(schedule, watch_id, slot, slot + late)
        assert due > slot + late
        assert is_active(schedule, due)
        assert due.tzinfo is UTC

    @given(SCHEDULES, WATCH_IDS, INSTANTS, LATE, LATE)
    def test_a_later_check_never_brings_an_earlier_slot(
        self, schedule: Schedule, watch_id: str, slot: datetime, late: timedelta, later: timedelta
    ) -> None:
        earlier = next_due(schedule, watch_id, slot, slot + late)
        assert earlier <= next_due(schedule, watch_id, slot, slot + late + later)
        assert earlier <= next_due(schedule, watch_id, slot + later, slot + late + later)

    @given(INTERVALS, WATCH_IDS, INSTANTS, st.floats(0, 0.99))
    def test_the_slots_of_an_undisturbed_watch_are_one_interval_apart(
        self, every: timedelta, watch_id: str, start: datetime, took: float
    ) -> None:
        schedule = Schedule(every=every)
        slot = next_due(schedule, watch_id, start, start)
        for _ in range(5):
            following = next_due(schedule, watch_id, slot, slot + every * took)
            assert following - slot == every
            slot = following

    @given(SCHEDULES, WATCH_IDS, INSTANTS, st.timedeltas(timedelta(0), timedelta(days=400)))
    def test_an_outage_of_any_length_yields_one_slot(
        self, schedule: Schedule, watch_id: str, start: datetime, outage: timedelta
    ) -> None:
        missed = next_due(schedule, watch_id, start, start)
        back = missed + outage
        following = next_due(schedule, watch_id, missed, back)
        assert following > back
        if schedule.every and schedule.cron is None and not schedule.windows:
            assert (following - missed) % schedule.every == timedelta(0)
            assert following - back <= schedule.every

    @given(CRONS, ZONES, WATCH_IDS, INSTANTS)
    def test_a_cron_slot_is_a_firing(self, cron: str, zone: str, watch_id: str, now: datetime) -> None:
        due = next_due(Schedule(every=None, cron=cron, timezone=zone), watch_id, now, now)
        day_before = (due - timedelta(days=1)).astimezone(ZoneInfo(zone))
        firings = CronSim(cron, day_before)
        firing = next(firings)
        while firing.astimezone(UTC) < due:
            firing = next(firings)
        assert firing.astimezone(UTC) == due

    @given(SCHEDULES, INSTANTS)
    def test_nothing_is_active_before_the_next_opening(self, schedule: Schedule, now: datetime) -> None:
        opening = next_opening(schedule, now)
        assert opening >= now
        assert is_active(schedule, opening)
        if opening > now:
            assert not is_active(schedule, opening - timedelta(microseconds=1))
            assert not is_active(schedule, now + (opening - now) / 2)

    @given(SCHEDULES, WATCH_IDS, INSTANTS)
    def test_a_new_watch_is_due_when_it_may_be_checked(self, schedule: Schedule, watch_id: str, now: datetime) -> None:
        due = first_due(schedule, watch_id, now)
        assert due >= now
        assert is_active(schedule, due)


@pytest.mark.parametrize(
    ("schedule", "a_day"),
    [
        (Schedule(every=timedelta(hours=6)), 4),
        (Schedule(every=timedelta(days=30)), 1 / 30),
        (Schedule(every=None, cron="0 9 * * mon-fri"), 5 / 7),
        (Schedule(every=None, cron="* * * * *"), 1440),
        (
            Schedule(
                every=timedelta(hours=1), windows=(ActiveWindow(days=frozenset({0}), start=time(9), end=time(11)),)
            ),
            2 / 7,
        ),
    ],
)
def test_how_often_a_watch_is_due_is_said_a_day(schedule: Schedule, a_day: float) -> None:
    monday = datetime(2026, 5, 4, tzinfo=UTC)
    assert checks_per_day(schedule, "lamp", monday) == pytest.approx(a_day, rel=0.01)
