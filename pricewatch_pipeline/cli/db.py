"""`pricewatch db ...`: the database, embedded or named by PRICEWATCH_DATABASE_URL."""

import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.output import JsonFlag, console, errors, print_json, print_rows
from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.services.open_databases import DAGSTER_DATABASE, DATABASE, opened_databases
from pricewatch_pipeline.settings import Settings, load_settings
from pricewatch_pipeline.storage.backup import backup as write_backup
from pricewatch_pipeline.storage.backup import restore as restore_backup
from pricewatch_pipeline.storage.client_tools import client_tool, libpq_arguments
from pricewatch_pipeline.storage.embedded import EmbeddedServer
from pricewatch_pipeline.storage.migrate import upgrade
from pricewatch_pipeline.storage.servers import place_of, require_server, url_for

app = typer.Typer(help="The database: status, start, stop, migrate, shell, url, backup, restore.", no_args_is_help=True)

DagsterFlag = Annotated[bool, typer.Option("--dagster", help="Dagster's own database instead of ours.")]


@app.command()
def status(as_json: JsonFlag = False) -> None:
    """How the database server stands."""
    settings = load_settings()
    row: dict[str, Any]
    if settings.database_url:
        version = require_server(settings.database_url, patience_s=0)
        row = {
            "server": place_of(settings.database_url),
            "is_embedded": False,
            "is_running": True,
            "version": str(version),
        }
    else:
        server = EmbeddedServer(settings.home)
        users = [asdict(user) for user in server.users()]
        row = {"server": "embedded", "is_embedded": True, **asdict(server.status()), "users": users}
    if as_json:
        print_json(row)
        return
    shown = {**row, "users": [f"{user['pid']} {user['command']}" for user in row.get("users", [])]}
    rows = [{"what": key.removeprefix("is_").replace("_", " "), "value": value} for key, value in shown.items()]
    print_rows(rows, ["what", "value"], as_json=False)


@app.command()
def start() -> None:
    """Start the embedded server, bring it to the newest schema, and leave it running."""
    server = _embedded_server(load_settings())
    with opened_databases(load_settings()):
        server.start_and_keep()
    console.print(f"PostgreSQL {server.status().version} runs until `pricewatch db stop`.")


@app.command()
def stop(
    force: Annotated[bool, typer.Option("--force", help="Also when others use it; they are cut off.")] = False,
) -> None:
    """Stop the embedded server."""
    server = _embedded_server(load_settings())
    was_running = server.status().is_running
    server.stop(is_forced=force)
    console.print("PostgreSQL is stopped." if was_running else "PostgreSQL was not running.")


@app.command()
def migrate() -> None:
    """Bring our database to the newest schema. `up`, `demo` and the rest do so by themselves."""
    with opened_databases(load_settings(), is_migrated=False) as databases:
        revisions = upgrade(databases.url)
    console.print(f"Migrated: {', '.join(revisions)}." if revisions else "The schema is the newest already.")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def shell(context: typer.Context, dagster: DagsterFlag = False) -> None:
    """Open psql on the database; arguments are passed on, such as `-c 'SELECT 1'`."""
    with opened_databases(load_settings()) as databases:
        url = databases.dagster_url if dagster else databases.url
        with libpq_arguments(url) as where:
            psql = subprocess.Popen([client_tool("psql", url), *where, *context.args])
            # We stay: the embedded server lives as long as its users. Ctrl-C is for psql.
            before = signal.signal(signal.SIGINT, signal.SIG_IGN)
            try:
                code = psql.wait()
            finally:
                signal.signal(signal.SIGINT, before)
    raise typer.Exit(code)


@app.command()
def url(dagster: DagsterFlag = False) -> None:
    """Print the database's URL for psql, DBeaver, pandas, ... It holds the password."""
    settings = load_settings()
    if settings.database_url:
        with opened_databases(settings, is_migrated=False) as databases:
            found = url_for(databases.dagster_url if dagster else databases.url, driver=None)
    else:
        server = EmbeddedServer(settings.home)
        found = server.libpq_url(DAGSTER_DATABASE if dagster else DATABASE)
        if not server.status().is_running:
            errors.print("The server is not running; `pricewatch db start` starts it.")
    sys.stdout.write(found + "\n")


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where to write the backup, such as pricewatch.tar.")],
    dagster: Annotated[bool, typer.Option("--dagster/--no-dagster", help="Dagster's runs and events too.")] = True,
) -> None:
    """Write a backup, while everything runs."""
    with opened_databases(load_settings()) as databases:
        manifest = write_backup(databases.url, file, dagster_url=databases.dagster_url if dagster else None)
    console.print(f"{file}: {' and '.join(manifest.databases)}, {file.stat().st_size / 1e6:.1f} MB.")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup that `pricewatch db backup` wrote.")],
    dagster: Annotated[bool, typer.Option("--dagster/--no-dagster", help="Dagster's runs and events too.")] = True,
    force: Annotated[
        bool, typer.Option("--force", help="Also over a database that is not empty or is in use.")
    ] = False,
) -> None:
    """Put a backup in the place of the database. Nothing is lost when it fails."""
    with opened_databases(load_settings(), is_migrated=False) as databases:
        dagster_url = databases.dagster_url if dagster else None
        restored = restore_backup(file, databases.url, dagster_url=dagster_url, is_forced=force)
        upgrade(databases.url)
    console.print(f"Restored {' and '.join(restored.manifest.databases)} of {restored.manifest.made_at}.")
    for name in restored.replaced:
        console.print(
            f"The old database is kept as {name}; when you no longer need it: DROP DATABASE {name};", soft_wrap=True
        )


def _embedded_server(settings: Settings) -> EmbeddedServer:
    if settings.database_url:
        raise ConfigurationError(
            f"The server of the {place_of(settings.database_url)} is not ours to start or stop: PRICEWATCH_DATABASE_URL names it."
        )
    return EmbeddedServer(settings.home)
