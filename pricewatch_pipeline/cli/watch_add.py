"""`pricewatch watch add` and `remove`: they change the dynamic partitions too."""

from typing import Annotated

import typer

from pricewatch_pipeline.cli.entry_flags import Entry
from pricewatch_pipeline.cli.output import console, print_notes
from pricewatch_pipeline.cli.removals import confirm_removal
from pricewatch_pipeline.cli.watch_edit import WatchIds, warn_of, warn_of_twins
from pricewatch_pipeline.cli.watch_flags import with_watch_flags
from pricewatch_pipeline.defs.commands import dagster_instance, mirror
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.name_watches import watch_id_for
from pricewatch_pipeline.services.open_pipeline import Pipeline, opened_pipeline
from pricewatch_pipeline.services.show_watches import remarks_on_watch
from pricewatch_pipeline.services.steer_watches import add_watch, remove_watches, what_goes
from pricewatch_pipeline.settings import load_settings


@with_watch_flags
def add(
    url: Annotated[str | None, typer.Argument(metavar="URL", help="The page to watch; left out with --query.")] = None,
    watch_id: Annotated[
        str | None, typer.Option("--id", help="The watch's name for good; made from the URL when not given.")
    ] = None,
    *,
    flags: Entry,
) -> None:
    """Watch a page: every six hours unless told otherwise. The fields are those of a watch file."""
    entry = {**flags, "url": url or None, "id": watch_id or None}
    page = entry.get("url") or entry.get("query", {}).get("url")
    if entry["id"] is None:
        if not isinstance(page, str):
            raise typer.BadParameter("give the URL of a page, or --id and --query for what has none")
        entry["id"] = watch_id_for(page)
    settings = load_settings()
    with opened_pipeline(settings) as pipeline:
        added = add_watch(pipeline.database, {k: v for k, v in entry.items() if v is not None}, providers=providers())
        mirror_partitions(pipeline)
        warn_of_twins(pipeline, [added])
        remarks = remarks_on_watch(pipeline, added)
    warn_of(page, settings)
    print_notes(remarks)
    console.print(f"Watching {added}. `pricewatch check {added}` looks at once.", soft_wrap=True, highlight=False)


def remove(
    watches: WatchIds,
    is_sure: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    purges: Annotated[
        bool, typer.Option("--purge", help="Delete their history too, for good; also of those removed before.")
    ] = False,
) -> None:
    """Take watches out of use. Their history stays, unless --purge deletes it too."""
    wanted = list(dict.fromkeys(watches))
    with opened_pipeline(load_settings()) as pipeline:
        going = what_goes(pipeline.database, wanted, purges=purges)
        if not is_sure:
            confirm_removal(going, purges=purges)
        removed = remove_watches(pipeline.database, wanted, purges=purges)
        mirror_partitions(pipeline)
    after = "Nothing is left of them." if purges else "The history stays: `pricewatch history WATCH`."
    console.print(f"Removed {', '.join(removed)}. {after}", soft_wrap=True, highlight=False)


def mirror_partitions(pipeline: Pipeline) -> None:
    """Make Dagster's partitions what the table says now."""
    with dagster_instance(pipeline) as instance:
        mirror(pipeline, instance)
