"""Ownership filings, and schedules that keep a distance, wait before a retry, or put those with news first."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006_insiders"
down_revision = "0005_flights"
branch_labels = None
depends_on = None

SQL = ("0006_insiders.sql", "0006_insider_views.sql")


def upgrade() -> None:
    # First, for it locks more than the foreign keys below do: runs that are alive would be between the two locks.
    op.add_column('watches', sa.Column('at_least_apart_s', sa.Integer(), nullable=True, comment='Between a check and the next one that nobody asked for'), schema='pricewatch')
    op.add_column('watches', sa.Column('retry_first_s', sa.Integer(), nullable=True, comment='Before the first retry of a failed check; null: as its outcome says'), schema='pricewatch')
    op.add_column('watches', sa.Column('news_first_s', sa.Integer(), nullable=True, comment='Goes before others of its priority for so long after it had news'), schema='pricewatch')
    op.add_column('watches', sa.Column('news_at', sa.DateTime(timezone=True), nullable=True, comment='When its price last changed, or its provider last had news of it'), schema='pricewatch')
    op.create_index('watches_news', 'watches', ['news_at'], unique=False, schema='pricewatch', postgresql_where=sa.text('is_active AND news_first_s IS NOT NULL'))
    op.create_table('insider_feeds',
    sa.Column('cik', sa.Text(), nullable=False, comment='Ten digits'),
    sa.Column('name', sa.Text(), nullable=True),
    sa.Column('first_seen_on', sa.Date(), nullable=False, comment='What was filed since is wanted whatever the bounds say'),
    sa.Column('parts', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False, comment='Older files of the list that were read, with their counts'),
    sa.Column('missing_parts', sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('cik', name=op.f('insider_feeds_pkey')),
    schema='pricewatch',
    comment='Companies whose list of filings was read'
    )
    op.create_table('insider_filings',
    sa.Column('accession', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False, comment='pending, read, gone, unreadable or left_out'),
    sa.Column('form', sa.Text(), nullable=False, comment='As listed, then as the document names itself: 3, 4, 5, with /A'),
    sa.Column('filed_on', sa.Date(), nullable=False),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('feed_ciks', sa.ARRAY(sa.Text()), nullable=False, comment='In whose lists it was seen'),
    sa.Column('sources', sa.ARRAY(sa.Text()), nullable=False, comment='feed, index'),
    sa.Column('listed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('attempts', sa.Integer(), server_default=sa.text('0'), nullable=False, comment='Asked for in vain, in this state'),
    sa.Column('retry_at', sa.DateTime(timezone=True), nullable=True, comment='Not to be asked for again before'),
    sa.Column('error', sa.Text(), nullable=True),
    sa.Column('serial', sa.BigInteger(), nullable=True, comment='In the order of being read'),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('issuer_cik', sa.Text(), nullable=True, comment="Ten digits: it is filed under its issuer, whoever's list it was seen in"),
    sa.Column('issuer_name', sa.Text(), nullable=True),
    sa.Column('issuer_symbol', sa.Text(), nullable=True),
    sa.Column('issuer_foreign_symbol', sa.Text(), nullable=True),
    sa.Column('schema_version', sa.Text(), nullable=True),
    sa.Column('period', sa.Date(), nullable=True),
    sa.Column('original_filed_on', sa.Date(), nullable=True, comment='Of an amendment: dateOfOriginalSubmission'),
    sa.Column('amends', sa.Text(), nullable=True, comment='Accession of the filing that it amends, when that was found'),
    sa.Column('is_subject_to_section_16', sa.Boolean(), nullable=True),
    sa.Column('has_no_securities', sa.Boolean(), nullable=True),
    sa.Column('is_10b5_1', sa.Boolean(), nullable=True, comment='The box of the form; null: the form is older'),
    sa.Column('footnotes', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False, comment='Texts by id'),
    sa.Column('remarks', sa.Text(), nullable=True),
    sa.Column('signatures', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
    sa.Column('flags', sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('transactions', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('holdings', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('page_sha256', sa.LargeBinary(), nullable=True, comment='The document, in pages'),
    sa.Column('watch_id', sa.Text(), nullable=True, comment='Whose check fetched it'),
    sa.Column('run_id', sa.Text(), nullable=True),
    sa.CheckConstraint("state IN ('pending', 'read', 'gone', 'unreadable', 'left_out')", name=op.f('insider_filings_state_check')),
    sa.PrimaryKeyConstraint('accession', name=op.f('insider_filings_pkey')),
    schema='pricewatch',
    comment='Ownership filings (forms 3, 4, 5 and amendments) by accession number'
    )
    op.create_index('insider_filings_amends', 'insider_filings', ['amends'], unique=False, schema='pricewatch', postgresql_where=sa.text('amends IS NOT NULL'))
    op.create_index('insider_filings_feeds', 'insider_filings', ['feed_ciks'], unique=False, schema='pricewatch', postgresql_using='gin')
    op.create_index('insider_filings_issuer', 'insider_filings', ['issuer_cik', sa.literal_column('filed_on DESC')], unique=False, schema='pricewatch')
    op.create_index('insider_filings_amendments', 'insider_filings', ['issuer_cik'], unique=False, schema='pricewatch', postgresql_where=sa.text("right(form, 2) = '/A'"))
    op.create_index('insider_filings_serial', 'insider_filings', ['issuer_cik', 'serial'], unique=False, schema='pricewatch')
    op.create_index('insider_filings_watch', 'insider_filings', ['watch_id'], unique=False, schema='pricewatch')
    op.create_table('insider_sweeps',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('outcome', sa.Text(), nullable=False, comment='ok, or not_found where the SEC was closed'),
    sa.Column('filings', sa.Integer(), server_default=sa.text('0'), nullable=False, comment='Ownership filings of companies that are watched'),
    sa.Column('missed', sa.Integer(), server_default=sa.text('0'), nullable=False, comment='Of these: not known from the feeds'),
    sa.Column('swept_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('error', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('day', name=op.f('insider_sweeps_pkey')),
    schema='pricewatch',
    comment='Daily indexes that were compared with what the feeds listed'
    )
    op.create_table('sec_companies',
    sa.Column('site', sa.Text(), server_default='https://www.sec.gov', nullable=False, comment='Whose list: another site may know other companies'),
    sa.Column('symbol', sa.Text(), nullable=False, comment='In upper case'),
    sa.Column('cik', sa.Text(), nullable=False, comment='Ten digits'),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('site', 'symbol', name=op.f('sec_companies_pkey')),
    schema='pricewatch',
    comment='Tickers of companies, as the SEC lists them'
    )
    op.create_index('sec_companies_cik', 'sec_companies', ['cik'], unique=False, schema='pricewatch')
    op.create_table('insider_holdings',
    sa.Column('accession', sa.Text(), nullable=False),
    sa.Column('table_name', sa.Text(), nullable=False, comment='non_derivative or derivative'),
    sa.Column('row', sa.Integer(), nullable=False, comment='In its table, from 1 on; transactions and holdings together'),
    sa.Column('issuer_cik', sa.Text(), nullable=False),
    sa.Column('security', sa.Text(), nullable=True),
    sa.Column('owned_after', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('value_owned_after', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('direct_indirect', sa.Text(), nullable=True),
    sa.Column('nature', sa.Text(), nullable=True),
    sa.Column('exercise_price', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('exercise_date', sa.Date(), nullable=True),
    sa.Column('expiration_date', sa.Date(), nullable=True),
    sa.Column('underlying', sa.Text(), nullable=True),
    sa.Column('underlying_shares', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('underlying_value', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('footnotes', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False, comment='Ids by field'),
    sa.Column('flags', sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False, comment='What is odd and was kept'),
    sa.ForeignKeyConstraint(['accession'], ['pricewatch.insider_filings.accession'], name=op.f('insider_holdings_accession_fkey'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('accession', 'table_name', 'row', name=op.f('insider_holdings_pkey')),
    schema='pricewatch',
    comment='Every holding that filings report without a transaction'
    )
    op.create_index('insider_holdings_issuer', 'insider_holdings', ['issuer_cik'], unique=False, schema='pricewatch')
    op.create_table('insider_owners',
    sa.Column('accession', sa.Text(), nullable=False),
    sa.Column('number', sa.SmallInteger(), nullable=False, comment='In the filing, from 1 on'),
    sa.Column('cik', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('is_director', sa.Boolean(), nullable=False),
    sa.Column('is_officer', sa.Boolean(), nullable=False),
    sa.Column('is_ten_percent_owner', sa.Boolean(), nullable=False),
    sa.Column('is_other', sa.Boolean(), nullable=False),
    sa.Column('officer_title', sa.Text(), nullable=True),
    sa.Column('other_text', sa.Text(), nullable=True),
    sa.Column('address', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.ForeignKeyConstraint(['accession'], ['pricewatch.insider_filings.accession'], name=op.f('insider_owners_accession_fkey'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('accession', 'number', name=op.f('insider_owners_pkey')),
    schema='pricewatch',
    comment='The reporting owners of each filing'
    )
    op.create_index('insider_owners_cik', 'insider_owners', ['cik'], unique=False, schema='pricewatch')
    op.create_table('insider_transactions',
    sa.Column('accession', sa.Text(), nullable=False),
    sa.Column('table_name', sa.Text(), nullable=False, comment='non_derivative or derivative'),
    sa.Column('row', sa.Integer(), nullable=False, comment='In its table, from 1 on; transactions and holdings together'),
    sa.Column('issuer_cik', sa.Text(), nullable=False),
    sa.Column('security', sa.Text(), nullable=True),
    sa.Column('owned_after', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('value_owned_after', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('direct_indirect', sa.Text(), nullable=True),
    sa.Column('nature', sa.Text(), nullable=True),
    sa.Column('exercise_price', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('exercise_date', sa.Date(), nullable=True),
    sa.Column('expiration_date', sa.Date(), nullable=True),
    sa.Column('underlying', sa.Text(), nullable=True),
    sa.Column('underlying_shares', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('underlying_value', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('footnotes', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False, comment='Ids by field'),
    sa.Column('flags', sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False, comment='What is odd and was kept'),
    sa.Column('filed_on', sa.Date(), nullable=False),
    sa.Column('traded_on', sa.Date(), nullable=True),
    sa.Column('deemed_on', sa.Date(), nullable=True),
    sa.Column('form_type', sa.Text(), nullable=True),
    sa.Column('code', sa.Text(), nullable=True),
    sa.Column('is_equity_swap', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('timeliness', sa.Text(), nullable=True, comment='E early, L late; null: on time'),
    sa.Column('shares', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('price', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('total_value', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('acquired_disposed', sa.Text(), nullable=True),
    sa.Column('value', sa.Numeric(precision=28, scale=10), nullable=True),
    sa.Column('value_reason', sa.Text(), nullable=True, comment='Why shares x price is no value here; null: it is'),
    sa.Column('superseded_by', sa.Text(), nullable=True, comment='Accession of the amendment that restates it'),
    sa.Column('repeats', sa.Text(), nullable=True, comment='Accession of the filing that reports the same trade first: an ownership chain'),
    sa.ForeignKeyConstraint(['accession'], ['pricewatch.insider_filings.accession'], name=op.f('insider_transactions_accession_fkey'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('accession', 'table_name', 'row', name=op.f('insider_transactions_pkey')),
    schema='pricewatch',
    comment='Every transaction of every filing'
    )
    op.create_index('insider_transactions_filed_on', 'insider_transactions', ['filed_on'], unique=False, schema='pricewatch')
    op.create_index('insider_transactions_issuer', 'insider_transactions', ['issuer_cik', sa.literal_column('traded_on DESC')], unique=False, schema='pricewatch')
    op.create_table('filing_checks',
    sa.Column('watch_id', sa.Text(), nullable=False),
    sa.Column('slot_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('attempt', sa.Integer(), server_default=sa.text('1'), nullable=False, comment='As in checks: the row of a failed one stays'),
    sa.Column('combination', sa.Integer(), nullable=False, comment='Always 0'),
    sa.Column('observed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('cik', sa.Text(), nullable=True),
    sa.Column('listed', sa.Integer(), server_default=sa.text('0'), nullable=False, comment='In the feed, of the forms watched'),
    sa.Column('found', sa.Integer(), server_default=sa.text('0'), nullable=False, comment='Not seen before'),
    sa.Column('read', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('gone', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('unreadable', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('left_out', sa.Integer(), server_default=sa.text('0'), nullable=False, comment='Of the company, by the bounds'),
    sa.Column('remaining', sa.Integer(), server_default=sa.text('0'), nullable=False, comment='Still to be read'),
    sa.Column('transactions', sa.Integer(), server_default=sa.text('0'), nullable=False, comment='Created by this check'),
    sa.Column('holdings', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('told_up_to', sa.BigInteger(), server_default=sa.text('0'), nullable=False, comment='Serial of the newest filing told of'),
    sa.Column('price', sa.Numeric(precision=18, scale=4), nullable=True),
    sa.Column('currency', sa.CHAR(length=3), nullable=True),
    sa.Column('traded_on', sa.Date(), nullable=True, comment='Of the price'),
    sa.Column('problem', sa.Text(), nullable=True, comment='What is missing: a part of the list, a document'),
    sa.Column('run_id', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['watch_id'], ['pricewatch.watches.watch_id'], name=op.f('filing_checks_watch_id_fkey')),
    sa.PrimaryKeyConstraint('watch_id', 'slot_at', 'attempt', 'combination', name=op.f('filing_checks_pkey')),
    schema='pricewatch',
    comment='What each check of an insider watch found',
    postgresql_partition_by='RANGE (slot_at)'
    )
    op.create_index('filing_checks_observed_at', 'filing_checks', ['observed_at'], unique=False, schema='pricewatch', postgresql_using='brin')

    for name in SQL:
        statements = (Path(__file__).parent / name).read_text(encoding="utf-8")
        op.get_bind().exec_driver_sql(statements.replace("%", "%%"))  # psycopg takes a bare % for a parameter
