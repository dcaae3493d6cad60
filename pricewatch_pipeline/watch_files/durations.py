"""Durations as people write them: `90s`, `6h`, `1h30m`, `2d`, `1w`, or ISO 8601 (`PT6H`)."""

import re
from datetime import timedelta
from decimal import Decimal

from pricewatch_pipeline.domain.watches import SHORTEST_INTERVAL
from pricewatch_pipeline.errors import ScheduleError

FORMS = "90s, 6h, 1h30m, 2d, 1w or PT6H"
LONGEST = timedelta(days=366)

_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,6})?"
_UNITS = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
_SHORT = re.compile("".join(rf"(?:(?P<{unit}>{_NUMBER})\s*{unit}\s*)?" for unit in _UNITS), re.ASCII)
_ISO = re.compile(
    rf"P(?:(?P<w>{_NUMBER})W)?(?:(?P<d>{_NUMBER})D)?"
    rf"(?:T(?:(?P<h>{_NUMBER})H)?(?:(?P<m>{_NUMBER})M)?(?:(?P<s>{_NUMBER})S)?)?",
    re.ASCII | re.IGNORECASE,
)
PATTERN = rf"^(?:{_NUMBER}\s*[wdhms]\s*)+$|^[Pp][0-9.WDTHMSwdthms]+$"
"""For editors: a little wider than what is accepted."""


def parse_duration(text: str) -> timedelta:
    """The duration that a text names.

    Raises:
        ScheduleError: it is not a duration, or longer than a year.
    """
    written = text.strip()
    match = _ISO.fullmatch(written) if written[:1] in "Pp" else _SHORT.fullmatch(written)
    parts = {unit: number for unit, number in match.groupdict().items() if number} if match else {}
    if not parts:
        hint = f"{written} has no unit" if re.fullmatch(_NUMBER, written) else f"{text!r} is not a duration"
        raise ScheduleError(f"{hint} (write it like {FORMS})")
    seconds = sum((Decimal(number) * _UNITS[unit] for unit, number in parts.items()), Decimal(0))
    if seconds > int(LONGEST.total_seconds()):
        raise ScheduleError(f"{written} is longer than a year ({format_duration(LONGEST)})")
    return timedelta(microseconds=int(seconds * 1_000_000))


def parse_interval(text: str) -> timedelta:
    """The interval between two checks that a text names.

    Raises:
        ScheduleError: it is not a duration, or too short or too long for an interval.
    """
    interval = parse_duration(text)
    if interval < SHORTEST_INTERVAL:
        raise ScheduleError(
            f"{text.strip()} is below the shortest interval of 1 minute (allowed: 1m and up, such as 90s, 6h, 2d)"
        )
    return _whole_seconds(interval, text)


def parse_cooldown(text: str) -> timedelta:
    """The time between two alerts that a text names; `0s` for none.

    Raises:
        ScheduleError: it is not a duration in whole seconds.
    """
    return _whole_seconds(parse_duration(text), text)


def _whole_seconds(duration: timedelta, text: str) -> timedelta:
    if duration.microseconds:
        raise ScheduleError(f"{text.strip()} is not a whole number of seconds")
    return duration


def format_duration(duration: timedelta) -> str:
    """The shortest text that `parse_duration` reads as this duration: `1h30m`, `2d`."""
    text = ""
    rest = Decimal(duration // timedelta(microseconds=1)) / 1_000_000
    for unit, seconds in _UNITS.items():
        if unit == "w" and rest % seconds:
            continue
        count, rest = (rest, Decimal(0)) if unit == "s" else divmod(rest, seconds)
        if count:
            text += f"{count.normalize():f}{unit}"
    return text or "0s"
