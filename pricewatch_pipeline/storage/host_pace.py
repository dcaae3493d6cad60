"""The pace of hosts, as the stores of their watches ask for. Learnt delays and pauses are in `hosts.py`."""

from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.storage.robots import count_crawl_delays

_SETTLE = """
WITH asked AS (
    SELECT w.host, max(s.min_delay_s) AS min_delay_s, min(s.burst) AS burst, min(s.concurrency) AS concurrency
    FROM pricewatch.watches w JOIN pricewatch.stores s ON s.store_id = w.store_id AND s.archived_at IS NULL
    WHERE w.archived_at IS NULL {of_these}
    GROUP BY w.host
), wanted AS (
    SELECT host, coalesce(a.min_delay_s, 1) AS min_delay_s, coalesce(a.burst, 1) AS burst,
           coalesce(a.concurrency, 2) AS concurrency
    FROM pricewatch.hosts w LEFT JOIN asked a USING (host)
    WHERE true {of_these}
), changed AS (
    -- In the order in which reservations lock hosts.
    SELECT host, d.min_delay_s, d.burst, d.concurrency
    FROM pricewatch.hosts h JOIN wanted d USING (host)
    WHERE (h.min_delay_s, h.burst, h.concurrency) IS DISTINCT FROM (d.min_delay_s, d.burst, d.concurrency)
    ORDER BY host FOR UPDATE OF h
)
UPDATE pricewatch.hosts h SET min_delay_s = c.min_delay_s, burst = c.burst, concurrency = c.concurrency
FROM changed c WHERE h.host = c.host
"""


def settle_pace(connection: Connection, hosts: Collection[str] | None = None) -> int:
    """Give these hosts (None: all) the gentlest pace that the live stores of their live watches ask for; how many changed.

    A host that no such store speaks of has the defaults. Call it when the watches and stores have been written.
    """
    of_these = "" if hosts is None else "AND w.host = ANY(:hosts)"
    result = connection.execute(
        text(_SETTLE.format(of_these=of_these)), {} if hosts is None else {"hosts": list(hosts)}
    )
    changed: int = result.rowcount
    count_crawl_delays(connection)  # a store may have begun or ceased to obey them
    return changed
