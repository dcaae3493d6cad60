"""Lists of filings: those of the corpus against their truth, and what is made of columns that do not fit together."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricewatch_pipeline.providers.sec_form4.feeds import Feed, FeedOf, OlderPart, read_feed, read_part

LISTS = Path(__file__).parent / "lists"
CORPUS = Path(__file__).parents[5] / "shared" / "corpus" / "sec_form4"
FEEDS = sorted(
    path.with_name(path.name.removesuffix(".truth.json"))
    for path in (CORPUS if CORPUS.is_dir() else LISTS).glob("sub_cik0*.truth.json")
)
"""Every list of the corpus; without the corpus, the samples of it."""
CIK = "0000320193"
OF = FeedOf(cik=CIK, forms=("3", "4", "5"), site="https://www.sec.gov")
FIRST, SECOND = "0000320193-26-000001", "0000320193-26-000002"


def feed(**fields: Any) -> Feed:
    columns = {
        "accessionNumber": [FIRST, SECOND],
        "filingDate": ["2026-11-20", "2026-11-19"],
        "form": ["4", "3/A"],
        "primaryDocument": ["xslF345X05/form4.xml", "xslF345X02/form3.xml"],
        "acceptanceDateTime": ["2026-11-20T21:15:36.000Z", ""],
        "reportDate": ["2026-11-18", ""],
    }
    recent = {name: column for name, column in {**columns, **fields}.items() if column is not None}
    return read_feed(json.dumps({"cik": 320193, "name": "Apple Inc.", "filings": {"recent": recent}}).encode(), OF)


@pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.name)
def test_a_list_of_the_corpus_is_read_as_its_truth_says(path: Path) -> None:
    truth = json.loads(path.with_name(f"{path.name}.truth.json").read_text(encoding="utf-8"))
    of = FeedOf(cik=path.name[7:17], forms=("3", "4", "5"), site="https://www.sec.gov")
    found = (read_part if "-submissions-" in path.name else read_feed)(path.read_bytes(), of)
    fours = [each for each in found.listed if each.form == "4"]
    assert (found.error, found.untold, found.name, found.filings) == (None, 0, truth["name"], truth["n_recent"])
    assert len(fours) == truth["n_form4"]
    assert sum(each.form == "4/A" for each in found.listed) == truth["n_form4a"]
    latest = [(each.accession, f"{each.filed_on}") for each in fours][: len(truth["latest_form4"])]
    assert latest == [(each["accession"], each["filed"]) for each in truth["latest_form4"]]
    assert [part.name for part in found.parts] == truth.get("older_files", [])
    assert not [each.url for each in found.listed if "xsl" in each.url]


def test_the_answer_to_a_cik_that_does_not_exist_is_no_list() -> None:
    found = read_feed((LISTS / "sub_cik-000000001.json").read_bytes(), OF)
    assert found.error is not None
    assert found.error.startswith("the list of filings cannot be read: it is no JSON")
    assert "NoSuchKey" in found.error


def test_a_filing_is_listed_with_its_document_as_it_was_filed() -> None:
    first, second = feed().listed
    assert first.url == "https://www.sec.gov/Archives/edgar/data/320193/000032019326000001/form4.xml"
    assert (first.accession, first.form, first.filed_on, first.feed_cik) == (FIRST, "4", date(2026, 11, 20), CIK)
    assert (first.accepted_at, first.period) == (datetime(2026, 11, 20, 21, 15, 36, tzinfo=UTC), date(2026, 11, 18))
    assert (second.form, second.accepted_at, second.period) == ("3/A", None, None)


@pytest.mark.parametrize(
    "document", ["", "0000320193-26-000001.txt", "form4.htm", "../../../etc/passwd.xml", "a/b.xml", None, 7, "x y.xml"]
)
def test_without_an_xml_document_the_whole_submission_is_asked_for(document: object) -> None:
    found = feed(primaryDocument=[document, "form3.xml"])
    assert found.listed[0].url == f"https://www.sec.gov/Archives/edgar/data/320193/{FIRST}.txt"
    assert found.untold == 0


@pytest.mark.parametrize(
    ("fields", "listed", "untold"),
    [
        ({"accessionNumber": [FIRST, 12]}, [FIRST], 1),
        ({"accessionNumber": ["../x", SECOND]}, [SECOND], 1),
        ({"filingDate": ["2026-02-30", "2026-11-19"]}, [SECOND], 1),
        ({"filingDate": [None, "yesterday"]}, [], 2),
        ({"form": [4, "3"]}, [SECOND], 1),
        ({"form": ["10-K", "144"]}, [], 0),
        ({"accessionNumber": [FIRST, FIRST]}, [FIRST], 0),
        ({"primaryDocument": ["form4.xml"]}, [FIRST, SECOND], 0),
        ({"acceptanceDateTime": "never", "reportDate": [{}, []]}, [FIRST, SECOND], 0),
    ],
)
def test_rows_that_cannot_be_told_are_counted(fields: dict[str, Any], listed: list[str], untold: int) -> None:
    found = feed(**fields)
    assert ([each.accession for each in found.listed], found.untold, found.error) == (listed, untold, None)


def test_a_column_that_is_shorter_than_the_others_names_no_document() -> None:
    assert {each.url.rpartition(".")[2] for each in feed(primaryDocument=["form4.xml"]).listed} == {"txt"}


@pytest.mark.parametrize(
    ("column", "value"), [("accessionNumber", [FIRST]), ("form", ["4", "3", "4"]), ("filingDate", [])]
)
def test_where_columns_do_not_fit_together_nothing_is_known_of_any_row(column: str, value: list[str]) -> None:
    found = feed(**{column: value})
    assert found.listed == ()
    assert found.error is not None
    assert found.error.startswith("the list of filings cannot be read: its columns have different lengths (")
    assert f"{column} {len(value)}" in found.error


@pytest.mark.parametrize("column", ["accessionNumber", "form", "filingDate"])
@pytest.mark.parametrize("value", [None, "4", {"0": "4"}, 7])
def test_without_a_column_that_is_needed_there_is_no_list(column: str, value: object) -> None:
    assert feed(**{column: value}).error == f"the list of filings cannot be read: it has no column {column!r}"


def test_older_files_are_told_with_what_may_be_in_them() -> None:
    name = f"CIK{CIK}-submissions-001.json"
    files: list[Any] = [
        {"name": name, "filingCount": 3, "filingTo": "2025-01-31"},
        {"name": name.replace("001", "002"), "filingCount": "3", "filingTo": "unknown"},
        {"name": "../../x.json", "filingCount": 3},
        "nothing",
    ]
    columns: dict[str, Any] = {"accessionNumber": [], "form": [], "filingDate": []}
    found = read_feed(json.dumps({"filings": {"recent": columns, "files": files}}).encode(), OF)
    first, second = found.parts
    assert (found.untold, found.error) == (2, None)
    assert first == OlderPart(name=name, filings=3, filed_to=date(2025, 1, 31))
    assert (second.filings, second.filed_to) == (None, None)
    since = [date(2025, 1, 31), date(2025, 2, 1), None]
    assert [first.may_hold(day) for day in since] == [True, False, True]
    assert [second.may_hold(day) for day in since] == [True, True, True]


def test_names_hold_nothing_that_a_database_refuses() -> None:
    body = (
        b'{"name": "A\\u0000B \\ud800 C", "filings": {"recent": {"accessionNumber": [], "form": [], "filingDate": []}}}'
    )
    assert read_feed(body, OF).name == "A B C"


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([FIRST, "4", "2026-11-19"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=50)
@given(_json, _json, _json, _json)
def test_whatever_a_list_holds_reading_it_raises_nothing(one: Any, two: Any, three: Any, four: Any) -> None:
    columns = {"accessionNumber": one, "form": two, "filingDate": three, "primaryDocument": four}
    for found in ({"cik": four, "name": one, "filings": {"recent": columns, "files": two}}, {"filings": one}, one):
        read_feed(json.dumps(found).encode("utf-8", "surrogatepass"), OF)
    read_part(json.dumps(columns).encode("utf-8", "surrogatepass"), OF)


def test_a_list_nested_without_end_is_refused() -> None:
    assert "nested too deeply" in (read_feed(b"[" * 200_000, OF).error or "")
