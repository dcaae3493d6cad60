"""`pricewatch env` and `pricewatch dagster ...`: Dagster's own commands, on our databases, in any folder."""

import shlex
import subprocess
import sys

import typer

from pricewatch_pipeline.services.dagster_home import (
    dagster_environment,
    environment_for_dagster,
    prepare_dagster_home,
    target_environment,
)
from pricewatch_pipeline.services.open_databases import opened_databases
from pricewatch_pipeline.settings import load_settings
from pricewatch_pipeline.storage.embedded import EmbeddedServer

TARGET_OPTIONS = (
    "-w",
    "--workspace",
    "-m",
    "--module-name",
    "-f",
    "--python-file",
    "--package-name",
    "--empty-workspace",
)


def env() -> None:
    """Print what `eval "$(pricewatch env)"` needs, so that plain `dagster ...` works in this shell."""
    settings = load_settings()
    if settings.database_url is None:
        EmbeddedServer(settings.home).start_and_keep()
        typer.echo("# PostgreSQL keeps running for this shell; `pricewatch db stop` ends it.")
    with opened_databases(settings) as databases:
        prepare_dagster_home(settings)
        variables = dagster_environment(settings, databases)
    if databases.is_embedded:
        # Our commands find it by the home folder; a URL would tell them that the server is not ours to stop.
        del variables["PRICEWATCH_DATABASE_URL"]
    for name, value in {**variables, **target_environment()}.items():
        typer.echo(f"export {name}={shlex.quote(value)}")


def dagster(context: typer.Context) -> None:
    """Run `dagster ARGS` on our databases and definitions."""
    settings = load_settings()
    with opened_databases(settings) as databases:
        prepare_dagster_home(settings)
        variables = dagster_environment(settings, databases)
        if not has_target(context.args):
            variables |= target_environment()
        command = [sys.executable, "-P", "-m", "dagster", *context.args]
        code = run_in_foreground(command, environment_for_dagster(variables))
    raise typer.Exit(code)


def has_target(arguments: list[str]) -> bool:
    """Whether these arguments say themselves where the definitions are."""
    return any(argument.partition("=")[0] in TARGET_OPTIONS for argument in arguments)


def run_in_foreground(command: list[str], environment: dict[str, str]) -> int:
    """Run a command in our place; Ctrl-C is for the command, and we wait for it to end by itself."""
    process = subprocess.Popen(command, env=environment)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue
