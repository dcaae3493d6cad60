"""The fields of a product as flags, said once for `product add` and `product edit`. They are validated as in a watch file."""

from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.entry_flags import Entry, with_flags

_TYPES: dict[str, Any] = {
    "title": Annotated[str | None, typer.Option(help="A name for people.")],
    "urls": Annotated[
        list[str] | None,
        typer.Option(
            "--url", metavar="URL", help="A page where it is sold: becomes a watch; may be given several times."
        ),
    ],
    "tags": Annotated[
        list[str] | None, typer.Option("--tag", help="A word to find it by; may be given several times.")
    ],
    "favourite": Annotated[
        bool | None, typer.Option("--favourite/--no-favourite", help="Among the ones that you look at first.")
    ],
    "pack": Annotated[
        str | None, typer.Option(metavar="SIZE", help="How much a pack holds, where no page says it: '500 g'.")
    ],
    "currency": Annotated[str | None, typer.Option(metavar="CODE", help="In which its stores are compared, ISO 4217.")],
    "notes": Annotated[str | None, typer.Option(metavar="TEXT", help="For yourself.")],
    "primary": Annotated[
        str | None,
        typer.Option(metavar="WATCH", help="The watch that stands for it where one must: its id, or its page's URL."),
    ],
}


def _entry(**fields: Any) -> Entry:
    """The flags that were given, as an entry of a watch file. An empty text takes the field away."""
    return {name: _value(value) for name, value in fields.items() if value is not None and value != []}


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return [each for each in value if each] or None
    return None if value == "" else value


with_product_flags = with_flags(_TYPES, _entry)
"""Gives a command a flag for each field of a product; it is told those that were used as `flags`, an entry."""
