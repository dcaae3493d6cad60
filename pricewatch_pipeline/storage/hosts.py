"""Politeness in the database: pace, places and rests of every host, over every run, process and machine."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.politeness import FOREVER, HostState, RestReason
from pricewatch_pipeline.storage.rows import AnyRow, as_json

PROBE_LEASE = timedelta(minutes=2)
"""How long a half-open host waits for its probe before another one may ask."""

# psycopg does not read infinity.
_RESTS = "CASE WHEN rests_until = 'infinity' THEN '9999-12-31 23:59:59.999999+00' ELSE rests_until END AS rests_until"
_NEWS = f"delay_s, burst, {_RESTS}, rest_reason, rest_note, breaker_until, breaker_reason"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a run wants at one host."""

    slots: int
    places: int
    passes_breaker: bool = False
    """For a run that holds the probe already, or that a person asked for."""


@dataclass(frozen=True, kw_only=True)
class Rest:
    """Until when a host is left alone, and why."""

    until: datetime
    """FOREVER: until an operator says so."""
    reason: str


@dataclass(frozen=True, kw_only=True)
class News:
    """How a host stands, at one instant of the database's clock."""

    read_at: datetime
    delay: timedelta
    burst: int
    rest: Rest | None
    breaker: Rest | None

    def rest_of(self, *, passes_breaker: bool) -> Rest | None:
        """Why it must not be asked now; None: it may be."""
        if self.rest and self.rest.until > self.read_at:
            return self.rest
        if self.breaker and self.breaker.until > self.read_at and not passes_breaker:
            return self.breaker
        return None


@dataclass(frozen=True, kw_only=True)
class Grant(News):
    """What a run was granted: so many instants to ask, the first after `wait`, then one every `delay`."""

    slots: int
    wait: timedelta
    """Negative for slots that an idle host has saved up."""
    places: int
    is_probe: bool
    ends_at: datetime
    """The first instant that is not reserved."""


def reserve(
    connection: Connection, wanted: Mapping[str, Wanted], *, holder: UUID, lease: timedelta
) -> dict[str, Grant]:
    """Reserve slots and places at each host, in one call for the whole group. Hosts that are not known are left out."""
    rows = connection.execute(
        text(f"""
            SELECT host, slots, wait_s, next_slot_at, places, is_probe, reserved_at AS read_at, {_NEWS}
            FROM pricewatch.reserve_slots(cast(:rows AS jsonb), :holder, :lease_s, :probe_s)
        """),
        {
            "rows": as_json(
                {"host": host, "slots": w.slots, "places": w.places, "passes_breaker": w.passes_breaker}
                for host, w in wanted.items()
            ),
            "holder": holder,
            "lease_s": lease.total_seconds(),
            "probe_s": PROBE_LEASE.total_seconds(),
        },
    )
    return {
        row.host: Grant(
            **_news(row),
            slots=row.slots,
            wait=timedelta(seconds=row.wait_s),
            places=row.places,
            is_probe=row.is_probe,
            ends_at=row.next_slot_at,
        )
        for row in rows
    }


def news(connection: Connection, hosts: Collection[str]) -> dict[str, News]:
    """How these hosts stand: what other runs found out about them."""
    rows = connection.execute(
        text(f"SELECT host, clock_timestamp() AS read_at, {_NEWS} FROM pricewatch.hosts WHERE host = ANY(:hosts)"),
        {"hosts": list(hosts)},
    )
    return {row.host: News(**_news(row)) for row in rows}


def _news(row: AnyRow) -> dict[str, Any]:
    rest = None
    if row.rests_until:
        note = row.rest_note or "without a reason given"
        is_pause = row.rest_reason == RestReason.OPERATOR
        rest = Rest(until=row.rests_until, reason=f"paused by an operator: {note}" if is_pause else note)
    return {
        "read_at": row.read_at,
        "delay": timedelta(seconds=row.delay_s),
        "burst": row.burst,
        "rest": rest,
        "breaker": Rest(until=row.breaker_until, reason=row.breaker_reason or "blocked") if row.breaker_until else None,
    }


def locked_states(connection: Connection, hosts: Collection[str]) -> dict[str, HostState]:
    """How these hosts stand; nobody else changes them before this transaction ends."""
    rows = connection.execute(
        text(f"""
            SELECT host, greatest(min_delay_s, coalesce(crawl_delay_s, 0)) AS asked_delay_s, concurrency, adaptive_delay_s,
                   latency_s, {_RESTS}, rest_reason, rest_note, failures, blocks, openings, breaker_until, breaker_reason
            FROM pricewatch.hosts WHERE host = ANY(:hosts) ORDER BY host FOR NO KEY UPDATE
        """),
        {"hosts": list(hosts)},
    )
    return {
        row.host: HostState(
            asked_delay=timedelta(seconds=row.asked_delay_s),
            concurrency=row.concurrency,
            adaptive_delay=timedelta(seconds=row.adaptive_delay_s),
            latency=None if row.latency_s is None else timedelta(seconds=row.latency_s),
            rests_until=row.rests_until,
            rest_reason=RestReason(row.rest_reason) if row.rest_reason else None,
            rest_note=row.rest_note,
            failures=row.failures,
            blocks=row.blocks,
            openings=row.openings,
            breaker_until=row.breaker_until,
            breaker_reason=row.breaker_reason,
        )
        for row in rows
    }


