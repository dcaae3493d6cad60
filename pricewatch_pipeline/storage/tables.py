"""The tables of schema `pricewatch`, as SQLAlchemy Core. What migrations add beyond them (views, triggers, month
partitions, the analysts' role) is in storage/migrations."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    REAL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import CHAR, JSONB, UUID

SCHEMA = "pricewatch"
MONTHLY_TABLES = ("checks", "price_snapshots")
"""Natively partitioned by month of `slot_at`."""

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


def _instant(name: str, **kwargs: Any) -> Column[Any]:
    return Column(name, DateTime(timezone=True), **kwargs)


def _money(name: str) -> Column[Any]:
    return Column(name, Numeric(18, 4))


def _currency(name: str) -> Column[Any]:
    return Column(name, CHAR(3))


def _definition_columns() -> list[Column[Any]]:
    """What everything that a file or a command defines has."""
    return [
        Column("source_file", Text, comment="The watch file that manages this row; null when made by a command"),
        _instant("archived_at", comment="When it vanished from its file or was removed; history stays"),
        _instant("created_at", nullable=False, server_default=func.now()),
        _instant("updated_at", nullable=False, server_default=func.now()),
    ]


hosts = Table(
    "hosts",
    metadata,
    Column("host", Text, primary_key=True, comment="Registrable host, with the port when it is not the usual one"),
    Column("min_delay_s", REAL, nullable=False, server_default=text("1")),
    _instant(
        "next_slot_at", nullable=False, server_default=func.now(), comment="The next free instant to ask this host"
    ),
    comment="Politeness, shared by every run, process and machine",
)

stores = Table(
    "stores",
    metadata,
    Column("store_id", Text, primary_key=True),
    Column("name", Text),
    Column("domains", ARRAY(Text), nullable=False),
    Column("locale", Text),
    _currency("currency"),
    Column("strategies", JSONB, nullable=False, server_default=text("'{}'")),
    Column("min_delay_s", REAL, nullable=False, server_default=text("1")),
    Column("fetcher", Text, nullable=False, server_default=text("'http'")),
    *_definition_columns(),
    comment="Shops: domains, locale, currency, extraction strategies, politeness",
)

products = Table(
    "products",
    metadata,
    Column("product_id", Text, primary_key=True),
    Column("title", Text),
    *_definition_columns(),
    comment="Things sold in several stores",
)

product_tags = Table(
    "product_tags",
    metadata,
    Column("product_id", Text, ForeignKey(f"{SCHEMA}.products.product_id", ondelete="CASCADE"), nullable=False),
    Column("tag", Text, nullable=False),
    PrimaryKeyConstraint("product_id", "tag"),
)

watches = Table(
    "watches",
    metadata,
    Column("watch_id", Text, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("query", JSONB, nullable=False),
    Column("host", Text, ForeignKey(f"{SCHEMA}.hosts.host"), nullable=False),
    Column("url", Text),
    Column("title", Text),
    Column("store_id", Text, ForeignKey(f"{SCHEMA}.stores.store_id")),
    Column("product_id", Text, ForeignKey(f"{SCHEMA}.products.product_id")),
    Column("tags", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("every_s", Integer),
    Column("cron", Text),
    Column("timezone", Text, nullable=False, server_default=text("'UTC'")),
    Column("active_windows", JSONB, nullable=False, server_default=text("'[]'")),
    Column("priority", SmallInteger, nullable=False, server_default=text("0")),
    _money("target_price"),
    _currency("target_currency"),
    Column("alert_cooldown_s", Integer, nullable=False, server_default=text("21600")),
    Column("is_paused", Boolean, nullable=False, server_default=text("false"), comment="As its definition says"),
    Column("schedule_error", Text, comment="Why this watch alone cannot be scheduled"),
    Column("source_line", Integer),
    *_definition_columns(),
    # State of the schedule: written by claims and completions only, with the database's clock.
    _instant("paused_at", comment="When an operator paused it by command"),
    _instant(
        "slot_at", nullable=False, server_default=func.now(), comment="The instant at which the open check was due"
    ),
    _instant(
        "next_due_at",
        nullable=False,
        server_default=func.now(),
        comment="When to try next; later than slot_at on retries",
    ),
    Column("claim_token", UUID(as_uuid=True)),
    _instant("claimed_until"),
    Column("claimed_by", Text),
    Column(
        "attempt",
        Integer,
        nullable=False,
        server_default=text("0"),
        comment="Attempts at this slot, counted at the claim",
    ),
    Column("consecutive_failures", Integer, nullable=False, server_default=text("0")),
    _instant("quarantined_at", comment="Failed so often that it is looked at once a day"),
    # What the last checks found, for lists and dashboards.
    _instant("last_checked_at"),
    Column("last_outcome", Text),
    Column("last_error", Text),
    _instant("last_success_at"),
    _instant("last_slot_at", comment="Slot of the newest snapshot"),
    _money("last_price"),
    _currency("last_currency"),
    Column("last_availability", Text),
    _instant("last_event_at", comment="When a materialization was last logged for it"),
    Column(
        "is_active",
        Boolean,
        Computed(
            "archived_at IS NULL AND NOT is_paused AND paused_at IS NULL AND schedule_error IS NULL", persisted=True
        ),
        nullable=False,
    ),
    CheckConstraint("watch_id ~ '^[a-z0-9][a-z0-9_-]{0,63}$'", name="watch_id"),
    CheckConstraint("every_s >= 60", name="every_s"),
    CheckConstraint("(every_s IS NULL) <> (cron IS NULL)", name="schedule"),
    Index("watches_by_priority", text("priority DESC"), "next_due_at", postgresql_where=text("is_active")),
    Index("watches_due", "next_due_at", postgresql_where=text("is_active")),
    Index("watches_product_id", "product_id"),
    Index("watches_store_id", "store_id"),
    comment="What users asked for, with the state of its schedule; one dynamic partition each",
)

checks = Table(
    "checks",
    metadata,
    Column("watch_id", Text, ForeignKey(f"{SCHEMA}.watches.watch_id"), nullable=False),
    _instant("slot_at", nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("kind", Text, nullable=False, comment="scheduled or manual"),
    Column("outcome", Text, nullable=False),
    _instant("started_at", nullable=False),
    _instant("finished_at", nullable=False),
    Column("host", Text),
    Column("url", Text),
    Column("final_url", Text),
    Column("http_status", SmallInteger),
    Column("wire_bytes", BigInteger),
    Column("body_bytes", BigInteger),
    Column("fetch_ms", Integer),
    Column("read_ms", Integer),
    Column("error", Text),
    Column("page_sha256", LargeBinary),
    Column("run_id", Text),
    PrimaryKeyConstraint("watch_id", "slot_at", "attempt"),
    Index("checks_finished_at", "finished_at", postgresql_using="brin"),
    postgresql_partition_by="RANGE (slot_at)",
    comment="The ledger: one row per attempt, also when it failed",
)

price_snapshots = Table(
    "price_snapshots",
    metadata,
    Column("watch_id", Text, ForeignKey(f"{SCHEMA}.watches.watch_id"), nullable=False),
    _instant("slot_at", nullable=False),
    _instant("observed_at", nullable=False),
    _money("price"),
    _currency("currency"),
    Column("price_text", Text, comment="The raw text the price came from"),
    _money("list_price"),
    Column("availability", Text),
    Column("title", Text),
    Column("brand", Text),
    Column("sku", Text),
    Column("gtin", Text),
    Column("mpn", Text),
    Column("image_url", Text),
    Column("seller", Text),
    Column("condition", Text),
    Column("url", Text),
    Column("method", Text, comment="The reader that won"),
    Column("confidence", REAL),
    Column("reason", Text),
    Column("candidates", JSONB, nullable=False, server_default=text("'[]'")),
    Column("page_sha256", LargeBinary),
    Column("run_id", Text),
    PrimaryKeyConstraint("watch_id", "slot_at"),
    CheckConstraint("price >= 0", name="price"),
    Index("price_snapshots_observed_at", "observed_at", postgresql_using="brin"),
    postgresql_partition_by="RANGE (slot_at)",
    comment="Append-only: the offer of every successful check",
)

pending_events = Table(
    "pending_events",
    metadata,
    Column("watch_id", Text, nullable=False),
    _instant("slot_at", nullable=False),
    _instant("created_at", nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("watch_id", "slot_at"),
    Index("pending_events_created_at", "created_at"),
    comment="Snapshots whose materialization is not in Dagster's log yet",
)

pages = Table(
    "pages",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    Column("content", LargeBinary, nullable=False, comment="zstd"),
    Column("media_type", Text),
    Column("body_bytes", BigInteger, nullable=False),
    Column("stored_bytes", BigInteger, Computed("octet_length(content)", persisted=True), nullable=False),
    _instant("first_seen_at", nullable=False, server_default=func.now()),
    _instant("last_seen_at", nullable=False, server_default=func.now()),
    Index("pages_last_seen_at", "last_seen_at"),
    comment="Evidence: the pages behind snapshots and failed readings",
)

daily_prices = Table(
    "daily_prices",
    metadata,
    Column("watch_id", Text, ForeignKey(f"{SCHEMA}.watches.watch_id"), nullable=False),
    Column("day", Date, nullable=False),
    _currency("currency"),
    _money("open"),
    _money("low"),
    _money("high"),
    _money("close"),
    _money("mean"),
    Column("snapshots", Integer, nullable=False),
    PrimaryKeyConstraint("day", "watch_id"),
    Index("daily_prices_watch_id_day", "watch_id", "day"),
    comment="Open, low, high, close and mean price per watch and UTC day",
)
