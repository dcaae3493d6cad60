"""Evidence: the pages and pictures behind checks."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.checks import StoredPage

Record = dict[str, Any]


def store(connection: Connection, pages: Sequence[StoredPage]) -> None:
    """Keep these; what is kept already is only noted as seen again. A page whose dictionary is gone is left out:
    nobody could read it."""
    by_hash = {page.sha256: page for page in pages}
    dictionary_ids = {page.dictionary_id for page in by_hash.values() if page.dictionary_id is not None}
    known = _held_dictionaries(connection, dictionary_ids) if dictionary_ids else frozenset()
    kept = [page for _, page in sorted(by_hash.items()) if page.dictionary_id is None or page.dictionary_id in known]
    if not kept:
        return
    # %b: as bytes. As text, which is the driver's choice for lists, a page costs a millisecond here and one over there.
    connection.exec_driver_sql(
        """
        INSERT INTO pricewatch.pages (sha256, content, location, dictionary_id, media_type, charset, body_bytes, stored_bytes)
        VALUES (%(sha256)b, %(content)b, %(location)s, %(dictionary_id)s, %(media_type)s, %(charset)s, %(body_bytes)s,
                %(stored_bytes)s)
        ON CONFLICT (sha256) DO UPDATE SET last_seen_at = now()
        """,
        [
            {
                "sha256": page.sha256,
                "content": None if page.location else page.content,
                "location": page.location,
                "dictionary_id": page.dictionary_id,
                "media_type": _storable(page.media_type),
                "charset": _storable(page.charset),
                "body_bytes": page.body_bytes,
                "stored_bytes": page.stored_bytes or len(page.content),
            }
            for page in kept
        ],
    )


def _held_dictionaries(connection: Connection, dictionary_ids: Collection[int]) -> frozenset[int]:
    """Which of these dictionaries there are; they stay until this transaction ends."""
    rows = connection.execute(
        text("SELECT dictionary_id FROM pricewatch.page_dictionaries WHERE dictionary_id = ANY(:ids) FOR KEY SHARE"),
        {"ids": sorted(dictionary_ids)},
    )
    return frozenset(rows.scalars())


def _storable(media_type: str | None) -> str | None:
    """A header may hold anything, PostgreSQL's text may not."""
    return media_type and media_type.replace("\x00", "").encode("utf-8", "replace").decode()


def load(connection: Connection, sha256: bytes) -> StoredPage | None:
    """A page by its hash; None when it is not kept, or no more."""
    row = connection.execute(
        text("""
            SELECT sha256, content, location, dictionary_id, media_type, charset, body_bytes, stored_bytes
            FROM pricewatch.pages WHERE sha256 = :sha256
        """),
        {"sha256": sha256},
    ).one_or_none()
    return stored_page_of(row) if row else None


def content_type_of(media_type: str | None, charset: str | None) -> str:
    """The header of a page as far as it is kept."""
    return f"{media_type or ''}; charset={charset}" if charset else media_type or ""


def stored_page_of(row: Row[Any]) -> StoredPage:
    """A row of `pages`."""
    return StoredPage(
        sha256=bytes(row.sha256),
        content=bytes(row.content or b""),
        media_type=row.media_type,
        charset=row.charset,
        body_bytes=row.body_bytes,
        dictionary_id=row.dictionary_id,
        location=row.location,
        stored_bytes=row.stored_bytes,
    )


def checks_with_pages(connection: Connection, watch_id: str, *, limit: int) -> list[Record]:
    """The newest checks of a watch that ended with a page or a picture, newest first; `is_kept`: the page still is."""
    return _checks(connection, "c.watch_id = :watch_id", {"watch_id": watch_id, "limit": limit})


