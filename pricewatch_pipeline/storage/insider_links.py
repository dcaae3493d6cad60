"""How filings hang together, in the tables: what an amendment restates, and which rows report a trade that another filing reports.

`settle` is called with every filing that is written, under the lock of its issuer: what comes out is the same whichever of two filings
comes first.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain import amendments, ownership_chains
from pricewatch_pipeline.domain.amendments import FilingHead, Key, Trade
from pricewatch_pipeline.domain.ownership_chains import ChainFiling
from pricewatch_pipeline.storage.rows import as_json


def settle(connection: Connection, accession: str, *, also: Collection[str] = ()) -> None:
    """What this filing amends, supersedes and repeats, and what others do of it. `also`: filings that hung on what it said before."""
    concerns = connection.execute(_CONCERNS, {"accession": accession}).one()
    touched = {accession, *also}
    if concerns.is_amended or also:
        touched |= _settle_amendments(connection, accession)
    if concerns.is_repeated or len(touched) > 1:
        _settle_chains(connection, touched)


def cut(connection: Connection, accession: str) -> frozenset[str]:
    """Take away the rows of a filing that is read again, under the lock of its issuer, until `settle` is called; the accessions of
    those that hung on them."""
    issuer = connection.execute(_LOCK, {"accession": accession}).scalar_one_or_none()
    hung = connection.execute(_HANGS_ON, {"accession": accession, "issuer": issuer}).scalars()
    found = frozenset(hung)
    for table in ("insider_owners", "insider_transactions", "insider_holdings"):
        connection.execute(
            text(f"DELETE FROM pricewatch.{table} WHERE accession = :accession"), {"accession": accession}
        )
    connection.execute(
        text("UPDATE pricewatch.insider_filings SET state = 'pending' WHERE accession = :accession"),
        {"accession": accession},
    )
    return found


def _settle_amendments(connection: Connection, accession: str) -> frozenset[str]:
    """Accessions of the filings of which rows came to be superseded, or to stand again."""
    rows = connection.execute(_FAMILY, {"accession": accession}).all()
    heads = [_head(row) for row in rows]
    stored = _trades(connection, [head.accession for head in heads])
    trades = [trade_of(row) for row in stored]
    links = {head.accession: amendments.amended(head, heads, trades) for head in heads}
    news = [
        {"accession": row.accession, "amends": links[row.accession]}
        for row in rows
        if row.amends != links[row.accession]
    ]
    if news:
        connection.execute(_SET_AMENDS, {"rows": as_json(news)})
    return _update(connection, "superseded_by", stored, amendments.superseded(heads, trades))


def _settle_chains(connection: Connection, accessions: Collection[str]) -> None:
    rows = connection.execute(_BLOCKS, {"accessions": sorted(accessions)}).all()
    filings = {
        row.accession: ChainFiling(
            accession=row.accession,
            filed_on=row.filed_on,
            owners=frozenset(row.owners),
            is_of_insiders=row.is_of_insiders,
        )
        for row in rows
    }
    restated = {
        (row.accession, row.table_name, row.row): row.superseded_by for row in rows if row.superseded_by is not None
    }
    _update(connection, "repeats", rows, ownership_chains.repeated(filings.values(), map(trade_of, rows), restated))


def _update(
    connection: Connection, column: str, stored: Iterable[Row[Any]], wanted: Mapping[Key, str]
) -> frozenset[str]:
    """Write where it is not so yet; the accessions of what changed."""
    news = [
        {"accession": row.accession, "table_name": row.table_name, "row": row.row, "value": value}
        for row in stored
        if (value := wanted.get((row.accession, row.table_name, row.row))) != getattr(row, column)
    ]
    if news:
        connection.execute(
            text(f"""
                UPDATE pricewatch.insider_transactions t SET {column} = r.value
                FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(accession text, table_name text, row int, value text)
                WHERE (t.accession, t.table_name, t.row) = (r.accession, r.table_name, r.row)
            """),
            {"rows": as_json(news)},
        )
    return frozenset(each["accession"] for each in news)


def _trades(connection: Connection, accessions: Sequence[str]) -> Sequence[Row[Any]]:
    return connection.execute(
        text(
            f"SELECT {_TRADE}, t.superseded_by FROM pricewatch.insider_transactions t WHERE t.accession = ANY(:accessions)"
        ),
        {"accessions": list(accessions)},
    ).all()


def _head(row: Row[Any]) -> FilingHead:
    return FilingHead(
        accession=row.accession,
        form=row.form,
        filed_on=row.filed_on,
        accepted_at=row.accepted_at,
        period=row.period,
        original_filed_on=row.original_filed_on,
        owners=frozenset(row.owners),
    )


def trade_of(row: Row[Any]) -> Trade:
    """A row of `insider_transactions` as far as it is compared with others."""
    return Trade(
        accession=row.accession,
        table=row.table_name,
        row=row.row,
        security=row.security,
        traded_on=row.traded_on,
        code=row.code,
        acquired_disposed=row.acquired_disposed,
        shares=row.shares,
        price=row.price,
        owned_after=row.owned_after,
        direct_indirect=row.direct_indirect,
        nature=row.nature,
    )


_TRADE = """t.accession, t.table_name, t.row, t.security, t.traded_on, t.code, t.acquired_disposed, t.shares, t.price, t.owned_after,
    t.direct_indirect, t.nature"""
_OWNERS = "ARRAY(SELECT o.cik FROM pricewatch.insider_owners o WHERE o.accession = {}.accession)"
# Whether `o` may be what the amendment `a` amends: as domain/amendments.py has it, but for the order within a day.
_IS_OF_KIND = "a.issuer_cik = o.issuer_cik AND right(a.form, 2) = '/A' AND left(a.form, 1) = left(o.form, 1)"
_ARE_DATED_ALIKE = "(a.original_filed_on = o.filed_on OR a.period = o.period)"
_MAY_AMEND = f"""
    {_IS_OF_KIND} AND a.accession <> o.accession AND (a.amends = o.accession OR (o.filed_on <= a.filed_on AND {_ARE_DATED_ALIKE}
    AND EXISTS (SELECT FROM pricewatch.insider_owners x JOIN pricewatch.insider_owners y USING (cik)
                WHERE x.accession = a.accession AND y.accession = o.accession)))
