import base64
import copy
import gc
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pricewatch_pipeline.domain.flights import FareInsight, FareLevel, Section
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.providers.google_flights.reading import Garbage, read_results
from pricewatch_pipeline_tests.unit.providers.google_flights.truths import (
    CORPUS,
    SAMPLES,
    facts,
    payload_of,
    true_facts,
    truth_of,
)

PWM = "gf_ds1_PWM_JFK_Small_to_Major.js"
WITH_ROWS = (PWM, "gf_rpc_krisukox_flight.resp", "gf_rpc_nas_inner_object_test.txt")
OF_CORPUS = sorted(CORPUS.glob("gf_*")) if CORPUS.is_dir() else []
NO_ROWS = "gf_rpc_nas_response_non_uniform_city_images.txt"


def counted(path: Path) -> dict[tuple[object, ...], int]:
    counts: dict[tuple[object, ...], int] = {}
    for itinerary in read_results(path.read_bytes()).itineraries:
        counts[facts(itinerary)] = counts.get(facts(itinerary), 0) + 1
    return counts


def read(data: Any) -> Any:
    return read_results(json.dumps(data).encode())


@pytest.mark.parametrize("name", WITH_ROWS)
def test_every_itinerary_of_a_sample_is_read(name: str) -> None:
    assert counted(SAMPLES / name) == true_facts(truth_of(SAMPLES / name))


@pytest.mark.skipif(not OF_CORPUS, reason="the shared corpus is not here")
def test_every_itinerary_of_the_corpus_is_read_with_its_zone_and_currency() -> None:
    for path in OF_CORPUS:
        if path.suffix == ".json" or not path.name.startswith(("gf_ds1", "gf_rpc", "gf_page_debug")):
            continue
        results = read_results(path.read_bytes())
        assert counted(path) == true_facts(truth_of(path)), path.name
        assert results.outcome is (Outcome.UNREADABLE if path.name == NO_ROWS else Outcome.OK)
        assert results.error is None or path.name == NO_ROWS
        for itinerary in results.itineraries:
            assert itinerary.departs_at, "the zones give the duration the page says"
            assert itinerary.currency or itinerary.price is None


@pytest.mark.skipif(not OF_CORPUS, reason="the shared corpus is not here")
def test_bags_are_those_of_the_visible_labels() -> None:
    labelled = 0
    for path in CORPUS.glob("gf_ds1*.js"):
        labels = truth_of(path)["visible_labels"]
        if not labels:
            continue
        seen = sorted((label.count("1 carry-on bag included. 0 checked"), "bags included" in label) for label in labels)
        read_here = read_results(path.read_bytes()).itineraries
        ours = sorted(
            (int(i.carry_on_bags == 1 and i.checked_bags == 0), i.checked_bags is not None) for i in read_here
        )
        assert ours == seen, path.name
        labelled += len(labels)
    assert labelled > 250


def test_all_facts_of_a_row_are_read() -> None:
    first = read_results((SAMPLES / PWM).read_bytes()).itineraries[0]
    (leg,) = first.legs
    assert (first.price, first.currency, first.section) == (Decimal(79), "USD", Section.BEST)
    assert (first.departs_at, first.arrives_at) == (
        datetime(2025, 8, 21, 10, 5, tzinfo=UTC),
        datetime(2025, 8, 21, 11, 24, tzinfo=UTC),
    )
    assert (first.carry_on_bags, first.checked_bags) == (1, 0)
    assert (first.emissions_g, first.typical_emissions_g) == (73000, 87000)
    assert (first.booking_token or "").startswith("CAISA1VTRBoD")
    assert (leg.airline, leg.airline_name, leg.number) == ("B6", "JetBlue", "B6307")
    assert (leg.aircraft, leg.legroom, leg.emissions_g) == ("Airbus A220-300 Passenger", "32 in", 72868)


