from dataclasses import replace

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.errors import MissingExtra
from pricewatch_pipeline.fetching.fetchers import KINDS, Fetchers, Options, open_fetchers
from pricewatch_pipeline.fetching.guard import Guard
from pricewatch_pipeline_tests.http.conftest import allow
from pricewatch_pipeline_tests.support.loopback import Reply, html, serve

DECLARED = "test/1 (Jane Doe jane.doe@example.org)"


class Recording:
    """A kind of fetcher that writes down its life."""

    def __init__(self, log):
        self.log = log

    async def __aenter__(self):
        self.log.append("opened")
        return self

    async def __aexit__(self, *_):
        self.log.append("closed")

    async def fetch(self, request):
        self.log.append(request.url)
        return Page(request=request, outcome=Outcome.OK, final_url=request.url)


async def test_a_page_is_fetched_by_the_fetcher_it_names():
    with serve({"/": html("hello")}) as server:
        async with open_fetchers(user_agent="test/1", allowed_addresses=allow(server)) as fetchers:
            page = await fetchers.fetch(PageRequest(url=server.url("/"), fetcher="http"))
    assert page.text == "hello"
    assert server.requests[0].headers["user-agent"] == "test/1"


async def test_an_unknown_fetcher_is_an_outcome_that_says_which_there_are():
    async with open_fetchers(user_agent="test/1") as fetchers:
        page = await fetchers.fetch(PageRequest(url="https://shop.example/", fetcher="telepathy"))
    assert page.outcome is Outcome.PROVIDER_ERROR
    assert page.error == f"unknown fetcher 'telepathy' for https://shop.example/; there are: {', '.join(sorted(KINDS))}"


async def test_a_kind_whose_optional_part_is_missing_is_an_outcome_and_the_others_go_on():
    def missing(_):
        raise MissingExtra("impersonate", "the fetcher `impersonate`")

    options = Options(user_agent="test/1", guard=Guard(), max_connections=1)
    async with Fetchers(options, {"impersonate": missing, "http": lambda _: Recording([])}) as fetchers:
        pages = [
            await fetchers.fetch(PageRequest(url="https://a.example/", fetcher=kind))
            for kind in ("impersonate", "http")
        ]
    assert [page.outcome for page in pages] == [Outcome.PROVIDER_ERROR, Outcome.OK]
    assert "pip install 'pricewatch-pipeline[impersonate]'" in pages[0].error


async def test_a_kind_is_opened_when_first_used_and_closed_once():
    used, unused = [], []
    kinds = {"browser": lambda _: Recording(used), "impersonate": lambda _: Recording(unused)}
    options = Options(user_agent="test/1", guard=Guard(), max_connections=1)
    async with Fetchers(options, kinds) as fetchers:
        assert used == []
        for url in ("https://a.example/", "https://b.example/"):
            await fetchers.fetch(PageRequest(url=url, fetcher="browser"))
    assert used == ["opened", "https://a.example/", "https://b.example/", "closed"]
    assert unused == []


async def test_a_host_that_wants_to_know_who_asks_is_not_asked_by_nobody():
    with serve({"/": html("hello")}) as server:
        async with open_fetchers(user_agent="test/1", allowed_addresses=allow(server)) as fetchers:
            page = await fetchers.fetch(PageRequest(url=server.url("/"), wants_contact=True))
    assert (page.outcome, server.requests) == (Outcome.PROVIDER_ERROR, [])
    assert "PRICEWATCH_CONTACT=" in page.error


async def test_an_address_of_the_documentation_is_sent_to_no_site_elsewhere():
    options = {"user_agent": "test/1", "declared_user_agent": "test/1 (Pricewatch demo demo@example.org)"}
    async with open_fetchers(**options) as fetchers:
        page = await fetchers.fetch(PageRequest(url="https://www.sec.invalid/", wants_contact=True))
    assert page.outcome is Outcome.PROVIDER_ERROR
    assert "is nobody's: this site wants to know who asks" in page.error


async def test_only_hosts_that_want_to_know_are_told_who_asks_whatever_the_request_says_itself():
    with serve({"/": html("hello")}) as server:
        request = PageRequest(url=server.url("/"), headers={"User-Agent": "Mozilla/5.0"}, fetcher="impersonate")
        async with open_fetchers(
            user_agent="test/1", declared_user_agent=DECLARED, allowed_addresses=allow(server)
        ) as fetchers:
            page = await fetchers.fetch(replace(request, wants_contact=True))
            await fetchers.fetch(PageRequest(url=server.url("/")))
    assert [received.headers["user-agent"] for received in server.requests] == [DECLARED, "test/1"]
    assert page.request == replace(request, wants_contact=True, fetcher="http")


async def test_a_host_that_was_told_who_asks_is_followed_nowhere_without_being_asked_again():
    moved = Reply(status=301, headers=[("location", "/new")])
    with serve({"/": moved, "/new": html("hello")}) as server:
        async with open_fetchers(
            user_agent="test/1", declared_user_agent=DECLARED, allowed_addresses=allow(server)
        ) as fetchers:
            page = await fetchers.fetch(PageRequest(url=server.url("/"), wants_contact=True))
    assert (page.redirects_to, len(server.requests)) == (server.url("/new"), 1)
