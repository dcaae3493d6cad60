"""When what fired may be sent: quiet hours, and the days of digests. Pure functions."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pricewatch_pipeline.domain.alert_rules import AlertRule, Digest
from pricewatch_pipeline.domain.schedule import closing, is_active
from pricewatch_pipeline.domain.watches import ActiveWindow, Schedule
from pricewatch_pipeline.errors import ScheduleError

DIGEST_HOUR = time(8)
"""Local time at which digests go out; weekly ones on Mondays."""
_EVERY_DAY = frozenset(range(7))
_MONDAY = frozenset({0})
_LONGEST_SILENCE = timedelta(days=8)


def due_at(rule: AlertRule, fired_at: datetime, *, timezone: str) -> datetime:
    """When an alert of the rule is sent that fires now. `timezone` is for rules that name none.

    Quiet hours that never end are none: an alert is never held back for good.
    """
    zone = rule.timezone or timezone
    try:
        return _after_quiet(rule.quiet, _digest_at(rule.digest, fired_at, zone), zone)
    except (ScheduleError, KeyError, ValueError, OSError):  # a time zone that is not known on this machine
        return fired_at


def _digest_at(digest: Digest, instant: datetime, timezone: str) -> datetime:
    if digest is Digest.NONE:
        return instant
    days = _EVERY_DAY if digest is Digest.DAILY else _MONDAY
    local = instant.astimezone(ZoneInfo(timezone))
    for ahead in range(9):
        sent = datetime.combine(local.date() + timedelta(days=ahead), DIGEST_HOUR, tzinfo=local.tzinfo).astimezone(UTC)
        if sent > instant and sent.astimezone(local.tzinfo).weekday() in days:
            return sent
    return instant


def _after_quiet(quiet: tuple[ActiveWindow, ...], instant: datetime, timezone: str) -> datetime:
    """The instant itself, or the end of the quiet that it falls into."""
    schedule = Schedule(windows=quiet, timezone=timezone)
    if not quiet or not is_active(schedule, instant):
        return instant
    end = closing(schedule, instant)
    return instant if end - instant > _LONGEST_SILENCE else end
