"""The nightly comparison of the feeds with the index of a day: which days were compared, whose filings, and what is due then."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.insiders import PROVIDER
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.sweeps import ZONE, SweptDay
from pricewatch_pipeline.domain.watches import Store, Watch
from pricewatch_pipeline.storage.definitions import stores_named
from pricewatch_pipeline.storage.rows import watch_of


@dataclass(frozen=True, kw_only=True)
class WatchedCompany:
    """A live watch, and the company that it was found to be about."""

    watch: Watch
    cik: str


@dataclass(frozen=True, kw_only=True)
class Missed:
    """Filings of an index that no feed has listed."""

    count: int = 0
    due: tuple[str, ...] = ()
    """Companies some of whose are to be fetched now, by CIK."""


def swept_days(connection: Connection) -> dict[date, SweptDay]:
    """All days that were ever asked for."""
    rows = connection.execute(
        text("SELECT day, outcome, (swept_at AT TIME ZONE :zone)::date AS swept_on FROM pricewatch.insider_sweeps"),
        {"zone": ZONE},
    )
    return {row.day: SweptDay(day=row.day, outcome=Outcome(row.outcome), swept_on=row.swept_on) for row in rows}


def watched_companies(connection: Connection) -> list[WatchedCompany]:
    """Live watches whose company's list was read, by id."""
    rows = connection.execute(
        text("""
            SELECT w.*, f.cik FROM pricewatch.watches w
            LEFT JOIN pricewatch.sec_companies c ON c.symbol = w.query ->> 'company'
                AND c.site = coalesce(w.query ->> 'site', 'https://www.sec.gov')
            LEFT JOIN LATERAL (
                SELECT cik FROM pricewatch.filing_checks k
                WHERE k.watch_id = w.watch_id AND k.cik IS NOT NULL ORDER BY k.slot_at DESC, k.attempt DESC LIMIT 1
            ) last ON c.cik IS NULL
            JOIN pricewatch.insider_feeds f ON f.cik = CASE
                WHEN w.query ->> 'company' ~ '^[0-9]+$' THEN w.query ->> 'company' ELSE coalesce(c.cik, last.cik) END
            WHERE w.provider = :provider AND w.archived_at IS NULL ORDER BY w.watch_id
        """),
        {"provider": PROVIDER},
    )
    return [WatchedCompany(watch=watch_of(row), cik=row.cik) for row in rows.all()]


def store_of(connection: Connection, watch: Watch) -> Store | None:
    """The store of a watch, where it has one."""
    return next(iter(stores_named(connection, watch.store_id)), None) if watch.store_id else None


def missed(connection: Connection, accessions: Collection[str]) -> Missed:
    """Which of these filings no feed has listed so far."""
    row = connection.execute(
        text("""
            SELECT count(*) AS n,
                   ARRAY(SELECT DISTINCT cik FROM pricewatch.insider_filings p, unnest(p.feed_ciks) AS cik
                         WHERE p.accession = ANY(:accessions) AND p.state = 'pending' AND NOT 'feed' = ANY(p.sources)
                         ORDER BY 1) AS due
            FROM pricewatch.insider_filings WHERE accession = ANY(:accessions) AND NOT 'feed' = ANY(sources)
        """),
        {"accessions": sorted(accessions)},
    ).one()
    return Missed(count=row.n, due=tuple(row.due))


def make_due(connection: Connection, watch_ids: Collection[str]) -> list[str]:
    """Have these watches checked at once, as if their last check had left something to read; those that changed.

    One that is being checked, fails, or was never looked at is left as it is.
    """
    rows = connection.execute(
        text("""
            UPDATE pricewatch.watches SET next_due_at = now(), slot_at = last_checked_at, attempt = 0
            WHERE watch_id = ANY(:ids) AND is_active AND next_due_at > now() AND claim_token IS NULL
              AND consecutive_failures = 0 AND quarantined_at IS NULL AND last_checked_at IS NOT NULL
            RETURNING watch_id
        """),
        {"ids": sorted(watch_ids)},
    )
    return sorted(rows.scalars())


def record(
    connection: Connection, day: date, outcome: Outcome, *, filings: int = 0, missed: int = 0, error: str | None = None
) -> None:
    """How a day ended. What was once compared stays so."""
    connection.execute(
        text("""
            INSERT INTO pricewatch.insider_sweeps AS s (day, outcome, filings, missed, error)
            VALUES (:day, :outcome, :filings, :missed, :error)
            ON CONFLICT (day) DO UPDATE SET
                outcome = CASE WHEN s.outcome = 'ok' THEN s.outcome ELSE excluded.outcome END,
                error = CASE WHEN s.outcome = 'ok' AND excluded.outcome <> 'ok' THEN s.error ELSE excluded.error END,
                filings = greatest(s.filings, excluded.filings), missed = greatest(s.missed, excluded.missed),
                swept_at = now()
        """),
        {"day": day, "outcome": outcome, "filings": filings, "missed": missed, "error": error},
    )
