"""`pricewatch watch add` and `remove`: they change the dynamic partitions too."""

from typing import Annotated

import typer

from pricewatch_pipeline.cli import watch_flags as flags
from pricewatch_pipeline.cli.output import console
from pricewatch_pipeline.cli.watch_edit import WatchIds
from pricewatch_pipeline.defs.commands import dagster_instance, mirror
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.name_watches import watch_id_for
from pricewatch_pipeline.services.open_pipeline import Pipeline, opened_pipeline
from pricewatch_pipeline.services.steer_watches import add_watch, remove_watches, require_removable
from pricewatch_pipeline.settings import load_settings


def add(
    url: Annotated[str | None, typer.Argument(metavar="URL", help="The page to watch; left out with --query.")] = None,
    watch_id: Annotated[
        str | None, typer.Option("--id", help="The watch's name for good; made from the URL when not given.")
    ] = None,
    title: flags.Title = None,
    every: flags.Every = None,
    cron: flags.Cron = None,
    timezone: flags.Timezone = None,
    target: flags.Target = None,
    currency: flags.Currency = None,
    store: flags.StoreId = None,
    product: flags.ProductId = None,
    tags: flags.Tags = None,
    priority: flags.Priority = None,
    paused: flags.Paused = None,
    provider: flags.ProviderName = None,
    query: flags.Query = None,
) -> None:
    """Watch a page: every six hours unless told otherwise. The fields are those of a watch file."""
    entry = flags.entry_from(
        url=url,
        id=watch_id,
        title=title,
        every=every,
        cron=cron,
        timezone=timezone,
        target=target,
        currency=currency,
        store=store,
        product=product,
        tags=tags,
        priority=priority,
        paused=paused,
        provider=provider,
        query=query,
    )
    page = entry.get("url") or entry.get("query", {}).get("url")
    if "id" not in entry:
        if not isinstance(page, str):
            raise typer.BadParameter("give the URL of a page, or --id and --query for what has none")
        entry["id"] = watch_id_for(page)
    with opened_pipeline(load_settings()) as pipeline:
        added = add_watch(pipeline.database, {k: v for k, v in entry.items() if v is not None}, providers=providers())
        _mirror(pipeline)
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
