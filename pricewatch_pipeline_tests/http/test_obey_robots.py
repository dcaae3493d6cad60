"""The gate over real connections: what each kind of answer to /robots.txt means for the pages behind it."""

import asyncio
import gzip
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import zstandard

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.fetching.guard import Guard
from pricewatch_pipeline.fetching.http import HttpFetcher
from pricewatch_pipeline.fetching.walls import behind_wall
from pricewatch_pipeline.services.obey_robots import RobotsGate
from pricewatch_pipeline_tests.http.conftest import allow
from pricewatch_pipeline_tests.http.test_guarded_fetching import ANY_PORT_ELSEWHERE, SPELLINGS
from pricewatch_pipeline_tests.support.loopback import Names, Reply, drip, html, raw, redirect, serve

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
RULES = "User-agent: *\nDisallow: /cart\n"


def robots(text=RULES, *, status=200, **headers):
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Reply(status=status, headers=[("content-type", "text/plain"), *named], body=text.encode())


class Clock:
    def __init__(self):
        self.time = START

    def __call__(self):
        return self.time


@asynccontextmanager
async def gate_to(*servers, timeout_s=10, clock=None, allowed=(), **how):
    """A gate that may reach these servers and remembers for itself."""
    async with HttpFetcher(user_agent="tests/1", guard=Guard([*allow(*servers), *allowed]), **how) as fetcher:

        async def fetch(request):
            return behind_wall(await fetcher.fetch(replace(request, timeout=timedelta(seconds=timeout_s))))

        gate = RobotsGate(None, user_agent="pricewatch_pipeline/1", now=clock or Clock())
        yield SimpleNamespace(prepare=gate.prepare, refusal=lambda url: gate.refusal(url, fetch))


async def refusal_of(answer, path="/cart", **how):
    with serve({"/robots.txt": answer}) as server:
        async with gate_to(server, **how) as gate:
            return await gate.refusal(server.url(path))


async def test_a_rule_forbids_and_the_sentence_says_which_and_what_to_do():
    with serve({"/robots.txt": robots()}) as server:
        async with gate_to(server) as gate:
            refused, allowed = await gate.refusal(server.url("/cart/1")), await gate.refusal(server.url("/p/1"))
    assert allowed is None
    assert (refused.outcome, refused.final_url, refused.status) == (Outcome.ROBOTS, server.url("/cart/1"), None)
    assert refused.error == (
        f"{server.base_url}/robots.txt does not allow {server.base_url}/cart/1, line 2 (Disallow: /cart); "
        "`politeness: {robots: false}` in its store's file turns this off"
    )
    assert server.paths == ["/robots.txt"]
    assert server.requests[0].headers["user-agent"] == "tests/1"


async def test_a_site_is_asked_once_however_many_wait():
    with serve({"/robots.txt": robots()}) as server:
        async with gate_to(server) as gate:
            await gate.prepare(server.url(f"/{n}") for n in range(50))
            found = await asyncio.gather(*(gate.refusal(server.url(f"/{n}")) for n in range(50)))
    assert found == [None] * 50
    assert server.paths == ["/robots.txt"]


async def test_robots_txt_itself_and_what_is_no_address_ask_nobody():
    with serve({}) as server:
        async with gate_to(server) as gate:
            await gate.prepare(["not an address"])
            assert await gate.refusal(server.url("/robots.txt?x=1")) is None
            assert await gate.refusal("file:///etc/passwd") is None
    assert server.connections == 0


async def test_scheme_host_and_port_are_sites_of_their_own():
    with serve({"/robots.txt": robots()}) as one, serve({"/robots.txt": robots("")}) as other:
        async with gate_to(one, other) as gate:
            assert await gate.refusal(one.url("/cart"))
            assert await gate.refusal(other.url("/cart")) is None


BOMB = bytes(100_000_000)
LONG = (RULES + "# nothing\n" * 1_000_000).encode()


@pytest.mark.parametrize(
    "answer",
    [
        robots(),
        Reply(headers=[("content-type", "application/octet-stream")], body=RULES.encode()),
        Reply(headers=[("content-type", "text/html")], body=RULES.encode()),
        Reply(body=LONG),
        raw(b"HTTP/1.1 200 OK\r\n\r\n", LONG),
        Reply(headers=[("content-encoding", "gzip")], body=gzip.compress(RULES.encode() + BOMB)),
        Reply(headers=[("content-encoding", "zstd")], body=zstandard.compress(RULES.encode() + b"\n#" + BOMB)),
    ],
    ids=["plain", "octet-stream", "text/html", "10 MB", "10 MB unannounced", "gzip bomb", "zstd bomb"],
)
async def test_rules_count_however_they_come(answer):
    assert (await refusal_of(answer)).outcome is Outcome.ROBOTS
    assert await refusal_of(answer, "/p/1") is None


