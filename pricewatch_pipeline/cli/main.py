"""`pricewatch`: every command by name. Each is imported when it is used."""

import os
import sys
from typing import Annotated

import typer

from pricewatch_pipeline import __version__
from pricewatch_pipeline.cli.lazy import Later, group_of

_HERE = "pricewatch_pipeline.cli"
_RUN, _WATCH, _LOOK, _READ, _TOOLS = "Run", "Watches", "Look", "Read pages", "Tools"

PASS_THROUGH = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
"""Every argument is Dagster's, `--help` too."""

COMMANDS = {
    "up": Later(target=f"{_HERE}.up:up", panel=_RUN, help="Run everything: PostgreSQL, the Dagster UI, the scheduler."),
    "demo": Later(target=f"{_HERE}.demo:demo", panel=_RUN, help="Run everything on demo shops of our own."),
    "sync": Later(target=f"{_HERE}.sync:sync", panel=_RUN, help="Bring the watch files into the table of watches."),
    "check": Later(target=f"{_HERE}.check:check", panel=_RUN, help="Check watches now: look, store, log."),
    "watch": Later(
        target=f"{_HERE}.watch:app", panel=_WATCH, help="List, show, add, edit, pause, resume and remove watches."
    ),
    "batch": Later(
        target=f"{_HERE}.batch:app",
        panel=_WATCH,
        help="Watch, list, show and cancel batches: checks that are made of many queries.",
    ),
    "product": Later(target=f"{_HERE}.product:app", panel=_WATCH, help="List, show, add, edit and delete products."),
    "store": Later(
        target=f"{_HERE}.store:app",
        panel=_WATCH,
        help="Propose, test, list, show, edit, remove, export and import stores.",
    ),
    "tag": Later(
        target=f"{_HERE}.tag:app", panel=_WATCH, help="List, add, remove and rename tags of watches and products."
    ),
    "host": Later(
        target=f"{_HERE}.host:app", panel=_WATCH, help="List, show, pause and resume hosts: how gently each is asked."
    ),
    "alerts": Later(
        target=f"{_HERE}.alerts:app", panel=_WATCH, help="What fired, and where it goes: rules, channels, deliveries."
    ),
    "flights": Later(target=f"{_HERE}.flights:app", panel=_WATCH, help="Flights: searches, fares, saved pages."),
    "sec": Later(target=f"{_HERE}.sec:app", panel=_WATCH, help="Insider filings: forms 3, 4 and 5."),
    "import": Later(
        target=f"{_HERE}.import_:import_",
        panel=_WATCH,
        help="Watch what a list, a table or the export of another tool holds.",
    ),
    "export": Later(
        target=f"{_HERE}.export:export", panel=_WATCH, help="Write what is watched as a watch file, JSON, CSV or URLs."
    ),
    "config": Later(target=f"{_HERE}.config:app", panel=_WATCH, help="Check watch files; describe them to editors."),
    "history": Later(target=f"{_HERE}.history:history", panel=_LOOK, help="The prices of a watch, and its checks."),
    "insights": Later(
        target=f"{_HERE}.insights:insights", panel=_LOOK, help="What the history of a watch or product says."
    ),
    "page": Later(target=f"{_HERE}.page:app", panel=_LOOK, help="The pages behind checks: list, show, open."),
    "replay": Later(
        target=f"{_HERE}.replay:replay_",
        panel=_LOOK,
        help="Read stored pages again with today's reader; correct prices.",
    ),
    "status": Later(
        target=f"{_HERE}.status:status", panel=_LOOK, help="How everything stands, and what waits for what."
    ),
    "doctor": Later(
        target=f"{_HERE}.doctor:doctor", panel=_LOOK, help="Examine the installation; say what to do about each fault."
    ),
    "try": Later(
        target=f"{_HERE}.try_page:try_page", panel=_READ, help="What we would read from a page; stores nothing."
    ),
    "extract": Later(target=f"{_HERE}.extract:extract", panel=_READ, help="Read saved product pages in bulk."),
    "parse-price": Later(target=f"{_HERE}.extract:parse_price", panel=_READ, help="Read price texts in bulk."),
    "db": Later(
        target=f"{_HERE}.db:app",
        panel=_TOOLS,
        help="The database: status, start, stop, migrate, shell, url, backup, restore.",
    ),
    "rates": Later(target=f"{_HERE}.rates:app", panel=_TOOLS, help="Exchange rates: list, import and update them."),
    "proxy": Later(target=f"{_HERE}.proxy:app", panel=_TOOLS, help="Proxies: list them, test each."),
    "env": Later(
        target=f"{_HERE}.env:env", panel=_TOOLS, help='Variables for plain `dagster`: eval "$(pricewatch env)".'
    ),
    "dagster": Later(
        target=f"{_HERE}.env:dagster",
        panel=_TOOLS,
        help="Run `dagster ARGS` on our databases and definitions.",
        settings=PASS_THROUGH,
    ),
}

app = typer.Typer(cls=group_of(COMMANDS), no_args_is_help=True, pretty_exceptions_enable=False)


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(f"pricewatch {__version__}")
        raise typer.Exit


@app.callback()
def pricewatch(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Watches prices: checks product pages on a schedule, and keeps every price in PostgreSQL."""


def main() -> None:
    """The console script."""
    try:
        app(prog_name="pricewatch")
    finally:
        _flush()


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # the reader (`| head`) has seen enough; keep the interpreter from trying again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
