"""Pages for tests of evidence, and checks in the ledger that they are behind."""

from datetime import datetime
from typing import Any

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.services.keep_evidence import EvidenceKeeper
from pricewatch_pipeline.storage import pages
from pricewatch_pipeline.storage.database import Connection, Database

URL = "https://shop.example/p/1"
HEADERS = {"content-type": "text/html; charset=utf-8"}


def page(body: bytes, **fields: Any) -> Page:
    """A page that was fetched."""
    return Page(
        **{
            "request": PageRequest(url=URL),
            "outcome": Outcome.OK,
            "final_url": URL,
            "headers": HEADERS,
            "body": body,
            **fields,
        }
    )


def shop_page(n: int, *, lines: int = 400) -> bytes:
    """One of the pages of a shop that are alike in all but what they sell, and too long to be alike within."""
    frame = "".join(f"<li class=c{i * 7919 % 10007}>{i * 104729 % 999983}</li>" for i in range(lines))
    return f"<!doctype html><title>Lamp {n}</title><ul>{frame}</ul><p>{n * 15485863}".encode()


def keep(
    database: Database, bodies: list[bytes], *, host: str = "shop.example", pages_url: str | None = None
) -> list[bytes]:
    """Keep these pages as a run does; their hashes."""
    keeper = EvidenceKeeper(database, pages_url=pages_url)
    found = [stored for body in bodies if (stored := keeper.compress(page(body), host=host))]
    placed = keeper.place(found)
    database.run(lambda connection: pages.store(connection, placed))
    return [stored.sha256 for stored in found]


def record_checks(database: Database, watch_id: str, hashes: list[bytes], *, host: str = "shop.example") -> None:
    """A check in the ledger for each page, an hour apart, the last one of now."""

    def work(connection: Connection) -> None:
        connection.exec_driver_sql("SELECT pricewatch.ensure_months(now() - interval '2 days', now())")
        connection.exec_driver_sql("INSERT INTO pricewatch.hosts (host) VALUES (%s) ON CONFLICT DO NOTHING", (host,))
        connection.exec_driver_sql(
            "INSERT INTO pricewatch.watches (watch_id, provider, query, host, every_s) "
            "VALUES (%s, 'retail', '{}', %s, 3600) ON CONFLICT DO NOTHING",
            (watch_id, host),
        )
        for hours, sha256 in enumerate(reversed(hashes)):
            connection.exec_driver_sql(
                "INSERT INTO pricewatch.checks (watch_id, slot_at, attempt, kind, outcome, started_at, finished_at, host, "
                "url, final_url, http_status, wire_bytes, fetcher, page_sha256) SELECT %s, at, 1, 'scheduled', 'ok', at, at, "
                "%s, %s, %s, 200, 100, 'http', %s FROM (SELECT now() - make_interval(hours => %s) AS at) t",
                (watch_id, host, URL, URL, sha256, hours),
            )

    database.run(work)


def slot_of(database: Database, sha256: bytes) -> datetime:
    """When the check behind a page was due."""
    (record,) = database.run(lambda connection: pages.checks_of_page(connection, sha256))
    at: datetime = record["slot_at"]
    return at
