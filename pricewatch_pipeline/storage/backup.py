"""Backup and restore: one tar with a dump of our database, of Dagster's when asked, and a manifest of what is in it."""

import secrets
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql

from pricewatch_pipeline import __version__
from pricewatch_pipeline.domain.alert_rules import BUILT_IN_RULES
from pricewatch_pipeline.errors import ConfigurationError, DatabaseUnavailable, PricewatchError
from pricewatch_pipeline.storage.backup_file import FORMAT, Manifest, dump_file, pack, unpacked
from pricewatch_pipeline.storage.client_tools import client_tool, libpq_arguments
from pricewatch_pipeline.storage.embedded.binaries import own_programs
from pricewatch_pipeline.storage.servers import connection_to, database_of, ensure_database, place_of, url_for

_GRANTEES = """
SELECT DISTINCT pg_get_userbyid(acl.grantee)
FROM (
    SELECT relowner AS owner, relacl AS acls FROM pg_class
    UNION ALL SELECT nspowner, nspacl FROM pg_namespace
    UNION ALL SELECT proowner, proacl FROM pg_proc
    UNION ALL SELECT defaclrole, defaclacl FROM pg_default_acl
) AS things, aclexplode(things.acls) AS acl
WHERE acl.grantee NOT IN (0, things.owner) AND pg_get_userbyid(acl.grantee) NOT LIKE 'pg\\_%'
ORDER BY 1
"""


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What a restore did."""

    manifest: Manifest
    replaced: tuple[str, ...]
    """The databases that were there before with rows in them, under their new names."""


@dataclass(frozen=True, kw_only=True)
class _Target:
    url: str
    dump: Path
    fresh: str
    """The database restored into, until it takes the name of the old one."""

    @property
    def name(self) -> str:
        return database_of(self.url)


def backup(url: str, file: Path, *, dagster_url: str | None = None) -> Manifest:
    """Write a backup of the database, consistent although others work in it; an older `file` is replaced when all went well.

    Raises:
        DatabaseUnavailable: the server does not answer.
        ConfigurationError: the file cannot be written.
        PricewatchError: pg_dump failed; with what it said.
    """
    urls = {"pricewatch": url} | ({"dagster": dagster_url} if dagster_url else {})
    manifest = Manifest(
        format=FORMAT,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        version=__version__,
        databases=tuple(urls),
        owner=_user(url),
        roles=tuple(sorted({role for database_url in urls.values() for role in _grantees(database_url)})),
    )
    try:
        with tempfile.TemporaryDirectory(prefix=".pricewatch-backup-", dir=file.parent) as folder:
            # Dagster's first: a snapshot without its materialization heals, the reverse would stay.
            for name, database_url in reversed(urls.items()):
                _dump(database_url, dump_file(Path(folder), name))
            pack(Path(folder), manifest, file)
    except OSError as error:
        raise ConfigurationError(f"Cannot write the backup {file}: {error.strerror}.") from error
    return manifest


def restore(file: Path, url: str, *, dagster_url: str | None = None, is_forced: bool = False) -> Restored:
    """Put a backup in the place of the database, and of Dagster's when its URL is given and the backup holds it.

    The backup is first restored beside the old database; only then names are swapped. A database that held rows is kept
    under another name.

    Raises:
        ConfigurationError: this is no backup of ours; or, unless forced, the database holds rows or is in use.
        DatabaseUnavailable: the server does not answer.
        PricewatchError: pg_restore failed; nothing was changed.
    """
    urls = {"pricewatch": url} | ({"dagster": dagster_url} if dagster_url else {})
    with unpacked(file) as (folder, manifest):
        targets = [
            _Target(url=urls[name], dump=dump_file(folder, name), fresh=f"restore_{secrets.token_hex(6)}")
            for name in manifest.databases
            if name in urls
        ]
        for target in targets:
            if not is_forced:
                _require_idle(target)
        try:
            for target in targets:
                _ensure_roles(target.url, manifest.roles)
                _fill(target, manifest)
            replaced = [_swap(target) for target in targets]
        finally:
            for target in targets:
                _drop(target.url, target.fresh)
    return Restored(manifest=manifest, replaced=tuple(name for name in replaced if name))


def _dump(url: str, file: Path) -> None:
    _run("pg_dump", url, ["--format=custom", "--compress=6", f"--file={file}"])


def _fill(target: _Target, manifest: Manifest) -> None:
    try:
        ensure_database(_maintenance(target.url), target.fresh)
    except ConfigurationError as error:
        raise ConfigurationError(
            f'Restoring makes a new database, which the user "{_user(_maintenance(target.url))}" may not: give it the right CREATEDB.'
        ) from error
    arguments = ["--exit-on-error", "--single-transaction", "--no-owner", str(target.dump)]
    if manifest.owner != _user(_maintenance(target.url)):
        arguments.insert(0, f"--use-list={_contents_for_another_owner(target.dump)}")
    _run("pg_restore", url_for(target.url, database=target.fresh), arguments)


def _contents_for_another_owner(dump: Path) -> Path:
    """The dump's table of contents without default privileges: those name the old owner, whatever pg_restore is told."""
    listed = subprocess.run([own_programs() / "pg_restore", "--list", dump], capture_output=True, text=True, check=True)
    contents = dump.with_suffix(".list")
    contents.write_text(
        "\n".join(line for line in listed.stdout.splitlines() if " DEFAULT ACL " not in line), encoding="utf-8"
    )
    return contents


