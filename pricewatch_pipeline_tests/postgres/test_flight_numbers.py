"""What those who look after the pipeline are told of searches for flights."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from pricewatch_pipeline.storage import flight_numbers
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.flight_rows import watched_flight

Rows = Callable[..., list[dict[str, Any]]]


@pytest.mark.parametrize(
    ("slot_days", "observed_days", "counted"),
    [
        (0, 0, 1),
        (6, 0, 1),  # a large matrix takes its time
        (3, 2, 0),
        (30, 0, 0),  # no check takes so long: its month is not opened
    ],
)
def test_searches_of_the_last_while_are_counted_by_when_they_were_made(
    slot_days: int, observed_days: int, counted: int, database: Database, rows: Rows
) -> None:
    watched_flight(database)
    rows("SELECT pricewatch.ensure_months(now() - interval '31 days', now())")
    rows(f"""
        INSERT INTO pricewatch.flight_searches
            (watch_id, slot_at, combination, observed_at, origins, destinations, departs_on, outcome)
        SELECT watch_id, now() - interval '{slot_days} days', 0, now() - interval '{observed_days} days', '{{LHR}}', '{{JFK}}',
               '2027-01-15', 'unreadable' FROM pricewatch.watches
    """)
    tally = database.run(lambda connection: flight_numbers.unreadable(connection, window=timedelta(days=1)))
    assert (tally.searches, tally.troubled, len(tally.examples)) == (counted, counted, counted)