def write_states(connection: Connection, states: Mapping[str, HostState]) -> None:
    """Write how hosts stand after they answered; they must be locked."""
    connection.execute(
        text("""
            UPDATE pricewatch.hosts h
            SET adaptive_delay_s = r.adaptive_delay_s, latency_s = r.latency_s, rests_until = r.rests_until,
                rest_reason = r.rest_reason, rest_note = r.rest_note, failures = r.failures, blocks = r.blocks,
                openings = r.openings, breaker_until = r.breaker_until, breaker_reason = r.breaker_reason,
                last_asked_at = clock_timestamp()
            FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(
                host text, adaptive_delay_s real, latency_s real, rests_until timestamptz, rest_reason text, rest_note text,
                failures int, blocks int, openings int, breaker_until timestamptz, breaker_reason text)
            WHERE h.host = r.host
        """),
        {"rows": as_json(_record(host, state) for host, state in states.items())},
    )


def _record(host: str, state: HostState) -> dict[str, Any]:
    return {
        "host": host,
        "adaptive_delay_s": state.adaptive_delay.total_seconds(),
        "latency_s": state.latency.total_seconds() if state.latency is not None else None,
        "rests_until": "infinity" if state.rests_until == FOREVER else state.rests_until,
        "rest_reason": state.rest_reason,
        "rest_note": state.rest_note,
        "failures": state.failures,
        "blocks": state.blocks,
        "openings": state.openings,
        "breaker_until": state.breaker_until,
        "breaker_reason": state.breaker_reason,
    }


def keep_places(connection: Connection, needed: Mapping[str, int], *, holder: UUID, lease: timedelta) -> frozenset[str]:
    """Renew the lease of a run's places, and give back those that it does not need. The hosts at which it holds any."""
    rows = connection.execute(
        text("""
            WITH needed AS (
                SELECT * FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(host text, places int)
            ), given_back AS (
                DELETE FROM pricewatch.host_places p USING needed n
                WHERE p.host = n.host AND p.holder = :holder AND n.places = 0
            )
            UPDATE pricewatch.host_places p
            SET places = least(p.places, n.places), held_until = clock_timestamp() + make_interval(secs => :lease_s)
            FROM needed n
            WHERE p.host = n.host AND p.holder = :holder AND n.places > 0 AND p.held_until > clock_timestamp()
            RETURNING p.host
        """),
        {
            "rows": as_json({"host": host, "places": places} for host, places in needed.items()),
            "holder": holder,
            "lease_s": lease.total_seconds(),
        },
    )
    return frozenset(row.host for row in rows)


@dataclass(frozen=True, kw_only=True)
class Unused:
    """What a run reserved at one host and does not use."""

    span: timedelta = timedelta(0)
    """Of the last slots that it reserved."""
    ends_at: datetime | None = None
    """Where its last reservation ended."""
    holds_probe: bool = False


def give_back(connection: Connection, unused: Mapping[str, Unused], *, holder: UUID) -> None:
    """End a run's hold on hosts: its places, its probes, and its last slots where nobody has reserved behind them."""
    connection.execute(
        text("""
            WITH gone AS (DELETE FROM pricewatch.host_places WHERE holder = :holder), locked AS (
                SELECT h.host, r.span_s, r.ends_at, r.holds_probe
                FROM pricewatch.hosts h
                JOIN jsonb_to_recordset(cast(:rows AS jsonb)) AS r(
                    host text, span_s float8, ends_at timestamptz, holds_probe bool) USING (host)
                WHERE r.span_s > 0 OR r.holds_probe
                ORDER BY h.host FOR NO KEY UPDATE OF h
            )
            UPDATE pricewatch.hosts h
            SET next_slot_at = CASE WHEN h.next_slot_at = l.ends_at
                                    THEN h.next_slot_at - make_interval(secs => l.span_s)
                                    ELSE h.next_slot_at END,
                breaker_until = CASE WHEN l.holds_probe THEN least(h.breaker_until, clock_timestamp())
                                     ELSE h.breaker_until END
            FROM locked l WHERE h.host = l.host
        """),
        {
            "rows": as_json(
                {"host": host, "span_s": u.span.total_seconds(), "ends_at": u.ends_at, "holds_probe": u.holds_probe}
                for host, u in unused.items()
            ),
            "holder": holder,
        },
    )


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
