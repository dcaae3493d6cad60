"""The demo's flight watches: a trip with a target, one that waits for a low fare, and a matrix of sixty searches."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pricewatch_pipeline.demo.flight_fares import Trip, usual_fare
from pricewatch_pipeline.demo.flight_site import FLIGHTS
from pricewatch_pipeline.demo.shop import HOST
from pricewatch_pipeline.demo.watches import write_watch_file

MATRIX = "flights-london-new-york"
"""The watch whose batches are worth looking at."""
_AHEAD = timedelta(days=60)
_NIGHTS = timedelta(days=7)
_MATRIX_DAYS = timedelta(days=14)


def write_flight_watches(folder: Path, port: int, today: date) -> Path:
    """Write the watch file of the flight search on a port into a folder, and return it. Trips begin two months from today."""
    address = f"{HOST}:{port}"
    first = today + _AHEAD
    store = {
        "id": FLIGHTS,
        "name": "Demo Flights",
        "domains": [address],
        "politeness": {"min_delay": "0.2s"},
    }
    watches = [_single(f"http://{address}", first), _waiting(f"http://{address}", first), _matrix(address, first)]
    return write_watch_file(folder / "demo-flights.yaml", {"stores": [store], "watches": watches})


def _single(site: str, first: date) -> dict[str, Any]:
    """Its target is the highest fare that is usual: it is met at once, or within a few minutes."""
    trip = Trip(origins=("LHR",), destinations=("LIS",), departs_on=first, returns_on=first + _NIGHTS)
    return {
        "id": "flights-london-lisbon",
        "title": "London to Lisbon, a week",
        "provider": "google_flights",
        "query": {**_route("LHR", "LIS", first.isoformat(), site), "returns": (first + _NIGHTS).isoformat()},
        "every": "1m",
        "target": {"amount": str(usual_fare(trip, 0, "GBP").typical_high), "currency": "GBP"},
    }


def _waiting(site: str, first: date) -> dict[str, Any]:
    return {
        "id": "flights-manchester-tokyo",
        "title": "Manchester to Tokyo, one way",
        "provider": "google_flights",
        "query": {**_route("MAN", "HND", first.isoformat(), site), "max_stops": 1},
        "every": "1m",
        "alerts": [{"when": "price_indicator", "indicator": "low", "cooldown": "5m"}],
    }


def _matrix(address: str, first: date) -> dict[str, Any]:
    days = f"{first.isoformat()}..{(first + _MATRIX_DAYS).isoformat()}"
    return {
        "id": MATRIX,
        "title": "London to New York, any airport, a week in one of fifteen",
        "provider": "google_flights",
        "query": {
            **_route(["LHR", "LGW"], ["JFK", "EWR"], days, f"http://{address}"),
            "stay": _NIGHTS.days,
            "matrix": True,
        },
        "every": "5m",
    }


def _route(origins: str | list[str], destinations: str | list[str], departs: str, site: str) -> dict[str, Any]:
    return {"origins": origins, "destinations": destinations, "departs": departs, "currency": "GBP", "site": site}