def test_of_several_chunks_the_lower_fare_wins_and_each_itinerary_counts_once() -> None:
    results = read_results((SAMPLES / "gf_rpc_krisukox_flight.resp").read_bytes())
    fares = [i.price for i in results.itineraries if i.flight_numbers == ("LH1617", "LH1752")]
    assert (fares, results.currency) == ([Decimal(2034)], "PLN")


def test_a_fare_beats_none_in_whichever_chunk_it_comes() -> None:
    priced = payload_of(PWM, 2)
    missing = copy.deepcopy(priced)
    missing[2][0][0][1][0] = []
    for chunks in ((priced, missing), (missing, priced)):
        body = ")]}'\n\n" + "\n".join(json.dumps([["wrb.fr", None, json.dumps(chunk)]]) for chunk in chunks)
        results = read_results(body.encode())
        assert (len(results.itineraries), results.itineraries[0].price) == (4, Decimal(79))


@pytest.mark.parametrize(
    ("head", "price"),
    [
        ([None, 79], Decimal(79)),
        ([79], None),
        ([None, 78.53], Decimal("78.53")),
        ([], None),
        (None, None),
        ([None, 0], None),
        ([None, -79], None),
        ([None, "79"], None),
        ([None, True], None),
        ([None, None], None),
        ([None, 80], None),
        ([None, 790], None),
    ],
)
def test_a_price_is_what_its_token_confirms_to_the_cent_or_null(head: Any, price: Decimal | None) -> None:
    data = payload_of(PWM, 4)
    data[2][0][0][1][0] = head
    assert read(data).itineraries[0].price == price


@pytest.mark.parametrize(
    ("shown", "amount", "currency", "is_given"),
    [
        (79, 7853, "USD", True),
        (45_600, 45_600, "JPY", True),
        (45_600, 4_560_000, "JPY", True),
        (45_600, 45_563, "JPY", True),
        (45_600, 456_000, "JPY", False),
        (24, 23_500, "KWD", True),
        (8, 7853, "USD", False),
        (785, 7853, "USD", False),
        (18_333, 1_832_300, "USD", False),  # ten dollars more, however dear
    ],
)
def test_a_price_agrees_with_a_token_in_the_decimals_of_its_currency(
    shown: int, amount: int, currency: str, is_given: bool
) -> None:
    fare = b"\x08" + _varint(amount) + b"\x10\x02\x1a\x03" + currency.encode()
    token = base64.b64encode(b"\x0a\x01s\x12\x05B6307\x1a" + bytes([len(fare)]) + fare).decode()
    data = payload_of(PWM, 4)
    data[2][0][0][1] = [[None, shown], token]
    assert read(data).itineraries[0].price == (Decimal(shown) if is_given else None)