def _run(program: str, url: str, arguments: list[str]) -> None:
    with libpq_arguments(url) as where:
        result = subprocess.run(
            [client_tool(program, url), *where, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    if result.returncode != 0:
        raise PricewatchError(f"{program} failed on the {place_of(url)}; nothing was changed:\n{result.stderr.strip()}")


def _user(url: str) -> str:
    with connection_to(url) as connection:
        return connection.info.user


def _grantees(url: str) -> list[str]:
    with connection_to(url) as connection:
        return [row[0] for row in connection.execute(_GRANTEES)]


def _ensure_roles(url: str, roles: tuple[str, ...]) -> None:
    with connection_to(_maintenance(url)) as connection:
        for role in roles:
            if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).rowcount:
                continue
            statement = sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role))
            try:
                connection.execute(statement)
            except psycopg.errors.InsufficientPrivilege as error:
                raise ConfigurationError(
                    f"The backup gives rights to a role that is missing here, and this user may not make it. "
                    f"As a user who may, run:\n    {statement.as_string(connection)};"
                ) from error


def _require_idle(target: _Target) -> None:
    if not _exists(target):
        return
    with connection_to(target.url) as connection:
        filled = _first_filled_table(connection)
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        (count,) = connection.execute(others).fetchone() or (0,)
    if filled:
        raise ConfigurationError(
            f"The {place_of(target.url)} is not empty ({filled} has rows). Restore with --force to put the backup in its place; "
            "the old one is then kept under another name."
        )
    if count:
        raise ConfigurationError(
            f"The {place_of(target.url)} is in use by {count} connection(s). End `pricewatch up` and all else that uses it, "
            "or restore with --force to cut them off."
        )


def _first_filled_table(connection: psycopg.Connection) -> str | None:
    """A table that holds more than migrations put into it."""
    tables = connection.execute(
        "SELECT schemaname, tablename FROM pg_tables "
        "WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND tablename <> 'alembic_version' ORDER BY 1, 2"
    ).fetchall()
    built_in = [rule.rule_id for rule in BUILT_IN_RULES]
    for schema, table in tables:
        rows = sql.SQL("SELECT FROM {}").format(sql.Identifier(schema, table))
        if (schema, table) == ("pricewatch", "alert_rules"):
            rows += sql.SQL(" WHERE rule_id <> ALL({}) OR updated_at <> created_at").format(built_in)
        if connection.execute(rows + sql.SQL(" LIMIT 1")).rowcount:
            return f"{schema}.{table}"
    return None


def _exists(target: _Target) -> bool:
    with connection_to(_maintenance(target.url)) as connection:
        return bool(connection.execute("SELECT FROM pg_database WHERE datname = %s", [target.name]).rowcount)


def _swap(target: _Target) -> str | None:
    """Give the restored database its name; returns the old one's new name when it held rows."""
    if not _exists(target):
        _rename(target, old_name=None)
        return None
    with connection_to(target.url) as connection:
        is_filled = _first_filled_table(connection) is not None
    old_name = f"{target.name}_before_{datetime.now(UTC):%Y%m%d_%H%M%S}_{secrets.token_hex(2)}"
    _rename(target, old_name=old_name)
    if is_filled:
        return old_name
    _drop(target.url, old_name)
    return None


def _rename(target: _Target, *, old_name: str | None) -> None:
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    name, fresh = sql.Identifier(target.name), sql.Identifier(target.fresh)
    with connection_to(_maintenance(target.url)) as connection:
        if old_name is None:
            connection.execute(rename.format(fresh, name))
            return
        # Nobody may come back between being cut off and the new name.
        connection.execute(allow.format(name, sql.SQL("false")))
        try:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s", [target.name]
            )
            with connection.transaction():
                connection.execute(rename.format(name, sql.Identifier(old_name)))
                connection.execute(rename.format(fresh, name))
        except psycopg.Error as error:
            connection.execute(allow.format(name, sql.SQL("true")))
            raise DatabaseUnavailable(
                f"The {place_of(target.url)} could not be replaced; it is as it was: {error}"
            ) from error
        connection.execute(allow.format(sql.Identifier(old_name), sql.SQL("true")))


def _drop(url: str, name: str) -> None:
    with connection_to(_maintenance(url)) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _maintenance(url: str) -> str:
    return url_for(url, database="postgres")
