"""Alembic's entry point for developers: `make migration MESSAGE=...` compares tables.py with a fresh database."""

from alembic import context
from sqlalchemy import create_engine, pool, text

from pricewatch_pipeline.storage.tables import SCHEMA, metadata

engine = create_engine(context.config.get_main_option("sqlalchemy.url") or "", poolclass=pool.NullPool)
with engine.connect() as connection:
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table_schema=SCHEMA,
        include_schemas=True,
        include_name=lambda name, kind, parent: kind != "schema" or name == SCHEMA,
    )
    with context.begin_transaction():
        context.run_migrations()
