"""How searches for flights went, as numbers for those who look after the pipeline."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

Record = dict[str, Any]
EXAMPLES = 10
_LONGEST_BATCH = timedelta(days=7)
"""No search is later than its slot by more: a check has one slot, and a large matrix takes its time."""
_RECENT = """
    observed_at > now() - make_interval(secs => :window_s)
    AND slot_at > now() - make_interval(secs => :slots_s)  -- opens the months of these days only
"""


@dataclass(frozen=True, kw_only=True)
class SearchTally:
    """Searches of the last while, and those of them that had some trouble."""

    searches: int
    troubled: int
    examples: list[Record]
    """The newest of each watch."""

    @property
    def share(self) -> float:
        return self.troubled / self.searches if self.searches else 0.0


def unreadable(connection: Connection, *, window: timedelta) -> SearchTally:
    """Searches whose page was there and could not be read."""
    return _tally(connection, "outcome = 'unreadable'", window)


def in_another_currency(connection: Connection, *, window: timedelta) -> SearchTally:
    """Searches whose fare came in another currency than the one asked for."""
    return _tally(connection, "price IS NOT NULL AND asked_currency IS NOT NULL AND currency <> asked_currency", window)


def _tally(connection: Connection, trouble: str, window: timedelta) -> SearchTally:
    since = {
        "window_s": window.total_seconds(),
        "slots_s": (window + _LONGEST_BATCH).total_seconds(),
        "limit": EXAMPLES,
    }
    counted = connection.execute(
        text(f"""
            SELECT count(*) AS searches, count(*) FILTER (WHERE {trouble}) AS troubled
            FROM pricewatch.flight_searches WHERE {_RECENT}
        """),
        since,
    ).one()
    examples = connection.execute(
        text(f"""
            SELECT * FROM (
                SELECT DISTINCT ON (watch_id) watch_id, observed_at, outcome, price, currency, asked_currency, url
                FROM pricewatch.flight_searches
                WHERE {_RECENT} AND {trouble}
                ORDER BY watch_id, observed_at DESC
            ) newest
            ORDER BY observed_at DESC LIMIT :limit
        """),
        since,
    )
    return SearchTally(
        searches=counted.searches, troubled=counted.troubled, examples=[dict(row) for row in examples.mappings()]
    )
