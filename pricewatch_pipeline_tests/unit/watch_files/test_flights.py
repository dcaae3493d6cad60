"""Watch files with flights, by the real provider: what they may say, and where their mistakes are said to be."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from pricewatch_pipeline.cli.config import app
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.watch_files.read import WatchFolder, read_folder
from pricewatch_pipeline.watch_files.schema import json_schema


def read(folder: Path, query: str) -> WatchFolder:
    (folder / "flights.yaml").write_text(f"watches:\n  - id: ny\n    provider: google_flights\n    query:\n{query}")
    return read_folder(folder, providers=providers())


@pytest.mark.parametrize(
    ("query", "issue"),
    [
        (
            "      origins: [LHR, LONDON]\n      destinations: JFK\n      departs: 2027-01-15\n",
            "5:22: watches[0].query.origins[1]: 'LONDON' is not the IATA code of an airport; did you mean LCY, LGW, LHR",
        ),
        (
            "      origins: LHR\n      destinations: JFK\n      departs: 2027-01-15\n      returns: 2027-01-10\n",
            "8:7: watches[0].query.returns: the return on 2027-01-10 is before the departure on 2027-01-15",
        ),
        (
            "      origins: LHR\n      destinations: JFK\n      departs: 2027-01-15\n      adults: 10\n",
            "8:7: watches[0].query.adults: 10 travellers are more than one search takes (allowed: 9)",
        ),
        (
            "      origins: LHR\n      destinations: JFK\n      departs: 2027-01-01..2028-02-04\n      matrix: true\n",
            "7:7: watches[0].query.departs: 2027-01-01..2028-02-04 is a range of 400 days (allowed: 366)",
        ),
        (
            "      origins: LHR\n      destinations: JFK\n      departs: 2027-01-01..2027-01-10\n",
            "7:7: watches[0].query.departs: one search has one day of departure and at most one of return",
        ),
        (
            "      origins: LHR\n      destinations: JFK\n      departs: 2027-01-15\n      cabins: first\n",
            "8:7: watches[0].query.cabins: unknown field; did you mean 'cabin'?",
        ),
        ("      origins: LHR\n      destinations: JFK\n", "4:5: watches[0].query: `departs` is required"),
    ],
)
def test_a_mistake_is_said_where_it_stands(tmp_path: Path, query: str, issue: str) -> None:
    (found,) = read(tmp_path, query).issues
    assert str(found).startswith(f"{tmp_path.name}/flights.yaml:{issue}")


@pytest.mark.parametrize(("more", "is_matrix"), [("", False), ("      matrix: true\n", True)])
def test_a_watch_knows_its_page_and_whether_it_is_a_matrix(tmp_path: Path, more: str, *, is_matrix: bool) -> None:
    (watch,) = read(tmp_path, f"      origins: LHR\n      destinations: JFK\n      departs: 2027-01-15\n{more}").watches
    assert watch.host == "google.com"
    assert watch.url is not None
    assert watch.url.startswith("https://www.google.com/travel/flights/search?tfs=CBwQAh")
    assert watch.is_matrix is is_matrix


@pytest.mark.parametrize(
    ("query", "is_allowed"),
    [
        ({"origins": "LHR", "destinations": ["JFK", "EWR"], "departs": "2027-01-15"}, True),
        ({"origins": "LHR", "destinations": "JFK", "departs": ["2027-01-15"], "stay": "5..9", "matrix": True}, True),
        ({"origins": "LHR", "destinations": "JFK", "departs": "2027-01-15", "stay": [7, "9..12"]}, True),
        ({"origins": "LHR", "destinations": "JFK", "departs": "2027-01-15", "min_layover": 90, "via": ["DUB"]}, True),
        ({"origins": "LHR", "destinations": "JFK"}, False),
        ({"origins": "LHR", "destinations": "JFK", "departs": "2027-01-15", "cabin": "luxury"}, False),
        ({"origins": "LHR", "destinations": "JFK", "departs": "2027-01-15", "stay": "a week"}, False),
        ({"origins": "LHR", "destinations": "JFK", "departs": "2027-01-15", "airline": "BA"}, False),
    ],
)
def test_editors_are_told_what_a_query_may_say(query: dict[str, Any], *, is_allowed: bool) -> None:
    file = {"watches": [{"id": "ny", "provider": "google_flights", "query": query}]}
    assert Draft202012Validator(json_schema(providers())).is_valid(file) is is_allowed


def test_what_a_valid_query_stands_for_is_a_note_and_no_warning(tmp_path: Path) -> None:
    read(tmp_path, "      {origins: LHR, destinations: JFK, departs: 2027-01-15..2027-01-19, matrix: true}\n")
    result = CliRunner().invoke(app, ["check", str(tmp_path)])
    assert result.exit_code == 0
    assert "Note: ny: stands for 5 combinations (1 origin x 1 destination x 5 days)" in result.stderr
    assert "warning" not in result.stderr


def test_the_reference_names_every_field_with_its_default() -> None:
    text = (Path(__file__).parents[3] / "docs/reference/watch-files.md").read_text(encoding="utf-8")
    section = text.partition("### Flights")[2].partition("\n### ")[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| `")]
    named = {name.strip(" `"): cells[3] for cells in rows for name in cells[1].split(",")}
    fields = providers()["google_flights"].query_model.model_fields
    assert set(named) == set(fields)
    for name, field in fields.items():
        if isinstance(field.default, str):
            assert f"`{field.default}`" in named[name]
