"""Flight searches with every itinerary, and the batches of matrix watches."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005_flights"
down_revision = "0004_products_and_alerts"
branch_labels = None
depends_on = None

SQL = ("0005_flights.sql", "0005_flight_views.sql", "0005_answers.sql")


def upgrade() -> None:
    # First, for it locks more than the foreign keys below do: runs that are alive would be between the two locks.
    op.add_column('watches', sa.Column('is_matrix', sa.Boolean(), server_default=sa.text('false'), nullable=False, comment='Its query stands for many: a check of it is a batch of its own'), schema='pricewatch')
    op.create_index('watches_matrix', 'watches', ['next_due_at'], unique=False, schema='pricewatch', postgresql_where=sa.text('is_active AND is_matrix'))
    op.create_table('batches',
    sa.Column('batch_id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('watch_id', sa.Text(), nullable=False),
    sa.Column('slot_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False, comment='scheduled or manual'),
    sa.Column('query', postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="The watch's query when it was opened"),
    sa.Column('state', sa.Text(), server_default=sa.text("'open'"), nullable=False, comment='open, done, cancelled or superseded'),
    sa.Column('combinations', sa.Integer(), nullable=False),
    sa.Column('done', sa.Integer(), server_default=sa.text('0'), nullable=False, comment='Asked and answered, with or without a fare'),
    sa.Column('failed', sa.Integer(), server_default=sa.text('0'), nullable=False, comment='Given up'),
    sa.Column('takes', sa.Integer(), server_default=sa.text('0'), nullable=False, comment='How often a run took it up'),
    sa.Column('idle_takes', sa.Integer(), server_default=sa.text('0'), nullable=False, comment='How many of the last takes stored nothing: so many runs may have died of it'),
    sa.Column('run_id', sa.Text(), nullable=True, comment='Of the run that took it up last'),
    sa.Column('outcome', sa.Text(), nullable=True, comment='Of the check, when it is over'),
    sa.Column('price', sa.Numeric(precision=18, scale=4), nullable=True),
    sa.Column('currency', sa.CHAR(length=3), nullable=True),
    sa.Column('best_number', sa.Integer(), nullable=True, comment='The combination with the lowest fare so far'),
    sa.Column('opened_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancel_asked_at', sa.DateTime(timezone=True), nullable=True, comment='When a person asked for its end'),
    sa.CheckConstraint("state IN ('open', 'done', 'cancelled', 'superseded')", name=op.f('batches_state_check')),
    sa.ForeignKeyConstraint(['watch_id'], ['pricewatch.watches.watch_id'], name=op.f('batches_watch_id_fkey')),
    sa.PrimaryKeyConstraint('batch_id', name=op.f('batches_pkey')),
    schema='pricewatch',
    comment='Checks of matrix watches: one row each, with how far they are'
    )
    op.create_index('batches_open', 'batches', ['watch_id'], unique=True, schema='pricewatch', postgresql_where=sa.text("state = 'open'"))
    op.create_index('batches_watch_id_slot_at', 'batches', ['watch_id', sa.literal_column('slot_at DESC')], unique=False, schema='pricewatch')
    op.create_table('flight_offers',
    sa.Column('watch_id', sa.Text(), nullable=False),
    sa.Column('slot_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('combination', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False, comment='The row of the page, from 1 on'),
    sa.Column('observed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('section', sa.Text(), nullable=False, comment='best or other'),
    sa.Column('price', sa.Numeric(precision=18, scale=4), nullable=True),
    sa.Column('currency', sa.CHAR(length=3), nullable=True),
    sa.Column('meets_query', sa.Boolean(), nullable=False, comment='Whether it meets what the watch asks for'),
    sa.Column('airlines', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('flight_numbers', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('origin', sa.Text(), nullable=True),
    sa.Column('destination', sa.Text(), nullable=True),
    sa.Column('departs_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('arrives_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('departs_local', sa.DateTime(), nullable=True, comment='By the clocks of the origin'),
    sa.Column('arrives_local', sa.DateTime(), nullable=True, comment='By the clocks of the destination'),
    sa.Column('duration_minutes', sa.Integer(), nullable=True),
    sa.Column('stops', sa.SmallInteger(), nullable=True),
    sa.Column('layovers', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
    sa.Column('legs', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
    sa.Column('emissions_g', sa.Integer(), nullable=True),
    sa.Column('typical_emissions_g', sa.Integer(), nullable=True),
    sa.Column('carry_on_bags', sa.SmallInteger(), nullable=True),
    sa.Column('checked_bags', sa.SmallInteger(), nullable=True),
    sa.Column('booking_token', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['watch_id'], ['pricewatch.watches.watch_id'], name=op.f('flight_offers_watch_id_fkey')),
    sa.PrimaryKeyConstraint('watch_id', 'slot_at', 'combination', 'number', name=op.f('flight_offers_pkey')),
    schema='pricewatch',
    comment='Every itinerary of every check of a flight watch',
    postgresql_partition_by='RANGE (slot_at)'
    )
    op.create_index('flight_offers_observed_at', 'flight_offers', ['observed_at'], unique=False, schema='pricewatch', postgresql_using='brin')
    op.create_table('flight_searches',
    sa.Column('watch_id', sa.Text(), nullable=False),
    sa.Column('slot_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('combination', sa.Integer(), nullable=False, comment='Of a matrix watch, from 1 on; 0: the watch is one query'),
    sa.Column('observed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('origins', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('destinations', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('departs_on', sa.Date(), nullable=False),
    sa.Column('returns_on', sa.Date(), nullable=True, comment='Null: one way'),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('price', sa.Numeric(precision=18, scale=4), nullable=True),
    sa.Column('currency', sa.CHAR(length=3), nullable=True),
    sa.Column('asked_currency', sa.CHAR(length=3), nullable=True),
    sa.Column('itineraries', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('priced_itineraries', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('price_indicator', sa.Text(), nullable=True, comment='low, typical or high, as the page says; null: it says nothing'),
    sa.Column('typical_low', sa.Numeric(precision=18, scale=4), nullable=True),
    sa.Column('typical_high', sa.Numeric(precision=18, scale=4), nullable=True),
    sa.Column('url', sa.Text(), nullable=True),
    sa.Column('run_id', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['watch_id'], ['pricewatch.watches.watch_id'], name=op.f('flight_searches_watch_id_fkey')),
    sa.PrimaryKeyConstraint('watch_id', 'slot_at', 'combination', name=op.f('flight_searches_pkey')),
    schema='pricewatch',
    comment="Every query that a flight watch asked, with its lowest fare (of those that meet the watch) and the page's insight",
    postgresql_partition_by='RANGE (slot_at)'
    )
    op.create_index('flight_searches_observed_at', 'flight_searches', ['observed_at'], unique=False, schema='pricewatch', postgresql_using='brin')
    op.create_index('flight_searches_url', 'flight_searches', ['watch_id', sa.literal_column("hashtextextended(coalesce(url, ''), 0)"), 'observed_at', 'slot_at'], unique=False, schema='pricewatch')
    op.create_table('batch_combinations',
    sa.Column('batch_id', sa.BigInteger(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False, comment='For people: LHR-JFK 2027-01-15 2027-01-22'),
    sa.Column('query', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), server_default=sa.text("'waiting'"), nullable=False, comment='waiting, done or failed'),
    sa.Column('attempts', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.Column('error', sa.Text(), nullable=True),
    sa.Column('price', sa.Numeric(precision=18, scale=4), nullable=True),
    sa.Column('currency', sa.CHAR(length=3), nullable=True),
    sa.Column('offer', postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment='What was read of it, without the candidates'),
    sa.Column('signals', postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment='What alerts are told beside the offer'),
    sa.Column('page_sha256', sa.LargeBinary(), nullable=True, comment='Where its page is kept: of the lowest so far, and of some that failed'),
    sa.Column('wire_bytes', sa.BigInteger(), nullable=True, comment='Of all its attempts, as the three below'),
    sa.Column('body_bytes', sa.BigInteger(), nullable=True),
    sa.Column('fetch_ms', sa.Integer(), nullable=True),
    sa.Column('page_count', sa.Integer(), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('waiting', 'done', 'failed')", name=op.f('batch_combinations_state_check')),
    sa.ForeignKeyConstraint(['batch_id'], ['pricewatch.batches.batch_id'], name=op.f('batch_combinations_batch_id_fkey'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('batch_id', 'number', name=op.f('batch_combinations_pkey')),
    schema='pricewatch',
    comment='The queries a batch is made of, and how each ended'
    )

    for name in SQL:
        statements = (Path(__file__).parent / name).read_text(encoding="utf-8")
        op.get_bind().exec_driver_sql(statements.replace("%", "%%"))  # psycopg takes a bare % for a parameter
