"""A database as an older version left it."""

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from pricewatch_pipeline.storage.migrate import MIGRATIONS
from pricewatch_pipeline.storage.tables import SCHEMA, metadata


def upgrade_to(url: str, revision: str) -> None:
    """Bring an empty database to this revision and no further."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
        with EnvironmentContext(config, script, fn=lambda now, _: script._upgrade_revs(revision, now)) as environment:
            environment.configure(connection=connection, target_metadata=metadata, version_table_schema=SCHEMA)
            environment.run_migrations()
