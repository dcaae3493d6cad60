"""Documents of filings that are kept: to be read again."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.filings import ListedFiling


@dataclass(frozen=True, kw_only=True)
class StoredDocument:
    """A filing, and the document that it was read from."""

    listed: ListedFiling
    sha256: bytes


def documents(
    connection: Connection, accessions: Sequence[str] | None, *, after: str, limit: int
) -> list[StoredDocument]:
    """Of these filings, or of all, in the order of their accession numbers; those that were not kept are left out."""
    rows = connection.execute(
        text("""
            SELECT accession, form, filed_on, url, feed_ciks[1] AS feed_cik, sources[1] AS source, accepted_at, period, attempts,
                   page_sha256
            FROM pricewatch.insider_filings
            WHERE state IN ('read', 'unreadable') AND page_sha256 IS NOT NULL AND accession > :after
              AND (cast(:accessions AS text[]) IS NULL OR accession = ANY (:accessions))
            ORDER BY accession LIMIT :limit
        """),
        {"accessions": None if accessions is None else list(accessions), "after": after, "limit": limit},
    )
    return [
        StoredDocument(
            listed=ListedFiling(**{name: value for name, value in row._asdict().items() if name != "page_sha256"}),
            sha256=bytes(row.page_sha256),
        )
        for row in rows
    ]


def fingerprint(connection: Connection, accession: str) -> str:
    """Of all that is stored of a filing, but for when and by whom it was read."""
    found: str = connection.execute(
        text("""
            SELECT md5(concat(
                (SELECT to_jsonb(f) - '{serial,read_at,run_id,watch_id,attempts,retry_at}'::text[]
                 FROM pricewatch.insider_filings f WHERE accession = :accession),
                (SELECT jsonb_agg(to_jsonb(o) ORDER BY number) FROM pricewatch.insider_owners o WHERE accession = :accession),
                (SELECT jsonb_agg(to_jsonb(t) ORDER BY table_name, row) FROM pricewatch.insider_transactions t
                 WHERE accession = :accession),
                (SELECT jsonb_agg(to_jsonb(h) ORDER BY table_name, row) FROM pricewatch.insider_holdings h
                 WHERE accession = :accession)))
        """),
        {"accession": accession},
    ).scalar_one()
    return found
