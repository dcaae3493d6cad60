"""What checks of insider watches found, as materializations tell it."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.materializations import FilingsEvent, TradeLine
from pricewatch_pipeline.storage.events import SnapshotKey
from pricewatch_pipeline.storage.rows import AnyRow, as_json

NEWEST = 5


def filings_of(connection: Connection, keys: Iterable[SnapshotKey]) -> dict[SnapshotKey, FilingsEvent]:
    """Of those of these checks that looked for filings; of several attempts at a slot, the last."""
    rows = connection.execute(
        text("""
            SELECT DISTINCT ON (c.watch_id, c.slot_at) c.watch_id, c.slot_at, c.outcome, c.observed_at, c.cik,
                   c.listed, c.found, c.read, c.gone, c.unreadable, c.left_out, c.remaining, c.transactions, c.holdings, c.price, c.currency, c.traded_on, c.problem,
                   stored.filings AS filings_stored, stored.transactions AS transactions_stored, named.company,
                   newest.trades
            FROM jsonb_to_recordset(cast(:keys AS jsonb)) AS k(watch_id text, slot_at timestamptz)
            JOIN pricewatch.filing_checks c USING (watch_id, slot_at)
            CROSS JOIN LATERAL (
                SELECT count(*)::int AS filings, coalesce(sum(f.transactions), 0)::int AS transactions
                FROM pricewatch.insider_filings f WHERE f.issuer_cik = c.cik AND f.state = 'read'
            ) stored
            LEFT JOIN LATERAL (
                SELECT i.issuer_name AS company FROM pricewatch.insider_issuers i WHERE i.issuer_cik = c.cik
            ) named ON true
            CROSS JOIN LATERAL (
                SELECT coalesce(json_agg(t), '[]') AS trades FROM (
                    SELECT t.traded_on, t.filed_on, t.owner_name AS owner, t.code, t.shares::text, t.price::text,
                           t.value::text, t.accession
                    FROM analytics.insider_trades t WHERE t.issuer_cik = c.cik AND NOT t.has_doubtful_date
                    ORDER BY t.traded_on DESC, t.filed_on DESC, t.accession DESC, t.row DESC LIMIT :newest
                ) t
            ) newest
            ORDER BY c.watch_id, c.slot_at, c.attempt DESC
        """),
        {"keys": as_json({"watch_id": w, "slot_at": s} for w, s in keys), "newest": NEWEST},
    )
    return {(row.watch_id, row.slot_at): _event(row) for row in rows}


def _event(row: AnyRow) -> FilingsEvent:
    said = {name: value for name, value in row._asdict().items() if name not in ("watch_id", "slot_at", "trades")}
    return FilingsEvent(**said, newest=tuple(map(_trade, row.trades)))


def _trade(found: dict[str, Any]) -> TradeLine:
    return TradeLine(
        traded_on=date.fromisoformat(found["traded_on"]),
        filed_on=date.fromisoformat(found["filed_on"]),
        owner=found["owner"],
        code=found["code"],
        shares=_number(found["shares"]),
        price=Decimal(found["price"]),
        value=_number(found["value"]),
        accession=found["accession"],
    )


def _number(said: str | None) -> Decimal | None:
    return None if said is None else Decimal(said)
