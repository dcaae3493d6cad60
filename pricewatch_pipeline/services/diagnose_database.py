"""Examines both databases, and what the tables say of the pipeline's health."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from pricewatch_pipeline.domain import insiders
from pricewatch_pipeline.domain.flights import PROVIDER
from pricewatch_pipeline.errors import DatabaseUnavailable, EvidenceUnavailable, MissingExtra
from pricewatch_pipeline.services.diagnose_alerts import MOST_RULES, judge_backlog, judge_silence
from pricewatch_pipeline.services.diagnose_flights import judge_flights
from pricewatch_pipeline.services.diagnose_insiders import judge_insiders
from pricewatch_pipeline.services.findings import Finding, fail, findings_of, ok, warn
from pricewatch_pipeline.services.open_databases import Databases, opened_databases
from pricewatch_pipeline.services.place_pages import PagePlace
from pricewatch_pipeline.services.require_contact import unanswered_in_table
from pricewatch_pipeline.services.show_status import running_session
from pricewatch_pipeline.settings import Settings
from pricewatch_pipeline.storage import (
    alert_views,
    events,
    flight_views,
    insider_troubles,
    ledger,
    outbox,
    pages,
    roles,
)
from pricewatch_pipeline.storage.database import Connection, Database, clock
from pricewatch_pipeline.storage.embedded import EmbeddedServer
from pricewatch_pipeline.storage.migrate import missing_revisions
from pricewatch_pipeline.storage.servers import place_of, require_server

T = TypeVar("T")

PATIENCE = timedelta(seconds=2)
MOST_CLOCK_SKEW = timedelta(seconds=5)
MOST_PENDING = 1_000


def examine_databases(settings: Settings) -> Iterator[Finding]:
    """Both databases; then, where ours is as it must be, what is in it."""
    if settings.database_url is None and EmbeddedServer(settings.home).status().data_folder is None:
        yield ok("PostgreSQL", "the embedded server is not made yet; the first command that needs it makes it")
        return
    with opened_databases(settings, is_migrated=False, patience_s=PATIENCE.total_seconds()) as databases:
        yield from _reachable(databases)
        missing = missing_revisions(databases.url)
        if missing:
            yield warn(
                "schema", f"not migrated yet: {', '.join(missing)}", "`pricewatch db migrate`; `up` does it by itself"
            )
            return
        yield ok("schema", "the newest")
        database = Database(databases.url, pool_size=1)
        try:
            for subject, examine in _TABLE_EXAMINATIONS.items():
                yield from findings_of(subject, lambda examine=examine: examine(settings, database))  # type: ignore[misc]
        finally:
            database.close()


def _reachable(databases: Databases) -> Iterator[Finding]:
    where = "embedded" if databases.is_embedded else place_of(databases.url)
    version = require_server(databases.url, patience_s=PATIENCE.total_seconds())
    yield ok("PostgreSQL", f"{where}, version {version}")
    try:
        require_server(databases.dagster_url, patience_s=0)
        yield ok("Dagster's database", place_of(databases.dagster_url))
    except DatabaseUnavailable as error:
        yield fail("Dagster's database", str(error).partition("\n")[0], "see PRICEWATCH_DAGSTER_DATABASE_URL")


def _clock(_settings: Settings, database: Database) -> Iterator[Finding]:
    skew = abs(_ask(database, clock) - datetime.now(UTC))
    said = f"the database's differs from ours by {skew.total_seconds():.1f} s"
    if skew > MOST_CLOCK_SKEW:
        yield warn(
            "clock", said, "schedules follow the database's clock; set both by NTP, so that times shown here are true"
        )
    else:
        yield ok("clock", said)


def _overdue(settings: Settings, database: Database) -> Iterator[Finding]:
    late = _ask(database, ledger.overdue)
    if not late:
        yield ok("schedule", "no active watch is overdue")
        return
    said = f"{late[0]['watch_id']} is late by {int(late[0]['late_s'])} s" + (
        f", and {len(late) - 1} others are" if len(late) > 1 else ""
    )
    if running_session(settings):
        advice = f"the daemon may be stuck or too slow: see {settings.home / 'logs' / 'daemon.log'} and the UI's page Deployment"
        yield fail("schedule", said, advice)
    else:
        yield warn("schedule", said, "nothing runs here that checks: start `pricewatch up`")


def _backlog(_settings: Settings, database: Database) -> Iterator[Finding]:
    waiting, oldest = _ask(database, events.backlog)
    if waiting <= MOST_PENDING:
        yield ok("events", f"{waiting} snapshots wait for their materialization")
        return
    since = oldest.isoformat(timespec="seconds") if oldest else "-"
    advice = "the job `reconcile` logs them, every ten minutes while `pricewatch up` runs"
    yield warn("events", f"{waiting} snapshots wait for their materialization, since {since}", advice)


def _alerts(_settings: Settings, database: Database) -> Iterator[Finding]:
    yield judge_backlog(_ask(database, outbox.backlog))
    yield from judge_silence(
        _ask(database, lambda connection: alert_views.silenced_by_currency(connection, limit=MOST_RULES))
    )


def _analysts(_settings: Settings, database: Database) -> Iterator[Finding]:
    may_read = _ask(database, roles.may_analyst_read)
    if may_read:
        yield ok("analysts", f"the role {roles.ANALYST} reads the views in schema analytics")
        return
    what = "may not read the views" if may_read is False else "does not exist: our user may not create roles"
    advice = (
        f"as a superuser: CREATE ROLE {roles.ANALYST} NOLOGIN; GRANT USAGE ON SCHEMA analytics TO {roles.ANALYST}; "
        f"GRANT SELECT ON ALL TABLES IN SCHEMA analytics TO {roles.ANALYST};"
    )
    yield warn("analysts", f"the role {roles.ANALYST} {what}", advice)


def _pages(settings: Settings, database: Database) -> Iterator[Finding]:
    kept = _ask(database, pages.totals)
    room = f"{kept['pages']} pages in {kept['stored_bytes'] / 1e6:.1f} MB"
    if settings.pages_url is None:
        yield ok("pages", f"{room}, in the database")
        return
    place = PagePlace(settings.pages_url)
    try:
        place.examine()
    except (EvidenceUnavailable, MissingExtra) as error:
        advice = (
            "put it right, or unset PRICEWATCH_PAGES_URL; meanwhile pages go into the database, and no check is lost"
        )
        yield fail("pages", str(error), advice)
        return
    if kept["lately_here"]:
        said = (
            f"{room}; {place.url} can be written, but {kept['lately_here']} pages of the last day are in the database"
        )
        yield warn(
            "pages", said, "see the log of the runs for why; they stay there until they are old, and nothing is lost"
        )
    else:
        yield ok("pages", f"{room}, at {place.url}")


def _flights(_settings: Settings, database: Database) -> Iterator[Finding]:
    found = _ask(database, lambda connection: flight_views.refusals(connection, PROVIDER))
    yield from judge_flights(found, now=_ask(database, clock))


def _insiders(settings: Settings, database: Database) -> Iterator[Finding]:
    found = _ask(database, lambda connection: flight_views.refusals(connection, insiders.PROVIDER))
    nobody = _ask(database, lambda connection: unanswered_in_table(connection, settings))
    yield from judge_insiders(found, _ask(database, insider_troubles.troubles), nobody, now=_ask(database, clock))


_TABLE_EXAMINATIONS: dict[str, Callable[[Settings, Database], Iterator[Finding]]] = {
    "clock": _clock,
    "schedule": _overdue,
    "events": _backlog,
    "alerts": _alerts,
    "analysts": _analysts,
    "pages": _pages,
    "flights": _flights,
    "insider filings": _insiders,
}


def _ask(database: Database, question: Callable[[Connection], T]) -> T:
    return database.run(question, patience=PATIENCE)
