"""`pricewatch up`: the whole pipeline in one terminal, until Ctrl-C."""

import webbrowser
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from pricewatch_pipeline.cli.live import CheckBoard
from pricewatch_pipeline.cli.output import console, errors
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.dagster_home import DEFINITIONS
from pricewatch_pipeline.services.follow_checks import following_checks
from pricewatch_pipeline.services.follow_watch_files import WatchFileNews
from pricewatch_pipeline.services.open_databases import Databases
from pricewatch_pipeline.services.processes import ChildSpec, StopRequest, stop_on_signals
from pricewatch_pipeline.services.require_contact import who_asks
from pricewatch_pipeline.services.run_pipeline import RunningPipeline, running_pipeline
from pricewatch_pipeline.settings import Settings, load_settings

PortOption = Annotated[
    int | None, typer.Option(help="Port of the UI; by default PRICEWATCH_WEBSERVER_PORT or 3000, or the next free one.")
]
SecondsOption = Annotated[float | None, typer.Option(help="Stop by itself after so many seconds, for scripts.")]
OpenOption = Annotated[bool, typer.Option("--open", help="Open the UI in a browser.")]


def up(
    port: PortOption = None,
    watches: Annotated[Path | None, typer.Option(help="Folder of watch files; by default `watches`.")] = None,
    seconds: SecondsOption = None,
    open_browser: OpenOption = False,
) -> None:
    """Run everything: PostgreSQL, the Dagster UI, the scheduler. Ctrl-C stops it."""
    settings = load_settings(**({"watches_dir": watches} if watches else {}))
    if not settings.watches.is_dir():
        say(f"there is no folder {settings.watches} yet; watches may also be added with `pricewatch watch add`")
    elif not any(settings.watches.rglob("*.y*ml")):
        say(
            f"there are no watch files in {settings.watches} yet: copy one of the *.yaml.example files and change it, or "
            "add a page with `pricewatch watch add URL`"
        )
    with stop_on_signals() as stop:
        run(settings, mode="up", stop=stop, port=port, seconds=seconds, open_browser=open_browser)


def run(
    settings: Settings,
    *,
    mode: str,
    stop: StopRequest,
    port: int | None = None,
    seconds: float | None = None,
    open_browser: bool = False,
    prepare: Callable[[Databases], object] = lambda _: None,
    companions: Sequence[ChildSpec] = (),
    module: str = DEFINITIONS,
) -> None:
    """Start everything, show its checks, stop everything."""
    started_at = datetime.now(UTC)
    with running_pipeline(
        settings,
        mode=mode,
        stop=stop,
        say=say,
        port=port,
        module=module,
        prepare=prepare,
        companions=companions,
    ) as pipeline:
        if stop.is_set:
            return
        if nobody := who_asks(pipeline.databases.url, settings):
            errors.print(f"[yellow]warning:[/] {escape(nobody)}", soft_wrap=True, highlight=False)
        if open_browser:
            webbrowser.open(pipeline.url)
        with (
            following_checks(pipeline.databases.url) as recent_checks,
            CheckBoard(console, recent_checks, heading=_heading(pipeline), since=started_at).showing() as tick,
        ):
            files = WatchFileNews(settings.watches, providers=providers())

            def on_tick() -> None:
                for line in files.news():
                    console.print(f"[yellow]watch files:[/] {escape(line)}", soft_wrap=True, highlight=False)
                tick()

            pipeline.watch_over(on_tick, seconds=seconds)


def say(text: str) -> None:
    """One line about what happens."""
    console.print(f"[dim]{escape(text)}[/]", soft_wrap=True)


def _heading(pipeline: RunningPipeline) -> str:
    return (
        f"[bold]Dagster UI: {pipeline.url}[/]  (logs: {escape(str(pipeline.logs))})\n"
        "Ctrl-C stops everything. Prices stay: `pricewatch history WATCH`."
    )
