"""What the steps of one check share: what they stand on, what they have come to, and how one of them ends the check."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from pricewatch_pipeline.domain.filings import FilingShelf
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Fetch, Page
from pricewatch_pipeline.domain.sweeps import today_in_new_york
from pricewatch_pipeline.providers.sec_form4.query import InsiderQuery

NOT_THERE = frozenset({Outcome.NOT_FOUND, Outcome.GONE})
PASSING = frozenset({Outcome.TRANSPORT, Outcome.TIMEOUT})
"""Failures of one request, which say nothing of the next one."""
_MOST_PROBLEMS = 5


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What a check stands on."""

    query: InsiderQuery
    watch_id: str
    shelf: FilingShelf
    fetch: Fetch
    now: Callable[[], datetime]

    @property
    def today(self) -> date:
        """By the SEC's clock, which dates filings."""
        return today_in_new_york(self.now())


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """Why a check ends before its end."""

    outcome: Outcome
    error: str | None
    page: Page | None = None

    @classmethod
    def by(cls, page: Page) -> "Stopped":
        """By a page that could not be had."""
        return cls(outcome=page.outcome, error=page.error, page=page)


@dataclass(kw_only=True)
class Tally:
    """What a check has come to so far."""

    handled: int = 0
    """Documents that are done with, well or badly, here or by another run meanwhile."""
    beyond: int = 0
    """Filings, of all forms, in older files of the list that lie beyond the bounds and were never read."""
    found: int = 0
    read: int = 0
    gone: int = 0
    unreadable: int = 0
    transactions: int = 0
    holdings: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def problem(self) -> str | None:
        rest = len(self.problems) - _MOST_PROBLEMS
        said = self.problems[:_MOST_PROBLEMS] + ([f"and {rest:,} more"] if rest > 0 else [])
        return "; ".join(said) or None
