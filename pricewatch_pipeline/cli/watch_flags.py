"""The fields of a watch as flags, shared by `watch add` and `watch edit`. They are validated as in a watch file."""

import json
from typing import Annotated, Any

import typer

Title = Annotated[str | None, typer.Option(help="A name for people.")]
Every = Annotated[str | None, typer.Option(metavar="SPAN", help="Time between two checks: 90s, 6h, 2d; from 1m up.")]
Cron = Annotated[
    str | None, typer.Option(metavar="'M H D M W'", help="Times of checks instead of --every: '0 9 * * mon-fri'.")
]
Timezone = Annotated[str | None, typer.Option(metavar="NAME", help="IANA time zone for --cron, such as Europe/Berlin.")]
Target = Annotated[str | None, typer.Option(metavar="AMOUNT", help="Alert at or below this price: 99.90.")]
Currency = Annotated[str | None, typer.Option(metavar="CODE", help="The target's currency, ISO 4217.")]
StoreId = Annotated[str | None, typer.Option("--store", metavar="ID", help="The store; found by domain otherwise.")]
ProductId = Annotated[str | None, typer.Option("--product", metavar="ID", help="The product that this watch prices.")]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="A word to find it by; may be given several times.")]
Priority = Annotated[int | None, typer.Option(help="-10 to 10; higher is checked first.")]
Paused = Annotated[bool | None, typer.Option("--paused/--no-paused", help="Whether it is checked at all.")]
ProviderName = Annotated[str | None, typer.Option("--provider", metavar="NAME", help="The kind of source; retail.")]
Query = Annotated[
    str | None,
    typer.Option(metavar="JSON", help="""What to ask the provider for, such as '{"url": ..., "sku": ...}'."""),
]


def entry_from(*, target: str | None, currency: str | None, query: str | None, **fields: Any) -> dict[str, Any]:
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
