"""Watches for a benchmark: on the page server, and others that only fill the table."""

from benchmarks.rig import Rig

PREFIX = "bench-"
FILLER_HOSTS = 1000


def ensure_watches(rig: Rig, total: int) -> list[str]:
    """So many watches on the page server's pages, hourly, of a store that lets us read as fast as we can; their ids.

    The new ones are not due.
    """
    host = rig.shop_url.removeprefix("http://")
    rig.connection.execute(
        "INSERT INTO pricewatch.hosts (host, min_delay_s, concurrency, burst) VALUES (%s, 0, 64, 64) "
        "ON CONFLICT DO NOTHING",
        [host],
    )
    rig.connection.execute(
        "INSERT INTO pricewatch.stores (store_id, domains, min_delay_s, concurrency, burst) "
        "VALUES ('bench', array[%s], 0, 64, 64) ON CONFLICT DO NOTHING",
        [host],
    )
    rig.connection.execute(
        """
        INSERT INTO pricewatch.watches (watch_id, provider, query, host, url, store_id, every_s, next_due_at)
        SELECT %(prefix)s || n, 'retail', jsonb_build_object('url', %(base)s || n), %(host)s, %(base)s || n, 'bench',
               3600, now() + interval '1 day'
        FROM generate_series(0, %(total)s - 1) AS n
        ON CONFLICT DO NOTHING
        """,
        {"prefix": PREFIX, "base": f"{rig.shop_url}/", "host": host, "total": total},
    )
    return [f"{PREFIX}{number}" for number in range(total)]


def make_due(rig: Rig, count: int) -> None:
    """Of all watches, exactly the first so many on the page server are due, as if nothing was ever wrong with them."""
    rig.connection.execute(
        "UPDATE pricewatch.watches SET next_due_at = now() + interval '1 day' "
        "WHERE NOT starts_with(watch_id, %s) AND next_due_at < now() + interval '1 hour'",
        [PREFIX],
    )
    rig.connection.execute(
        """
        UPDATE pricewatch.watches
        SET next_due_at = CASE WHEN n < %(count)s THEN now() ELSE now() + interval '1 day' END,
            slot_at = now(), consecutive_failures = 0, attempt = 0, quarantined_at = NULL,
            claim_token = NULL, claimed_until = NULL
        FROM (SELECT watch_id AS id, substr(watch_id, %(length)s)::int AS n
              FROM pricewatch.watches WHERE starts_with(watch_id, %(prefix)s)) AS numbered
        WHERE watch_id = id
        """,
        {"count": count, "prefix": PREFIX, "length": len(PREFIX) + 1},
    )
    _tidy(rig)


def fill_up(rig: Rig, total: int) -> None:
    """Watches of a thousand other hosts, until the table holds so many."""
    rig.connection.execute(
        "INSERT INTO pricewatch.hosts (host, min_delay_s) "
        "SELECT 'filler-' || n || '.example', 1 FROM generate_series(0, %s - 1) AS n ON CONFLICT DO NOTHING",
        [FILLER_HOSTS],
    )
    rig.connection.execute(
        """
        INSERT INTO pricewatch.watches (watch_id, provider, query, host, url, every_s, next_due_at)
        SELECT 'filler-' || n, 'retail', jsonb_build_object('url', page), host, page, 3600, now() + interval '1 day'
        FROM (SELECT count(*)::int AS held FROM pricewatch.watches) AS table_now,
             LATERAL generate_series(held, %(total)s - 1) AS n,
             LATERAL (SELECT 'filler-' || n %% %(hosts)s || '.example' AS host) AS named,
             LATERAL (SELECT 'https://' || host || '/' || n AS page) AS addressed
        """,
        {"total": total, "hosts": FILLER_HOSTS},
    )


def make_half_due(rig: Rig) -> None:
    """Half of all watches became due within the last half hour, the others will within the next; nobody holds any."""
    rig.connection.execute(
        """
        UPDATE pricewatch.watches
        SET next_due_at = due_at, slot_at = due_at, claim_token = NULL, claimed_until = NULL, claimed_by = NULL, attempt = 0
        FROM (SELECT watch_id AS id,
                     now() + make_interval(secs => 3600 * (rank - 0.5) / count(*) OVER () - 1800) AS due_at
              FROM (SELECT watch_id, row_number() OVER (ORDER BY md5(watch_id)) AS rank FROM pricewatch.watches) AS ranked
             ) AS planned
        WHERE watch_id = id
        """
    )
    _tidy(rig)


def give_back(rig: Rig) -> None:
    """Nobody holds a watch, and every host may be asked."""
    rig.connection.execute(
        "UPDATE pricewatch.watches SET claim_token = NULL, claimed_until = NULL, claimed_by = NULL, attempt = 0 "
        "WHERE claim_token IS NOT NULL"
    )
    rig.connection.execute("UPDATE pricewatch.hosts SET next_slot_at = now() WHERE next_slot_at > now()")


def _tidy(rig: Rig) -> None:
    """What autovacuum does in the course of a minute."""
    rig.connection.execute("VACUUM ANALYZE pricewatch.watches")
