"""Watches for a benchmark: on the page server, and others that only fill the table."""

from benchmarks.rig import Rig

PREFIX = "bench-"


def add_watches(rig: Rig, count: int) -> list[str]:
    """So many watches on the page server's pages, hourly, of a store that lets us read as fast as we can; none is due."""
    host = rig.shop_url.removeprefix("http://")
    rig.connection.execute(
        "INSERT INTO pricewatch.hosts (host, min_delay_s, concurrency, burst) VALUES (%s, 0, 64, 64)", [host]
    )
    rig.connection.execute(
        "INSERT INTO pricewatch.stores (store_id, domains, min_delay_s, concurrency, burst) "
        "VALUES ('bench', array[%s], 0, 64, 64)",
        [host],
    )
    rows = rig.connection.execute(
        """
        INSERT INTO pricewatch.watches (watch_id, provider, query, host, url, store_id, every_s, next_due_at)
        SELECT %(prefix)s || n, 'retail', jsonb_build_object('url', %(base)s || n), %(host)s, %(base)s || n, 'bench', 3600,
               now() + interval '1 day'
        FROM generate_series(0, %(count)s - 1) AS n
        RETURNING watch_id
        """,
        {"prefix": PREFIX, "base": f"{rig.shop_url}/", "host": host, "count": count},
    ).fetchall()
    return [row[0] for row in rows]


def make_due(rig: Rig, count: int) -> None:
    """Exactly the first so many watches on the page server are due, as if nothing was ever wrong with them."""
    rig.connection.execute(
        """
        UPDATE pricewatch.watches
        SET next_due_at = CASE WHEN n < %(count)s THEN now() ELSE now() + interval '1 day' END,
            slot_at = now(), consecutive_failures = 0, attempt = 0, quarantined_at = NULL
        FROM (SELECT watch_id AS id, substr(watch_id, %(length)s)::int AS n
              FROM pricewatch.watches WHERE starts_with(watch_id, %(prefix)s)) AS numbered
        WHERE watch_id = id
        """,
        {"count": count, "prefix": PREFIX, "length": len(PREFIX) + 1},
    )
    rig.connection.execute("VACUUM ANALYZE pricewatch.watches")
