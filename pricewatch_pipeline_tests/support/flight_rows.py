"""Watches on flights, and the rows that checks of them bring: without a page or a provider."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pricewatch_pipeline.domain.providers import Detail
from pricewatch_pipeline.domain.watches import Watch
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.checks import Checker
from pricewatch_pipeline_tests.support.raised import ALERTING
from pricewatch_pipeline_tests.support.shop import store_watches

DEPARTS_ON = date(2027, 1, 15)
RETURNS_ON = date(2027, 1, 22)


def flight_watch(watch_id: str = "lhr-jfk", **fields: Any) -> Watch:
    """London to New York, there and back."""
    query = {
        "origins": ["LHR"],
        "destinations": ["JFK"],
        "departs": [DEPARTS_ON.isoformat()],
        "returns": [RETURNS_ON.isoformat()],
        "currency": "GBP",
    }
    url = f"https://flights.example/travel/flights/search?tfs={watch_id}"
    said = {"provider": "google_flights", "query": query, "host": "flights.example", "url": url, **fields}
    return Watch(watch_id=watch_id, **said)


def watched_flight(database: Database, watch_id: str = "lhr-jfk", **fields: Any) -> Checker:
    """Such a watch, stored; its checks are given by hand."""
    store_watches(database, [flight_watch(watch_id, **fields)])
    return Checker(database=database, watch_id=watch_id, alerting=ALERTING)


def search(price: str | None = "321.00", **row: Any) -> Detail:
    """What was asked, and its lowest fare."""
    known = None if price is None else Decimal(price)
    return Detail(
        table="flight_searches",
        row={
            "origins": ["LHR"],
            "destinations": ["JFK"],
            "departs_on": DEPARTS_ON,
            "returns_on": RETURNS_ON,
            "outcome": "ok",
            "price": known,
            "currency": None if known is None else "GBP",
            "asked_currency": "GBP",
            "itineraries": 1,
            "priced_itineraries": int(known is not None),
            **row,
        },
    )


def itinerary(number: int = 1, price: str | None = "321.00", **row: Any) -> Detail:
    """One row of the page."""
    known = None if price is None else Decimal(price)
    return Detail(
        table="flight_offers",
        row={
            "number": number,
            "section": "best",
            "price": known,
            "currency": None if known is None else "GBP",
            "meets_query": True,
            "airlines": ["British Airways"],
            "flight_numbers": ["BA117"],
            "origin": "LHR",
            "destination": "JFK",
            "departs_local": datetime(2027, 1, 15, 8, 20),  # noqa: DTZ001 - by the clocks of the airport
            **row,
        },
    )
