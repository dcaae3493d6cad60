"""What is not as it should be with the filings that were listed: for `pricewatch doctor`."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.engine import Connection


@dataclass(frozen=True, kw_only=True)
class FilingTroubles:
    """How many, and the newest of them."""

    read: int
    gone: int = 0
    newest_gone: str | None = None
    unreadable: int = 0
    newest_unreadable: str | None = None
    missing_parts: int = 0
    """Older files of lists, of all companies."""
    a_missing_part: str | None = None


def troubles(connection: Connection) -> FilingTroubles:
    """Of all companies."""
    row = connection.execute(
        text("""
            WITH filings AS (
                SELECT count(*) FILTER (WHERE state = 'read') AS read,
                       count(*) FILTER (WHERE state = 'gone') AS gone,
                       count(*) FILTER (WHERE state = 'unreadable') AS unreadable
                FROM pricewatch.insider_filings
            ), parts AS (
                SELECT count(*) AS missing_parts, min(part) AS a_missing_part
                FROM pricewatch.insider_feeds CROSS JOIN LATERAL unnest(missing_parts) AS part
            )
            SELECT filings.*, parts.*,
                   (SELECT accession FROM pricewatch.insider_filings WHERE state = 'gone'
                    ORDER BY filed_on DESC, accession DESC LIMIT 1) AS newest_gone,
                   (SELECT accession FROM pricewatch.insider_filings WHERE state = 'unreadable'
                    ORDER BY filed_on DESC, accession DESC LIMIT 1) AS newest_unreadable
            FROM filings CROSS JOIN parts
        """)
    )
    return FilingTroubles(**row.mappings().one())
