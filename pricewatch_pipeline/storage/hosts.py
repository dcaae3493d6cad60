"""Politeness in the database: one pace per host over every run, process and machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.storage.rows import as_json


@dataclass(frozen=True, kw_only=True)
class Slots:
    """Reserved instants to ask one host: the first after `wait`, then one every `pace`."""

    wait: timedelta
    pace: timedelta


def reserve(connection: Connection, requests: Mapping[str, int]) -> dict[str, Slots]:
    """Reserve so many slots at each host, in one statement for the whole group."""
    rows = connection.execute(
        text("""
            WITH wanted AS (
                SELECT h.host, r.slots
                FROM pricewatch.hosts h
                JOIN jsonb_to_recordset(cast(:rows AS jsonb)) AS r(host text, slots int) USING (host)
                ORDER BY h.host FOR UPDATE OF h
            )
            UPDATE pricewatch.hosts h
            SET next_slot_at = greatest(h.next_slot_at, clock_timestamp()) + make_interval(secs => h.min_delay_s * w.slots)
            FROM wanted w WHERE h.host = w.host
            RETURNING h.host, h.min_delay_s,
                extract(epoch FROM h.next_slot_at - clock_timestamp()) - h.min_delay_s * w.slots AS wait_s
        """),
        {"rows": as_json({"host": host, "slots": slots} for host, slots in requests.items())},
    )
    return {
        row.host: Slots(wait=timedelta(seconds=max(0.0, float(row.wait_s))), pace=timedelta(seconds=row.min_delay_s))
        for row in rows
    }


def ensure(connection: Connection, min_delays: Mapping[str, float | None]) -> None:
    """Know these hosts and their pace in seconds. None leaves the pace of a known host as it is and gives a new one the default."""
    connection.execute(
        text("""
            INSERT INTO pricewatch.hosts (host, min_delay_s)
            SELECT r.host, coalesce(r.min_delay_s, 1)
            FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(host text, min_delay_s real) ORDER BY r.host
            ON CONFLICT (host) DO UPDATE SET min_delay_s = excluded.min_delay_s
            WHERE pricewatch.hosts.min_delay_s IS DISTINCT FROM excluded.min_delay_s
              AND EXISTS (SELECT FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS known(host text, min_delay_s real)
                          WHERE known.host = excluded.host AND known.min_delay_s IS NOT NULL)
        """),
        {"rows": as_json({"host": host, "min_delay_s": delay} for host, delay in min_delays.items())},
    )
