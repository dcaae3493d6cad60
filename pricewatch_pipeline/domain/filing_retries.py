"""When a filing that was asked for in vain is asked for again."""

from datetime import timedelta

_WAITS = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=7))
"""After the first attempt, the second, and so on: EDGAR lists some filings minutes before they can be had, others never come."""


def wait_after(attempts: int) -> timedelta | None:
    """How long to wait after so many attempts in vain; None: it is not asked for again."""
    return _WAITS[attempts - 1] if 1 <= attempts <= len(_WAITS) else None
