"""Watches as an operator looks at them: listed, or one with all that is known of it."""

from dataclasses import dataclass
from typing import Any

from pricewatch_pipeline.errors import NotFound
from pricewatch_pipeline.registry import provider_named
from pricewatch_pipeline.services.explain_waiting import why_it_waits
from pricewatch_pipeline.services.find_watches import not_found_text
from pricewatch_pipeline.services.open_pipeline import Pipeline
from pricewatch_pipeline.services.steer_watches import entry_of
from pricewatch_pipeline.settings import read_session
from pricewatch_pipeline.storage import ledger, quarantine, watches
from pricewatch_pipeline.storage.database import Connection

Record = dict[str, Any]
SHOWN_CHECKS = 10


@dataclass(frozen=True, kw_only=True)
class WatchView:
    """One watch."""

    definition: Record
    """As a watch file would say it."""
    state: Record
    waits: str
    checks: list[Record]
    """The last ones, newest first."""
    doubted: list[Record]
    """Prices that were not believed at first: what waits, then the newest."""


def list_watches(
    pipeline: Pipeline,
    *,
    state: str | None = None,
    tag: str | None = None,
    provider: str | None = None,
    with_archived: bool = False,
) -> list[Record]:
    """Watches with their state, by id.

    Raises:
        UnknownProvider: says which there are.
    """
    if provider is not None:
        provider_named(provider)
    with_archived = with_archived or state == "archived"
    return pipeline.database.run(
        lambda connection: watches.listed(
            connection, state=state, tag=tag, provider=provider, with_archived=with_archived
        )
    )


def show_watch(pipeline: Pipeline, watch_id: str) -> WatchView:
    """All that is known of a watch, archived or not.

    Raises:
        NotFound: says what it may stand for.
    """
    record = pipeline.database.run(lambda connection: require_known(connection, watch_id))
    definition = pipeline.database.run(lambda connection: watches.definition(connection, watch_id))
    checks = pipeline.database.run(
        lambda connection: ledger.recent_checks(connection, watch_id=watch_id, limit=SHOWN_CHECKS)
    )
    doubted = pipeline.database.run(lambda connection: quarantine.of_watch(connection, watch_id))
    is_running = read_session(pipeline.settings.session_file) is not None
    waits = why_it_waits(record, now=pipeline.database.now(), is_running=is_running)
    return WatchView(definition=entry_of(definition), state=record, waits=waits, checks=checks, doubted=doubted)


def watches_to_check(pipeline: Pipeline, *, provider: str | None = None) -> list[str]:
    """The ids of all watches, or of one provider's; those that are paused are left out.

    Raises:
        UnknownProvider: says which there are.
    """
    found = list_watches(pipeline, provider=provider)
    return [record["watch_id"] for record in found if record["state"] != "paused"]


def require_known(connection: Connection, watch_id: str) -> Record:
    """The record of a watch, archived or not.

    Raises:
        NotFound: there never was one of this name.
    """
    record = watches.one(connection, watch_id)
    if record is None:
        raise NotFound(not_found_text([watch_id], watches.live_ids(connection)))
    return record
