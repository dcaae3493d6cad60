"""The demo's EDGAR: what it answers, when it refuses, and that it writes down what it was asked."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from pricewatch_pipeline.demo.sec_site import SecOptions, SecSite
from pricewatch_pipeline.errors import PortTaken
from pricewatch_pipeline_tests.support.sec_site import (
    document_by,
    entity,
    filing_by,
    other_form,
    owner,
    purchase,
    sale,
)

ACME = entity(320193, "Acme & Sons Inc.", "ACME", "ACME-B")
OTHER = entity(789019, "Other Corp")
COOK = owner(1214156, "COOK TIM", officer_title="CEO")
FUND = owner(789019, "Other Corp", is_ten_percent_owner=True)
FIRST, SECOND, THIRD = "0000320193-26-000001", "0000320193-26-000002", "0000320193-26-000003"
FEED = "/submissions/CIK0000320193.json"


@pytest.fixture
def site(sec_site: SecSite) -> SecSite:
    for company in (ACME, OTHER):
        sec_site.add(company)
    sec_site.file(filing_by(COOK, ACME, sale("3000", "172.30", on="2026-11-16"), accession=FIRST))
    sec_site.file(filing_by((FUND, COOK), ACME, purchase("10.5", "170", on="2026-11-17"), accession=SECOND))
    sec_site.file(other_form(ACME, "8-K", "2026-11-20", THIRD))
    return sec_site


@pytest.fixture
def client(site: SecSite) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.base_url) as client:
        yield client


def document(accession: str, folder: str = "") -> str:
    return f"/Archives/edgar/data/320193/{accession.replace('-', '')}/{folder}form4.xml"


def test_a_feed_has_the_columns_of_the_real_one_and_names_the_rendered_page(client: httpx.Client) -> None:
    feed = client.get(FEED).json()
    recent = feed["filings"]["recent"]
    assert (feed["cik"], feed["tickers"], feed["filings"]["files"]) == ("0000320193", ["ACME", "ACME-B"], [])
    assert recent["accessionNumber"] == [THIRD, SECOND, FIRST]
    assert recent["form"] == ["8-K", "4", "4"]
    assert recent["primaryDocument"] == ["form.htm", "xslF345X05/form4.xml", "xslF345X05/form4.xml"]
    assert (recent["filingDate"][1], recent["reportDate"][1]) == ("2026-11-19", "2026-11-17")
    assert recent["acceptanceDateTime"][1] == "2026-11-19T15:00:00.000Z"
    assert {len(column) for column in recent.values()} == {3}


def test_a_filing_is_in_the_feed_of_everyone_that_it_names(client: httpx.Client) -> None:
    for cik, listed in (("0000789019", [SECOND]), ("0001214156", [SECOND, FIRST])):
        feed = client.get(f"/submissions/CIK{cik}.json").json()
        assert feed["filings"]["recent"]["accessionNumber"] == listed


def test_older_filings_are_in_files_of_their_own(site: SecSite, client: httpx.Client) -> None:
    site.options = SecOptions(recent=1, part=1, missing_parts=frozenset({"CIK0000320193-submissions-002.json"}))
    files = client.get(FEED).json()["filings"]["files"]
    assert [(one["name"][-8:], one["filingCount"], one["filingTo"]) for one in files] == [
        ("001.json", 1, "2026-11-19"),
        ("002.json", 1, "2026-11-18"),
    ]
    assert client.get("/submissions/" + files[0]["name"]).json()["accessionNumber"] == [SECOND]
    assert client.get("/submissions/" + files[1]["name"]).status_code == 404


def test_the_document_the_rendered_page_and_the_full_text_are_three_things(client: httpx.Client) -> None:
    xml = client.get(document(FIRST)).text
    assert "<transactionPricePerShare><value>172.30</value>" in xml.replace("\n", "")
    rendered = client.get(document(FIRST, "xslF345X05/"))
    assert rendered.headers["Content-Type"].startswith("text/html")
    assert "3,000" in rendered.text
    whole = client.get(f"/Archives/edgar/data/1/{FIRST}.txt").text
    assert f"ACCESSION NUMBER:\t\t{FIRST}" in whole
    assert "COMPANY CONFORMED NAME:\t\t\tAcme & Sons Inc." in whole
    assert xml in whole


def test_tickers_are_the_companies_that_are_listed(client: httpx.Client) -> None:
    listed = client.get("/files/company_tickers.json").json()
    assert [(entry["cik_str"], entry["ticker"]) for entry in listed.values()] == [(320193, "ACME"), (320193, "ACME-B")]


def test_the_index_of_a_day_has_a_line_for_everyone_named_and_comes_the_day_after(client: httpx.Client) -> None:
    index = client.get("/Archives/edgar/daily-index/2026/QTR4/form.20261119.idx").text
    lines = index.partition("---\n")[2].splitlines()
    columns = [(line[:12].strip(), line[12:74].strip(), line[74:86].strip(), line[86:98].strip()) for line in lines]
    assert columns == [
        ("4", "Acme & Sons Inc.", "320193", "20261119"),
        ("4", "COOK TIM", "1214156", "20261119"),
        ("4", "Other Corp", "789019", "20261119"),
    ]
    assert lines[0].endswith(f"edgar/data/320193/{SECOND}.txt")
    for day in ("20261123", "20261121"):  # today, and a Saturday
        assert client.get(f"/Archives/edgar/daily-index/2026/QTR4/form.{day}.idx").status_code == 404


def test_a_business_day_has_an_index_also_when_only_others_filed(site: SecSite, client: httpx.Client) -> None:
    site.options = SecOptions(is_open_daily=True, closed_status=403)
    statuses = [
        client.get(f"/Archives/edgar/daily-index/2026/QTR4/form.{day}.idx").status_code
        for day in ("20261113", "20261114", "20261123")
    ]
    assert statuses == [200, 403, 403]  # a Friday, a Saturday, today


def test_who_has_it_is_told_that_nothing_changed_until_something_is_filed(site: SecSite, client: httpx.Client) -> None:
    first = client.get(FEED)
    assert client.get(FEED, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert client.get(FEED, headers={"If-Modified-Since": first.headers["Last-Modified"]}).status_code == 304
    site.file(filing_by(COOK, ACME, sale("1", "1", on="2026-11-19"), filed_on="2026-11-23"))
    assert client.get(FEED, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200
    assert len(site.asked_for("unchanged")) == 2


def test_a_missing_path_is_answered_as_by_the_store_behind_it(client: httpx.Client) -> None:
    answer = client.get("/submissions/CIK0000000001.json")
    assert answer.status_code == 404
    assert "<Code>NoSuchKey</Code>" in answer.text
    assert "<Key>submissions/CIK0000000001.json</Key>" in answer.text


def test_what_is_filed_later_is_not_there_yet(site: SecSite, client: httpx.Client) -> None:
    site.file(filing_by(COOK, ACME, sale("1", "1", on="2026-11-22"), filed_on="2026-11-24", accession=THIRD))
    assert client.get(FEED).json()["filings"]["recent"]["accessionNumber"] == [SECOND, FIRST]
    assert client.get(document(THIRD)).status_code == 404


@pytest.mark.parametrize(
    ("options", "status", "text"),
    [
        (SecOptions(most_a_second=0), 403, "Request Rate Threshold Exceeded"),
        (SecOptions(most_a_second=0, throttle_status=429), 429, "Request Rate Threshold Exceeded"),
        (SecOptions(needs_contact=True), 403, "Undeclared Automated Tool"),
        (SecOptions(gone=frozenset({FIRST})), 404, "NoSuchKey"),
        (SecOptions(fails=1), 503, "Unavailable"),
        (SecOptions(bombs=frozenset({FIRST})), 200, "<!ENTITY b"),
    ],
)
def test_it_fails_as_told(site: SecSite, client: httpx.Client, options: SecOptions, status: int, text: str) -> None:
    site.options = options
    answer = client.get(document(FIRST))
    assert (answer.status_code, text in answer.text) == (status, True)


def test_a_truncated_document_ends_in_the_middle(site: SecSite, client: httpx.Client) -> None:
    whole = client.get(document(FIRST)).content
    site.options = replace(site.options, truncated=frozenset({FIRST}))
    assert client.get(document(FIRST)).content == whole[: len(whole) // 2]


def test_requests_above_the_limit_are_refused_and_counted(site: SecSite, client: httpx.Client) -> None:
    site.options = SecOptions(most_a_second=3, throttled_for_s=600)
    assert [client.get("/robots.txt").status_code for _ in range(5)] == [200, 200, 200, 403, 403]
    assert site.most_in_a_second() == 5
    assert len(site.asked_for("throttled")) == 2


def test_a_body_may_be_given_byte_for_byte_and_whom_it_names_is_known(site: SecSite, client: httpx.Client) -> None:
    site.file(document_by(ACME, b"no xml", accession=THIRD, filed_on="2026-11-20", owners=("42",)))
    assert client.get(document(THIRD)).content == b"no xml"
    assert client.get("/submissions/CIK0000000042.json").status_code == 200


def test_the_log_says_who_asked_for_what(site: SecSite, client: httpx.Client) -> None:
    client.get(FEED, headers={"User-Agent": "Demo demo@example.org"})
    seen = site.requests[-1]
    assert (seen.path, seen.status, seen.answer, seen.user_agent) == (FEED, 200, "feed", "Demo demo@example.org")


async def test_the_log_is_a_file_too(tmp_path: Path) -> None:
    async with SecSite(log=tmp_path / "sec.jsonl") as site, httpx.AsyncClient() as client:
        answer = await client.get(site.base_url + "/robots.txt", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert json.loads((tmp_path / "sec.jsonl").read_text())["answer"] == "robots"


async def test_a_port_that_is_taken_is_named(site: SecSite) -> None:
    with pytest.raises(PortTaken, match=f"port {site.port} is in use"):
        await SecSite().start(site.port)
