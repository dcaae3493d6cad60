"""The pace of hosts, as the stores of their watches and their providers ask for. Learnt delays and pauses are in `hosts.py`."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.fair_access import FairAccess
from pricewatch_pipeline.storage.robots import count_crawl_delays
from pricewatch_pipeline.storage.rows import as_json

_SETTLE = """
WITH asked AS (
    SELECT w.host, max(s.min_delay_s) AS min_delay_s, min(s.burst) AS burst, min(s.concurrency) AS concurrency
    FROM pricewatch.watches w JOIN pricewatch.stores s ON s.store_id = w.store_id AND s.archived_at IS NULL
    WHERE w.archived_at IS NULL {of_these}
    GROUP BY w.host
), rules AS (
    SELECT * FROM jsonb_to_recordset(cast(:rules AS jsonb)) AS r(
        provider text, hosts text[], min_delay_s real, burst smallint, concurrency smallint, least_delay_s real, most_a_second smallint)
), bound AS (
    -- A provider's own hosts have its rules whoever asks them, and when nobody does.
    SELECT host, provider FROM pricewatch.watches w WHERE w.archived_at IS NULL {of_these}
    UNION
    SELECT host, provider FROM pricewatch.hosts w JOIN rules r ON w.host = ANY(r.hosts) WHERE true {of_these}
), ruled AS (
    SELECT b.host, max(r.min_delay_s) AS min_delay_s, min(r.burst) AS burst, min(r.concurrency) AS concurrency,
           max(r.least_delay_s) AS least_delay_s, min(r.most_a_second) AS most_a_second
    FROM bound b JOIN rules r USING (provider)
    GROUP BY b.host
), meant AS (
    SELECT host, greatest(coalesce(a.min_delay_s, r.min_delay_s, 1::real), r.least_delay_s) AS min_delay_s,
           coalesce(a.burst, r.burst, 1::smallint) AS burst,
           coalesce(a.concurrency, r.concurrency, 2::smallint) AS concurrency, r.most_a_second
    FROM pricewatch.hosts w LEFT JOIN asked a USING (host) LEFT JOIN ruled r USING (host)
    WHERE true {of_these}
), wanted AS (
    -- A bucket of so many gives out, in the second after a silence, its depth and what flows in meanwhile.
    SELECT host, min_delay_s, concurrency, CASE WHEN most_a_second IS NULL THEN burst
        ELSE greatest(1, least(burst, most_a_second - floor(1 / min_delay_s)))::smallint END AS burst
    FROM meant
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


def settle_pace(
    connection: Connection,
    hosts: Collection[str] | None = None,
    *,
    fair_access: Mapping[str, FairAccess] | None = None,
) -> int:
    """Give these hosts (None: all) the gentlest pace that the live stores of their live watches ask for; how many changed.

    A host that no such store speaks of has what the rules of its providers say (`fair_access`, by provider), or the defaults;
    no store makes it quicker than those rules allow. Call it when the watches and stores have been written.
    """
    of_these = "" if hosts is None else "AND w.host = ANY(:hosts)"
    rules = as_json(_record(provider, access) for provider, access in (fair_access or {}).items())
    named = {} if hosts is None else {"hosts": list(hosts)}
    result = connection.execute(text(_SETTLE.format(of_these=of_these)), {"rules": rules, **named})
    changed: int = result.rowcount
    count_crawl_delays(connection)  # a store may have begun or ceased to obey them
    return changed


def _record(provider: str, access: FairAccess) -> dict[str, Any]:
    return {
        "provider": provider,
        "hosts": list(access.hosts),
        "min_delay_s": access.politeness.min_delay.total_seconds(),
        "burst": access.politeness.burst,
        "concurrency": access.politeness.concurrency,
        "least_delay_s": access.least_delay.total_seconds(),
        "most_a_second": access.most_a_second,
    }
