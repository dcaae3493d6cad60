"""The fields of a watch as flags, said once for `watch add` and `watch edit`. They are validated as in a watch file."""

import json
from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.entry_flags import Entry, with_flags

WATCH_FLAGS: dict[str, Any] = {
    "title": Annotated[str | None, typer.Option(help="A name for people.")],
    "every": Annotated[
        str | None, typer.Option(metavar="SPAN", help="Time between two checks: 90s, 6h, 2d; from 1m up.")
    ],
    "cron": Annotated[
        str | None, typer.Option(metavar="'M H D M W'", help="Times of checks instead of --every: '0 9 * * mon-fri'.")
    ],
    "timezone": Annotated[
        str | None, typer.Option(metavar="NAME", help="IANA time zone for --cron, such as Europe/Berlin.")
    ],
    "at_least_apart": Annotated[
        str | None, typer.Option(metavar="SPAN", help="No check sooner than this after one that ended well: 4h.")
    ],
    "retry_first": Annotated[
        str | None,
        typer.Option(metavar="SPAN", help="From a failed check to its first retry: 1h; it doubles from there."),
    ],
    "news_first": Annotated[
        str | None,
        typer.Option(metavar="SPAN", help="For so long after it had news, before others of its priority: 30d."),
    ],
    "target": Annotated[str | None, typer.Option(metavar="AMOUNT", help="Alert at or below this price: 99.90.")],
    "currency": Annotated[str | None, typer.Option(metavar="CODE", help="The target's currency, ISO 4217.")],
    "store": Annotated[str | None, typer.Option(metavar="ID", help="The store; found by domain otherwise.")],
    "product": Annotated[str | None, typer.Option(metavar="ID", help="The product that this watch prices.")],
    "tags": Annotated[
        list[str] | None, typer.Option("--tag", help="A word to find it by; may be given several times.")
    ],
    "priority": Annotated[int | None, typer.Option(help="-10 to 10; higher is checked first.")],
    "paused": Annotated[bool | None, typer.Option("--paused/--no-paused", help="Whether it is checked at all.")],
    "provider": Annotated[str | None, typer.Option(metavar="NAME", help="The kind of source; retail.")],
    "query": Annotated[
        str | None,
        typer.Option(metavar="JSON", help="""What to ask the provider for, such as '{"url": ..., "sku": ...}'."""),
    ],
}


def watch_entry(*, target: str | None, currency: str | None, query: str | None, **fields: Any) -> Entry:
    """The flags that were given, as an entry of a watch file. An empty text takes the field away."""
    entry = {name: _value(value) for name, value in fields.items() if value is not None}
    if query is not None:
        entry["query"] = _query(query)
    if target == "":
        entry["target"] = None
    elif target is not None or currency is not None:
        entry["target"] = {k: v for k, v in (("amount", target), ("currency", currency)) if v is not None}
    return entry


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return [each for each in value if each] or None
    return None if value == "" else value


def _query(text: str) -> dict[str, Any]:
    try:
        query = json.loads(text)
    except json.JSONDecodeError as error:
        raise typer.BadParameter(f"--query is not JSON: {error}") from error
    if not isinstance(query, dict):
        raise typer.BadParameter("""--query must be a JSON object, such as '{"url": "https://..."}'""")
    return query


with_watch_flags = with_flags(WATCH_FLAGS, watch_entry)
"""Gives a command a flag for each field of a watch; it is told those that were used as `flags`, an entry."""
