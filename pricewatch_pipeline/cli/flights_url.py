"""`pricewatch flights url` and `decode`: from a trip to the address of its search, and back. They need no database."""

import sys
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer
from rich.table import Table

from pricewatch_pipeline.cli.entry_flags import Entry
from pricewatch_pipeline.cli.flight_flags import in_flags, with_flight_flags
from pricewatch_pipeline.cli.output import JsonFlag, cell, console, errors, print_json, print_notes
from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.services.address_flights import Addresses, addresses_of, explained
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.show_flights import query_of_watch
from pricewatch_pipeline.settings import load_settings

_OF_LEGS = ("max_stops", "airlines", "without_airlines", "via", "min_layover", "max_layover", "chosen_flights")


@with_flight_flags
def url(
    watch: Annotated[
        str | None, typer.Argument(metavar="[WATCH]", help="The id of a flight watch, instead of the flags.")
    ] = None,
    shows_all: Annotated[bool, typer.Option("--all", help="Of a matrix: the address of every search.")] = False,
    *,
    flags: Entry,
) -> None:
    """Print the address of a search. Of a matrix: how many it stands for, and the address of the first.

    pricewatch flights url --from LHR,LGW --to JFK --depart 2027-01-15 --return 2027-01-22 --adults 2 --currency GBP
    """
    if watch is not None and flags:
        raise typer.BadParameter("give the id of a watch or the flags of a trip, not both")
    found = addresses_of(_query_of(watch)) if watch is not None else _addresses_of(flags)
    print_notes(found.remarks)
    lines = found.urls if shows_all else found.urls[:1]
    sys.stdout.writelines(f"{address}\n" for _, address in lines)
    if len(lines) < len(found.urls):
        errors.print("This is the first; --all prints every one.", highlight=False)


def decode(
    text: Annotated[str, typer.Argument(metavar="TFS|URL", help="The tfs of a search, or its whole address.")],
    as_json: JsonFlag = False,
) -> None:
    """Explain the address of a flight search, or its `tfs`."""
    found = explained(text)
    if as_json:
        print_json(found)
        return
    table = Table(show_header=False, box=None)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    is_address = "://" in text or "tfs=" in text
    for name, value in (*_rows(found), *(_said_beside(found) if is_address else ())):
        table.add_row(name, cell(value))
    console.print(table)
    if found["problem"]:
        errors.print(
            f"It cannot be watched as it is: {found['problem']}", soft_wrap=True, markup=False, highlight=False
        )
    if found["query"] and found["left_out"]:
        asked = ", ".join(found["left_out"]).replace("_", " ")
        print_notes([f"it asks for more than a query of ours can say, which is left out: {asked}"])
    print_notes(found["remarks"])


def _query_of(watch_id: str) -> Mapping[str, Any]:
    with opened_pipeline(load_settings()) as pipeline:
        return query_of_watch(pipeline, watch_id)


def _addresses_of(flags: Entry) -> Addresses:
    try:
        return addresses_of(flags)
    except ConfigurationError as error:
        raise ConfigurationError("\n".join(map(in_flags, str(error).splitlines()))) from error


def _rows(found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "trip", found["trip"]
    for name, leg in zip(("out", "back"), found["legs"], strict=False):
        yield name, f"{', '.join(leg['origins'])} -> {', '.join(leg['destinations'])} on {leg['date']}"
    for name in _OF_LEGS:
        values = [leg[name] for leg in found["legs"]]
        if any(value not in (None, []) for value in values):
            yield name.replace("_", " "), values[0] if all(value == values[0] for value in values) else _each(values)
    yield "cabin", found["cabin"]
    yield "travellers", found["travellers"]
    for name in ("carry_on", "checked_bags"):
        if found[name]:
            yield name.replace("_", " "), found[name]


def _said_beside(found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What an address says beside its `tfs`."""
    if found["query"]:
        yield from ((name, found["query"][name]) for name in ("currency", "language", "country"))


def _each(values: list[Any]) -> str:
    """What differs between the ways."""
    return "; ".join(
        f"{way}: {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for way, value in zip(("out", "back"), values, strict=False)
        if value not in (None, [])
    )
