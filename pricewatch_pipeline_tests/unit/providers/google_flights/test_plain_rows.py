"""The quick reading of a row gives what the careful one gives, or nothing."""

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricewatch_pipeline.domain.flights import Section
from pricewatch_pipeline.providers.google_flights.itineraries import ReadRow, read_row
from pricewatch_pipeline.providers.google_flights.payload import find_payloads
from pricewatch_pipeline.providers.google_flights.plain_rows import read_plain
from pricewatch_pipeline_tests.unit.providers.google_flights.test_payload_fuzz import CHANGES, holder_of, places
from pricewatch_pipeline_tests.unit.providers.google_flights.truths import CORPUS, SAMPLES

FOLDER = CORPUS if CORPUS.is_dir() else SAMPLES


def rows_in(path: Path) -> list[Any]:
    return [
        row
        for data in find_payloads(path.read_bytes()).values
        if len(data) > 3
        for part in data[2:4]
        if part and isinstance(part[0], list)
        for row in part[0]
    ]


ROWS = [row for path in sorted(SAMPLES.glob("gf_ds1_*.js")) for row in rows_in(path)]


def test_nearly_all_rows_of_real_answers_are_plain_and_read_as_the_careful_reading_does() -> None:
    rows = [row for path in sorted(FOLDER.glob("gf_*")) if path.suffix != ".json" for row in rows_in(path)]
    plain = [(read_plain(row, Section.BEST, {}), row) for row in rows]
    found = [(itinerary, row) for itinerary, row in plain if itinerary is not None]
    assert len(found) > 0.9 * len(rows) > 30
    for itinerary, row in found:
        assert ReadRow(itinerary) == read_row(row, Section.BEST, {})


def test_a_leg_that_rows_share_is_read_once() -> None:
    known: dict[str, Any] = {}
    first, again = (read_plain(copy.deepcopy(ROWS[0]), Section.BEST, known) for _ in range(2))
    assert first is not None
    assert again is not None
    assert first.legs[0] is again.legs[0]


@settings(max_examples=250, deadline=None)
@given(data=st.data())
def test_a_changed_row_is_read_as_the_careful_reading_does_or_left_to_it(data: st.DataObject) -> None:
    row = data.draw(st.sampled_from(ROWS))
    for _ in range(data.draw(st.integers(min_value=1, max_value=3))):
        row = copy.deepcopy(row)  # what was put into it is of the table of changes, too
        path = data.draw(st.sampled_from(list(places(row))))
        holder = holder_of(row, path)
        holder[:] = CHANGES[data.draw(st.sampled_from(sorted(CHANGES)))](holder, path[-1])
    itinerary = read_plain(row, Section.OTHER, {})
    assert itinerary is None or ReadRow(itinerary) == read_row(row, Section.OTHER, {})


@pytest.mark.parametrize("part", ["text", 7, None, {}, [], [[]], [{}] * 9, ["abc"] * 9, [[None] * 30] * 9])
def test_what_is_no_row_is_left_to_the_careful_reading(part: object) -> None:
    assert read_plain(part, Section.BEST, {}) is None
