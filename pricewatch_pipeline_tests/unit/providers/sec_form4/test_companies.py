"""The list of companies and their tickers."""

import json
from pathlib import Path

import pytest

from pricewatch_pipeline.domain.filings import Company
from pricewatch_pipeline.providers.sec_form4.companies import near, read_companies

CORPUS = Path(__file__).parents[5] / "shared" / "corpus" / "sec_form4" / "company_tickers.json"
LISTED = {
    "0": {"cik_str": 320193, "ticker": "AAPL", "title": "Apple Inc."},
    "1": {"cik_str": 1067983, "ticker": "BRK-B", "title": "BERKSHIRE HATHAWAY INC"},
    "2": {"cik_str": "1067983", "ticker": "brk.a", "title": "BERKSHIRE HATHAWAY INC"},
}


def test_a_company_is_listed_once_with_all_its_tickers() -> None:
    found = read_companies(json.dumps(LISTED).encode())
    assert found.companies == (
        Company(cik="0000320193", name="Apple Inc.", symbols=("AAPL",)),
        Company(cik="0001067983", name="BERKSHIRE HATHAWAY INC", symbols=("BRK-B", "BRK-A")),
    )
    assert (found.untold, found.error) == (0, None)


@pytest.mark.parametrize(
    "entry",
    [
        None,
        [],
        {},
        {"cik_str": 0, "ticker": "A"},
        {"cik_str": True, "ticker": "A"},
        {"cik_str": "x", "ticker": "A"},
        {"cik_str": 10**11, "ticker": "A"},
        {"cik_str": 7, "ticker": None},
        {"cik_str": 7, "ticker": "no ticker at all, this"},
    ],
)
def test_an_entry_that_is_none_is_counted(entry: object) -> None:
    found = read_companies(json.dumps({**LISTED, "3": entry}).encode())
    assert (len(found.companies), found.untold, found.error) == (2, 1, None)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b"7", b'{"0": {}}'])
def test_what_is_no_list_is_said(body: bytes) -> None:
    found = read_companies(body)
    assert found.companies == ()
    assert found.error is not None
    assert found.error.startswith("the list of tickers cannot be read: ")


@pytest.mark.parametrize(
    ("symbol", "first"),
    [("AAPLE", "AAPL"), ("BRK", "BRK-A"), ("BRK-C", "BRK-A"), ("GOGL", "GOOGL"), ("TSLAA", "TSLA"), ("ZZZZZZ", None)],
)
def test_the_likeliest_ticker_comes_first(symbol: str, first: str | None) -> None:
    there_are = ["AAPL", "BRK-A", "BRK-B", "BRKR", "GOOG", "GOOGL", "MSFT", "TSLA"]
    assert next(iter(near(symbol, there_are)), None) == first


@pytest.mark.skipif(not CORPUS.is_file(), reason="needs the shared corpus")
def test_the_whole_list_of_the_corpus_is_understood() -> None:
    truth = json.loads(CORPUS.with_name(f"{CORPUS.name}.truth.json").read_text(encoding="utf-8"))
    found = read_companies(CORPUS.read_bytes())
    tickers = [symbol for company in found.companies for symbol in company.symbols]
    assert (len(tickers), found.untold, found.error) == (truth["n"], 0, None)
    assert Company(cik="0000320193", name="Apple Inc.", symbols=("AAPL",)) in found.companies
