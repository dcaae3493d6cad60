"""Brings a database to the newest schema. Safe to call from several processes at once, and when nothing is to do."""

from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool

from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.storage.tables import SCHEMA, metadata

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 7_205_759_403  # any number; it is ours as long as everyone here uses the same


def upgrade(url: str) -> list[str]:
    """Run the migrations that are missing, in one transaction, and say which.

    Raises:
        ConfigurationError: the schema is of a newer version than this program.
    """
    script = _script()
    head = script.get_current_head()
    with create_engine(url, poolclass=NullPool).begin() as connection:
        if current_revision(connection) == head:
            return []  # nearly always; no lock, and no right to create anything is needed
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        before = current_revision(connection)
        if before == head:
            return []
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        _require_known(script, before)
        with EnvironmentContext(_config(), script, fn=lambda rev, _: script._upgrade_revs("head", rev)) as environment:  # noqa: SLF001
            environment.configure(connection=connection, target_metadata=metadata, version_table_schema=SCHEMA)
            environment.run_migrations()
        return [revision.revision for revision in script.iterate_revisions("head", before)][::-1]


def missing_revisions(url: str) -> list[str]:
    """The migrations that `upgrade` would run, changing nothing.

    Raises:
        ConfigurationError: the schema is of a newer version than this program.
    """
    script = _script()
    with create_engine(url, poolclass=NullPool).connect() as connection:
        before = current_revision(connection)
    _require_known(script, before)
    return [revision.revision for revision in script.iterate_revisions("head", before or "base")][::-1]


def _require_known(script: ScriptDirectory, revision: str | None) -> None:
    known = {each.revision for each in script.walk_revisions()}
    if revision is not None and revision not in known:
        raise ConfigurationError(
            f"The database's schema is {revision}, which this version of pricewatch does not know: a newer one made it. "
            "Install that version, or restore a backup from before."
        )


def current_revision(connection: Connection) -> str | None:
    """The schema's revision; None for an empty database."""
    return MigrationContext.configure(connection, opts={"version_table_schema": SCHEMA}).get_current_revision()


@cache
def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config
