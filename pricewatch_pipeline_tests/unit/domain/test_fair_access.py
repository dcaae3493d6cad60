"""Who may be named as the one who asks, and how what a page needs besides itself is asked for."""

from datetime import timedelta

import pytest

from pricewatch_pipeline.domain.fair_access import asked_alike, contact_problem, declared, hop_to, is_nobodys
from pricewatch_pipeline.domain.hosts import host_key
from pricewatch_pipeline.domain.pages import PageRequest
from pricewatch_pipeline.domain.providers import fair_access_of
from pricewatch_pipeline.registry import sec_form4

TEN_MINUTES = timedelta(minutes=10)
FILING = PageRequest(
    url="https://www.sec.gov/a.xml", headers={"if-none-match": "x"}, wants_contact=True, rest_when_refused=TEN_MINUTES
)


@pytest.mark.parametrize(
    "contact",
    [
        "Jane Doe jane.doe@example.org",
        "jane@example.org",
        "Sample Company Name AdminContact@sample.com",
        "Jane Doe <jane.doe+sec@mail.example.co.uk>",
        "Doe & Sons, doe@example.org",
    ],
)
def test_a_name_with_an_address_is_a_contact(contact: str) -> None:
    assert contact_problem(contact) is None


@pytest.mark.parametrize(
    ("contact", "says"),
    [
        ("Jane Doe", "e-mail address"),
        ("jane@example", "e-mail address"),
        ("@example.org", "e-mail address"),
        ("jane at example.org", "e-mail address"),
        ("Jane\r\nHost: evil jane@example.org", "one line"),
        ("Jane\tDoe jane@example.org", "one line"),
        ("J\u00e4ne Doe jane@example.org", "without accents"),
        ("\u7530\u4e2d tanaka@example.jp", "without accents"),
        ("Jane (Doe) jane@example.org", "brackets"),
        ("x" * 200 + " jane@example.org", "200 characters"),
    ],
)
def test_what_no_header_may_hold_or_nobody_can_answer_is_no_contact(contact: str, says: str) -> None:
    problem = contact_problem(contact)
    assert problem
    assert says in problem


@pytest.mark.parametrize(
    ("contact", "url", "is_one"),
    [
        ("Jane Doe jane.doe@example.org", "https://www.sec.gov/", True),
        ("Jane Doe jane@mail.EXAMPLE.com", "https://data.sec.gov/", True),
        ("Pricewatch demo demo@example.org", "http://127.0.0.1:8810/", False),
        ("Pricewatch demo demo@example.org", "http://localhost:8810/", False),
        ("Jane Doe jane@my-example.org", "https://www.sec.gov/", False),
        ("Jane Doe jane@example.org.uk", "https://www.sec.gov/", False),
    ],
)
def test_an_address_of_the_documentation_is_nobodys_beyond_this_machine(contact: str, url: str, is_one: bool) -> None:
    assert is_nobodys(contact, url) is is_one


def test_who_asks_is_said_with_name_and_address() -> None:
    assert declared("pricewatch_pipeline/1.0", "Jane Doe j@x.org") == "pricewatch_pipeline/1.0 (Jane Doe j@x.org)"


@pytest.mark.parametrize(
    ("url", "is_told"),
    [
        ("https://data.sec.gov/robots.txt", True),
        ("https://www.sec.gov/b.xml", True),
        ("https://elsewhere.example/b.xml", False),
        ("https://sec.gov.example.org/b.xml", False),
    ],
)
def test_only_the_same_host_is_told_who_asks_and_each_hop_has_a_turn(url: str, is_told: bool) -> None:
    for request in (asked_alike(PageRequest(url=url), FILING), hop_to(url, FILING)):
        assert (request.url, request.headers, request.is_one_hop) == (url, {}, True)
        assert (request.wants_contact, request.rest_when_refused) == (is_told, TEN_MINUTES if is_told else None)


def test_what_a_shop_needs_is_asked_for_as_ever() -> None:
    robots = PageRequest(url="https://shop.de/robots.txt", headers={"accept": "text/plain"})
    assert asked_alike(robots, PageRequest(url="https://www.shop.de/1")) == robots


def test_all_that_the_sec_serves_is_one_host_whose_second_holds_no_more_than_it_allows() -> None:
    access = fair_access_of(sec_form4())
    assert access
    assert {host_key("https://www.sec.gov/files/x.json"), host_key("https://data.sec.gov/submissions/x.json")} == {
        *access.hosts
    }
    for delay, burst in ((access.politeness.min_delay, access.politeness.burst), (access.least_delay, 1)):
        assert burst + timedelta(seconds=1) // delay <= access.most_a_second == 10
