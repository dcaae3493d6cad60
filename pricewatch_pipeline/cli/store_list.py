"""`pricewatch store list` and `show`."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.output import JsonFlag, console, print_json, print_rows, shown
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.steer_stores import KnownStore, find_stores, known_stores
from pricewatch_pipeline.settings import load_settings
from pricewatch_pipeline.watch_files.write import store_entry, stores_yaml

_COLUMNS = ("store_id", "domains", "locale", "currency", "fetcher", "strategies_for", "watches", "managed_by")
BY_COMMAND = "command"

StoreId = Annotated[str, typer.Argument(metavar="STORE", help="The store's id.")]


def list_(as_json: JsonFlag = False) -> None:
    """List stores: those of the watch files that were synced, and those made by commands."""
    with opened_pipeline(load_settings()) as pipeline:
        known = known_stores(pipeline.database)
    if as_json:
        print_json([_record(each) for each in known])
    elif known:
        print_rows(map(_row, known), _COLUMNS, as_json=False)
    else:
        console.print("No stores yet: `pricewatch store add URL` proposes one.", highlight=False)


def show(store: StoreId, as_json: JsonFlag = False) -> None:
    """A store as a watch file says it, and what it has to do with."""
    with opened_pipeline(load_settings()) as pipeline:
        (known,) = find_stores(pipeline.database, [store])
    if as_json:
        print_json(_record(known))
        return
    console.print(shown_text(stores_yaml([known.store])), soft_wrap=True, highlight=False, markup=False, end="")
    managed = f"managed by {known.source_file}" if known.source_file else "made by a command"
    console.print(f"# {shown(managed)}; watches: {known.watches}", soft_wrap=True, highlight=False)


def shown_text(text: str) -> str:
    """Several lines from outside for a person: nothing that steers the terminal. To be printed without markup."""
    return "\n".join(map(_plain, text.splitlines())) + "\n"


def _plain(line: str) -> str:
    return "".join(character if character.isprintable() else " " for character in line)


def _row(known: KnownStore) -> dict[str, Any]:
    store = known.store
    return {
        "store_id": store.store_id,
        "domains": store.domains,
        "locale": store.locale,
        "currency": store.currency,
        "fetcher": store.fetcher,
        "strategies_for": _in_short(sorted(store.strategies, key=lambda field: (field != "price", field))),
        "watches": known.watches,
        "managed_by": known.source_file or BY_COMMAND,
    }


def _in_short(names: Sequence[str]) -> str | None:
    """The first name, and how many there are beside it: `show` has all."""
    return f"{names[0]}, {len(names) - 1} more" if len(names) > 1 else next(iter(names), None)


def _record(known: KnownStore) -> dict[str, Any]:
    return {
        "store_id": known.store.store_id,
        "source_file": known.source_file,
        "watches": known.watches,
        "definition": store_entry(known.store),
    }
