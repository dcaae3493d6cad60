"""Watches on the flight site, as a file of a rig has them: a trip, and a matrix of twelve combinations."""

from typing import Any

from pricewatch_pipeline_tests.support.dagster_rig import Rig

TRIP, MATRIX = "lhr-jfk", "london-new-york"


def write_flights(rig: Rig, site: str, **matrix: Any) -> None:
    """A watch file with both; `matrix`: further fields of that query."""
    host = site.removeprefix("http://")
    store = {"id": "flights", "domains": [host], "politeness": {"min_delay": "0s", "concurrency": 2, "robots": False}}
    asked = {"site": site, "currency": "GBP"}
    rig.write(
        "flights.yaml",
        {
            "stores": [store],
            "watches": [
                {
                    "id": TRIP,
                    "provider": "google_flights",
                    "query": {
                        **asked, "origins": "LHR", "destinations": "JFK", "departs": "2027-01-15", "returns": "2027-01-22",
                    },
                },
                {
                    "id": MATRIX,
                    "provider": "google_flights",
                    "query": {
                        **asked, "origins": ["LHR", "LGW"], "destinations": ["JFK", "EWR"], "matrix": True,
                        "departs": "2027-01-15..2027-01-17", "stay": 7, **matrix,
                    },
                },
            ],
        },
    )  # fmt: skip
