"""Examines what is around the databases: versions, home folder, disk, watch files, the session. Repairs nothing."""

import os
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.findings import Finding, fail, ok, warn
from pricewatch_pipeline.services.pick_port import is_free
from pricewatch_pipeline.services.show_status import running_session
from pricewatch_pipeline.settings import Settings
from pricewatch_pipeline.storage.embedded.account import home_problem, owner_name
from pricewatch_pipeline.watch_files.read import read_folder

PACKAGE = "pricewatch-pipeline"
DAGSTER_SET = ("dagster", "dagster-webserver", "dagster-graphql", "dagster-postgres")
"""They pin each other: a set of versions that does not fit fails in odd ways."""
OLDEST_PYTHON = (3, 11)
LITTLE_SPACE, TOO_LITTLE_SPACE = 2_000_000_000, 200_000_000


def examine_versions() -> Iterator[Finding]:
    """Python, and the packages as a set."""
    running = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] >= OLDEST_PYTHON:
        yield ok("Python", running)
    else:
        yield fail("Python", running, f"use Python {'.'.join(map(str, OLDEST_PYTHON))} or newer")
    problems = [problem for package in (PACKAGE, *DAGSTER_SET) for problem in _unmet(package)]
    if problems:
        yield fail(
            "packages",
            "; ".join(dict.fromkeys(problems)),
            "install again: `make install`, or pip install -c constraints.txt",
        )
    else:
        yield ok("packages", ", ".join(f"{name} {version(name)}" for name in (PACKAGE, *DAGSTER_SET, "sqlalchemy")))


def _unmet(package: str) -> Iterator[str]:
    try:
        needed = requires(package) or []
    except PackageNotFoundError:
        yield f"{package} is not installed"
        return
    for requirement in map(Requirement, needed):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            if not requirement.specifier.contains(found := version(requirement.name), prereleases=True):
                yield f"{package} needs {requirement.name}{requirement.specifier}, and {found} is installed"
        except PackageNotFoundError:
            yield f"{package} needs {requirement.name}, which is not installed"


def examine_home(settings: Settings) -> Iterator[Finding]:
    """The home folder, and the disk it is on."""
    home = settings.home
    if not home.exists():
        yield ok("home folder", f"{home}: not made yet; the first command that needs it makes it")
    else:
        found = home.stat()
        owner = owner_name(found.st_uid)
        problem = home_problem(
            home,
            owner_uid=found.st_uid,
            owner=owner,
            mode=found.st_mode,
            my_uid=os.geteuid(),
            is_writable=os.access(home, os.W_OK | os.X_OK),
        )
        if problem:
            yield fail("home folder", problem, "set PRICEWATCH_HOME to a folder of your own, or give this one back")
        else:
            yield ok("home folder", f"{home}, of {owner}")
    place = next(folder for folder in (home, *home.parents) if folder.is_dir())
    free = shutil.disk_usage(place).free
    said = f"{free / 1e9:.1f} GB free"
    advice = "make room; PRICEWATCH_PAGE_MAX_MB, PRICEWATCH_CHECK_MAX_MB and PRICEWATCH_FLIGHT_OFFER_MAX_MB bound what is kept"
    if free < TOO_LITTLE_SPACE:
        yield fail("disk", said, advice)
    else:
        yield warn("disk", said, advice) if free < LITTLE_SPACE else ok("disk", said)


def examine_watch_files(settings: Settings) -> Iterator[Finding]:
    """The watch folder: there, readable, valid."""
    try:
        found = read_folder(settings.watches, providers=providers())
    except ConfigurationError as error:
        yield warn("watch files", str(error), "watches may also be added with `pricewatch watch add`")
        return
    said = f"{len(found.watches)} watches in {len(found.files)} files in {settings.watches}"
    if found.issues:
        broken = f"{len(found.issues)} errors in {len(found.broken_files)} files, the first: {found.issues[0]}"
        yield fail("watch files", broken, "`pricewatch config check` shows all; a file with errors changes nothing")
    elif found.warnings:
        yield warn("watch files", f"{said}; {found.warnings[0]}", "put right the watches that cannot be scheduled")
    else:
        yield ok("watch files", said)


def examine_session(settings: Settings) -> Iterator[Finding]:
    """Whether the pipeline runs here, and the port of its UI."""
    session = running_session(settings)
    if session:
        yield ok("session", f"`pricewatch {session.mode}` runs as process {session.pid}; its UI is at {session.url}")
        return
    if settings.session_file.exists():
        yield warn(
            "session", f"{settings.session_file} is of a process that is gone", "nothing: the next `up` replaces it"
        )
    else:
        yield ok("session", "nothing runs here; `pricewatch up` starts everything")
    port = settings.webserver_port
    if is_free(port):
        yield ok("port", f"{port} is free for the UI")
    else:
        yield warn(
            "port",
            f"{port} is in use by another program",
            "nothing: `up` takes the next free one, or the one of --port",
        )
