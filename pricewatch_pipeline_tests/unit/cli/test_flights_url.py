import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from pricewatch_pipeline.cli.flight_flags import in_flags
from pricewatch_pipeline.cli.main import app

TRIP = ("--from", "LHR,LGW", "--to", "JFK", "--depart", "2127-01-15")
TFS = "CBwQAhoeagcIARIDSE5MEgoyMDIxLTA5LTEzcgcIARIDU0ZPGh5qBwgBEgNTRk8SCjIwMjEtMDktMTdyBwgBEgNITkxwAYIBCwj___________8BQAFIAZgBAQ"

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    return lambda *arguments: CliRunner().invoke(app, ["flights", *arguments])


def test_a_trip_is_one_address(run: Run) -> None:
    result = run("url", *TRIP, "--return", "2127-01-22", "--adults", "2", "--currency", "GBP", "--country", "GB")
    assert result.exit_code == 0
    (url,) = result.stdout.splitlines()
    assert url.startswith("https://www.google.com/travel/flights/search?tfs=")
    assert url.endswith("&hl=en&curr=GBP&gl=GB")
    explained = json.loads(run("decode", url, "--json").stdout)
    assert explained["looks_for"] == "LHR, LGW -> JFK, 15 Jan 2127, back 22 Jan 2127; 2 adults; in GBP"
    assert explained["query"]["origins"] == ["LHR", "LGW"]
    assert explained["legs"][1]["destinations"] == ["LHR", "LGW"]


def test_a_matrix_says_its_count_first_and_gives_every_address_when_asked(run: Run) -> None:
    matrix = ("url", "--matrix", "--from", "LHR,LGW", "--to", "JFK", "--depart", "2127-01-15..2127-01-17")
    one, every = run(*matrix), run(*matrix, "--all")
    assert len(one.stdout.splitlines()) == 1
    assert "stands for 6 combinations (2 origins x 1 destination x 3 days)" in one.stderr
    assert "--all prints every one" in one.stderr
    assert len(set(every.stdout.splitlines())) == 6
    assert every.stdout.splitlines()[0] == one.stdout.strip()


def test_errors_name_the_flag(run: Run) -> None:
    result = run("url", "--from", "LONDON", "--to", "JFK", "--without-airline", "British Airways")
    assert result.exit_code == 1
    assert [line.split(": ")[0] for line in result.stderr.removeprefix("error: ").splitlines()] == [
        "--from",
        "--depart",
        "--without-airline",
    ]
    assert "did you mean LCY, LGW, LHR" in result.stderr


def test_a_watch_and_flags_do_not_go_together(run: Run) -> None:
    result = run("url", "ny", *TRIP)
    assert result.exit_code == 2
    assert "not both" in result.stderr


def test_a_day_in_the_past_is_remarked_on(run: Run) -> None:
    result = run("url", "--from", "LHR", "--to", "JFK", "--depart", "2020-01-15")
    assert result.exit_code == 0
    assert "2020-01-15, has gone by: it is finished" in result.stderr


def test_a_tfs_is_explained_as_a_table(run: Run) -> None:
    result = run("decode", TFS)
    assert result.exit_code == 0
    rows = dict(line.strip().split(maxsplit=1) for line in result.stdout.splitlines())
    assert rows["trip"] == "round trip"
    assert rows["out"] == "HNL -> SFO on 2021-09-13"
    assert rows["back"] == "SFO -> HNL on 2021-09-17"
    assert rows["travellers"] == "adults: 1"
    assert "currency" not in rows  # which only an address says


@pytest.mark.parametrize(
    ("text", "says"),
    [("hello", "is no tfs"), ("https://www.google.com/travel/flights", "has no tfs"), ("", "the text is empty")],
)
def test_what_is_no_search_is_an_error(run: Run, text: str, says: str) -> None:
    result = run("decode", text)
    assert result.exit_code == 1
    assert says in result.stderr


def test_help_and_the_list_of_providers_load_neither_protobuf_nor_airports() -> None:
    code = (
        "import sys, pricewatch_pipeline.cli.main, pricewatch_pipeline.cli.flights\n"
        "from pricewatch_pipeline.registry import providers\n"
        "providers()\n"
        "heavy = ('google.protobuf', 'airportsdata', 'orjson')\n"
        "print([name for name in sys.modules if name.startswith(heavy)])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


@pytest.mark.parametrize(
    ("problem", "says"),
    [
        ("query.origins[1]: 'XXQ' is not an airport", "--from: 'XXQ' is not an airport"),
        ("departs: write `matrix: true`, or name one day", "--depart: write `--matrix`, or name one day"),
        ("query: at most 7, or raise `max_combinations`", "at most 7, or raise `--max-combinations`"),
        ("every: 'soon' is not a duration: `6h` is", "every: 'soon' is not a duration: `6h` is"),
    ],
)
def test_a_problem_of_a_query_is_said_in_flags(problem: str, says: str) -> None:
    assert in_flags(problem) == says
