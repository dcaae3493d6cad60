"""Hosts as an operator looks at them: listed, or one with all that is known of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pricewatch_pipeline.errors import NotFound
from pricewatch_pipeline.services.explain_waiting import pace_text, roughly, why_left_alone
from pricewatch_pipeline.services.open_pipeline import Pipeline
from pricewatch_pipeline.services.steer_hosts import require_host
from pricewatch_pipeline.storage import host_views, watches
from pricewatch_pipeline.storage.database import Connection, clock

Record = dict[str, Any]
SHOWN_ANSWERS = 10
SHOWN_WAITING = 20


@dataclass(frozen=True, kw_only=True)
class HostView:
    """One host."""

    state: Record
    """As `analytics.hosts` has it."""
    why: str | None
    """Why it is left alone, in words; None: it is not."""
    pace: str
    """In words."""
    robots: list[Record]
    """Of each of its sites, with `says`: in words."""
    answers: list[Record]
    """How the last checks ended, newest first."""
    waiting: list[Record]
    """Watches that are due there, the first of them."""


def list_hosts(pipeline: Pipeline) -> list[Record]:
    """All hosts with pace and state; those that are left alone first, each with `why`."""

    def work(connection: Connection) -> list[Record]:
        now = clock(connection)
        return [host | {"why": why_left_alone(host, now=now)} for host in host_views.listed(connection)]

    return pipeline.database.run(work)


def pace_texts(pipeline: Pipeline, hosts: Collection[str]) -> dict[str, str]:
    """How often these hosts are asked, in words."""
    found = pipeline.database.run(lambda connection: host_views.paces(connection, hosts))
    return {host["host"]: pace_text(host) for host in found}


def show_host(pipeline: Pipeline, name: str) -> HostView:
    """All that is known of a host.

    Raises:
        NotFound: no watch asks such a host.
    """
    return pipeline.database.run(lambda connection: _view(connection, name))


def _view(connection: Connection, name: str) -> HostView:
    host = require_host(connection, name)
    state = host_views.one(connection, host)
    if state is None:
        raise NotFound(f"the host {host} is gone")
    now = clock(connection)
    return HostView(
        state=state,
        why=why_left_alone(state, now=now),
        pace=pace_text(state),
        robots=[file | {"says": robots_text(file, now=now)} for file in host_views.robots(connection, host)],
        answers=host_views.answers(connection, host, limit=SHOWN_ANSWERS),
        waiting=watches.due_at(connection, host, limit=SHOWN_WAITING),
    )


def robots_text(file: Mapping[str, Any], *, now: datetime) -> str:
    """What is known of a robots.txt, in words."""
    again = f"fetched again in {roughly(file['expires_at'] - now)}"
    if file["problem"]:
        stands = "the last copy counts" if file["has_rules"] else "nothing may be fetched"
        return f"unreachable: {file['problem']}; {stands}; {again}"
    if not file["has_rules"]:
        return f"there is none, everything is allowed; {again}"
    delay = f"asks for {file['crawl_delay_s']:g} s between requests; " if file["crawl_delay_s"] else ""
    return f"its rules are kept; {delay}{again}"
