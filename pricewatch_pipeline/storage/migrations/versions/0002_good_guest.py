"""Politeness by host, robots.txt, what conditional requests need, evidence outside the database."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002_good_guest"
down_revision = "0001_spine"
branch_labels = None
depends_on = None

SCHEMA = "pricewatch"


def upgrade() -> None:
    add_host_columns()
    op.create_table(
        "host_places",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("holder", sa.UUID(), nullable=False, comment="A run"),
        sa.Column("places", sa.SmallInteger(), nullable=False),
        instant("held_until", nullable=False),
        sa.ForeignKeyConstraint(
            ["host"], ["pricewatch.hosts.host"], name=op.f("host_places_host_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("host", "holder", name=op.f("host_places_pkey")),
        schema=SCHEMA,
        comment="Which run may have how many requests in flight at a host",
    )
    op.create_table(
        "robots_files",
        sa.Column("site", sa.Text(), nullable=False, comment="Scheme, host and port"),
        sa.Column("host", sa.Text(), nullable=False, comment="The host whose pace its crawl-delay is for"),
        sa.Column("status", sa.SmallInteger(), nullable=True, comment="Of the last answer; null: there was none"),
        sa.Column(
            "body", sa.Text(), nullable=True, comment="The newest one that could be fetched; null: there is none"
        ),
        sa.Column("etag", sa.Text(), nullable=True, comment="Of `body`"),
        sa.Column("crawl_delay_s", sa.REAL(), nullable=True, comment="As `body` asks of us; null: it does not"),
        sa.Column(
            "problem",
            sa.Text(),
            nullable=True,
            comment="Why it could not be reached the last time; null: it could, or does not exist",
        ),
        sa.Column("outcome", sa.Text(), nullable=False, comment="Of the last attempt to fetch it"),
        instant("tried_at", nullable=False, comment="When that was"),
        instant("fetched_at", comment="When `body` was fetched or confirmed"),
        instant("expires_at", nullable=False, comment="When to fetch it anew"),
        instant("unreachable_since"),
        sa.PrimaryKeyConstraint("site", name=op.f("robots_files_pkey")),
        schema=SCHEMA,
        comment="robots.txt of the sites we ask, shared by all runs",
    )
    op.create_index("robots_files_host", "robots_files", ["host"], unique=False, schema=SCHEMA)
    add_store_columns()
    for column in (
        sa.Column("page_url", sa.Text(), nullable=True),
        sa.Column("page_etag", sa.Text(), nullable=True),
        sa.Column("page_last_modified", sa.Text(), nullable=True),
        sa.Column("page_body_sha256", sa.LargeBinary(), nullable=True),
        sa.Column(
            "page_read_with",
            sa.Text(),
            nullable=True,
            comment="Fingerprint of what a reading depends on besides the page",
        ),
        instant("page_read_at", comment="When it was last read in full"),
    ):
        op.add_column("watches", column, schema=SCHEMA)
    for column in (
        sa.Column("wait_ms", sa.Integer(), nullable=True, comment="For turns at the host, and for places in the run"),
        sa.Column("fetcher", sa.Text(), nullable=True, comment="What fetched the last page"),
        sa.Column("page_count", sa.SmallInteger(), nullable=True),
        sa.Column("screenshot_sha256", sa.LargeBinary(), nullable=True),
    ):
        op.add_column("checks", column, schema=SCHEMA)
    change_pages()
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))  # psycopg takes a bare % for a parameter


def instant(name: str, *, nullable: bool = True, comment: str | None = None) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, comment=comment)


def add_host_columns() -> None:
    op.alter_column("hosts", "min_delay_s", comment="As its stores ask for", schema=SCHEMA)
    op.alter_column(
        "hosts",
        "next_slot_at",
        comment="When the bucket is full but for one token: the next slot, when burst is 1",
        existing_comment="The next free instant to ask this host",
        schema=SCHEMA,
    )
    for column in (
        sa.Column(
            "burst", sa.SmallInteger(), server_default=sa.text("1"), nullable=False, comment="Depth of the token bucket"
        ),
        sa.Column(
            "concurrency", sa.SmallInteger(), server_default=sa.text("2"), nullable=False, comment="Requests in flight"
        ),
        sa.Column("crawl_delay_s", sa.REAL(), nullable=True, comment="As its robots.txt asks for"),
        sa.Column(
            "adaptive_delay_s",
            sa.REAL(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Learnt from latency and errors",
        ),
        sa.Column(
            "delay_s",
            sa.REAL(),
            sa.Computed("greatest(min_delay_s, coalesce(crawl_delay_s, 0), adaptive_delay_s)", persisted=True),
            nullable=False,
            comment="The pace that counts",
        ),
        sa.Column("latency_s", sa.REAL(), nullable=True, comment="Moving average of what answers took"),
        instant("rests_until", comment="Not asked before this instant; infinity: until an operator says so"),
        sa.Column("rest_reason", sa.Text(), nullable=True, comment="operator or retry_after"),
        sa.Column("rest_note", sa.Text(), nullable=True, comment="In words"),
        sa.Column(
            "failures",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Blocks and breakdowns in a row",
        ),
        sa.Column("blocks", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="The blocks among them"),
        sa.Column(
            "openings",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Openings of the breaker in a row",
        ),
        instant("breaker_until", comment="The breaker is open until then; afterwards one probe may ask"),
        sa.Column("breaker_reason", sa.Text(), nullable=True),
        instant("last_asked_at"),
    ):
        op.add_column("hosts", column, schema=SCHEMA)


def add_store_columns() -> None:
    for column in (
        sa.Column("burst", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("concurrency", sa.SmallInteger(), server_default=sa.text("2"), nullable=False),
        sa.Column("obeys_robots", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "fetching",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="browsing, impersonates, proxies, when_blocked",
        ),
        sa.Column("learned_fetcher", sa.Text(), nullable=True, comment="What worked last, where `fetcher` is auto"),
        instant("learned_at"),
    ):
        op.add_column("stores", column, schema=SCHEMA)


def change_pages() -> None:
    op.create_table(
        "page_dictionaries",
        sa.Column("dictionary_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="A page of this host, compressed with zstd"),
        sa.Column(
            "saved_ratio",
            sa.REAL(),
            nullable=False,
            comment="What it saved on pages it was not made from, when it was made",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("dictionary_id", name=op.f("page_dictionaries_pkey")),
        schema=SCHEMA,
        comment="zstd dictionaries by host, for pages that look alike",
    )
    op.create_index(
        "page_dictionaries_host",
        "page_dictionaries",
        ["host", sa.literal_column("created_at DESC")],
        unique=False,
        schema=SCHEMA,
    )
    op.add_column(
        "pages",
        sa.Column(
            "location",
            sa.Text(),
            nullable=True,
            comment="Where it lies, when not here: a path below PRICEWATCH_PAGES_URL",
        ),
        schema=SCHEMA,
    )
    op.add_column("pages", sa.Column("dictionary_id", sa.Integer(), nullable=True), schema=SCHEMA)
    op.create_foreign_key(
        op.f("pages_dictionary_id_fkey"),
        "pages",
        "page_dictionaries",
        ["dictionary_id"],
        ["dictionary_id"],
        source_schema=SCHEMA,
        referent_schema=SCHEMA,
    )
    op.create_index(
        "pages_dictionary_id",
        "pages",
        ["dictionary_id"],
        unique=False,
        schema=SCHEMA,
        postgresql_where=sa.text("dictionary_id IS NOT NULL"),
    )
    op.alter_column(
        "pages",
        "content",
        nullable=True,
        comment="zstd, or a picture as it is; null when it lies elsewhere",
        existing_comment="zstd",
        schema=SCHEMA,
    )
    op.execute("ALTER TABLE pricewatch.pages ALTER COLUMN stored_bytes DROP EXPRESSION")
    op.create_check_constraint(
        op.f("pages_place_check"), "pages", "content IS NOT NULL OR location IS NOT NULL", schema=SCHEMA
    )
