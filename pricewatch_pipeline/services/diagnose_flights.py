"""Examines whether flight searches are answered, where there are any watches of them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.services.explain_waiting import why_left_alone
from pricewatch_pipeline.services.findings import Finding, ok, warn

_ADVICE = {
    Outcome.CONSENT: "the site asks for consent again after it was answered: describe its store with `fetcher: browser`",
    Outcome.BLOCKED: "ask less often (a larger `min_delay` of its store, fewer combinations), or through another network",
    Outcome.RATE_LIMITED: "ask less often: a larger `min_delay` of its store, or fewer combinations",
    Outcome.LOGIN: "the site wants somebody to sign in, which is not done here: ask from another network",
    Outcome.ROBOTS: "its robots.txt does not allow it: docs/howto/flights.md says what you may decide",
    Outcome.UNREADABLE: "the page may have changed: `pricewatch page open WATCH` shows it",
}


def judge_flights(found: Sequence[Mapping[str, Any]], *, now: datetime) -> Iterator[Finding]:
    """A finding for each host that does not answer, or one that all do; none where no flights are watched.

    Args:
        found: how the last checks ended, by host and outcome, the most frequent first.
    """
    refused = [row for row in found if row["outcome"] in _ADVICE]
    for row in refused:
        outcome = Outcome(row["outcome"])
        total = sum(other["watches"] for other in found if other["host"] == row["host"])
        alone = why_left_alone(row, now=now)
        said = f"{row['watches']} of {total} watches at {row['host']} ended with {outcome}, such as {row['example']}"
        yield warn("flights", said + (f"; {alone}" if alone else ""), _ADVICE[outcome])
    if found and not refused:
        yield ok("flights", f"{sum(row['watches'] for row in found)} watches, none of them refused")
