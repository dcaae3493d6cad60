"""Runs of `price_snapshots` that read stored pages again instead of asking shops: told to by a tag of the run.

Every partition with a price is materialized, changed or not: a backfill calls failed what is not. Its newest price is what
the materialization says, and what reads otherwise.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Literal

import dagster as dg

from pricewatch_pipeline.defs.events import log_materializations
from pricewatch_pipeline.defs.metadata import plain, text_table
from pricewatch_pipeline.domain.replays import Difference, ReplayKind
from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.open_pipeline import Pipeline
from pricewatch_pipeline.services.replay_pages import Period, ReplayReport, replay, watches_asked_for
from pricewatch_pipeline.services.show_history import instant_of
from pricewatch_pipeline.storage import snapshots

REPLAY, REPLAY_SINCE = "pricewatch/replay", "pricewatch/replay_since"
SHOW, APPLY = "show", "apply"
COLUMNS = ("observed_at", "kind", "changes", "why")
MOST_SHOWN = 50
"""Changes in the metadata of one partition."""

Mode = Literal["show", "apply"]


def replay_mode(tags: Mapping[str, str]) -> Mode | None:
    """What the tags of a run ask for; None: to check, as usual.

    Raises:
        ConfigurationError: the tag says neither `show` nor `apply`.
    """
    match tags.get(REPLAY):
        case None:
            return None
        case "show":
            return "show"
        case "apply":
            return "apply"
        case other:
            raise ConfigurationError(f"the tag {REPLAY} says {other!r}; it may say {SHOW!r} or {APPLY!r}")


def replay_partitions(context: dg.AssetExecutionContext, pipeline: Pipeline, mode: Mode) -> None:
    """Read the stored pages behind the checks of the run's watches again."""
    since = context.run.tags.get(REPLAY_SINCE)
    period = Period(since=instant_of(since, now=datetime.now(UTC), option=REPLAY_SINCE) if since else None)
    database = pipeline.database
    keys = context.partition_keys
    asked = database.run(lambda connection: watches_asked_for(connection, watch_ids=keys))
    report = ReplayReport(is_applied=mode == APPLY)
    replay(
        database,
        providers(),
        asked,
        period,
        report=report,
        pages_url=pipeline.settings.pages_url,
        run_id=context.run.run_id,
    )
    _log(context, pipeline, report, mode)
    if failed := [d for d in report.differences if d.kind is ReplayKind.FAILED]:
        said = "; ".join(f"{d.watch_id}: {d.reason}" for d in failed[:MOST_SHOWN])
        raise dg.Failure(f"{len(failed)} of {report.checks} pages could not be read again: {said}")


def _log(context: dg.AssetExecutionContext, pipeline: Pipeline, report: ReplayReport, mode: Mode) -> None:
    changed = [d for d in report.differences if d.kind.is_change]
    failed = {d.watch_id for d in report.differences if d.kind is ReplayKind.FAILED}
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(report.counts.items())) or "no check has a page"
    context.log.info("%d pages read again: %s; %d corrections written", report.pages_read, counts, report.written)
    by_watch = {watch_id: list(found) for watch_id, found in groupby(changed, key=lambda d: d.watch_id)}
    keys = [key for key in context.partition_keys if key not in failed]
    events = pipeline.database.run(lambda connection: snapshots.newest_events(connection, keys))
    metadata = {key: _metadata(by_watch.get(key, []), mode) for key in keys}
    log_materializations(context.op_execution_context, events, more=metadata)


def _metadata(found: Sequence[Difference], mode: Mode) -> dict[str, Any]:
    rows = [
        {
            "observed_at": d.finished_at,
            "kind": d.kind.value,
            "changes": "; ".join(f"{name}: {plain(old)} -> {plain(new)}" for name, (old, new) in d.changes.items()),
            "why": d.reason,
        }
        for d in found[-MOST_SHOWN:]
    ]
    said = {"replay": mode, "replay_changes": len(found)}
    return said | {"replay_table": text_table(COLUMNS, reversed(rows))} if found else said
