"""The spine: hosts, stores, products, watches, the ledger, snapshots, pages, daily prices."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001_spine"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hosts",
        sa.Column(
            "host", sa.Text(), nullable=False, comment="Registrable host, with the port when it is not the usual one"
        ),
        sa.Column("min_delay_s", sa.REAL(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "next_slot_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="The next free instant to ask this host",
        ),
        sa.PrimaryKeyConstraint("host", name=op.f("hosts_pkey")),
        schema="pricewatch",
        comment="Politeness, shared by every run, process and machine",
    )
    op.create_table(
        "pages",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="zstd"),
        sa.Column("media_type", sa.Text(), nullable=True),
        sa.Column("body_bytes", sa.BigInteger(), nullable=False),
        sa.Column(
            "stored_bytes", sa.BigInteger(), sa.Computed("octet_length(content)", persisted=True), nullable=False
        ),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pages_pkey")),
        schema="pricewatch",
        comment="Evidence: the pages behind snapshots and failed readings",
    )
    op.create_index("pages_last_seen_at", "pages", ["last_seen_at"], unique=False, schema="pricewatch")
    op.create_table(
        "pending_events",
        sa.Column("watch_id", sa.Text(), nullable=False),
        sa.Column("slot_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("watch_id", "slot_at", name=op.f("pending_events_pkey")),
        schema="pricewatch",
        comment="Snapshots whose materialization is not in Dagster's log yet",
    )
    op.create_index("pending_events_created_at", "pending_events", ["created_at"], unique=False, schema="pricewatch")
    op.create_table(
        "products",
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
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
        sa.PrimaryKeyConstraint("product_id", name=op.f("products_pkey")),
        schema="pricewatch",
        comment="Things sold in several stores",
    )
    op.create_table(
        "stores",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("domains", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("locale", sa.Text(), nullable=True),
        sa.Column("currency", sa.CHAR(length=3), nullable=True),
        sa.Column(
            "strategies", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("min_delay_s", sa.REAL(), server_default=sa.text("1"), nullable=False),
        sa.Column("fetcher", sa.Text(), server_default=sa.text("'http'"), nullable=False),
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
        sa.PrimaryKeyConstraint("store_id", name=op.f("stores_pkey")),
        schema="pricewatch",
        comment="Shops: domains, locale, currency, extraction strategies, politeness",
    )
    op.create_table(
        "product_tags",
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["pricewatch.products.product_id"],
            name=op.f("product_tags_product_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("product_id", "tag", name=op.f("product_tags_pkey")),
        schema="pricewatch",
    )
    op.create_table(
        "watches",
        sa.Column("watch_id", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("query", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("store_id", sa.Text(), nullable=True),
        sa.Column("product_id", sa.Text(), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("every_s", sa.Integer(), nullable=True),
        sa.Column("cron", sa.Text(), nullable=True),
        sa.Column("timezone", sa.Text(), server_default=sa.text("'UTC'"), nullable=False),
        sa.Column(
            "active_windows", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.Column("priority", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("target_price", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("target_currency", sa.CHAR(length=3), nullable=True),
        sa.Column("alert_cooldown_s", sa.Integer(), server_default=sa.text("21600"), nullable=False),
        sa.Column(
            "is_paused", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="As its definition says"
        ),
        sa.Column("schedule_error", sa.Text(), nullable=True, comment="Why this watch alone cannot be scheduled"),
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
        sa.Column(
            "paused_at", sa.DateTime(timezone=True), nullable=True, comment="When an operator paused it by command"
        ),
        sa.Column(
            "slot_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="The instant at which the open check was due",
        ),
        sa.Column(
            "next_due_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When to try next; later than slot_at on retries",
        ),
        sa.Column("claim_token", sa.UUID(), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column(
            "attempt",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Attempts at this slot, counted at the claim",
        ),
        sa.Column("consecutive_failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "quarantined_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Failed so often that it is looked at once a day",
        ),
        sa.Column("last_checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_outcome", sa.Text(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_slot_at", sa.DateTime(timezone=True), nullable=True, comment="Slot of the newest snapshot"),
        sa.Column("last_price", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("last_currency", sa.CHAR(length=3), nullable=True),
        sa.Column("last_availability", sa.Text(), nullable=True),
        sa.Column(
            "last_event_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When a materialization was last logged for it",
        ),
        sa.Column(
            "is_active",
            sa.Boolean(),
            sa.Computed(
                "archived_at IS NULL AND NOT is_paused AND paused_at IS NULL AND schedule_error IS NULL", persisted=True
            ),
            nullable=False,
        ),
        sa.CheckConstraint("watch_id ~ '^[a-z0-9][a-z0-9_-]{0,63}$'", name=op.f("watches_watch_id_check")),
        sa.CheckConstraint("(every_s IS NULL) <> (cron IS NULL)", name=op.f("watches_schedule_check")),
        sa.CheckConstraint("every_s >= 60", name=op.f("watches_every_s_check")),
        sa.ForeignKeyConstraint(["host"], ["pricewatch.hosts.host"], name=op.f("watches_host_fkey")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["pricewatch.products.product_id"], name=op.f("watches_product_id_fkey")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["pricewatch.stores.store_id"], name=op.f("watches_store_id_fkey")),
        sa.PrimaryKeyConstraint("watch_id", name=op.f("watches_pkey")),
        schema="pricewatch",
        comment="What users asked for, with the state of its schedule; one dynamic partition each",
    )
    op.create_index(
        "watches_due",
        "watches",
        ["next_due_at"],
        unique=False,
        schema="pricewatch",
        postgresql_where=sa.text("is_active"),
    )
    op.create_index(
        "watches_by_priority",
        "watches",
        [sa.literal_column("priority DESC"), "next_due_at"],
        unique=False,
        schema="pricewatch",
        postgresql_where=sa.text("is_active"),
    )
    op.create_index("watches_product_id", "watches", ["product_id"], unique=False, schema="pricewatch")
    op.create_index("watches_store_id", "watches", ["store_id"], unique=False, schema="pricewatch")
    op.create_table(
        "checks",
        sa.Column("watch_id", sa.Text(), nullable=False),
        sa.Column("slot_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="scheduled or manual"),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("host", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("final_url", sa.Text(), nullable=True),
        sa.Column("http_status", sa.SmallInteger(), nullable=True),
        sa.Column("wire_bytes", sa.BigInteger(), nullable=True),
        sa.Column("body_bytes", sa.BigInteger(), nullable=True),
        sa.Column("fetch_ms", sa.Integer(), nullable=True),
        sa.Column("read_ms", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("page_sha256", sa.LargeBinary(), nullable=True),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["watch_id"], ["pricewatch.watches.watch_id"], name=op.f("checks_watch_id_fkey")),
        sa.PrimaryKeyConstraint("watch_id", "slot_at", "attempt", name=op.f("checks_pkey")),
        schema="pricewatch",
        comment="The ledger: one row per attempt, also when it failed",
        postgresql_partition_by="RANGE (slot_at)",
    )
    op.create_index(
        "checks_finished_at", "checks", ["finished_at"], unique=False, schema="pricewatch", postgresql_using="brin"
    )
    op.create_table(
        "daily_prices",
        sa.Column("watch_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=True),
        sa.Column("open", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("low", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("high", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("close", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("mean", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("snapshots", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["watch_id"], ["pricewatch.watches.watch_id"], name=op.f("daily_prices_watch_id_fkey")),
        sa.PrimaryKeyConstraint("day", "watch_id", name=op.f("daily_prices_pkey")),
        schema="pricewatch",
        comment="Open, low, high, close and mean price per watch and UTC day",
    )
    op.create_index("daily_prices_watch_id_day", "daily_prices", ["watch_id", "day"], unique=False, schema="pricewatch")
    op.create_table(
        "price_snapshots",
        sa.Column("watch_id", sa.Text(), nullable=False),
        sa.Column("slot_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("price", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("currency", sa.CHAR(length=3), nullable=True),
        sa.Column("price_text", sa.Text(), nullable=True, comment="The raw text the price came from"),
        sa.Column("list_price", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("availability", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("brand", sa.Text(), nullable=True),
        sa.Column("sku", sa.Text(), nullable=True),
        sa.Column("gtin", sa.Text(), nullable=True),
        sa.Column("mpn", sa.Text(), nullable=True),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("seller", sa.Text(), nullable=True),
        sa.Column("condition", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("method", sa.Text(), nullable=True, comment="The reader that won"),
        sa.Column("confidence", sa.REAL(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column(
            "candidates", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.Column("page_sha256", sa.LargeBinary(), nullable=True),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.CheckConstraint("price >= 0", name=op.f("price_snapshots_price_check")),
        sa.ForeignKeyConstraint(
            ["watch_id"], ["pricewatch.watches.watch_id"], name=op.f("price_snapshots_watch_id_fkey")
        ),
        sa.PrimaryKeyConstraint("watch_id", "slot_at", name=op.f("price_snapshots_pkey")),
        schema="pricewatch",
        comment="Append-only: the offer of every successful check",
        postgresql_partition_by="RANGE (slot_at)",
    )
    op.create_index(
        "price_snapshots_observed_at",
        "price_snapshots",
        ["observed_at"],
        unique=False,
        schema="pricewatch",
        postgresql_using="brin",
    )
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))  # psycopg takes a bare % for a parameter
