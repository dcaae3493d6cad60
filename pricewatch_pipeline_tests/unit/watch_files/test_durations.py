from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.errors import ScheduleError
from pricewatch_pipeline.watch_files.durations import format_duration, parse_cooldown, parse_duration, parse_interval


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("5m", 300),
        ("6h", 21_600),
        ("2d", 172_800),
        ("1w", 604_800),
        ("1h30m", 5400),
        ("1h 30m", 5400),
        (" 6 h ", 21_600),
        ("1.5h", 5400),
        ("0s", 0),
        ("0.5s", 0.5),
        ("PT6H", 21_600),
        ("pt90s", 90),
        ("P1DT12H", 129_600),
        ("P2W", 1_209_600),
        ("PT0.5S", 0.5),
    ],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("90", "90 has no unit"),
        ("", "is not a duration"),
        ("P", "is not a duration"),
        ("PT", "is not a duration"),
        ("P1M", "is not a duration"),
        ("P1Y", "is not a duration"),
        ("-6h", "is not a duration"),
        ("6 hours", "is not a duration"),
        ("30m1h", "is not a duration"),
        ("1h1h", "is not a duration"),
        ("6,5h", "is not a duration"),
        ("٦h", "is not a duration"),
        ("12:30:00", "is not a duration"),
        ("daily", "is not a duration"),
        ("367d", "longer than a year"),
        ("999999999w", "longer than a year"),
    ],
)
def test_what_is_no_duration_is_refused_with_examples(text: str, says: str) -> None:
    with pytest.raises(ScheduleError, match=says):
        parse_duration(text)


def test_a_minute_is_the_shortest_interval() -> None:
    assert parse_interval("1m") == parse_interval("60s") == timedelta(minutes=1)
    with pytest.raises(ScheduleError) as error:
        parse_interval("30s")
    assert str(error.value) == (
        "30s is below the shortest interval of 1 minute (allowed: 1m and up, such as 90s, 6h, 2d)"
    )


def test_intervals_and_cooldowns_are_whole_seconds() -> None:
    for parse in (parse_interval, parse_cooldown):
        with pytest.raises(ScheduleError, match="whole number of seconds"):
            parse("90.5s")
    assert parse_cooldown("0s") == timedelta(0)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=366)))
def test_a_formatted_duration_reads_back_as_itself(duration: timedelta) -> None:
    assert parse_duration(format_duration(duration)) == duration


@pytest.mark.parametrize("text", ["0s", "1m30s", "6h", "1h30m", "2d", "1w", "1d1h"])
def test_a_duration_is_formatted_as_people_write_it(text: str) -> None:
    assert format_duration(parse_duration(text)) == text
