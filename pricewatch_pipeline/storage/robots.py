"""robots.txt of the sites we ask, shared by every run; and what their crawl-delays mean for the pace of hosts."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.hosts import host_key
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.robots import RobotsFile


def load(connection: Connection, sites: Collection[str]) -> dict[str, RobotsFile]:
    """What is known of these sites, in one statement; unknown ones are left out."""
    rows = connection.execute(
        text("""
            SELECT site, outcome, tried_at, expires_at, status, body, etag, fetched_at, problem, unreachable_since
            FROM pricewatch.robots_files WHERE site = ANY(:sites)
        """),
        {"sites": list(sites)},
    )
    return {row["site"]: RobotsFile(**{**row, "outcome": Outcome(row["outcome"])}) for row in rows.mappings()}


def store(connection: Connection, file: RobotsFile, crawl_delay: timedelta | None) -> None:
    """Keep what was learnt of one site, and let its crawl-delay count for its host."""
    host = host_key(file.site)
    connection.execute(
        text("""
            INSERT INTO pricewatch.robots_files AS known (site, host, status, body, etag, crawl_delay_s, problem,
                outcome, tried_at, fetched_at, expires_at, unreachable_since)
            VALUES (:site, :host, :status, :body, :etag, :crawl_delay_s, :problem,
                :outcome, :tried_at, :fetched_at, :expires_at, :unreachable_since)
            ON CONFLICT (site) DO UPDATE SET (host, status, body, etag, crawl_delay_s, problem,
                outcome, tried_at, fetched_at, expires_at, unreachable_since) = ROW(excluded.host, excluded.status,
                excluded.body, excluded.etag, excluded.crawl_delay_s, excluded.problem,
                excluded.outcome, excluded.tried_at, excluded.fetched_at, excluded.expires_at, excluded.unreachable_since)
            -- Another run may have reached it meanwhile: then our failure is no news.
            WHERE excluded.problem IS NULL OR known.problem IS NOT NULL OR known.expires_at <= excluded.tried_at
        """),
        {
            "site": file.site,
            "host": host,
            "status": file.status,
            "body": file.body,
            "etag": file.etag,
            "crawl_delay_s": crawl_delay.total_seconds() if crawl_delay else None,
            "problem": file.problem,
            "outcome": file.outcome.value,
            "tried_at": file.tried_at,
            "fetched_at": file.fetched_at,
            "expires_at": file.expires_at,
            "unreachable_since": file.unreachable_since,
        },
    )
    count_crawl_delays(connection, host)


def count_crawl_delays(connection: Connection, host: str | None = None) -> None:
    """Give a host (None: every one) the largest crawl-delay of its sites, and none where no store obeys them."""
    connection.execute(
        text("""
            WITH largest AS (
                SELECT host, max(crawl_delay_s) AS delay_s FROM pricewatch.robots_files
                WHERE host = coalesce(:host, host) GROUP BY host
            ), of_stores AS (
                -- A domain belongs to its own host or to one that it ends with: www.shop.de to shop.de.
                SELECT array_to_string(labels[n:], '.') AS host, bool_or(s.obeys_robots) AS obeys
                FROM pricewatch.stores s, unnest(s.domains) AS domain, string_to_array(domain, '.') AS labels,
                     generate_series(1, cardinality(labels)) AS n
                WHERE s.archived_at IS NULL GROUP BY 1
            ), counted AS (
                SELECT host, CASE WHEN s.obeys IS NOT FALSE THEN l.delay_s END AS delay_s
                FROM largest l LEFT JOIN of_stores s USING (host)
            )
            INSERT INTO pricewatch.hosts AS h (host, crawl_delay_s)
            SELECT host, c.delay_s FROM counted c LEFT JOIN pricewatch.hosts k USING (host)
            WHERE k.crawl_delay_s IS DISTINCT FROM c.delay_s ORDER BY host
            ON CONFLICT (host) DO UPDATE SET crawl_delay_s = excluded.crawl_delay_s
        """),
        {"host": host},
    )


def forget_failures(connection: Connection, host: str) -> bool:
    """Have each robots.txt of a host that could not be reached asked for anew; whether there was one."""
    rows = connection.execute(
        text("UPDATE pricewatch.robots_files SET expires_at = now() WHERE host = :host AND problem IS NOT NULL"),
        {"host": host},
    )
    return rows.rowcount > 0