def _varint(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out, number = out + bytes([number & 0x7F | 0x80]), number >> 7
    return out + bytes([number])


def test_another_number_of_the_row_in_the_place_of_the_price_is_none() -> None:
    data = payload_of(PWM, 4)
    data[2][0][0][1] = [[1]]  # as at [9] of many rows
    assert read(data).itineraries[0].price is None


def test_the_price_of_other_flights_is_none() -> None:
    data = payload_of(PWM, 4)
    data[2][0][0][1], data[2][0][2][1] = data[2][0][2][1], data[2][0][0][1]
    results = read(data)
    assert [i.price is None for i in results.itineraries].count(True) == 2
    assert results.outcome is Outcome.OK
    assert results.error.startswith("2 of 8 rows")


def test_a_price_without_a_token_is_in_the_currency_of_all_others() -> None:
    data = payload_of(PWM, 2)
    del data[2][0][0][1][1]
    assert read(data).itineraries[0].currency == "USD"


@pytest.mark.parametrize(
    ("insight", "expected"),
    [
        ([2, [None, 65], [None, 95], [None, 30], [None, 60], [None, 165]], (FareLevel.TYPICAL, 60, 165)),
        ([5, [None, 289], [None, 154], [None, -136], [None, 140], [None, 275]], (FareLevel.HIGH, 140, 275)),
        ([1, [None, 50], [None, 95], [None, 45], [None, 60], [None, 165]], (FareLevel.LOW, 60, 165)),
        ([None, [None, 50], [None, 95], [None, 45], [None, 60], [None, 165]], (FareLevel.LOW, 60, 165)),
        ([5, [None, 65], [None, 95], [None, 30], [None, 60], [None, 165]], None),
        ([2, [None, 65], [None, 95], [None, 60], [None, 30], [None, 165]], None),
        ([2, [None, 65], [None, 95], [None, 30], [None, 165], [None, 60]], None),
        ([2, [None, 65], [None, 95], [None, 30], None, [None, 165]], None),
        ([[None, 65]], None),
        (None, None),
    ],
)
def test_how_the_fare_stands_is_said_only_where_its_figures_agree(insight: Any, expected: Any) -> None:
    data = payload_of(PWM, 1)
    data[5] = insight
    level, low, high = expected or (None, None, None)
    assert read(data).insight == FareInsight(
        level=level, typical_low=low and Decimal(low), typical_high=high and Decimal(high)
    )


def test_a_price_graph_gives_a_fare_for_every_day() -> None:
    results = read_results((SAMPLES / "gf_graph_nas_graph_response").read_bytes())
    points = truth_of(SAMPLES / "gf_graph_nas_graph_response")["points"]
    assert [(str(i.departs_on), i.returns_on, i.price) for i in results.itineraries] == [
        (point["depart"], point["return_"], point["price"]) for point in points
    ]
    assert {(i.section, i.currency) for i in results.itineraries} == {(Section.CALENDAR, "EUR")}
    assert results.itineraries[0].departs_on == date(2024, 1, 17)


@pytest.mark.parametrize("form", ["bare", "lines", "prefixed", "chunks", "page", "utf-16", "escaped"])
def test_the_same_payload_reads_the_same_in_every_form(form: str) -> None:
    data = payload_of(PWM, 3)
    text = json.dumps(data)
    chunk = json.dumps([["wrb.fr", None, text, None], ["di", 12], ["e", 4, None, None, 99]])
    script = f"<script class=\"ds:1\">AF_initDataCallback({{key: 'ds:1', hash: '9', data:{text}, sideChannel: {{}}}});"
    bodies = {
        "bare": text.encode(),
        "lines": json.dumps(data, indent=1).encode(),
        "prefixed": f")]}}'\n\n{chunk}".encode(),
        "chunks": f")]}}'\n\n{len(chunk)}\n{chunk}\n25\n{json.dumps([['e', 4]], indent=1)}\n".encode(),
        "page": f"<!doctype html><p>{script}</script><p>".encode(),
        "utf-16": f"<html>{script}</script>".encode("utf-16"),
        "escaped": script.replace("=", "\\x3d", 1).replace("&", "\\x26").encode(),
    }
    bodies["escaped"] = bodies["page"].replace(b"JetBlue", b"Jet\\x42lue")
    assert read_results(bodies[form]) == read(data)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ((SAMPLES / "gf_other_krisukox_city_athens.resp").read_bytes(), "a search for places"),
        (b"", "no data"),
        (b"\x00\xff" * 100, "no data"),
        (b"<html><body>Hello</body></html>", "no data"),
        (b')]}\'\n\n[["wrb.fr",null,null,null,null,[13]]]', "error 13"),
        (b"<script>AF_initDataCallback({key: 'ds:1', isError:  true , data:[3,null], sideChannel: {}});", "an error"),
        (b"AF_initDataCallback({key: 'ds:1', hash: '2', data:[13], errorHasStatus: true});", "status 13"),
        (b"AF_initDataCallback({key: 'ds:1', hash: '2', data:[[null,[[17", "cut off"),
        (b"AF_initDataCallback({key: 'ds:1', hash: '2'", "no data"),
        (b"[" * 100_000, "cannot be read"),
        (b"[1][2]" * 100_000, "cannot be read"),
        (b'{"a": 1}', "no data"),
        (b"[1, 2, 3]", "another kind of answer"),
        (b'[\\"LX\\",\n[\\"SWISS\\"],', "cannot be read"),
    ],
)
def test_what_is_no_result_says_what_it_is(body: bytes, words: str) -> None:
    results = read_results(body)
    assert results.outcome is Outcome.UNREADABLE
    assert words in (results.error or "")


