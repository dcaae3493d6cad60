"""The tables of schema `pricewatch`, as SQLAlchemy Core; those of offers, products and alerts are in modules of their own. What
migrations add beyond them (views, triggers, month partitions, the analysts' role) is in storage/migrations."""

from sqlalchemy import (
    ARRAY,
    REAL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import CHAR, JSONB, UUID

from pricewatch_pipeline.storage import alert_tables, batch_tables, flight_tables, offer_tables, product_tables
from pricewatch_pipeline.storage.columns import SCHEMA, currency, definition_columns, instant, metadata, money

__all__ = [
    "MONTHLY_TABLES",
    "SCHEMA",
    "alert_tables",
    "batch_tables",
    "flight_tables",
    "metadata",
    "offer_tables",
    "product_tables",
]

MONTHLY_TABLES = ("checks", "flight_offers", "flight_searches", "price_snapshots")
"""Natively partitioned by month of `slot_at`."""


hosts = Table(
    "hosts",
    metadata,
    Column("host", Text, primary_key=True, comment="Registrable host, with the port when it is not the usual one"),
    Column("min_delay_s", REAL, nullable=False, server_default=text("1"), comment="As its stores ask for"),
    Column("burst", SmallInteger, nullable=False, server_default=text("1"), comment="Depth of the token bucket"),
    Column("concurrency", SmallInteger, nullable=False, server_default=text("2"), comment="Requests in flight"),
    instant(
        "next_slot_at",
        nullable=False,
        server_default=func.now(),
        comment="When the bucket is full but for one token: the next slot, when burst is 1",
    ),
    Column("crawl_delay_s", REAL, comment="As its robots.txt asks for"),
    Column(
        "adaptive_delay_s", REAL, nullable=False, server_default=text("0"), comment="Learnt from latency and errors"
    ),
    Column(
        "delay_s",
        REAL,
        Computed("greatest(min_delay_s, coalesce(crawl_delay_s, 0), adaptive_delay_s)", persisted=True),
        nullable=False,
        comment="The pace that counts",
    ),
    Column("latency_s", REAL, comment="Moving average of what answers took"),
    instant("rests_until", comment="Not asked before this instant; infinity: until an operator says so"),
    Column("rest_reason", Text, comment="operator or retry_after"),
    Column("rest_note", Text, comment="In words"),
    Column("failures", Integer, nullable=False, server_default=text("0"), comment="Blocks and breakdowns in a row"),
    Column("blocks", Integer, nullable=False, server_default=text("0"), comment="The blocks among them"),
    Column("openings", Integer, nullable=False, server_default=text("0"), comment="Openings of the breaker in a row"),
    instant("breaker_until", comment="The breaker is open until then; afterwards one probe may ask"),
    Column("breaker_reason", Text),
    instant("last_asked_at"),
    comment="Politeness, shared by every run, process and machine",
)

host_places = Table(
    "host_places",
    metadata,
    Column("host", Text, ForeignKey(f"{SCHEMA}.hosts.host", ondelete="CASCADE"), nullable=False),
    Column("holder", UUID(as_uuid=True), nullable=False, comment="A run"),
    Column("places", SmallInteger, nullable=False),
    instant("held_until", nullable=False),
    PrimaryKeyConstraint("host", "holder"),
    comment="Which run may have how many requests in flight at a host",
)

robots_files = Table(
    "robots_files",
    metadata,
    Column("site", Text, primary_key=True, comment="Scheme, host and port"),
    Column("host", Text, nullable=False, comment="The host whose pace its crawl-delay is for"),
    Column("status", SmallInteger, comment="Of the last answer; null: there was none"),
    Column("body", Text, comment="The newest one that could be fetched; null: there is none"),
    Column("etag", Text, comment="Of `body`"),
    Column("crawl_delay_s", REAL, comment="As `body` asks of us; null: it does not"),
    Column("problem", Text, comment="Why it could not be reached the last time; null: it could, or does not exist"),
    Column("outcome", Text, nullable=False, comment="Of the last attempt to fetch it"),
    instant("tried_at", nullable=False, comment="When that was"),
    instant("fetched_at", comment="When `body` was fetched or confirmed"),
    instant("expires_at", nullable=False, comment="When to fetch it anew"),
    instant("unreachable_since"),
    Index("robots_files_host", "host"),
    comment="robots.txt of the sites we ask, shared by all runs",
)

stores = Table(
    "stores",
    metadata,
    Column("store_id", Text, primary_key=True),
    Column("name", Text),
    Column("domains", ARRAY(Text), nullable=False),
    Column("locale", Text),
    currency("currency"),
    Column("strategies", JSONB, nullable=False, server_default=text("'{}'")),
    Column("min_delay_s", REAL, nullable=False, server_default=text("1")),
    Column("burst", SmallInteger, nullable=False, server_default=text("1")),
    Column("concurrency", SmallInteger, nullable=False, server_default=text("2")),
    Column("obeys_robots", Boolean, nullable=False, server_default=text("true")),
    Column("fetcher", Text, nullable=False, server_default=text("'http'")),
    Column(
        "fetching",
        JSONB,
        nullable=False,
        server_default=text("'{}'"),
        comment="browsing, impersonates, proxies, when_blocked",
    ),
    Column("plausibility", JSONB, nullable=False, server_default=text("'{}'"), comment="Its own bounds for changes"),
    Column(
        "test_urls",
        ARRAY(Text),
        nullable=False,
        server_default=text("'{}'"),
        comment="Product pages on which it is tried out",
    ),
    Column("learned_fetcher", Text, comment="What worked last, where `fetcher` is auto"),
    instant("learned_at"),
    Column("source_line", Integer),
    *definition_columns(),
    comment="Shops: domains, locale, currency, extraction strategies, politeness",
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
    money("target_price"),
    currency("target_currency"),
    Column("alert_cooldown_s", Integer, nullable=False, server_default=text("21600")),
    instant("muted_until", comment="By command: checked, and its alerts not sent until then; year 9999: until unmuted"),
    Column("is_paused", Boolean, nullable=False, server_default=text("false"), comment="As its definition says"),
    Column("plausibility", JSONB, nullable=False, server_default=text("'{}'"), comment="Its own bounds for changes"),
    Column(
        "is_matrix",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="Its query stands for many: a check of it is a batch of its own",
    ),
    Column("schedule_error", Text, comment="Why this watch alone cannot be scheduled"),
    Column("source_line", Integer),
    *definition_columns(),
    # State of the schedule: written by claims and completions only, with the database's clock.
    instant("paused_at", comment="When an operator paused it by command"),
    instant(
        "slot_at", nullable=False, server_default=func.now(), comment="The instant at which the open check was due"
    ),
    instant(
        "next_due_at",
        nullable=False,
        server_default=func.now(),
        comment="When to try next; later than slot_at on retries",
    ),
    Column("claim_token", UUID(as_uuid=True)),
    instant("claimed_until"),
    Column("claimed_by", Text),
    Column(
        "attempt",
        Integer,
        nullable=False,
        server_default=text("0"),
        comment="Attempts at this slot, counted at the claim",
    ),
    Column("consecutive_failures", Integer, nullable=False, server_default=text("0")),
    instant("quarantined_at", comment="Failed so often that it is looked at once a day"),
    # The page behind the newest snapshot, for conditional requests.
    Column("page_url", Text),
    Column("page_etag", Text),
    Column("page_last_modified", Text),
    Column("page_body_sha256", LargeBinary),
    Column("page_read_with", Text, comment="Fingerprint of what a reading depends on besides the page"),
    instant("page_read_at", comment="When it was last read in full"),
    # What the last checks found, for lists and dashboards.
    instant("last_checked_at"),
    Column("last_outcome", Text),
    Column("last_error", Text),
    instant("last_success_at"),
    instant("last_slot_at", comment="Slot of the newest snapshot"),
    money("last_price"),
    currency("last_currency"),
    Column("last_availability", Text),
    Column("last_title", Text),
    Column(
        "recent_prices",
        ARRAY(Numeric(18, 4)),
        nullable=False,
        server_default=text("'{}'"),
        comment="Of the last snapshots in recent_currency, oldest first: what a change is measured against",
    ),
    Column("recent_currency", CHAR(3), comment="Of recent_prices"),
    instant("last_event_at", comment="When a materialization was last logged for it"),
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
    Index("watches_matrix", "next_due_at", postgresql_where=text("is_active AND is_matrix")),
    Index("watches_product_id", "product_id"),
    Index("watches_store_id", "store_id"),
    comment="What users asked for, with the state of its schedule; one dynamic partition each",
)

checks = Table(
    "checks",
    metadata,
    Column("watch_id", Text, ForeignKey(f"{SCHEMA}.watches.watch_id"), nullable=False),
    instant("slot_at", nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("kind", Text, nullable=False, comment="scheduled or manual"),
    Column("outcome", Text, nullable=False),
    instant("started_at", nullable=False),
    instant("finished_at", nullable=False),
    Column("host", Text),
    Column("url", Text),
    Column("final_url", Text),
    Column("http_status", SmallInteger),
    Column("wire_bytes", BigInteger),
    Column("body_bytes", BigInteger),
    Column("fetch_ms", Integer),
    Column("read_ms", Integer),
    Column("wait_ms", Integer, comment="For turns at the host, and for places in the run"),
    Column("fetcher", Text, comment="What fetched the last page"),
    Column("page_count", SmallInteger),
    Column("error", Text),
    Column("page_sha256", LargeBinary),
    Column("screenshot_sha256", LargeBinary),
    Column("run_id", Text),
    PrimaryKeyConstraint("watch_id", "slot_at", "attempt"),
    Index("checks_finished_at", "finished_at", postgresql_using="brin"),
    postgresql_partition_by="RANGE (slot_at)",
    comment="The ledger: one row per attempt, also when it failed",
)

pending_events = Table(
    "pending_events",
    metadata,
    Column("watch_id", Text, nullable=False),
    instant("slot_at", nullable=False),
    instant("created_at", nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("watch_id", "slot_at"),
    Index("pending_events_created_at", "created_at"),
    comment="Snapshots whose materialization is not in Dagster's log yet",
)

page_dictionaries = Table(
    "page_dictionaries",
    metadata,
    Column("dictionary_id", Integer, Identity(always=True), primary_key=True),
    Column("host", Text, nullable=False),
    Column("content", LargeBinary, nullable=False, comment="A page of this host, compressed with zstd"),
    Column(
        "saved_ratio", REAL, nullable=False, comment="What it saved on pages it was not made from, when it was made"
    ),
    instant("created_at", nullable=False, server_default=func.now()),
    Index("page_dictionaries_host", "host", text("created_at DESC")),
    comment="zstd dictionaries by host, for pages that look alike",
)

pages = Table(
    "pages",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    Column("content", LargeBinary, comment="zstd, or a picture as it is; null when it lies elsewhere"),
    Column("location", Text, comment="Where it lies, when not here: a path below PRICEWATCH_PAGES_URL"),
    Column("dictionary_id", Integer, ForeignKey(f"{SCHEMA}.page_dictionaries.dictionary_id")),
    Column("media_type", Text),
    Column(
        "charset", Text, comment="As the header named it; null: it named none, or the page is older than this column"
    ),
    Column("body_bytes", BigInteger, nullable=False),
    Column("stored_bytes", BigInteger, nullable=False),
    instant("first_seen_at", nullable=False, server_default=func.now()),
    instant("last_seen_at", nullable=False, server_default=func.now()),
    CheckConstraint("content IS NOT NULL OR location IS NOT NULL", name="place"),
    Index("pages_last_seen_at", "last_seen_at"),
    Index("pages_dictionary_id", "dictionary_id", postgresql_where=text("dictionary_id IS NOT NULL")),
    comment="Evidence: the pages behind snapshots and failed readings",
)

daily_prices = Table(
    "daily_prices",
    metadata,
    Column("watch_id", Text, ForeignKey(f"{SCHEMA}.watches.watch_id"), nullable=False),
    Column("day", Date, nullable=False),
    currency("currency"),
    money("open"),
    money("low"),
    money("high"),
    money("close"),
    money("mean"),
    Column("snapshots", Integer, nullable=False),
    PrimaryKeyConstraint("day", "watch_id"),
    Index("daily_prices_watch_id_day", "watch_id", "day"),
    comment="Open, low, high, close and mean price per watch and UTC day",
)
