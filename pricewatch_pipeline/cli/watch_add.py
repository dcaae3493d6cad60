"""`pricewatch watch add` and `remove`: they change the dynamic partitions too."""

from typing import Annotated

import typer

from pricewatch_pipeline.cli.entry_flags import Entry
from pricewatch_pipeline.cli.output import console
from pricewatch_pipeline.cli.watch_edit import WatchIds, warn_of
from pricewatch_pipeline.cli.watch_flags import with_watch_flags
from pricewatch_pipeline.defs.commands import dagster_instance, mirror
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.name_watches import watch_id_for
from pricewatch_pipeline.services.open_pipeline import Pipeline, opened_pipeline
from pricewatch_pipeline.services.steer_watches import add_watch, remove_watches, require_removable
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
        _mirror(pipeline)
    warn_of(page, settings)
    console.print(f"Watching {added}. `pricewatch check {added}` looks at once.", soft_wrap=True, highlight=False)


def remove(
    watches: WatchIds,
    is_sure: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Take watches out of use. Their history stays."""
    wanted = list(dict.fromkeys(watches))
    with opened_pipeline(load_settings()) as pipeline:
        require_removable(pipeline.database, wanted)
        if not is_sure:
            typer.confirm(f"Remove {', '.join(wanted)}? (Their history stays.)", abort=True)
        removed = remove_watches(pipeline.database, wanted)
        _mirror(pipeline)
    said = f"Removed {', '.join(removed)}. The history stays: `pricewatch history WATCH`."
    console.print(said, soft_wrap=True, highlight=False)


def _mirror(pipeline: Pipeline) -> None:
    with dagster_instance(pipeline) as instance:
        mirror(pipeline, instance)
