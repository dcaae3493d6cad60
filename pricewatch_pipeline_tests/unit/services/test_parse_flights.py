import io
import json
from pathlib import Path
from typing import Any

from pricewatch_pipeline.services.parse_flights import PARSED, Parsed, parse_flights
from pricewatch_pipeline_tests.unit.providers.google_flights.truths import SAMPLES

PWM = str(SAMPLES / "gf_ds1_PWM_JFK_Small_to_Major.js")
GRAPH = str(SAMPLES / "gf_graph_nas_graph_response")


def parsed(*files: str) -> tuple[Parsed, list[dict[str, Any]]]:
    output = io.StringIO()
    counts = parse_flights(files, output)
    return counts, [json.loads(line) for line in output.getvalue().splitlines()]


def test_every_itinerary_is_a_line_with_all_fields() -> None:
    counts, lines = parsed(PWM)
    assert (counts.outcomes, counts.itineraries, len(lines)) == ({"ok": 1}, 18, 18)
    assert all(tuple(line) == PARSED for line in lines)
    first = lines[0]
    assert {name: first[name] for name in PARSED[:15] if name != "file"} == {
        "outcome": "ok",
        "section": "best",
        "price": "79",
        "currency": "USD",
        "airlines": ["JetBlue"],
        "flight_numbers": ["B6307"],
        "origin": "PWM",
        "destination": "JFK",
        "departs_at": "2025-08-21T06:05",
        "arrives_at": "2025-08-21T07:24",
        "duration_minutes": 79,
        "stops": 0,
        "layovers": [],
        "emissions_g": 73000,
    }
    assert (first["departs_utc"], first["price_indicator"], first["typical_low"]) == (
        "2025-08-21T10:05+00:00",
        "typical",
        "45",
    )
    assert first["legs"][0]["flight_number"] == "B6307"


def test_a_price_graph_is_a_line_for_every_day() -> None:
    _, lines = parsed(GRAPH)
    assert {line["section"] for line in lines} == {"calendar"}
    assert (lines[0]["departs_on"], lines[0]["returns_on"], lines[0]["price"]) == ("2024-01-17", None, "380")
    assert lines[0]["departs_at"] is None


def test_a_file_without_itineraries_is_one_line_and_the_others_go_on(tmp_path: Path) -> None:
    consent = tmp_path / "consent.html"
    consent.write_bytes(b'<form action="https://consent.google.com/save">')
    counts, lines = parsed(str(tmp_path / "gone"), str(tmp_path), str(consent), GRAPH)
    outcomes = [line["outcome"] for line in lines[:4]]
    assert outcomes == ["not_found", "not_found", "consent", "ok"]
    assert lines[0]["error"] == "there is no such file"
    assert (lines[0]["price"], lines[2]["file"]) == (None, str(consent))
    assert counts.outcomes == {"not_found": 2, "consent": 1, "ok": 1}
