"""What `Retry-After` asks for, of whatever answers over HTTP. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST_RETRY_AFTER = timedelta(days=1)
"""Who asks for more is asked again after this."""
ABSURD_RETRY_AFTER = timedelta(days=366)
"""A wait beyond this is a mistake and says nothing."""


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """What `Retry-After` asks for, in seconds or as a date; at most a day, None where it says nothing usable."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        if len(value) > 9:  # looked at first: a hostile header may hold thousands of digits
            return None
        wait = timedelta(seconds=int(value))
    else:
        try:
            until = parsedate_to_datetime(value)
        except (ValueError, IndexError, OverflowError):
            return None
        wait = (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
    return min(wait, LONGEST_RETRY_AFTER) if timedelta(0) < wait <= ABSURD_RETRY_AFTER else None
