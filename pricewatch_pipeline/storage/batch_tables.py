"""The tables of batches: checks of matrix watches, which are made of many queries and outlive the runs that make them."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from pricewatch_pipeline.storage.columns import SCHEMA, currency, instant, metadata, money

batches = Table(
    "batches",
    metadata,
    Column("batch_id", BigInteger, Identity(always=True), primary_key=True),
    Column("watch_id", Text, ForeignKey(f"{SCHEMA}.watches.watch_id"), nullable=False),
    instant("slot_at", nullable=False),
    Column("kind", Text, nullable=False, comment="scheduled or manual"),
    Column("query", JSONB, nullable=False, comment="The watch's query when it was opened"),
    Column("state", Text, nullable=False, server_default=text("'open'"), comment="open, done, cancelled or superseded"),
    Column("combinations", Integer, nullable=False),
    Column(
        "done", Integer, nullable=False, server_default=text("0"), comment="Asked and answered, with or without a fare"
    ),
    Column("failed", Integer, nullable=False, server_default=text("0"), comment="Given up"),
    Column("takes", Integer, nullable=False, server_default=text("0"), comment="How often a run took it up"),
    Column("run_id", Text, comment="Of the run that took it up last"),
    Column("outcome", Text, comment="Of the check, when it is over"),
    money("price"),
    currency("currency"),
    Column("best_number", Integer, comment="The combination with the lowest fare so far"),
    instant("opened_at", nullable=False, server_default=func.now()),
    instant("updated_at", nullable=False, server_default=func.now()),
    instant("finished_at"),
    instant("cancel_asked_at", comment="When a person asked for its end"),
    CheckConstraint("state IN ('open', 'done', 'cancelled', 'superseded')", name="state"),
    Index("batches_open", "watch_id", unique=True, postgresql_where=text("state = 'open'")),
    Index("batches_watch_id_slot_at", "watch_id", text("slot_at DESC")),
    comment="Checks of matrix watches: one row each, with how far they are",
)

batch_combinations = Table(
    "batch_combinations",
    metadata,
    Column("batch_id", BigInteger, ForeignKey(f"{SCHEMA}.batches.batch_id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("key", Text, nullable=False, comment="For people: LHR-JFK 2027-01-15 2027-01-22"),
    Column("query", JSONB, nullable=False),
    Column("url", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'waiting'"), comment="waiting, done or failed"),
    Column("attempts", SmallInteger, nullable=False, server_default=text("0")),
    Column("outcome", Text),
    Column("error", Text),
    money("price"),
    currency("currency"),
    Column("wire_bytes", BigInteger),
    Column("fetch_ms", Integer),
    instant("finished_at"),
    PrimaryKeyConstraint("batch_id", "number"),
    CheckConstraint("state IN ('waiting', 'done', 'failed')", name="state"),
    comment="The queries a batch is made of, and how each ended",
)
