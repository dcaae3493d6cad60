"""The dictionaries that pages are compressed with: one page of a host, for the pages like it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.engine import Connection


@dataclass(frozen=True, kw_only=True)
class PageDictionary:
    """What pages of one host are compressed with."""

    dictionary_id: int
    host: str
    content: bytes
    """A page of this host, itself compressed with zstd."""


def by_id(connection: Connection, dictionary_id: int) -> PageDictionary:
    """The dictionary of a page: it is there for as long as the page is."""
    row = connection.execute(
        text("SELECT dictionary_id, host, content FROM pricewatch.page_dictionaries WHERE dictionary_id = :id"),
        {"id": dictionary_id},
    ).one()
    return PageDictionary(dictionary_id=row.dictionary_id, host=row.host, content=bytes(row.content))


def newest(connection: Connection, hosts: Iterable[str]) -> list[PageDictionary]:
    """The newest dictionary of each of these hosts that has one."""
    rows = connection.execute(
        text("""
            SELECT DISTINCT ON (host) dictionary_id, host, content FROM pricewatch.page_dictionaries
            WHERE host = ANY(:hosts) ORDER BY host, created_at DESC, dictionary_id DESC
        """),
        {"hosts": list(hosts)},
    )
    return [PageDictionary(dictionary_id=r.dictionary_id, host=r.host, content=bytes(r.content)) for r in rows]


def samples(
    connection: Connection, *, window: timedelta, renew_after: timedelta, most_per_host: int, pages: int, hosts: int
) -> dict[str, list[bytes]]:
    """By host, the hashes of some pages that came within `window`, of as many watches as there are: two pages or more.

    Hosts with a dictionary younger than `renew_after` or with too many are left out. The others come at random: there
    may be more than are tried in one night, and where none helped the next night begins elsewhere.
    """
    rows = connection.execute(
        text("""
            WITH served AS (
                SELECT host FROM pricewatch.page_dictionaries GROUP BY host
                HAVING max(created_at) > now() - make_interval(secs => :renew_s) OR count(*) >= :most_per_host
            )
            SELECT host, array_agg(page_sha256 ORDER BY place) AS hashes FROM (
                SELECT host, page_sha256, row_number() OVER (PARTITION BY host ORDER BY min(nth), random()) AS place
                FROM (
                    SELECT c.host, c.page_sha256, row_number() OVER (PARTITION BY c.watch_id ORDER BY c.slot_at DESC) AS nth
                    FROM pricewatch.checks c JOIN pricewatch.pages p ON p.sha256 = c.page_sha256
                    WHERE c.slot_at > now() - make_interval(secs => :window_s) AND p.media_type LIKE '%html%'
                      AND NOT EXISTS (SELECT FROM served s WHERE s.host = c.host)
                ) seen GROUP BY host, page_sha256
            ) numbered
            WHERE place <= :pages GROUP BY host HAVING count(*) > 1 ORDER BY random() LIMIT :hosts
        """),
        {
            "window_s": window.total_seconds(),
            "renew_s": renew_after.total_seconds(),
            "most_per_host": most_per_host,
            "pages": pages,
            "hosts": hosts,
        },
    )
    return {row.host: [bytes(sha256) for sha256 in row.hashes] for row in rows}


def add(connection: Connection, host: str, content: bytes, *, saved_ratio: float) -> int:
    """Keep a dictionary (compressed); its id."""
    dictionary_id: int = connection.execute(
        text("""
            INSERT INTO pricewatch.page_dictionaries (host, content, saved_ratio)
            VALUES (:host, :content, :saved_ratio) RETURNING dictionary_id
        """),
        {"host": host, "content": content, "saved_ratio": saved_ratio},
    ).scalar_one()
    return dictionary_id


def delete_unused(connection: Connection, *, unused_for: timedelta, limit: int = 100) -> int:
    """Delete dictionaries that no page needs: those that a newer one replaced, and any after `unused_for`; how many.

    One that is younger than a day is left: a run may hold it.
    """
    # Locked first and looked at again in a statement of its own: a page that came meanwhile is seen by it.
    candidates = connection.execute(
        text("""
            SELECT d.dictionary_id FROM pricewatch.page_dictionaries d
            WHERE d.created_at < now() - make_interval(days => 1)
              AND (d.created_at < now() - make_interval(secs => :unused_s)
                   OR EXISTS (SELECT FROM pricewatch.page_dictionaries n WHERE n.host = d.host
                              AND n.created_at > d.created_at AND n.created_at < now() - make_interval(days => 1)))
              AND NOT EXISTS (SELECT FROM pricewatch.pages p WHERE p.dictionary_id = d.dictionary_id)
            ORDER BY d.dictionary_id LIMIT :limit FOR UPDATE OF d SKIP LOCKED
        """),
        {"unused_s": unused_for.total_seconds(), "limit": limit},
    )
    deleted = connection.execute(
        text("""
            DELETE FROM pricewatch.page_dictionaries d WHERE d.dictionary_id = ANY(:ids)
              AND NOT EXISTS (SELECT FROM pricewatch.pages p WHERE p.dictionary_id = d.dictionary_id)
        """),
        {"ids": [row.dictionary_id for row in candidates]},
    )
    return deleted.rowcount
