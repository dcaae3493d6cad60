"""`pricewatch watch edit`, `pause` and `resume`."""

from collections.abc import Collection
from typing import Annotated

import typer

from pricewatch_pipeline.cli.entry_flags import Entry
from pricewatch_pipeline.cli.output import console, errors, print_notes, warn
from pricewatch_pipeline.cli.watch_flags import with_watch_flags
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.find_twins import twins_of
from pricewatch_pipeline.services.open_pipeline import Pipeline, opened_pipeline
from pricewatch_pipeline.services.remark_on_files import refusal_of
from pricewatch_pipeline.services.show_watches import list_watches, remarks_on_watch
from pricewatch_pipeline.services.steer_watches import edit_watch, pause_watches, resume_watches
from pricewatch_pipeline.settings import Settings, load_settings

WatchId = Annotated[str, typer.Argument(metavar="WATCH", help="The watch's id.")]
WatchIds = Annotated[list[str], typer.Argument(metavar="WATCH", help="Ids of watches.")]


@with_watch_flags
def edit(
    watch: WatchId,
    url: Annotated[str | None, typer.Option(help="Another page; the history goes on.")] = None,
    *,
    flags: Entry,
) -> None:
    """Change a watch that no file manages; its history stays. An empty value (`--title ""`) takes a field away."""
    changes = flags if url is None else {**flags, "url": url or None}
    if not changes:
        raise typer.BadParameter("say what to change, such as --every 1h; `pricewatch watch edit --help` lists it all")
    settings = load_settings()
    with opened_pipeline(settings) as pipeline:
        edit_watch(pipeline.database, watch, changes, providers=providers())
        remarks = remarks_on_watch(pipeline, watch)
    warn_of(changes.get("url") or (changes.get("query") or {}).get("url"), settings)
    print_notes(remarks)
    console.print(f"Changed {watch}.", highlight=False)


def pause(watches: WatchIds) -> None:
    """Stop checking watches for the time being."""
    with opened_pipeline(load_settings()) as pipeline:
        paused = pause_watches(pipeline.database, watches)
    _print_changed("Paused", paused, "were paused already", watches)


def resume(watches: WatchIds) -> None:
    """End pauses by command and quarantines; the watches are due at once."""
    with opened_pipeline(load_settings()) as pipeline:
        resumed = resume_watches(pipeline.database, watches)
        still = {record["watch_id"]: record for record in list_watches(pipeline, state="paused")}
    _print_changed("Resumed", resumed, "were neither paused by command nor quarantined", watches)
    for watch_id in dict.fromkeys(watches):
        if watch_id in still:
            place = still[watch_id]["source_file"]
            how = f"`paused:` in {place}" if place else f"`pricewatch watch edit {watch_id} --no-paused`"
            errors.print(f"{watch_id} stays paused by its definition: change {how}.", soft_wrap=True, markup=False)


def warn_of(page: object, settings: Settings) -> None:
    """Say at once what the first check would find out: that a page may not be reached."""
    if isinstance(page, str) and (refusal := refusal_of(page, settings)):
        warn(refusal)


def warn_of_twins(pipeline: Pipeline, watch_ids: Collection[str]) -> None:
    """Say which of these watch a page that is watched already."""
    for watch_id, twin in twins_of(pipeline.database, watch_ids).items():
        warn(f"the page of {watch_id} is watched already, as {twin}: the shop is asked twice, and alerts come twice")


def _print_changed(verb: str, changed: list[str], otherwise: str, asked: list[str]) -> None:
    rest = [watch_id for watch_id in dict.fromkeys(asked) if watch_id not in changed]
    if changed:
        console.print(f"{verb} {', '.join(changed)}.", soft_wrap=True, highlight=False)
    if rest:
        console.print(f"Unchanged, for they {otherwise}: {', '.join(rest)}.", soft_wrap=True, highlight=False)
