"""The tables that hold offers: snapshots, what later readers made of them, and what is not believed yet."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    func,
    text,
)

from pricewatch_pipeline.storage.columns import SCHEMA, instant, metadata, offer_columns

price_snapshots = Table(
    "price_snapshots",
    metadata,
    Column("watch_id", Text, ForeignKey(f"{SCHEMA}.watches.watch_id"), nullable=False),
    instant("slot_at", nullable=False),
    instant("observed_at", nullable=False),
    *offer_columns(),
    Column("url", Text),
    Column("page_sha256", LargeBinary),
    Column("run_id", Text),
    PrimaryKeyConstraint("watch_id", "slot_at"),
    CheckConstraint("price >= 0", name="price"),
    Index("price_snapshots_observed_at", "observed_at", postgresql_using="brin"),
    postgresql_partition_by="RANGE (slot_at)",
    comment="Append-only: the offer of every successful check",
)

snapshot_corrections = Table(
    "snapshot_corrections",
    metadata,
    Column("watch_id", Text, ForeignKey(f"{SCHEMA}.watches.watch_id"), nullable=False),
    instant("slot_at", nullable=False),
    instant("corrected_at", nullable=False, server_default=func.now()),
    Column("outcome", Text, nullable=False, comment="ok; anything else: there was no price to be read"),
    *offer_columns(),
    Column("reader_version", Text, nullable=False),
    Column("run_id", Text),
    PrimaryKeyConstraint("watch_id", "slot_at", "corrected_at"),
    CheckConstraint("price >= 0", name="price"),
    comment="What a later reader made of the page behind a snapshot; the newest one counts",
)

quarantined_offers = Table(
    "quarantined_offers",
    metadata,
    Column("watch_id", Text, ForeignKey(f"{SCHEMA}.watches.watch_id"), nullable=False),
    instant("slot_at", nullable=False),
    Column("attempt", Integer, nullable=False),
    instant("observed_at", nullable=False),
    *offer_columns(),
    Column("doubt", Text, nullable=False, comment="Why it is not believed, in words"),
    Column(
        "state",
        Text,
        nullable=False,
        server_default=text("'waiting'"),
        comment="waiting, confirmed, dropped or dismissed",
    ),
    instant("decided_at"),
    Column("page_sha256", LargeBinary),
    Column("run_id", Text),
    PrimaryKeyConstraint("watch_id", "slot_at", "attempt"),
    Index("quarantined_offers_waiting", "watch_id", postgresql_where=text("state = 'waiting'")),
    comment="Prices beyond what is plausible; no snapshots until another look confirms them",
)