@pytest.mark.parametrize("time", [[24], [7, 60], [10**12], [7, -(10**12)], ["7"], [7.5]])
def test_a_time_on_no_clock_is_a_row_that_cannot_be_read(time: list[Any]) -> None:
    data = payload_of(PWM, 1)
    data[2][0][0][0][2][0][8] = time
    results = read(data)
    assert len(results.itineraries) == 1
    assert results.error == "1 of 2 rows cannot be read in full: no day or no time of a flight ([0][4] to [0][8])"


@pytest.mark.parametrize("position", [3, 7, 8])
def test_a_figure_of_four_hundred_digits_is_a_missing_fact(position: int) -> None:
    data = payload_of(PWM, 1)
    data[2][0][0][0][22][position] = 10**400
    results = read_results(page(data))
    assert [itinerary.typical_emissions_g is None for itinerary in results.itineraries] == [True, False]


def test_a_list_that_has_moved_is_a_changed_layout() -> None:
    data = payload_of(PWM, 5)
    for row in [*data[2][0], *data[3][0]]:
        row[0].insert(0, None)
    results = read(data)
    assert (results.outcome, results.itineraries) == (Outcome.UNREADABLE, ())
    assert results.error.startswith("9 of 9 rows cannot be read in full: ")
    assert results.error.endswith("; the layout has changed")


def test_lists_under_other_numbers_are_a_changed_layout() -> None:
    data = payload_of(PWM, 5)
    data.insert(2, None)
    assert read(data).outcome is Outcome.UNREADABLE


def test_lists_that_changed_places_keep_their_names() -> None:
    data = payload_of(PWM, 5)
    best = {i.flight_numbers for i in read(data).itineraries if i.section is Section.BEST}
    data[2], data[3] = data[3], data[2]
    assert {i.flight_numbers for i in read(data).itineraries if i.section is Section.BEST} == best


def empty() -> Any:
    """A search without rows. Nobody has a real one: this is one of which all that speaks of fares is taken away."""
    data = payload_of(PWM, 1)
    for position in (2, 3, 5, 7, 11, 17, 25, 26, 30):
        data[position] = None
    return data


def page(data: Any, words: str = "") -> bytes:
    script = f"AF_initDataCallback({{key: 'ds:1', hash: '9', data:{json.dumps(data)}, sideChannel: {{}}}});"
    return f"<html><body>{words}<script>{script}</script></body></html>".encode()


def test_no_rows_are_no_empty_market_unless_the_page_says_so() -> None:
    assert read_results(page(empty())).outcome is Outcome.UNREADABLE
    said = "<div role=alert>No flights found</div>"
    assert read_results(page(empty(), said)).outcome is Outcome.NO_OFFERS
    assert read_results(f"<html>{said}</html>".encode()).outcome is Outcome.UNREADABLE
    listed = empty()
    listed[3] = [None, None, 0, 0, [0]]
    assert read_results(page(listed)).outcome is Outcome.NO_OFFERS


@pytest.mark.parametrize("position", [5, 7, 11, 25])
def test_an_empty_list_beside_traces_of_fares_is_no_empty_market(position: int) -> None:
    data, real = empty(), payload_of(PWM, 1)
    data[3] = [None, None, 0, 0, [0]]
    data[position] = real[position]
    assert read_results(page(data)).outcome is Outcome.UNREADABLE


def test_garbage_is_hunted_again_when_the_last_of_several_readers_is_done() -> None:
    garbage = Garbage()
    first, second = garbage.kept(), garbage.kept()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    is_kept = not gc.isenabled()
    second.__exit__(None, None, None)
    assert (is_kept, gc.isenabled()) == (True, True)