async def test_what_comes_after_512_kib_does_not_count():
    late = ("User-agent: *\n" + "# nothing\n" * 60_000 + "Disallow: /\n").encode()
    assert await refusal_of(Reply(body=late)) is None


@pytest.mark.parametrize(
    "answer",
    [
        html("not found", status=404),
        html("forbidden", status=403),
        html("login", status=401),
        html("gone", status=410),
        Reply(),
        Reply(status=204),
        html("<!doctype html><title>Lamps</title><p>Welcome to our shop</p>"),
        html("<html><title>Just a moment...</title><script src='/cdn-cgi/challenge-platform/x'></script></html>"),
        Reply(headers=[("content-type", "image/png")], body=b"\x89PNG\r\n\x1a\n" + bytes(5000)),
    ],
    ids=["404", "403", "401", "410", "empty", "204", "HTML", "a wall", "a picture"],
)
async def test_no_file_or_one_without_any_rule_forbids_nothing(answer):
    assert await refusal_of(answer) is None


@pytest.mark.parametrize(
    ("answer", "outcome", "words"),
    [
        (html("", status=429), Outcome.RATE_LIMITED, "asks us to slow down"),
        (html("", status=503), Outcome.TRANSPORT, "answered 503"),
        (html("", status=503, retry_after="60"), Outcome.RATE_LIMITED, "asks us to slow down"),
        (html("", status=500), Outcome.TRANSPORT, "answered 500"),
        (redirect("/robots.txt"), Outcome.TRANSPORT, "redirects in a circle"),
        (raw(), Outcome.TRANSPORT, "closed the connection"),
        (
            raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nUser-agent: *\n"),
            Outcome.TRANSPORT,
            "closed the connection",
        ),
        (raw(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n" * 10_000, b"\r\n"), Outcome.TRANSPORT, "usable HTTP"),
        (Reply(headers=[("content-encoding", "gzip")], body=b"User-agent: *"), Outcome.TRANSPORT, "not gzip"),
    ],
    ids=["429", "503", "503 with Retry-After", "500", "a circle", "closed", "half", "10,000 headers", "no gzip"],
)
async def test_a_file_that_cannot_be_reached_forbids_everything(answer, outcome, words):
    page = await refusal_of(answer, "/p/1")
    assert page.outcome is outcome
    assert "/robots.txt could not be reached, so nothing may be fetched there (RFC 9309)" in page.error
    assert "it is tried again after 2026-03-01 12:05 UTC" in page.error
    assert "politeness: {robots: false}" in page.error
    assert words in page.error
    assert page.retry_after == timedelta(minutes=5)


@pytest.mark.parametrize("answer", [drip(), drip(head=b"HTTP/1.1 200 OK\r\nx: ")], ids=["body", "headers"])
async def test_a_file_that_never_ends_is_unreachable(answer):
    page = await refusal_of(answer, timeout_s=0.3)
    assert page.outcome is Outcome.TIMEOUT
    assert "could not be reached" in page.error


@pytest.mark.parametrize("status", [200, 403, 404, 429, 503])
async def test_a_throttle_page_forbids_everything_until_it_is_time_and_then_the_rules_count(status):
    throttle = (
        "<html><head><title>SEC.gov | Request Rate Threshold Exceeded</title></head><body>Undeclared</body></html>"
    )
    clock, answers = Clock(), {"/robots.txt": html(throttle, status=status)}
    with serve(lambda _: answers["/robots.txt"]) as server:
        async with gate_to(server, clock=clock) as gate:
            assert (await gate.refusal(server.url("/p"))).outcome is Outcome.RATE_LIMITED
            answers["/robots.txt"], clock.time = robots(), START + timedelta(minutes=5)
            assert await gate.refusal(server.url("/p")) is None
            assert len(server.requests) == 2


async def test_a_closed_port_is_asked_once_and_again_only_when_it_is_time():
    clock, answers = Clock(), {"/robots.txt": html("", status=500)}
    with serve(lambda _: answers["/robots.txt"]) as server:
        async with gate_to(server, clock=clock) as gate:
            for _ in range(3):
                assert (await gate.refusal(server.url("/p"))).outcome is Outcome.TRANSPORT
            assert len(server.requests) == 1
            answers["/robots.txt"], clock.time = robots(), START + timedelta(minutes=5)
            assert await gate.refusal(server.url("/p")) is None
    assert len(server.requests) == 2


async def test_a_known_file_is_confirmed_by_its_etag_and_outlives_an_outage():
    clock, answers = Clock(), [robots(etag='"1"'), Reply(status=304), html("", status=500), html("", status=404)]
    with serve(lambda _: answers.pop(0)) as server:
        async with gate_to(server, clock=clock) as gate:
            outcomes = []
            for day in range(4):
                clock.time = START + timedelta(days=day)
                page = await gate.refusal(server.url("/cart"))
                outcomes.append(page and page.outcome)
    assert outcomes == [Outcome.ROBOTS, Outcome.ROBOTS, Outcome.ROBOTS, None]
    assert [request.headers.get("if-none-match") for request in server.requests] == [None, '"1"', '"1"', '"1"']


@pytest.mark.parametrize(("hops", "refused"), [(1, Outcome.ROBOTS), (5, Outcome.ROBOTS), (6, Outcome.TRANSPORT)])
async def test_five_redirects_are_followed(hops, refused):
    def handler(request):
        step = int(request.path.rpartition("/")[2]) if request.path != "/robots.txt" else 0
        return robots() if step == hops else redirect(f"/{step + 1}")

    with serve(handler) as server:
        async with gate_to(server) as gate:
            assert (await gate.refusal(server.url("/cart"))).outcome is refused


async def test_a_redirect_to_another_authority_is_followed_and_its_rules_are_the_first_ones():
    with (
        serve({"/r": robots()}, host="127.0.0.2") as other,
        serve({"/robots.txt": redirect(other.url("/r"))}) as server,
    ):
        async with gate_to(server, other) as gate:
            assert (await gate.refusal(server.url("/cart"))).outcome is Outcome.ROBOTS
            assert await gate.refusal(other.url("/cart")) is None  # its own robots.txt is a 404
    assert other.paths == ["/r", "/robots.txt"]


@pytest.mark.parametrize("spelling", [s for s in SPELLINGS if s.lower().startswith("http")])
async def test_no_spelling_of_a_private_address_is_reached_for_its_robots_txt(canary, spelling):
    async with gate_to(allowed=ANY_PORT_ELSEWHERE, resolver=Names({})) as gate:
        page = await gate.refusal(spelling.format(port=canary.port))
    # What is no address at all is left to the fetch of the page, which says what is wrong with it.
    assert page is None or page.outcome in (Outcome.FORBIDDEN_ADDRESS, Outcome.TRANSPORT)


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_a_redirect_of_robots_txt_reaches_no_private_address(canary, spelling):
    location = spelling.format(port=canary.port).encode().decode("latin-1")
    with serve({"/robots.txt": Reply(status=302, headers=[("location", location)])}) as server:
        async with gate_to(server, allowed=ANY_PORT_ELSEWHERE) as gate:
            page = await gate.refusal(server.url("/p"))
    assert page.outcome is Outcome.FORBIDDEN_ADDRESS
    assert "could not be asked for, so" in page.error
    assert "politeness" not in page.error  # to leave robots.txt out would not open the address


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["169.254.169.254"], ["::1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:127.0.0.1"]]
)
async def test_a_name_with_a_private_address_is_not_asked_for_its_robots_txt(canary, addresses):
    names = Names({"shop.example": addresses})
    async with gate_to(allowed=ANY_PORT_ELSEWHERE, resolver=names) as gate:
        page = await gate.refusal(f"http://shop.example:{canary.port}/p")
    assert page.outcome is Outcome.FORBIDDEN_ADDRESS


async def test_one_slow_site_holds_up_no_other():
    with ExitStack() as stack:
        slow = stack.enter_context(serve({"/robots.txt": drip()}))
        quick = stack.enter_context(serve({"/robots.txt": robots()}))
        async with gate_to(slow, quick, timeout_s=5) as gate:
            waiting = asyncio.create_task(gate.refusal(slow.url("/p")))
            assert await gate.refusal(quick.url("/p")) is None
            assert not waiting.done()
            waiting.cancel()
