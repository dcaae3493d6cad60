"""Payloads with nulls, shifts and swaps anywhere: a typed outcome, and never another price, time or airport for the same flights."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricewatch_pipeline.domain.flights import FlightResults, Itinerary
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.providers.google_flights.reading import read_results
from pricewatch_pipeline_tests.unit.providers.google_flights.truths import payload_of

SAMPLES = ("gf_ds1_PWM_JFK_Small_to_Major.js", "gf_rpc_krisukox_flight.resp")
TYPED = tuple(Outcome(name) for name in ("ok", "unreadable", "consent", "blocked", "login"))
"""Junk may be the very field of a consent page; never `no_offers`."""
CHECKED = (
    *("price", "currency", "airlines", "origin", "destination", "departs_local", "arrives_local", "departs_at"),
    *("arrives_at", "duration_minutes", "stops", "emissions_g", "typical_emissions_g"),
)
"""All but the list a row stands in: only its position says that."""
WRONG: tuple[Any, ...] = ("x", "ZZZ", "12", 7, 999, -3, 10**12, 12.5, True, [], {}, [None], "2025-01-01")

Change = Callable[[list[Any], int], list[Any]]
CHANGES: dict[str, Change] = {
    "null": lambda values, at: [*values[:at], None, *values[at + 1 :]],
    "drop": lambda values, at: [*values[:at], *values[at + 1 :]],
    "shift": lambda values, at: [*values[:at], None, *values[at:]],
    "swap": lambda values, at: [*values[:at], *values[at : at + 2][::-1], *values[at + 2 :]],
    **{repr(wrong): lambda values, at, wrong=wrong: [*values[:at], wrong, *values[at + 1 :]] for wrong in WRONG},  # type: ignore[misc]
}


def places(value: Any, path: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    for index, part in enumerate(value):
        yield (*path, index)
        if isinstance(part, list):
            yield from places(part, (*path, index))


def holder_of(data: Any, path: tuple[int, ...]) -> Any:
    for index in path[:-1]:
        data = data[index]
    return data


def rows_of(name: str) -> Any:
    """A payload of a few rows, without what is not read."""
    data = payload_of(name, 2)
    for position in (1, 7, 11, 17, 26):
        data[position] = [data[position][0]]
    return data


PAYLOADS = {name: json.dumps(rows_of(name)) for name in SAMPLES}
READ = {name: read_results(text.encode()) for name, text in PAYLOADS.items()}
PLACES = {name: list(places(json.loads(text))) for name, text in PAYLOADS.items()}


def known(name: str) -> dict[tuple[str, ...], Itinerary]:
    return {itinerary.flight_numbers: itinerary for itinerary in READ[name].itineraries}


def wrong_facts(results: FlightResults, of: dict[tuple[str, ...], Itinerary]) -> list[tuple[str, object]]:
    """Facts of a changed payload that are neither missing nor those of the real one."""
    wrong: list[tuple[str, object]] = []
    for itinerary in results.itineraries:
        real = of.get(itinerary.flight_numbers)
        if real is None:
            is_priced = itinerary.price is not None and itinerary.flight_numbers
            wrong += [("flight_numbers", itinerary.flight_numbers)] if is_priced else []
            continue
        pairs = ((name, getattr(itinerary, name), getattr(real, name)) for name in CHECKED)
        wrong += [(name, value) for name, value, true in pairs if value not in (None, (), true)]
    return wrong


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_a_change_anywhere_is_a_missing_fact_and_never_a_wrong_one(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(SAMPLES))
    payload = json.loads(PAYLOADS[name])
    path = data.draw(st.sampled_from(PLACES[name]))
    change = data.draw(st.sampled_from(sorted(CHANGES)))
    holder = holder_of(payload, path)
    holder[:] = CHANGES[change](holder, path[-1])
    results = read_results(json.dumps(payload).encode())
    assert results.outcome in TYPED
    assert wrong_facts(results, known(name)) == []


@pytest.mark.parametrize("change", ["null", "drop", "shift", "swap"])
def test_a_layout_that_changed_in_all_rows_gives_no_wrong_fact(change: str) -> None:
    name = SAMPLES[0]
    of_row = [path[3:] for path in PLACES[name] if path[:3] == (2, 0, 0) and len(path) > 3]
    for tail in of_row:
        payload = json.loads(PAYLOADS[name])
        for head in ((2, 0, 0), (2, 0, 1), (3, 0, 0), (3, 0, 1)):
            try:
                holder = holder_of(payload, head + tail)
            except (IndexError, TypeError):  # rows differ in what they have
                continue
            if isinstance(holder, list) and len(holder) > tail[-1]:
                holder[:] = CHANGES[change](holder, tail[-1])
        results = read_results(json.dumps(payload).encode())
        assert results.outcome in TYPED, tail
        assert wrong_facts(results, known(name)) == [], tail


@settings(max_examples=100, deadline=None)
@given(cut=st.integers(min_value=0, max_value=20_000), junk=st.binary(max_size=40))
def test_a_file_cut_anywhere_and_patched_with_junk_is_typed(cut: int, junk: bytes) -> None:
    text = PAYLOADS[SAMPLES[0]].encode()
    page = b"<script>AF_initDataCallback({key: 'ds:1', hash: '1', data:" + text + b", sideChannel: {}});</script>"
    for body in (text[:cut] + junk, page[:cut] + junk + page[cut + len(junk) :], b")]}'\n\n" + text[:cut] + junk):
        results = read_results(body)
        assert results.outcome in TYPED
        assert wrong_facts(results, known(SAMPLES[0])) == []
