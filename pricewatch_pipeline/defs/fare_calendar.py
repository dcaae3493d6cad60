"""What the fare calendar holds, as metadata of `fare_calendar`, with its picture."""

import base64
from collections.abc import Hashable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import dagster as dg

from pricewatch_pipeline.defs.metadata import exact, text_table
from pricewatch_pipeline.domain.flights import CalendarFare, FareLevel
from pricewatch_pipeline.storage.database import Database

FARE_CALENDAR = dg.AssetKey("fare_calendar")
REFRESH_RESTS = timedelta(minutes=10)
"""Batches that end in short order do not have it recorded again each time: its pictures would fill Dagster's log."""
MOST_WATCHES = 50
PREVIEW_ROWS = 20
PICTURE_BYTES = 60_000
"""Of all pictures of one materialization: they lie in Dagster's log of events."""
CHEAPEST_COLUMNS = (
    *("watch_id", "origin", "destination", "departs_on", "returns_on", "fare"),
    *("price_indicator", "change", "lowest_price", "observed_at"),
)
PREVIEW_COLUMNS = (
    *("watch_id", "origin", "destination", "departs_on", "returns_on", "fare"),
    *("price_indicator", "airlines", "flight_numbers", "change", "observed_at"),
)

Row = dict[Hashable, Any]


def calendar_metadata(database: Database) -> dict[str, Any]:
    """Rows, the cheapest day of each watch, the days that come next, and a picture of the largest calendars."""
    from pricewatch_pipeline.storage import frames  # noqa: PLC0415 - brings pandas: see there

    frame = database.run(frames.fare_calendar)
    rows: list[Row] = frame.astype(object).where(frame.notna(), None).to_dict("records")
    ahead = sorted(
        (_worded(row) for row in rows if not row["is_past"]), key=lambda row: (row["watch_id"], row["departs_on"])
    )
    by_watch = {watch_id: list(found) for watch_id, found in groupby(ahead, key=lambda row: row["watch_id"])}
    cheapest = [row for found in by_watch.values() if (row := _cheapest(found))]
    return {
        "dagster/row_count": len(rows),
        "watches": len({row["watch_id"] for row in rows}),
        "trips_ahead": len(ahead),
        "without_price": sum(row["price"] is None for row in ahead),
        **_pictures(by_watch),
        "cheapest": text_table(CHEAPEST_COLUMNS, cheapest[:MOST_WATCHES]),
        "preview": text_table(PREVIEW_COLUMNS, ahead[:PREVIEW_ROWS]),
    }


def is_refresh_due(last: datetime | None, now: datetime) -> bool:
    """Whether a batch that has ended is reason enough to record the calendar again."""
    return last is None or now - last >= REFRESH_RESTS


def last_refreshed(instance: dg.DagsterInstance) -> datetime | None:
    """When the calendar was last materialized."""
    event = instance.get_latest_materialization_event(FARE_CALENDAR)
    return datetime.fromtimestamp(event.timestamp, UTC) if event else None


def _worded(row: Row) -> Row:
    return row | {
        "fare": exact(row["price"], row["currency"]),
        "airlines": ", ".join(row["airlines"] or ()),
        "flight_numbers": ", ".join(row["flight_numbers"] or ()),
    }


def _cheapest(rows: Iterable[Row]) -> Row | None:
    return min((row for row in rows if row["price"] is not None), key=lambda row: row["price"], default=None)


def _pictures(by_watch: dict[str, list[Row]]) -> dict[str, dg.MarkdownMetadataValue]:
    """The largest calendars, as many as there is room for."""
    from pricewatch_pipeline.notifying.calendar_chart import draw_calendar  # noqa: PLC0415 - brings Babel

    pictures: dict[str, dg.MarkdownMetadataValue] = {}
    room = PICTURE_BYTES
    for watch_id, rows in sorted(by_watch.items(), key=lambda item: (-len(item[1]), item[0])):
        picture = draw_calendar(_fares(rows), title=watch_id) if len(rows) > 1 else None
        if picture is None:
            continue
        said = f"![fares of {watch_id}](data:image/png;base64,{base64.b64encode(picture).decode()})"
        room -= len(said)
        if room < 0:
            break
        pictures[f"chart: {watch_id}"] = dg.MetadataValue.md(said)
    return pictures


def _fares(rows: Sequence[Row]) -> list[CalendarFare]:
    return [
        CalendarFare(
            origin=row["origin"],
            destination=row["destination"],
            departs_on=row["departs_on"],
            returns_on=row["returns_on"],
            price=row["price"],
            currency=row["currency"],
            observed_at=row["observed_at"],
            indicator=FareLevel(row["price_indicator"]) if row["price_indicator"] else None,
        )
        for row in rows
    ]
