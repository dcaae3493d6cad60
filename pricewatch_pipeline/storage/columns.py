"""What tables have in common: their schema, how constraints are named, columns of one kind."""

from typing import Any

from sqlalchemy import REAL, Column, DateTime, MetaData, Numeric, Text, func, text
from sqlalchemy.dialects.postgresql import CHAR, JSONB

SCHEMA = "pricewatch"
metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
    },
)


def instant(name: str, **kwargs: Any) -> Column[Any]:
    """An aware point in time."""
    return Column(name, DateTime(timezone=True), **kwargs)


def money(name: str) -> Column[Any]:
    """An amount; its currency stands in a column of its own."""
    return Column(name, Numeric(18, 4))


def currency(name: str) -> Column[Any]:
    """ISO 4217."""
    return Column(name, CHAR(3))


def definition_columns() -> list[Column[Any]]:
    """What everything that a file or a command defines has."""
    return [
        Column("source_file", Text, comment="The watch file that manages this row; null when made by a command"),
        instant("archived_at", comment="When it vanished from its file or was removed; history stays"),
        instant("created_at", nullable=False, server_default=func.now()),
        instant("updated_at", nullable=False, server_default=func.now()),
    ]


def offer_columns() -> list[Column[Any]]:
    """What was read of one product; offer_rows.py knows how an offer lies in them."""
    return [
        money("price"),
        currency("currency"),
        Column("price_text", Text, comment="The raw text the price came from"),
        money("price_high"),
        money("list_price"),
        money("shipping_price"),
        money("unit_price"),
        Column("unit_price_per", Text, comment="kg, l, m, m2, m3 or piece"),
        Column("pack_size", Numeric(18, 4)),
        Column("pack_unit", Text),
        Column("availability", Text),
        Column("title", Text),
        Column("brand", Text),
        Column("sku", Text),
        Column("gtin", Text),
        Column("mpn", Text),
        Column("variant", JSONB, nullable=False, server_default=text("'{}'")),
        Column("image_url", Text),
        Column("seller", Text),
        Column("condition", Text),
        Column("method", Text, comment="The reader that won"),
        Column("confidence", REAL),
        Column("reason", Text),
        Column("candidates", JSONB, nullable=False, server_default=text("'[]'")),
    ]
