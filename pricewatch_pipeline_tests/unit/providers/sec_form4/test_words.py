"""Queries in words, addresses of the SEC's pages, and what is said of queries that are valid all the same."""

from typing import Any

import pytest

from pricewatch_pipeline.domain.providers import (
    AddressedProvider,
    CollectingProvider,
    RemarkingProvider,
    WordingProvider,
    asked_by,
)
from pricewatch_pipeline.errors import PricewatchError
from pricewatch_pipeline.providers.sec_form4.query import InsiderQuery
from pricewatch_pipeline.registry import providers, sec_form4
from pricewatch_pipeline.services.name_watches import watch_id_for

PAGE = "https://www.sec.gov/cgi-bin/browse-edgar?action=getcompany&CIK={}&type=4&owner=include&count=40"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"company": "aapl"}, "AAPL insiders; forms 3, 4, 5; filed in the last 365 days"),
        ({"company": 320193, "days_back": None, "forms": "4"}, "CIK 320193 insiders; form 4; since ever"),
        (
            {"company": "BRK-B", "days_back": 1, "max_filings": 40},
            "BRK-B insiders; forms 3, 4, 5; filed in the last 1 day; at most 40 filings",
        ),
        (
            {"company": "X", "days_back": 0, "max_filings": 1},
            "X insiders; forms 3, 4, 5; filed from now on; at most 1 filing",
        ),
    ],
)
def test_a_query_in_words(fields: dict[str, Any], words: str) -> None:
    assert sec_form4().in_words(InsiderQuery(**fields)) == words


@pytest.mark.parametrize(
    ("fields", "remarked"),
    [
        ({}, []),
        ({"forms": "3, 5"}, ["form 4, which is left out"]),
        ({"days_back": 0}, ["only what is filed from the first check on"]),
        ({"days_back": "all"}, ["every filing there ever was"]),
        ({"days_back": "all", "max_filings": 500}, []),
    ],
)
def test_what_is_worth_knowing_is_remarked(fields: dict[str, Any], remarked: list[str]) -> None:
    remarks = sec_form4().remarks_on(InsiderQuery(company="AAPL", **fields))
    assert len(remarks) == len(remarked)
    assert all(part in remark for part, remark in zip(remarked, remarks, strict=True))


@pytest.mark.parametrize(
    ("url", "company"),
    [
        (PAGE.format("AAPL"), "AAPL"),
        (PAGE.format("0000320193"), "0000320193"),
        ("https://www.sec.gov/edgar/browse/?CIK=320193&owner=only", "0000320193"),
        ("https://www.sec.gov/edgar/browse?cik=brk-b", "BRK-B"),
        ("https://www.sec.gov/Archives/edgar/data/320193/000032019322000061/xslF345X03/form4.xml", "0000320193"),
        ("https://www.sec.gov/Archives/edgar/data/0000320193/", "0000320193"),
        ("https://data.sec.gov/submissions/CIK0000320193.json", "0000320193"),
    ],
)
def test_an_address_of_the_secs_names_a_company(url: str, company: str) -> None:
    found = asked_by(url, providers().values())
    assert found is not None
    assert found[0] is sec_form4()
    assert found[1] == InsiderQuery(company=company)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.sec.gov/",
        "https://www.sec.gov/cgi-bin/browse-edgar?action=getcurrent&type=4",
        "https://www.sec.gov/edgar/search/#/q=apple",
        "https://shop.example/edgar/browse/?CIK=320193",
        "https://notsec.gov/edgar/browse/?CIK=320193",
        "http://[::1",
        "nothing",
    ],
)
def test_other_addresses_are_none_of_its(url: str) -> None:
    assert sec_form4().query_of(url) is None


def test_an_address_that_names_no_company_is_refused() -> None:
    with pytest.raises(PricewatchError, match="names no company: 'apple computers, incorporated' is no ticker or CIK"):
        sec_form4().query_of(PAGE.format("apple%20computers,%20incorporated"))


def test_the_page_of_a_watch_is_the_secs_list_of_its_filings() -> None:
    query = InsiderQuery(company="brk.b")
    assert sec_form4().url_of(query) == PAGE.format("BRK-B")
    assert sec_form4().host_of(query) == "sec.gov"
    assert sec_form4().query_of(PAGE.format("BRK-B")) == query
    assert sec_form4().host_of(InsiderQuery(company="A", site="http://127.0.0.1:8090")) == "127.0.0.1:8090"


def test_a_watch_that_is_added_by_an_address_has_a_name_that_says_something() -> None:
    assert watch_id_for(PAGE.format("AAPL")) == "aapl-insiders"


@pytest.mark.parametrize("protocol", [AddressedProvider, CollectingProvider, RemarkingProvider, WordingProvider])
def test_the_provider_is_one_of_each_kind(protocol: type) -> None:
    assert isinstance(sec_form4(), protocol)