"""
_IS_SAME_BLOCK = """(t.issuer_cik, t.traded_on, t.table_name, t.code, t.shares, t.price, t.owned_after)
    = (m.issuer_cik, m.traded_on, m.table_name, m.code, m.shares, m.price, m.owned_after)"""

_LOCK = text("""
SELECT issuer_cik FROM pricewatch.insider_filings f, LATERAL (
    SELECT pg_advisory_xact_lock(hashtextextended(f.issuer_cik, 7205759406))) locked
WHERE accession = :accession
""")
_HANGS_ON = text("""
SELECT DISTINCT accession FROM pricewatch.insider_transactions
WHERE issuer_cik = :issuer AND :accession IN (superseded_by, repeats)
""")
_CONCERNS = text(f"""
SELECT right(o.form, 2) = '/A' OR EXISTS (
           SELECT FROM pricewatch.insider_filings a
           WHERE {_IS_OF_KIND} AND a.state = 'read' AND ({_ARE_DATED_ALIKE} OR a.amends = o.accession)) AS is_amended,
       EXISTS (
           SELECT FROM pricewatch.insider_transactions m JOIN pricewatch.insider_transactions t ON {_IS_SAME_BLOCK}
           WHERE m.accession = o.accession AND t.accession <> o.accession) AS is_repeated
FROM pricewatch.insider_filings o WHERE o.accession = :accession
""")
_FAMILY = text(f"""
WITH RECURSIVE family(accession) AS (
    SELECT cast(:accession AS text)
    UNION
    SELECT near.accession FROM family, LATERAL (
        SELECT o.accession FROM pricewatch.insider_filings a JOIN pricewatch.insider_filings o ON {_MAY_AMEND}
        WHERE a.accession = family.accession AND o.state = 'read'
        UNION ALL
        SELECT a.accession FROM pricewatch.insider_filings o JOIN pricewatch.insider_filings a ON {_MAY_AMEND}
        WHERE o.accession = family.accession AND a.state = 'read'
    ) near
)
SELECT f.accession, f.form, f.filed_on, f.accepted_at, f.period, f.original_filed_on, f.amends, {_OWNERS.format("f")} AS owners
FROM family JOIN pricewatch.insider_filings f USING (accession)
""")
_SET_AMENDS = text("""
UPDATE pricewatch.insider_filings f SET amends = r.amends
FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(accession text, amends text) WHERE f.accession = r.accession
""")
# All rows of the filings that hang together with these: by a row that is alike, or as an amendment and what it amends.
_BLOCKS = text(f"""
WITH RECURSIVE near(accession) AS (
    SELECT unnest(cast(:accessions AS text[]))
    UNION
    SELECT other.accession FROM near, LATERAL (
        SELECT t.accession FROM pricewatch.insider_transactions m JOIN pricewatch.insider_transactions t ON {_IS_SAME_BLOCK}
        WHERE m.accession = near.accession
        UNION ALL
        SELECT f.amends FROM pricewatch.insider_filings f WHERE f.accession = near.accession AND f.amends IS NOT NULL
        UNION ALL
        SELECT f.accession FROM pricewatch.insider_filings f WHERE f.amends = near.accession AND f.state = 'read'
    ) other
), owned AS MATERIALIZED (
    SELECT accession, coalesce(array_agg(o.cik) FILTER (WHERE o.cik IS NOT NULL), '{{}}') AS owners,
           coalesce(bool_or(o.is_director OR o.is_officer) AND NOT bool_or(o.is_ten_percent_owner), false) AS is_of_insiders
    FROM near LEFT JOIN pricewatch.insider_owners o USING (accession) GROUP BY accession
)
SELECT {_TRADE}, t.superseded_by, t.repeats, t.filed_on, owned.owners, owned.is_of_insiders
FROM owned JOIN pricewatch.insider_transactions t USING (accession)
""")
