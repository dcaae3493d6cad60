"""Past checks with what is believed of them: what a replay reads again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.plausibility import RECENT_PRICES
from pricewatch_pipeline.domain.replays import READ_AGAIN, PastCheck, SeenPrice
from pricewatch_pipeline.domain.watches import Store, Watch
from pricewatch_pipeline.storage import offer_rows
from pricewatch_pipeline.storage.definitions import stores_named
from pricewatch_pipeline.storage.pages import content_type_of
from pricewatch_pipeline.storage.rows import watch_of

CheckKey = tuple[datetime, int]
"""(slot_at, attempt) of a watch's check."""


@dataclass(frozen=True, kw_only=True)
class Period:
    """The slots that are meant: from `since` on, before `until`; None: no bound."""

    since: datetime | None = None
    until: datetime | None = None


# A check counts for a slot when its page is the one behind the slot's snapshot, or when the slot has none and the page may
# hold an offer. A slot that is still to be tried again is left to that: a snapshot there would stand in its way.
_WHERE = """
FROM pricewatch.checks c JOIN pricewatch.watches w USING (watch_id)
LEFT JOIN pricewatch.current_snapshots n ON n.watch_id = c.watch_id AND n.slot_at = c.slot_at
LEFT JOIN pricewatch.pages p ON p.sha256 = c.page_sha256
WHERE c.watch_id = ANY(:ids) AND c.slot_at >= coalesce(:since, '-infinity'::timestamptz)
  AND c.slot_at < coalesce(:until, 'infinity'::timestamptz)
  AND CASE WHEN n.slot_at IS NULL
           THEN c.outcome = ANY(:failures) AND c.page_sha256 IS NOT NULL AND c.http_status BETWEEN 200 AND 299
                AND NOT (w.is_active AND w.slot_at = c.slot_at)
           ELSE n.page_sha256 IS NOT DISTINCT FROM c.page_sha256 END
"""
_COMPARED = ", ".join(f"n.{name}" for name in offer_rows.OFFER_TYPES if name != "candidates")


def count(connection: Connection, watch_ids: Sequence[str], period: Period) -> int:
    """How many checks there are to go through."""
    found: int = connection.execute(text(f"SELECT count(*) {_WHERE}"), _parameters(watch_ids, period)).scalar_one()
    return found


def checks(
    connection: Connection, watch_id: str, period: Period, *, after: CheckKey | None, limit: int
) -> list[PastCheck]:
    """The next checks of a watch behind `after`, oldest first."""
    slot_at, attempt = after or (None, 0)
    rows = connection.execute(
        text(f"""
            SELECT c.watch_id, c.slot_at, c.attempt, c.finished_at, c.outcome AS check_outcome, c.url, c.final_url,
                   c.http_status, c.fetcher, c.page_sha256, p.media_type, p.charset, p.sha256 IS NOT NULL AS is_kept,
                   n.slot_at IS NOT NULL AS has_snapshot, n.outcome AS offer_outcome, {_COMPARED}, NULL AS candidates,
                   NOT EXISTS (SELECT FROM pricewatch.checks l WHERE l.watch_id = c.watch_id AND l.slot_at = c.slot_at
                                                                AND l.attempt > c.attempt) AS is_last
            {_WHERE} AND (c.slot_at, c.attempt) > (coalesce(:after_slot, '-infinity'::timestamptz), :after_attempt)
            ORDER BY c.slot_at, c.attempt LIMIT :limit
        """),
        {**_parameters([watch_id], period), "after_slot": slot_at, "after_attempt": attempt, "limit": limit},
    )
    return [_check_of(dict(row)) for row in rows.mappings()]


def seen_around(connection: Connection, watch_id: str, first: datetime, last: datetime) -> list[SeenPrice]:
    """What is believed of a watch from one slot to another, and as many prices before and after as are measured against."""
    chosen = "SELECT slot_at, price, currency, title FROM pricewatch.current_snapshots WHERE watch_id = :watch_id AND price IS NOT NULL"
    rows = connection.execute(
        text(f"""
            (({chosen} AND slot_at < :first ORDER BY slot_at DESC LIMIT :most)
             UNION ALL ({chosen} AND slot_at BETWEEN :first AND :last)
             UNION ALL ({chosen} AND slot_at > :last ORDER BY slot_at LIMIT :most)) ORDER BY slot_at
        """),
        {"watch_id": watch_id, "first": first, "last": last, "most": RECENT_PRICES},
    )
    return [SeenPrice(**row) for row in rows.mappings()]


def _parameters(watch_ids: Sequence[str], period: Period) -> dict[str, Any]:
    return {"ids": list(watch_ids), "since": period.since, "until": period.until, "failures": list(READ_AGAIN)}


def _check_of(row: Mapping[str, Any]) -> PastCheck:
    return PastCheck(
        watch_id=row["watch_id"],
        slot_at=row["slot_at"],
        attempt=row["attempt"],
        finished_at=row["finished_at"],
        outcome=Outcome(row["check_outcome"]),
        url=row["url"],
        final_url=row["final_url"],
        http_status=row["http_status"],
        fetcher=row["fetcher"],
        page_sha256=None if row["page_sha256"] is None else bytes(row["page_sha256"]),
        content_type=content_type_of(row["media_type"], row["charset"]),
        is_kept=row["is_kept"],
        has_snapshot=row["has_snapshot"],
        is_last=row["is_last"],
        offer=offer_rows.offer_of(row) if row["has_snapshot"] else None,
        offer_outcome=Outcome(row["offer_outcome"]) if row["has_snapshot"] else None,
    )


def definitions(connection: Connection, watch_ids: Sequence[str]) -> list[tuple[Watch, Store | None]]:
    """These watches as they are defined now, archived or not, each with its store."""
    rows = connection.execute(
        text("SELECT * FROM pricewatch.watches WHERE watch_id = ANY(:ids) ORDER BY watch_id"), {"ids": list(watch_ids)}
    ).all()
    stores = {store.store_id: store for store in stores_named(connection, *{row.store_id for row in rows})}
    return [(watch_of(row), stores.get(row.store_id)) for row in rows]


def watch_ids(connection: Connection, *, store_id: str | None = None) -> list[str]:
    """All watches, or those of a store; archived ones too, for their prices stay."""
    rows = connection.execute(
        text("""
            SELECT watch_id FROM pricewatch.watches
            WHERE cast(:store_id AS text) IS NULL OR store_id = :store_id ORDER BY watch_id
        """),
        {"store_id": store_id},
    )
    return list(rows.scalars())


def unknown(connection: Connection, watch_ids: Sequence[str]) -> list[str]:
    """Which of these ids no watch ever had."""
    rows = connection.execute(
        text("""
            SELECT id FROM unnest(cast(:ids AS text[])) AS id
            WHERE NOT EXISTS (SELECT FROM pricewatch.watches WHERE watch_id = id)
        """),
        {"ids": list(watch_ids)},
    )
    return list(rows.scalars())


def store_ids(connection: Connection) -> list[str]:
    """The ids of all stores."""
    return list(connection.execute(text("SELECT store_id FROM pricewatch.stores ORDER BY store_id")).scalars())
