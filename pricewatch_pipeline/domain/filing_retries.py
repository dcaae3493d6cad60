"""When a filing that was asked for in vain is asked for again, and when one on which the server fails is given up for now. Pure.

A document that fails for a moment (5xx, a timeout, a broken connection) costs the check its success, so that it is soon tried again. The
one on which the server has failed FAILURES_BORNE times, though the list of filings came each time, is treated as one that is not there:
it costs no further check its price. One that was given up before, for whatever reason, costs none either.
"""

from datetime import timedelta

_WAITS = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=7))
"""After the first attempt, the second, and so on: EDGAR lists some filings minutes before they can be had, others never come."""

FAILURES_BORNE = 5
"""With the backoff of checks, the last of them comes a quarter of an hour after the first, or later."""


def wait_after(attempts: int) -> timedelta | None:
    """How long to wait after so many attempts in vain; None: it is not asked for again."""
    return _WAITS[attempts - 1] if 1 <= attempts <= len(_WAITS) else None


def is_given_up(*, failures: int, attempts: int) -> bool:
    """Whether a document is treated as one that is not there, after so many failures, or attempts in vain since it was given up."""
    return attempts > 0 or failures >= FAILURES_BORNE
