"""Values as the UI shows them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import dagster as dg

_ESCAPES = {character: f"&#{ord(character)};" for character in "&<>|[]()*_`\\!"}
"""Of Markdown and HTML: names come from documents of strangers."""


def text_table(columns: Sequence[str], rows: Iterable[Mapping[Any, Any]]) -> dg.TableMetadataValue:
    """These columns of the rows as texts; a table may be empty."""
    return dg.MetadataValue.table(
        records=[dg.TableRecord({column: plain(row[column]) for column in columns}) for row in rows],
        schema=dg.TableSchema(columns=[dg.TableColumn(column) for column in columns]),
    )


def markdown_table(columns: Sequence[str], rows: Iterable[Mapping[Any, Any]]) -> str:
    """The same in Markdown, whatever the texts hold."""
    lines = [columns, ["---"] * len(columns), *([_cell(row[column]) for column in columns] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cell(value: object) -> str:
    return "".join(_ESCAPES.get(character, character) for character in " ".join(plain(value).split()))


def amount(value: Decimal | None) -> dg.FloatMetadataValue | None:
    """An amount that the UI can plot."""
    return dg.MetadataValue.float(float(value)) if value is not None else None


def exact(price: Decimal | None, currency: str | None) -> str | None:
    """A price to the last digit, with its currency."""
    return None if price is None else f"{plain(price)} {currency or ''}".strip()


def plain(value: object) -> str:
    """A value as people write it: no zeros that only a column's scale adds (12.5000 is 12.50, 1234.0000 is 1234), times to
    the second in UTC, nothing for None."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    if not isinstance(value, Decimal):
        return "" if value is None else str(value)
    shortest = value.normalize()
    return f"{shortest:.2f}" if shortest.as_tuple().exponent == -1 else f"{shortest:f}"
