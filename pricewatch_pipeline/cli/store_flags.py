"""The fields of a store as flags. They are validated as in a watch file."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.entry_flags import Entry, with_flags

_TYPES: dict[str, Any] = {
    "id": Annotated[
        str | None, typer.Option("--id", metavar="ID", help="Its name for good; made from the domain otherwise.")
    ],
    "name": Annotated[str | None, typer.Option(metavar="NAME", help="A name for people.")],
    "domains": Annotated[
        list[str] | None,
        typer.Option("--domain", metavar="HOST", help="A host name, such as shop.de; may be given several times."),
    ],
    "locale": Annotated[
        str | None, typer.Option(metavar="TAG", help="Language and country of its numbers and texts, such as de-DE.")
    ],
    "currency": Annotated[str | None, typer.Option(metavar="CODE", help="ISO 4217 code of prices that show none.")],
    "fetcher": Annotated[
        str | None, typer.Option(metavar="KIND", help="How its pages are fetched: http, impersonate, browser or auto.")
    ],
    "min_delay": Annotated[
        str | None,
        typer.Option(
            "--min-delay", metavar="SPAN", help="Least time between two requests, such as 2s; 1s when nothing is said."
        ),
    ],
    "strategies": Annotated[
        list[str] | None,
        typer.Option(
            "--selector",
            metavar="FIELD=WAY",
            help="How a field is read: price='json:$.price.value', availability=css:.stock; may be given several times.",
        ),
    ],
    "test_urls": Annotated[
        list[str] | None,
        typer.Option("--test-url", metavar="URL", help="A product page to try it on; may be given several times."),
    ],
}


def _entry(*, min_delay: str | None, strategies: Sequence[str] | None, **fields: Any) -> Entry:
    entry = {name: value for name, value in fields.items() if value not in (None, [], "")}
    if min_delay is not None:
        entry["politeness"] = {"min_delay": min_delay}
    if strategies:
        entry["strategies"] = _strategies(strategies)
    return entry


def _changes(*, min_delay: str | None, strategies: Sequence[str] | None, **fields: Any) -> Entry:
    """The flags that were given, as changes: an empty text takes the field away."""
    changes = {name: _value(value) for name, value in fields.items() if value is not None and value != []}
    if min_delay is not None:
        changes["politeness"] = {"min_delay": min_delay or None}
    if strategies:
        changes["strategies"] = _strategies(strategies, may_end=True)
    return changes


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return [each for each in value if each] or None
    return None if value == "" else value


def _strategies(texts: Sequence[str], *, may_end: bool = False) -> dict[str, list[str] | None]:
    """By field, in the order given; None where a field is to have none, when that may be said."""
    found: dict[str, list[str] | None] = {}
    for text in texts:
        field, equals, way = text.partition("=")
        if not equals or not field.strip().isidentifier() or not (way or may_end):
            raise typer.BadParameter(
                f"--selector {text!r}: write it as FIELD=KIND:EXPRESSION, such as price=css:.price or price='json:$.price'"
            )
        ways = found.get(field.strip()) or []
        found[field.strip()] = [*ways, way] if way else None
    return found


with_store_flags = with_flags(_TYPES, _entry)
"""Gives a command a flag for each field of a store; it is told those that were used as `flags`, an entry."""

with_store_changes = with_flags({name: type_ for name, type_ in _TYPES.items() if name != "id"}, _changes)
"""The same for a command that changes a store: an empty value takes a field away."""
