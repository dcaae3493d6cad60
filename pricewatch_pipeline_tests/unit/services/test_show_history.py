from datetime import UTC, datetime, timedelta

import pytest

from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.services.show_history import instant_of

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("30d", NOW - timedelta(days=30)),
        ("1h30m", NOW - timedelta(minutes=90)),
        ("2026-05-01T00:00:00+02:00", datetime(2026, 4, 30, 22, tzinfo=UTC)),
        ("2026-05-01", datetime(2026, 5, 1).astimezone()),
    ],
)
def test_since_is_a_span_or_a_day(text: str, instant: datetime) -> None:
    assert instant_of(text, now=NOW) == instant


@pytest.mark.parametrize("text", ["", "30", "yesterday", "2026-13-01", "0001-01-01", "10000-01-01", "99999999d"])
def test_another_text_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"--since: .*6h.*2026-05-01"):
        instant_of(text, now=NOW)
