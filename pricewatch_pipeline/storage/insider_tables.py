"""The tables of ownership filings: what was listed, what was read, and who files. Keyed by accession number, not by watch."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
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
from sqlalchemy.dialects.postgresql import JSONB

from pricewatch_pipeline.storage.columns import SCHEMA, currency, instant, metadata, money

sec_companies = Table(
    "sec_companies",
    metadata,
    Column(
        "site",
        Text,
        primary_key=True,
        server_default="https://www.sec.gov",
        comment="Whose list: another site may know other companies",
    ),
    Column("symbol", Text, primary_key=True, comment="In upper case"),
    Column("cik", Text, nullable=False, comment="Ten digits"),
    Column("name", Text, nullable=False),
    instant("read_at", nullable=False, server_default=func.now()),
    Index("sec_companies_cik", "cik"),
    comment="Tickers of companies, as the SEC lists them",
)

insider_feeds = Table(
    "insider_feeds",
    metadata,
    Column("cik", Text, primary_key=True, comment="Ten digits"),
    Column("name", Text),
    Column("first_seen_on", Date, nullable=False, comment="What was filed since is wanted whatever the bounds say"),
    Column("parts", JSONB, nullable=False, server_default=text("'{}'"), comment="Older files of the list that were read, with their counts"),
    Column("missing_parts", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    instant("read_at", nullable=False, server_default=func.now()),
    comment="Companies whose list of filings was read",
)  # fmt: skip

insider_filings = Table(
    "insider_filings",
    metadata,
    Column("accession", Text, primary_key=True),
    Column("state", Text, nullable=False, comment="pending, read, gone, unreadable or left_out"),
    Column("form", Text, nullable=False, comment="As listed, then as the document names itself: 3, 4, 5, with /A"),
    Column("filed_on", Date, nullable=False),
    instant("accepted_at"),
    Column("url", Text, nullable=False),
    Column("feed_ciks", ARRAY(Text), nullable=False, comment="In whose lists it was seen"),
    Column("sources", ARRAY(Text), nullable=False, comment="feed, index"),
    instant("listed_at", nullable=False, server_default=func.now()),
    Column("attempts", Integer, nullable=False, server_default=text("0"), comment="Asked for in vain, in this state"),
    instant("retry_at", comment="Not to be asked for again before"),
    Column("error", Text),
    # What the document says; null before it was read.
    Column("serial", BigInteger, comment="In the order of being read"),
    instant("read_at"),
    Column("issuer_cik", Text, comment="Ten digits: it is filed under its issuer, whoever's list it was seen in"),
    Column("issuer_name", Text),
    Column("issuer_symbol", Text),
    Column("issuer_foreign_symbol", Text),
    Column("schema_version", Text),
    Column("period", Date),
    Column("original_filed_on", Date, comment="Of an amendment: dateOfOriginalSubmission"),
    Column("amends", Text, comment="Accession of the filing that it amends, when that was found"),
    Column("is_subject_to_section_16", Boolean),
    Column("has_no_securities", Boolean),
    Column("is_10b5_1", Boolean, comment="The box of the form; null: the form is older"),
    Column("footnotes", JSONB, nullable=False, server_default=text("'{}'"), comment="Texts by id"),
    Column("remarks", Text),
    Column("signatures", JSONB, nullable=False, server_default=text("'[]'")),
    Column("flags", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("transactions", Integer, nullable=False, server_default=text("0")),
    Column("holdings", Integer, nullable=False, server_default=text("0")),
    Column("page_sha256", LargeBinary, comment="The document, in pages"),
    Column("watch_id", Text, comment="Whose check fetched it"),
    Column("run_id", Text),
    CheckConstraint("state IN ('pending', 'read', 'gone', 'unreadable', 'left_out')", name="state"),
    Index("insider_filings_amends", "amends", postgresql_where=text("amends IS NOT NULL")),
    Index("insider_filings_issuer", "issuer_cik", text("filed_on DESC")),
    Index("insider_filings_feeds", "feed_ciks", postgresql_using="gin"),
    Index("insider_filings_serial", "issuer_cik", "serial"),
    Index("insider_filings_amendments", "issuer_cik", postgresql_where=text("right(form, 2) = '/A'")),
    Index("insider_filings_watch", "watch_id"),
    comment="Ownership filings (forms 3, 4, 5 and amendments) by accession number",
)

insider_owners = Table(
    "insider_owners",
    metadata,
    Column("accession", Text, ForeignKey(f"{SCHEMA}.insider_filings.accession", ondelete="CASCADE"), nullable=False),
    Column("number", SmallInteger, nullable=False, comment="In the filing, from 1 on"),
    Column("cik", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("is_director", Boolean, nullable=False),
    Column("is_officer", Boolean, nullable=False),
    Column("is_ten_percent_owner", Boolean, nullable=False),
    Column("is_other", Boolean, nullable=False),
    Column("officer_title", Text),
    Column("other_text", Text),
    Column("address", JSONB, nullable=False, server_default=text("'{}'")),
    PrimaryKeyConstraint("accession", "number"),
    Index("insider_owners_cik", "cik"),
    comment="The reporting owners of each filing",
)


def _quantity(name: str) -> Column[Any]:
    # Filings give shares and prices with up to ten digits after the point, and totals beyond fourteen before it.
    return Column(name, Numeric(28, 10))


def _row_columns() -> list[Column[Any]]:
    return [
        Column("accession", Text, ForeignKey(f"{SCHEMA}.insider_filings.accession", ondelete="CASCADE"), nullable=False),
        Column("table_name", Text, nullable=False, comment="non_derivative or derivative"),
        Column("row", Integer, nullable=False, comment="In its table, from 1 on; transactions and holdings together"),
        Column("issuer_cik", Text, nullable=False),
        Column("security", Text),
        _quantity("owned_after"),
        _quantity("value_owned_after"),
        Column("direct_indirect", Text),
        Column("nature", Text),
        _quantity("exercise_price"),
        Column("exercise_date", Date),
        Column("expiration_date", Date),
        Column("underlying", Text),
        _quantity("underlying_shares"),
        _quantity("underlying_value"),
        Column("footnotes", JSONB, nullable=False, server_default=text("'{}'"), comment="Ids by field"),
        Column("flags", ARRAY(Text), nullable=False, server_default=text("'{}'"), comment="What is odd and was kept"),
    ]  # fmt: skip


insider_transactions = Table(
    "insider_transactions",
    metadata,
    *_row_columns(),
    Column("filed_on", Date, nullable=False),
    Column("traded_on", Date),
    Column("deemed_on", Date),
    Column("form_type", Text),
    Column("code", Text),
    Column("is_equity_swap", Boolean, nullable=False, server_default=text("false")),
    Column("timeliness", Text, comment="E early, L late; null: on time"),
    _quantity("shares"),
    _quantity("price"),
    _quantity("total_value"),
    Column("acquired_disposed", Text),
    _quantity("value"),
    Column("value_reason", Text, comment="Why shares x price is no value here; null: it is"),
    Column("superseded_by", Text, comment="Accession of the amendment that restates it"),
    Column("repeats", Text, comment="Accession of the filing that reports the same trade first: an ownership chain"),
    PrimaryKeyConstraint("accession", "table_name", "row"),
    Index("insider_transactions_issuer", "issuer_cik", text("traded_on DESC")),
    Index("insider_transactions_filed_on", "filed_on"),
    comment="Every transaction of every filing",
)

insider_holdings = Table(
    "insider_holdings",
    metadata,
    *_row_columns(),
    PrimaryKeyConstraint("accession", "table_name", "row"),
    Index("insider_holdings_issuer", "issuer_cik"),
    comment="Every holding that filings report without a transaction",
)

filing_checks = Table(
    "filing_checks",
    metadata,
    Column("watch_id", Text, ForeignKey(f"{SCHEMA}.watches.watch_id"), nullable=False),
    instant("slot_at", nullable=False),
    Column("attempt", Integer, nullable=False, server_default=text("1"), comment="As in checks: the row of a failed one stays"),
    Column("combination", Integer, nullable=False, comment="Always 0"),
    instant("observed_at", nullable=False),
    Column("outcome", Text, nullable=False),
    Column("cik", Text),
    Column("listed", Integer, nullable=False, server_default=text("0"), comment="In the feed, of the forms watched"),
    Column("found", Integer, nullable=False, server_default=text("0"), comment="Not seen before"),
    Column("read", Integer, nullable=False, server_default=text("0")),
    Column("gone", Integer, nullable=False, server_default=text("0")),
    Column("unreadable", Integer, nullable=False, server_default=text("0")),
    Column("left_out", Integer, nullable=False, server_default=text("0"), comment="Of the company, by the bounds"),
    Column("remaining", Integer, nullable=False, server_default=text("0"), comment="Still to be read"),
    Column("transactions", Integer, nullable=False, server_default=text("0"), comment="Created by this check"),
    Column("holdings", Integer, nullable=False, server_default=text("0")),
    Column("told_up_to", BigInteger, nullable=False, server_default=text("0"), comment="Serial of the newest filing told of"),
    money("price"),
    currency("currency"),
    Column("traded_on", Date, comment="Of the price"),
    Column("problem", Text, comment="What is missing: a part of the list, a document"),
    Column("run_id", Text),
    PrimaryKeyConstraint("watch_id", "slot_at", "attempt", "combination"),
    Index("filing_checks_observed_at", "observed_at", postgresql_using="brin"),
    postgresql_partition_by="RANGE (slot_at)",
    comment="What each check of an insider watch found",
)  # fmt: skip

insider_sweeps = Table(
    "insider_sweeps",
    metadata,
    Column("day", Date, primary_key=True),
    Column("outcome", Text, nullable=False, comment="ok, or not_found where the SEC was closed"),
    Column("filings", Integer, nullable=False, server_default=text("0"), comment="Ownership filings of companies that are watched"),
    Column("missed", Integer, nullable=False, server_default=text("0"), comment="Of these: not known from the feeds"),
    instant("swept_at", nullable=False, server_default=func.now()),
    Column("error", Text),
    comment="Daily indexes that were compared with what the feeds listed",
)  # fmt: skip
