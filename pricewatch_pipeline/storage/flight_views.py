"""What people see of flight watches: their itineraries and fares as `analytics` has them. Rows, without pandas."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

Record = dict[str, Any]


def newest_offers(connection: Connection, watch_id: str, *, limit: int | None) -> list[Record]:
    """The itineraries of the newest answer to each search of a live watch: those that meet it first, the cheapest first."""
    rows = connection.execute(
        text("""
            SELECT * FROM analytics.latest_flight_offers WHERE watch_id = :watch_id
            ORDER BY meets_query DESC, price NULLS LAST, stops, duration_minutes, departs_at, combination, number LIMIT :limit
        """),
        {"watch_id": watch_id, "limit": limit},
    )
    return [dict(row) for row in rows.mappings()]


def count_offers(connection: Connection, watch_id: str) -> int:
    """How many itineraries that are."""
    count: int = connection.execute(
        text("SELECT count(*) FROM analytics.latest_flight_offers WHERE watch_id = :watch_id"), {"watch_id": watch_id}
    ).scalar_one()
    return count


def calendar(connection: Connection, watch_id: str) -> list[Record]:
    """The newest fare of each search of a live watch, by day."""
    rows = connection.execute(
        text("""
            SELECT * FROM analytics.fare_calendar WHERE watch_id = :watch_id
            ORDER BY departs_on, returns_on, origin, destination
        """),
        {"watch_id": watch_id},
    )
    return [dict(row) for row in rows.mappings()]


def refusals(connection: Connection, provider: str) -> list[Record]:
    """How the last checks of this provider's active watches ended, by host; `state` is the host's."""
    rows = connection.execute(
        text("""
            SELECT w.host, w.last_outcome AS outcome, count(*) AS watches, min(w.watch_id) AS example, s.state,
                   s.state_until, s.state_reason
            FROM pricewatch.watches w JOIN pricewatch.host_states s USING (host)
            WHERE w.provider = :provider AND w.is_active
            GROUP BY w.host, w.last_outcome, s.state, s.state_until, s.state_reason ORDER BY w.host, watches DESC
        """),
        {"provider": provider},
    )
    return [dict(row) for row in rows.mappings()]
