"""Dagster's home folder and what its processes find in their environment: files and variables only."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from pricewatch_pipeline.services.open_databases import Databases
from pricewatch_pipeline.settings import Settings, environment_for_children

DEFINITIONS = "pricewatch_pipeline.definitions"
CODE_LOCATION = "pricewatch_pipeline"
INSTANCE_FILE = "dagster.yaml"
MANAGED = "managed by pricewatch"

COMMANDS_WITH_A_TARGET = (
    "asset materialize",
    "asset list",
    "definitions validate",
    "dev",
    "job list",
    "job print",
    "job execute",
    "job launch",
    "job scaffold_config",
    "job backfill",
    "run migrate-repository",
    "schedule list",
    "schedule preview",
    "schedule start",
    "schedule stop",
    "schedule logs",
    "schedule restart",
    "sensor list",
    "sensor preview",
    "sensor start",
    "sensor stop",
    "sensor cursor",
)
"""The `dagster` commands that must be told where the definitions are."""

TARGET_VARIABLES = (
    "DAGSTER_MODULE_NAME",
    "DAGSTER_PYTHON_FILE",
    "DAGSTER_PACKAGE_NAME",
    "DAGSTER_ATTRIBUTE",
    "DAGSTER_WORKING_DIRECTORY",
    "DAGSTER_autoload_defs_module_name",
)


def prepare_dagster_home(settings: Settings) -> Path:
    """Put our dagster.yaml into Dagster's home, unless the operator made the one that is there their own."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    target = home / INSTANCE_FILE
    if not target.exists() or MANAGED in target.read_text(encoding="utf-8"):
        write_atomically(target, _our_instance_file().read_text(encoding="utf-8"))
    return home


def _our_instance_file() -> Path:
    package = Path(__file__).parents[1]
    in_wheel, in_checkout = package / INSTANCE_FILE, package.parent / INSTANCE_FILE
    return in_wheel if in_wheel.exists() else in_checkout


def write_workspace(path: Path, *, socket: Path) -> Path:
    """A workspace with the one code server that listens on this socket."""
    server = {"grpc_server": {"socket": str(socket), "location_name": CODE_LOCATION}}
    return write_atomically(path, yaml.safe_dump({"load_from": [server]}))


def dagster_environment(settings: Settings, databases: Databases) -> dict[str, str]:
    """The variables with which Dagster's processes, and ours inside them, find this home and these databases."""
    return {
        "DAGSTER_HOME": str(settings.dagster_home),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "PRICEWATCH_HOME": str(settings.home),
        "PRICEWATCH_DATABASE_URL": databases.url,
        "PRICEWATCH_DAGSTER_DATABASE_URL": databases.dagster_url,
        "PRICEWATCH_WATCHES_DIR": str(settings.watches),
        "PRICEWATCH_CHANNELS_FILE": str(settings.channels),
        "PRICEWATCH_ALLOWED_ADDRESSES": ",".join(settings.allowed_addresses),
    }


def target_environment(module: str = DEFINITIONS) -> dict[str, str]:
    """Tells each `dagster` command, in any folder, where the definitions are.

    One variable per command and not DAGSTER_MODULE_NAME: `dagster dev` hands that one on to processes that it
    gives another target, and they refuse to have two.
    """
    return {
        f"DAGSTER_CLI_{command.upper().replace(' ', '_').replace('-', '_')}_MODULE_NAME": module
        for command in COMMANDS_WITH_A_TARGET
    }


def environment_for_dagster(
    variables: Mapping[str, str], *, without: Iterable[str] = TARGET_VARIABLES
) -> dict[str, str]:
    """The whole environment of a Dagster process; a target that the user's shell names is not for it."""
    dropped = set(without)
    return {name: value for name, value in environment_for_children(**variables).items() if name not in dropped}


def write_atomically(path: Path, text: str, *, mode: int = 0o644) -> Path:
    """Replace a file so that a reader sees the old or the new content, never half of it."""
    beside = path.with_name(f".{path.name}.new")
    beside.touch(mode=mode)
    beside.chmod(mode)
    beside.write_text(text, encoding="utf-8")
    return beside.replace(path)
