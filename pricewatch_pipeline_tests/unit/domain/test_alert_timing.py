"""When alerts may be sent: quiet hours end, digests go out in the morning, nothing is held back for good."""

from datetime import UTC, datetime, time

import pytest

from pricewatch_pipeline.domain.alert_rules import AlertRule, Digest, RuleKind
from pricewatch_pipeline.domain.alert_timing import due_at
from pricewatch_pipeline.domain.watches import ActiveWindow

MONDAY_9_UTC = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
EVERY_DAY = frozenset(range(7))
NIGHT = ActiveWindow(days=EVERY_DAY, start=time(22), end=time(7, 5))
MORNING = ActiveWindow(days=EVERY_DAY, start=time(7, 5), end=time(10, 40))
WEEKEND = ActiveWindow(days=frozenset({5, 6}), start=time(0), end=time(0))
ALWAYS = ActiveWindow(days=EVERY_DAY, start=time(0), end=time(0))

CASES = [
    ("no quiet", {}, "UTC", "2026-01-05T09:00"),
    ("not quiet now", {"quiet": (NIGHT,)}, "UTC", "2026-01-05T09:00"),
    ("quiet by the rule's zone", {"quiet": (NIGHT,), "timezone": "Pacific/Auckland"}, "UTC", "2026-01-05T18:05"),
    ("quiet by the settings' zone", {"quiet": (NIGHT,)}, "America/New_York", "2026-01-05T12:05"),
    ("one quiet after the other", {"quiet": (NIGHT, MORNING)}, "UTC", "2026-01-05T10:40"),
    ("always quiet is never", {"quiet": (ALWAYS,)}, "UTC", "2026-01-05T09:00"),
    ("tomorrow's digest", {"digest": Digest.DAILY}, "UTC", "2026-01-06T08:00"),
    ("today's digest", {"digest": Digest.DAILY}, "America/New_York", "2026-01-05T13:00"),
    ("next week's digest", {"digest": Digest.WEEKLY}, "UTC", "2026-01-12T08:00"),
    ("this Monday's digest", {"digest": Digest.WEEKLY}, "America/New_York", "2026-01-05T13:00"),
    ("a digest is quiet too", {"digest": Digest.DAILY, "quiet": (MORNING,)}, "UTC", "2026-01-06T10:40"),
    ("a zone nobody knows", {"digest": Digest.DAILY, "timezone": "Mars/Olympus"}, "UTC", "2026-01-05T09:00"),
    ("a folder of zones", {"quiet": (NIGHT,), "timezone": "Europe"}, "UTC", "2026-01-05T09:00"),
]


@pytest.mark.parametrize(("said", "zone", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_when_an_alert_is_due(said: dict[str, object], zone: str, expected: str) -> None:
    rule = AlertRule(rule_id="r", kind=RuleKind.CHANGE, **said)  # type: ignore[arg-type]
    assert due_at(rule, MONDAY_9_UTC, timezone=zone) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_a_quiet_weekend_ends_on_monday() -> None:
    saturday = datetime(2026, 1, 10, 12, tzinfo=UTC)
    rule = AlertRule(rule_id="r", kind=RuleKind.CHANGE, quiet=(WEEKEND,))
    assert due_at(rule, saturday, timezone="UTC") == datetime(2026, 1, 12, tzinfo=UTC)
