"""The tables of alerts: rules, what they remember, what fired, and the outbox."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from pricewatch_pipeline.storage.columns import SCHEMA, currency, definition_columns, instant, metadata, money

alert_rules = Table(
    "alert_rules",
    metadata,
    Column("rule_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("scope", Text, nullable=False, comment="all, tag, product or watch"),
    Column("scope_id", Text, comment="The tag, product or watch"),
    Column("params", JSONB, nullable=False, server_default=text("'{}'"), comment="What else the rule says"),
    Column("is_enabled", Boolean, nullable=False, server_default=text("true")),
    instant("muted_until", comment="By command: what fires until then is kept and not sent; year 9999: until unmuted"),
    Column("source_line", Integer),
    *definition_columns(),
    CheckConstraint("(scope = 'all') = (scope_id IS NULL)", name="scope"),
    Index("alert_rules_scope", "scope", "scope_id", postgresql_where=text("archived_at IS NULL AND is_enabled")),
    comment="What users want to be told",
)

alert_states = Table(
    "alert_states",
    metadata,
    Column("rule_id", Text, nullable=False),
    Column("subject", Text, nullable=False, comment="A watch id; host:NAME for rules about hosts"),
    Column("watch_id", Text, ForeignKey(f"{SCHEMA}.watches.watch_id", ondelete="CASCADE")),
    Column("status", Text, nullable=False, comment="armed or fired"),
    Column("state", JSONB, nullable=False, comment="All that the rule remembers"),
    instant("updated_at", nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("rule_id", "subject"),
    Index("alert_states_watch_id", "watch_id"),
    Index("alert_states_other_subjects", "subject", postgresql_where=text("watch_id IS NULL")),
    comment="What each rule remembers of each watch or host; written in the transaction of the check",
)

alerts = Table(
    "alerts",
    metadata,
    Column("alert_id", BigInteger, Identity(always=True), primary_key=True),
    Column("key", Text, nullable=False, unique=True, comment="Idempotency key, part of every message"),
    Column("rule_id", Text, nullable=False),
    Column("rule_kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("watch_id", Text, ForeignKey(f"{SCHEMA}.watches.watch_id", ondelete="CASCADE")),
    instant(
        "slot_at", nullable=False, comment="Of the check that fired it; with watch_id the snapshot, where there is one"
    ),
    instant("fired_at", nullable=False, server_default=func.now()),
    money("price"),
    currency("currency"),
    money("was_price"),
    money("threshold"),
    Column("reason", Text, nullable=False, comment="Why, in words"),
    Column("facts", JSONB, nullable=False, server_default=text("'{}'"), comment="What a message says beyond it"),
    Column("is_muted", Boolean, nullable=False, server_default=text("false"), comment="Kept and not sent"),
    UniqueConstraint("rule_id", "subject", "slot_at"),
    Index("alerts_watch_id_fired_at", "watch_id", "fired_at"),
    Index("alerts_fired_at", "fired_at"),
    comment="Rules that fired: one row per rule, watch and snapshot",
)

alert_deliveries = Table(
    "alert_deliveries",
    metadata,
    Column("delivery_id", BigInteger, Identity(always=True), primary_key=True),
    Column("alert_id", BigInteger, ForeignKey(f"{SCHEMA}.alerts.alert_id", ondelete="CASCADE"), nullable=False),
    Column("channel", Text, nullable=False, comment="A name of the channels file"),
    Column("state", Text, nullable=False, server_default=text("'pending'"), comment="pending, sent, dead or cancelled"),
    Column("digest", Text, nullable=False, server_default=text("'none'"), comment="none, daily or weekly"),
    instant("due_at", nullable=False, server_default=func.now(), comment="Not before: quiet hours, digests, retries"),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("claim_token", UUID(as_uuid=True)),
    instant("claimed_until"),
    Column("error", Text, comment="Of the last attempt"),
    instant("sent_at"),
    instant("created_at", nullable=False, server_default=func.now()),
    UniqueConstraint("alert_id", "channel"),
    Index("alert_deliveries_pending", "channel", "digest", "due_at", postgresql_where=text("state = 'pending'")),
    Index("alert_deliveries_dead", "channel", postgresql_where=text("state = 'dead'")),
    comment="The outbox: one row per alert and channel",
)

alert_channels = Table(
    "alert_channels",
    metadata,
    Column("channel", Text, primary_key=True, comment="A name of the channels file"),
    Column("failures", Integer, nullable=False, server_default=text("0"), comment="In a row"),
    instant("rests_until", comment="Left alone until then, after a failure"),
    instant("last_sent_at"),
    instant("last_failed_at"),
    Column("last_error", Text),
    comment="How each channel fares: a receiver that is down is asked rarely, and costs what waits for it nothing",
)
