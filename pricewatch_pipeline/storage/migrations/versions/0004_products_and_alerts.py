"""Products over several stores, the history of price changes, alert rules and their outbox."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004_products_and_alerts"
down_revision = "0003_any_price"
branch_labels = None
depends_on = None

SQL = ("0004_products_and_alerts.sql", "0004_product_views.sql", "0004_alert_views.sql")


def upgrade() -> None:
    op.create_table(
        "alert_channels",
        sa.Column("channel", sa.Text(), nullable=False, comment="A name of the channels file"),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="In a row"),
        sa.Column(
            "rests_until", sa.DateTime(timezone=True), nullable=True, comment="Left alone until then, after a failure"
        ),
        sa.Column("last_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("channel", name=op.f("alert_channels_pkey")),
        schema="pricewatch",
        comment="How each channel fares: a receiver that is down is asked rarely, and costs what waits for it nothing",
    )
    op.create_table(
        "alert_rules",
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False, comment="all, tag, product or watch"),
        sa.Column("scope_id", sa.Text(), nullable=True, comment="The tag, product or watch"),
        sa.Column(
            "params",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="What else the rule says",
        ),
        sa.Column("is_enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "muted_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="By command: what fires until then is kept and not sent; year 9999: until unmuted",
        ),
        sa.Column("source_line", sa.Integer(), nullable=True),
        sa.Column(
            "source_file",
            sa.Text(),
            nullable=True,
            comment="The watch file that manages this row; null when made by a command",
        ),
        sa.Column(
            "archived_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it vanished from its file or was removed; history stays",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(scope = 'all') = (scope_id IS NULL)", name=op.f("alert_rules_scope_check")),
        sa.PrimaryKeyConstraint("rule_id", name=op.f("alert_rules_pkey")),
        schema="pricewatch",
        comment="What users want to be told",
    )
    op.create_index(
        "alert_rules_scope",
        "alert_rules",
        ["scope", "scope_id"],
        unique=False,
        schema="pricewatch",
        postgresql_where=sa.text("archived_at IS NULL AND is_enabled"),
    )
    op.create_table(
        "exchange_rates",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column(
            "per_eur", sa.Numeric(precision=20, scale=8), nullable=False, comment="Units of the currency for one euro"
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("per_eur > 0", name=op.f("exchange_rates_per_eur_check")),
        sa.PrimaryKeyConstraint("day", "currency", name=op.f("exchange_rates_pkey")),
        schema="pricewatch",
        comment="Daily reference rates",
    )
    op.create_table(
        "product_prices",
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=True),
        sa.Column("best_price", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("best_watch_id", sa.Text(), nullable=True),
        sa.Column("best_landed_price", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("best_landed_watch_id", sa.Text(), nullable=True),
        sa.Column("best_unit_price", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("unit_price_per", sa.Text(), nullable=True),
        sa.Column("best_unit_watch_id", sa.Text(), nullable=True),
        sa.Column("highest_price", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("lowest_ever_price", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("lowest_ever_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trend", sa.Text(), nullable=True, comment="down, up, lowest, steady; null: too little is known"),
        sa.Column("watches", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "priced_watches",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="That can be bought now",
        ),
        sa.Column(
            "not_comparable", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="For want of a rate"
        ),
        sa.Column("rates_day", sa.Date(), nullable=True, comment="Of the rates used; null: none were needed"),
        sa.Column(
            "seen_until", sa.DateTime(timezone=True), nullable=True, comment="Of the newest check that counts in it"
        ),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["pricewatch.products.product_id"],
            name=op.f("product_prices_product_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("product_id", name=op.f("product_prices_pkey")),
        schema="pricewatch",
        comment="What each product costs now, over its stores and in one currency; refreshed after snapshots",
    )
    op.create_index(
        "product_prices_best_watch_id", "product_prices", ["best_watch_id"], unique=False, schema="pricewatch"
    )
    op.create_table(
        "alert_states",
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False, comment="A watch id; host:NAME for rules about hosts"),
        sa.Column("watch_id", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False, comment="armed or fired"),
        sa.Column(
            "state", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="All that the rule remembers"
        ),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["watch_id"], ["pricewatch.watches.watch_id"], name=op.f("alert_states_watch_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("rule_id", "subject", name=op.f("alert_states_pkey")),
        schema="pricewatch",
        comment="What each rule remembers of each watch or host; written in the transaction of the check",
    )
    op.create_index(
        "alert_states_other_subjects",
        "alert_states",
        ["subject"],
        unique=False,
        schema="pricewatch",
        postgresql_where=sa.text("watch_id IS NULL"),
    )
    op.create_index("alert_states_watch_id", "alert_states", ["watch_id"], unique=False, schema="pricewatch")
    op.create_table(
        "alerts",
        sa.Column("alert_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="Idempotency key, part of every message"),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("rule_kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("watch_id", sa.Text(), nullable=True),
        sa.Column(
            "slot_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="Of the check that fired it; with watch_id the snapshot, where there is one",
        ),
        sa.Column("fired_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("price", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("currency", sa.CHAR(length=3), nullable=True),
        sa.Column("was_price", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("threshold", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False, comment="Why, in words"),
        sa.Column(
            "facts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="What a message says beyond it",
        ),
        sa.Column(
            "is_muted", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="Kept and not sent"
        ),
        sa.ForeignKeyConstraint(
            ["watch_id"], ["pricewatch.watches.watch_id"], name=op.f("alerts_watch_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("alerts_pkey")),
        sa.UniqueConstraint("key", name=op.f("alerts_key_key")),
        sa.UniqueConstraint("rule_id", "subject", "slot_at", name=op.f("alerts_rule_id_subject_slot_at_key")),
        schema="pricewatch",
        comment="Rules that fired: one row per rule, watch and snapshot",
    )
    op.create_index("alerts_fired_at", "alerts", ["fired_at"], unique=False, schema="pricewatch")
    op.create_index("alerts_watch_id_fired_at", "alerts", ["watch_id", "fired_at"], unique=False, schema="pricewatch")
    op.create_table(
        "price_changes",
        sa.Column("watch_id", sa.Text(), nullable=False),
        sa.Column(
            "began_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="observed_at of the first snapshot that said so",
        ),
        sa.Column("price", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("currency", sa.CHAR(length=3), nullable=True),
        sa.Column("availability", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["watch_id"], ["pricewatch.watches.watch_id"], name=op.f("price_changes_watch_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("watch_id", "began_at", name=op.f("price_changes_pkey")),
        schema="pricewatch",
        comment="What prices were, and since when: made of current_snapshots, one row per change of price, currency or availability",
    )
    op.create_index(
        "price_changes_by_price",
        "price_changes",
        ["watch_id", sa.text("coalesce(currency, '')"), "price"],
        unique=False,
        schema="pricewatch",
        postgresql_where=sa.text(
            "price > 0 AND availability IS DISTINCT FROM 'OutOfStock' AND availability IS DISTINCT FROM 'Discontinued'"
        ),
    )
    op.create_table(
        "alert_deliveries",
        sa.Column("delivery_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False, comment="A name of the channels file"),
        sa.Column(
            "state",
            sa.Text(),
            server_default=sa.text("'pending'"),
            nullable=False,
            comment="pending, sent, dead or cancelled",
        ),
        sa.Column(
            "digest", sa.Text(), server_default=sa.text("'none'"), nullable=False, comment="none, daily or weekly"
        ),
        sa.Column(
            "due_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="Not before: quiet hours, digests, retries",
        ),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("claim_token", sa.UUID(), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True, comment="Of the last attempt"),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"],
            ["pricewatch.alerts.alert_id"],
            name=op.f("alert_deliveries_alert_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("alert_deliveries_pkey")),
        sa.UniqueConstraint("alert_id", "channel", name=op.f("alert_deliveries_alert_id_channel_key")),
        schema="pricewatch",
        comment="The outbox: one row per alert and channel",
    )
    op.create_index(
        "alert_deliveries_dead",
        "alert_deliveries",
        ["channel"],
        unique=False,
        schema="pricewatch",
        postgresql_where=sa.text("state = 'dead'"),
    )
    op.create_index(
        "alert_deliveries_pending",
        "alert_deliveries",
        ["channel", "digest", "due_at"],
        unique=False,
        schema="pricewatch",
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.add_column(
        "products",
        sa.Column(
            "primary_watch_id",
            sa.Text(),
            nullable=True,
            comment="The watch that stands for it; null: the one with the longest history",
        ),
        schema="pricewatch",
    )
    op.add_column(
        "products",
        sa.Column("is_favourite", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        schema="pricewatch",
    )
    op.add_column(
        "products",
        sa.Column(
            "pack_size",
            sa.Numeric(precision=18, scale=4),
            nullable=True,
            comment="How many pack_unit a pack holds, where the page does not say",
        ),
        schema="pricewatch",
    )
    op.add_column(
        "products",
        sa.Column("pack_unit", sa.Text(), nullable=True, comment="kg, l, m, m2, m3 or piece"),
        schema="pricewatch",
    )
    op.add_column(
        "products",
        sa.Column(
            "currency",
            sa.CHAR(length=3),
            nullable=True,
            comment="In which its stores are compared; null: theirs, else as the settings say",
        ),
        schema="pricewatch",
    )
    op.add_column("products", sa.Column("notes", sa.Text(), nullable=True), schema="pricewatch")
    op.add_column("products", sa.Column("source_line", sa.Integer(), nullable=True), schema="pricewatch")
    op.add_column("stores", sa.Column("source_line", sa.Integer(), nullable=True), schema="pricewatch")
    op.add_column(
        "watches",
        sa.Column(
            "muted_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="By command: checked, and its alerts not sent until then; year 9999: until unmuted",
        ),
        schema="pricewatch",
    )

    for name in SQL:
        statements = (Path(__file__).parent / name).read_text(encoding="utf-8")
        op.get_bind().exec_driver_sql(statements.replace("%", "%%"))  # psycopg takes a bare % for a parameter
