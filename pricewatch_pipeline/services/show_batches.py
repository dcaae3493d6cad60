"""Batches as an operator looks at them: how far one is, the last ones, one with its combinations; and their end by a word."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from pricewatch_pipeline.domain.batches import BatchCombination, BatchProgress, CombinationState
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.errors import ConfigurationError, NotFound
from pricewatch_pipeline.services import explain_waiting
from pricewatch_pipeline.services.open_pipeline import Pipeline
from pricewatch_pipeline.services.show_status import running_session
from pricewatch_pipeline.services.show_watches import require_known
from pricewatch_pipeline.storage import batches, watches
from pricewatch_pipeline.storage.database import Connection, Database, read_in_one_snapshot

Record = dict[str, Any]
SHOWN_CHEAPEST = 10
SHOWN_FAILED = 20
_NO_PATIENCE = timedelta(0)


@dataclass(frozen=True, kw_only=True)
class BatchView:
    """One batch."""

    progress: BatchProgress
    waits: str | None
    """Why no run goes on with it, while it is open; None: it is over."""
    outcomes: Mapping[Outcome, int]
    """Of its combinations, the most frequent first."""
    combinations: list[BatchCombination]
    """The cheapest, or all that are not given up."""
    failed: list[BatchCombination]


def newest_batch(pipeline: Pipeline, name: str) -> BatchProgress | None:
    """A batch by its number, or the open or newest one of a watch; None: the watch has had none yet.

    Raises:
        NotFound: there is neither such a watch nor such a batch.
        ConfigurationError: the watch is one query, which has no batches.
    """
    return pipeline.database.run(lambda connection: _newest(connection, name))


def _newest(connection: Connection, name: str) -> BatchProgress | None:
    found = batches.progress_of(connection, name)
    if found is None and not watches.definition(connection, name).is_matrix:
        raise ConfigurationError(f"{name} is one query and has no batches: `pricewatch check {name}` looks at once")
    return found


def look(database: Database, name: str) -> BatchProgress:
    """How far a batch is at this moment: one cheap statement, and no waiting for a database that is away.

    Raises:
        DatabaseUnavailable: it is away.
    """
    found = database.run(lambda connection: batches.progress_of(connection, name), patience=_NO_PATIENCE)
    if found is None:
        raise NotFound(f"the batch of {name} is gone")
    return found


def why_still(pipeline: Pipeline, watch_id: str, *, is_half_done: bool = False) -> str:
    """Why a watch, or its open batch, is not being checked at this moment; of one that is: by whom."""
    record = pipeline.database.run(lambda connection: require_known(connection, watch_id), patience=_NO_PATIENCE)
    is_running = running_session(pipeline.settings) is not None
    return explain_waiting.why_it_waits(
        record, now=pipeline.database.now(), is_running=is_running, is_half_done=is_half_done
    )


def begins_soon(pipeline: Pipeline, watch_id: str) -> bool:
    """Whether a batch of the watch begins within minutes, as things are."""
    record = pipeline.database.run(lambda connection: require_known(connection, watch_id))
    is_running = running_session(pipeline.settings) is not None
    return explain_waiting.begins_soon(record, now=pipeline.database.now(), is_running=is_running)


def has_due_batches(database: Database) -> bool:
    """Whether a run could take one up now."""
    return database.run(lambda connection: batches.due(connection, at_most=1)) > 0


def list_batches(pipeline: Pipeline, *, limit: int) -> list[BatchProgress]:
    """Open batches first, then the newest."""
    return pipeline.database.run(lambda connection: batches.recent(connection, limit=limit))


def show_batch(pipeline: Pipeline, name: str, *, with_all: bool) -> BatchView | None:
    """A batch with its combinations: the cheapest and some that failed, or all; None: the watch has had none yet.

    Raises:
        NotFound, ConfigurationError: as `newest_batch` says.
    """
    found = pipeline.database.run(lambda connection: _shown(connection, name, with_all=with_all))
    if found and found.progress.is_open:
        return replace(found, waits=why_still(pipeline, found.progress.watch_id, is_half_done=True))
    return found


def _shown(connection: Connection, name: str, *, with_all: bool) -> BatchView | None:
    read_in_one_snapshot(connection)  # while a run goes on with it, its parts must agree
    found = _newest(connection, name)
    if found is None:
        return None

    def combinations(state: CombinationState | None, limit: int) -> list[BatchCombination]:
        return batches.combinations_of(connection, found.batch_id, state=state, limit=None if with_all else limit)

    failed = combinations(CombinationState.FAILED, SHOWN_FAILED)
    others = combinations(None if with_all else CombinationState.DONE, SHOWN_CHEAPEST)
    return BatchView(
        progress=found,
        waits=None,
        outcomes=batches.outcomes_of(connection, found.batch_id),
        combinations=[each for each in others if each.state is not CombinationState.FAILED],
        failed=failed,
    )


def cancel_batch(database: Database, name: str) -> BatchProgress:
    """End a batch, by its number or its watch: what was read stays, and the schedule goes on. It, as it is now.

    Raises:
        NotFound, ConfigurationError: there is none, or none that is open.
    """

    def work(connection: Connection) -> BatchProgress:
        found = _newest(connection, name)
        if found is None or not found.is_open:
            last = f" (the last one is {found.state})" if found else ""
            raise ConfigurationError(f"{name} has no open batch{last}: there is nothing to cancel")
        ended = batches.ask_cancel(connection, found.watch_id)
        return ended or found

    return database.run(work)
