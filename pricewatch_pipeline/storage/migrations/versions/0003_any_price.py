"""What an offer says beyond its price, offers that are not believed yet, corrections of snapshots."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003_any_price"
down_revision = "0002_good_guest"
branch_labels = None
depends_on = None

SCHEMA = "pricewatch"


def upgrade() -> None:
    for column in (
        money("price_high"),
        money("shipping_price"),
        money("unit_price"),
        sa.Column("unit_price_per", sa.Text(), nullable=True, comment="kg, l, m, m2, m3 or piece"),
        money("pack_size"),
        sa.Column("pack_unit", sa.Text(), nullable=True),
        json("variant"),
    ):
        op.add_column("price_snapshots", column, schema=SCHEMA)
    for table in ("stores", "watches"):
        op.add_column(table, json("plausibility", comment="Its own bounds for changes"), schema=SCHEMA)
    op.add_column(
        "stores",
        sa.Column(
            "test_urls",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="Product pages on which it is tried out",
        ),
        schema=SCHEMA,
    )
    op.add_column("watches", sa.Column("last_title", sa.Text(), nullable=True), schema=SCHEMA)
    op.add_column(
        "watches",
        sa.Column(
            "recent_prices",
            postgresql.ARRAY(sa.Numeric(18, 4)),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="Of the last snapshots in recent_currency, oldest first: what a change is measured against",
        ),
        schema=SCHEMA,
    )
    op.add_column(
        "watches", sa.Column("recent_currency", sa.CHAR(3), nullable=True, comment="Of recent_prices"), schema=SCHEMA
    )
    charset = "As the header named it; null: it named none, or the page is older than this column"
    op.add_column("pages", text("charset", comment=charset), schema=SCHEMA)
    create_snapshot_corrections()
    create_quarantined_offers()
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))  # psycopg takes a bare % for a parameter


def instant(name: str, *, nullable: bool = True, default: str | None = None) -> sa.Column:
    server_default = sa.text(default) if default else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=server_default, nullable=nullable)


def money(name: str) -> sa.Column:
    return sa.Column(name, sa.Numeric(18, 4), nullable=True)


def json(name: str, default: str = "{}", comment: str | None = None) -> sa.Column:
    kind = postgresql.JSONB(astext_type=sa.Text())
    return sa.Column(name, kind, server_default=sa.text(f"'{default}'"), nullable=False, comment=comment)


def text(name: str, *, nullable: bool = True, default: str | None = None, comment: str | None = None) -> sa.Column:
    server_default = sa.text(f"'{default}'") if default else None
    return sa.Column(name, sa.Text(), server_default=server_default, nullable=nullable, comment=comment)


def offer_columns() -> list[sa.Column]:
    return [
        money("price"),
        sa.Column("currency", sa.CHAR(3), nullable=True),
        text("price_text", comment="The raw text the price came from"),
        *map(money, ("price_high", "list_price", "shipping_price", "unit_price")),
        text("unit_price_per", comment="kg, l, m, m2, m3 or piece"),
        money("pack_size"),
        *map(text, ("pack_unit", "availability", "title", "brand", "sku", "gtin", "mpn")),
        json("variant"),
        *map(text, ("image_url", "seller", "condition")),
        text("method", comment="The reader that won"),
        sa.Column("confidence", sa.REAL(), nullable=True),
        text("reason"),
        json("candidates", "[]"),
    ]


def create_snapshot_corrections() -> None:
    op.create_table(
        "snapshot_corrections",
        text("watch_id", nullable=False),
        instant("slot_at", nullable=False),
        instant("corrected_at", nullable=False, default="now()"),
        text("outcome", nullable=False, comment="ok; anything else: there was no price to be read"),
        *offer_columns(),
        text("reader_version", nullable=False),
        text("run_id"),
        sa.CheckConstraint("price >= 0", name=op.f("snapshot_corrections_price_check")),
        sa.ForeignKeyConstraint(
            ["watch_id"], ["pricewatch.watches.watch_id"], name=op.f("snapshot_corrections_watch_id_fkey")
        ),
        sa.PrimaryKeyConstraint("watch_id", "slot_at", "corrected_at", name=op.f("snapshot_corrections_pkey")),
        schema=SCHEMA,
        comment="What a later reader made of the page behind a snapshot; the newest one counts",
    )


def create_quarantined_offers() -> None:
    op.create_table(
        "quarantined_offers",
        text("watch_id", nullable=False),
        instant("slot_at", nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        instant("observed_at", nullable=False),
        *offer_columns(),
        text("doubt", nullable=False, comment="Why it is not believed, in words"),
        text("state", nullable=False, default="waiting", comment="waiting, confirmed, dropped or dismissed"),
        instant("decided_at"),
        sa.Column("page_sha256", sa.LargeBinary(), nullable=True),
        text("run_id"),
        sa.ForeignKeyConstraint(
            ["watch_id"], ["pricewatch.watches.watch_id"], name=op.f("quarantined_offers_watch_id_fkey")
        ),
        sa.PrimaryKeyConstraint("watch_id", "slot_at", "attempt", name=op.f("quarantined_offers_pkey")),
        schema=SCHEMA,
        comment="Prices beyond what is plausible; no snapshots until another look confirms them",
    )
    op.create_index(
        "quarantined_offers_waiting",
        "quarantined_offers",
        ["watch_id"],
        unique=False,
        schema=SCHEMA,
        postgresql_where=sa.text("state = 'waiting'"),
    )
