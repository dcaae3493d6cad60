"""The tables of products: what is sold in several stores, its prices in one currency, and the history of prices."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import CHAR

from pricewatch_pipeline.storage.columns import SCHEMA, currency, definition_columns, instant, metadata, money

products = Table(
    "products",
    metadata,
    Column("product_id", Text, primary_key=True),
    Column("title", Text),
    Column("primary_watch_id", Text, comment="The watch that stands for it; null: the one with the longest history"),
    Column("is_favourite", Boolean, nullable=False, server_default=text("false")),
    Column("pack_size", Numeric(18, 4), comment="How many pack_unit a pack holds, where the page does not say"),
    Column("pack_unit", Text, comment="kg, l, m, m2, m3 or piece"),
    Column("currency", CHAR(3), comment="In which its stores are compared; null: theirs, else as the settings say"),
    Column("notes", Text),
    Column("source_line", Integer),
    *definition_columns(),
    comment="Things sold in several stores",
)

product_tags = Table(
    "product_tags",
    metadata,
    Column("product_id", Text, ForeignKey(f"{SCHEMA}.products.product_id", ondelete="CASCADE"), nullable=False),
    Column("tag", Text, nullable=False),
    PrimaryKeyConstraint("product_id", "tag"),
)

price_changes = Table(
    "price_changes",
    metadata,
    Column("watch_id", Text, ForeignKey(f"{SCHEMA}.watches.watch_id", ondelete="CASCADE"), nullable=False),
    instant("began_at", nullable=False, comment="observed_at of the first snapshot that said so"),
    money("price"),
    currency("currency"),
    Column("availability", Text),
    PrimaryKeyConstraint("watch_id", "began_at"),
    # The lowest and the highest price ever that somebody could pay are one step away.
    Index(
        "price_changes_by_price",
        "watch_id",
        text("coalesce(currency, '')"),
        "price",
        postgresql_where=text(
            "price > 0 AND availability IS DISTINCT FROM 'OutOfStock' AND availability IS DISTINCT FROM 'Discontinued'"
        ),
    ),
    comment="What prices were, and since when: made of current_snapshots, one row per change of price, currency or availability",
)

exchange_rates = Table(
    "exchange_rates",
    metadata,
    Column("day", Date, nullable=False),
    currency("currency"),
    Column("per_eur", Numeric(20, 8), nullable=False, comment="Units of the currency for one euro"),
    Column("source", Text, nullable=False),
    instant("created_at", nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("day", "currency"),
    CheckConstraint("per_eur > 0", name="per_eur"),
    comment="Daily reference rates",
)

product_prices = Table(
    "product_prices",
    metadata,
    Column("product_id", Text, ForeignKey(f"{SCHEMA}.products.product_id", ondelete="CASCADE"), primary_key=True),
    currency("currency"),
    money("best_price"),
    Column("best_watch_id", Text),
    money("best_landed_price"),
    Column("best_landed_watch_id", Text),
    money("best_unit_price"),
    Column("unit_price_per", Text),
    Column("best_unit_watch_id", Text),
    money("highest_price"),
    money("lowest_ever_price"),
    instant("lowest_ever_at"),
    Column("trend", Text, comment="down, up, lowest, steady; null: too little is known"),
    Column("watches", Integer, nullable=False, server_default=text("0")),
    Column("priced_watches", Integer, nullable=False, server_default=text("0"), comment="That can be bought now"),
    Column("not_comparable", Integer, nullable=False, server_default=text("0"), comment="For want of a rate"),
    Column("rates_day", Date, comment="Of the rates used; null: none were needed"),
    instant("seen_until", comment="Of the newest check that counts in it"),
    instant("refreshed_at", nullable=False, server_default=func.now()),
    Index("product_prices_best_watch_id", "best_watch_id"),
    comment="What each product costs now, over its stores and in one currency; refreshed after snapshots",
)
