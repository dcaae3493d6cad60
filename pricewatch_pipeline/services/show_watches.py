"""Watches as an operator looks at them: listed, or one with all that is known of it."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from pricewatch_pipeline.domain import insiders
from pricewatch_pipeline.domain.batches import BatchProgress
from pricewatch_pipeline.domain.providers import in_words
from pricewatch_pipeline.domain.watches import Watch
from pricewatch_pipeline.errors import NotFound
from pricewatch_pipeline.registry import provider_named, providers
from pricewatch_pipeline.services.explain_waiting import finished_text, why_it_waits
from pricewatch_pipeline.services.find_watches import not_found_text
from pricewatch_pipeline.services.open_pipeline import Pipeline
from pricewatch_pipeline.services.remark_on_queries import remarks_of
from pricewatch_pipeline.services.steer_watches import entry_of
from pricewatch_pipeline.settings import read_session
from pricewatch_pipeline.storage import batches, insider_views, ledger, quarantine, watches
from pricewatch_pipeline.storage.database import Connection

Record = dict[str, Any]
SHOWN_CHECKS = 10
SHOWN_TRADES = 5


@dataclass(frozen=True, kw_only=True)
class WatchView:
    """One watch."""

    definition: Record
    """As a watch file would say it."""
    looks_for: str | None
    """In words, where the address does not say it."""
    state: Record
    waits: str
    checks: list[Record]
    """The last ones, newest first."""
    doubted: list[Record]
    """Prices that were not believed at first: what waits, then the newest."""
    batch: BatchProgress | None
    """The open or newest one, of a watch that stands for many queries."""
    insiders: Record | None
    """Of an insider watch: its company, what there is of its filings, and under `trades` the newest."""


def list_watches(
    pipeline: Pipeline,
    *,
    state: str | None = None,
    tag: str | None = None,
    provider: str | None = None,
    with_archived: bool = False,
) -> list[Record]:
    """Watches with their state, by id; `finished` says why one is never looked at again.

    Raises:
        UnknownProvider: says which there are.
    """
    if provider is not None:
        provider_named(provider)
    with_archived = with_archived or state == "archived"
    found = pipeline.database.run(
        lambda connection: watches.listed(
            connection, state=state, tag=tag, provider=provider, with_archived=with_archived
        )
    )
    return [_with_end(record) for record in found]


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
    batch = (
        pipeline.database.run(lambda connection: batches.progress_of(connection, watch_id))
        if definition.is_matrix
        else None
    )
    found = (
        pipeline.database.run(lambda connection: _insiders(connection, watch_id))
        if definition.provider == insiders.PROVIDER
        else None
    )
    is_running = read_session(pipeline.settings.session_file) is not None
    waits = why_it_waits(record, now=pipeline.database.now(), is_running=is_running)
    return WatchView(
        definition=entry_of(definition),
        looks_for=looks_for(definition),
        state=_with_end(record),
        waits=waits,
        checks=checks,
        doubted=doubted,
        batch=batch,
        insiders=found,
    )


def _insiders(connection: Connection, watch_id: str) -> Record:
    found = insider_views.watch_statistics(connection, watch_id) or {}
    cik = found.get("cik")
    return found | {"trades": insider_views.trades(connection, cik=cik, limit=SHOWN_TRADES) if cik else []}


def looks_for(watch: Watch) -> str | None:
    """What a watch looks for in words; None where its address says it, or its provider is not there."""
    provider = providers().get(watch.provider)
    try:
        return in_words(provider, provider.query_model.model_validate(dict(watch.query))) if provider else None
    except ValidationError:  # stored by another version: what it says is shown as it is
        return None


def remarks_on_watch(pipeline: Pipeline, watch_id: str) -> tuple[str, ...]:
    """What the provider of a watch has to say of its query."""
    watch = pipeline.database.run(lambda connection: watches.definition(connection, watch_id))
    return remarks_of([watch], providers=providers(), has_contact=pipeline.settings.contact is not None)


def _with_end(record: Record) -> Record:
    """The record, without the year in which a finished watch is due."""
    finished = finished_text(record)
    return {**record, "finished": finished, "next_due_at": None if finished else record["next_due_at"]}


def watches_to_check(pipeline: Pipeline, *, provider: str | None = None) -> list[str]:
    """The ids of all watches, or of one provider's; those that are paused or finished are left out.

    Raises:
        UnknownProvider: says which there are.
    """
    found = list_watches(pipeline, provider=provider)
    return [record["watch_id"] for record in found if record["state"] not in ("paused", "finished")]


def require_known(connection: Connection, watch_id: str) -> Record:
    """The record of a watch, archived or not.

    Raises:
        NotFound: there never was one of this name.
    """
    record = watches.one(connection, watch_id)
    if record is None:
        raise NotFound(not_found_text([watch_id], watches.live_ids(connection)))
    return record