def picture_of_page(connection: Connection, watch_id: str, sha256: bytes) -> bytes | None:
    """The hash of the newest picture that a watch has of this page: an unchanged page is not pictured again."""
    found: bytes | None = connection.execute(
        text("""
            SELECT screenshot_sha256 FROM pricewatch.checks
            WHERE watch_id = :watch_id AND page_sha256 = :sha256 AND screenshot_sha256 IS NOT NULL
            ORDER BY finished_at DESC LIMIT 1
        """),
        {"watch_id": watch_id, "sha256": sha256},
    ).scalar_one_or_none()
    return found


def checks_of_page(connection: Connection, sha256: bytes) -> list[Record]:
    """The newest check that ended with this page or picture: at most one."""
    # No index leads from a page to its checks: the days in which it was seen keep the search short.
    return _checks(
        connection,
        """
        (c.page_sha256 = :sha256 OR c.screenshot_sha256 = :sha256) AND c.finished_at >=
            (SELECT first_seen_at - interval '1 day' FROM pricewatch.pages WHERE sha256 = :sha256)
        """,
        {"sha256": sha256, "limit": 1},
    )


def _checks(connection: Connection, condition: str, parameters: Record) -> list[Record]:
    rows = connection.execute(
        text(f"""
            SELECT c.watch_id, c.slot_at, c.attempt, c.finished_at, c.outcome, c.url, c.final_url, c.http_status,
                   c.fetcher, c.error, c.wire_bytes, c.page_sha256, c.screenshot_sha256, p.media_type, p.charset, p.body_bytes,
                   p.stored_bytes, p.location, p.sha256 IS NOT NULL AS is_kept
            FROM pricewatch.checks c LEFT JOIN pricewatch.pages p ON p.sha256 = c.page_sha256
            WHERE {condition} AND (c.page_sha256 IS NOT NULL OR c.screenshot_sha256 IS NOT NULL)
            ORDER BY c.finished_at DESC LIMIT :limit
        """),
        parameters,
    )
    return [dict(row) for row in rows.mappings()]


def hashes_like(connection: Connection, prefix: str, *, limit: int = 5) -> list[bytes]:
    """The pages whose hash begins so (hexadecimal)."""
    low, high = prefix.ljust(64, "0"), prefix.ljust(64, "f")
    rows = connection.execute(
        text("SELECT sha256 FROM pricewatch.pages WHERE sha256 BETWEEN :low AND :high ORDER BY sha256 LIMIT :limit"),
        {"low": bytes.fromhex(low), "high": bytes.fromhex(high), "limit": limit},
    )
    return [bytes(row.sha256) for row in rows]


def existing_locations(connection: Connection, locations: Sequence[str]) -> frozenset[str]:
    """Which of these hold the content of a page."""
    if not locations:
        return frozenset()
    hashes = [bytes.fromhex(location.partition("/")[2][:64]) for location in locations]
    rows = connection.execute(
        text("SELECT location FROM pricewatch.pages WHERE sha256 = ANY(:hashes) AND location = ANY(:locations)"),
        {"hashes": hashes, "locations": list(locations)},
    )
    return frozenset(row.location for row in rows)


def kept_since(connection: Connection) -> datetime | None:
    """When the page that was not seen for longest was last seen."""
    instant: datetime | None = connection.execute(text("SELECT min(last_seen_at) FROM pricewatch.pages")).scalar_one()
    return instant


def totals(connection: Connection, *, lately: timedelta = timedelta(days=1)) -> Record:
    """How many pages are kept, what room they take, and how many that came lately lie in the database."""
    row = connection.execute(
        text("""
            SELECT count(*) AS pages, coalesce(sum(stored_bytes), 0)::bigint AS stored_bytes,
                   coalesce(sum(body_bytes), 0)::bigint AS body_bytes,
                   count(*) FILTER (WHERE location IS NULL AND first_seen_at > now() - make_interval(secs => :lately_s))
                       AS lately_here
            FROM pricewatch.pages
        """),
        {"lately_s": lately.total_seconds()},
    )
    return dict(row.mappings().one())
