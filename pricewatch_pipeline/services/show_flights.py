"""Flight watches as a person looks at them: the itineraries that were offered last, and fares by day."""

from dataclasses import dataclass
from typing import Any

from pricewatch_pipeline.domain.flights import PROVIDER, CalendarFare, FareLevel
from pricewatch_pipeline.domain.watches import Watch
from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.notifying.calendar_chart import draw_calendar
from pricewatch_pipeline.services.find_watches import require_watches
from pricewatch_pipeline.services.open_pipeline import Pipeline
from pricewatch_pipeline.services.show_batches import why_still
from pricewatch_pipeline.services.show_watches import looks_for, require_known
from pricewatch_pipeline.storage import flight_views, watches
from pricewatch_pipeline.storage.database import Connection

Record = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class FlightView:
    """What is known of a flight watch."""

    watch_id: str
    looks_for: str | None
    """In words."""
    rows: list[Record]
    """Itineraries, as `analytics.latest_flight_offers` has them, or fares, as `analytics.fare_calendar` has them."""
    total: int
    """Rows there are, where only some were asked for."""
    waits: str | None
    """Why there are none yet; None: there are some."""


def show_offers(pipeline: Pipeline, watch_id: str, *, limit: int | None) -> FlightView:
    """The itineraries of the newest answer to each of its searches: those that meet the watch first, the cheapest first.

    Raises:
        NotFound: there is no such watch.
        ConfigurationError: it is no flight watch.
    """
    watch = pipeline.database.run(lambda connection: _flight_watch(connection, watch_id))
    rows = pipeline.database.run(lambda connection: flight_views.newest_offers(connection, watch_id, limit=limit))
    is_cut = limit is not None and len(rows) == limit
    total = (
        pipeline.database.run(lambda connection: flight_views.count_offers(connection, watch_id)) if is_cut else None
    )
    return _view(pipeline, watch, rows, total)


def show_calendar(pipeline: Pipeline, watch_id: str) -> FlightView:
    """The newest fare of each of its searches, by day.

    Raises:
        NotFound, ConfigurationError: as `show_offers` says.
    """
    watch = pipeline.database.run(lambda connection: _flight_watch(connection, watch_id))
    return _view(pipeline, watch, pipeline.database.run(lambda connection: flight_views.calendar(connection, watch_id)))


def query_of_watch(pipeline: Pipeline, watch_id: str) -> Record:
    """What a flight watch asks for, as its file says it.

    Raises:
        NotFound, ConfigurationError: as `show_offers` says.
    """
    return dict(pipeline.database.run(lambda connection: _flight_watch(connection, watch_id)).query)


def picture_of(found: FlightView) -> bytes | None:
    """Its fares by day as a PNG; None where none has a price."""
    return draw_calendar([_fare(row) for row in found.rows], title=found.looks_for or found.watch_id)


def _flight_watch(connection: Connection, watch_id: str) -> Watch:
    require_watches(connection, [watch_id])
    watch = watches.definition(connection, watch_id)
    if watch.provider != PROVIDER:
        raise ConfigurationError(
            f"{watch_id} is no flight watch, for its provider is {watch.provider}: `pricewatch history {watch_id}` shows its prices"
        )
    return watch


def _view(pipeline: Pipeline, watch: Watch, rows: list[Record], total: int | None = None) -> FlightView:
    return FlightView(
        watch_id=watch.watch_id,
        looks_for=looks_for(watch),
        rows=rows,
        total=len(rows) if total is None else total,
        waits=None if rows else _why_none(pipeline, watch.watch_id),
    )


def _why_none(pipeline: Pipeline, watch_id: str) -> str:
    """What became of the last look; where there was none, why it waits."""
    record = pipeline.database.run(lambda connection: require_known(connection, watch_id))
    if record["last_outcome"] is None:
        return why_still(pipeline, watch_id)
    return f"its last check ended with {record['last_outcome']}" + (
        f" ({record['last_error'].rstrip('.')})" if record["last_error"] else ""
    )


def _fare(row: Record) -> CalendarFare:
    names = ("origin", "destination", "departs_on", "returns_on", "price", "currency", "observed_at")
    indicator = row["price_indicator"]
    return CalendarFare(**{name: row[name] for name in names}, indicator=FareLevel(indicator) if indicator else None)
