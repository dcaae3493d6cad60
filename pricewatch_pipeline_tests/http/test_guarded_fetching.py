"""Zero connections reach what may not be reached, however it is spelled, resolved or redirected to."""

import asyncio
import ipaddress
import ssl

import pytest
import trustme

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import PageRequest
from pricewatch_pipeline.fetching.guard import Guard
from pricewatch_pipeline.fetching.http import HttpFetcher
from pricewatch_pipeline_tests.http.conftest import allow, fetch
from pricewatch_pipeline_tests.support.loopback import Names, Reply, html, redirect, serve

SPELLINGS = [
    "http://127.0.0.1:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://127.1:{port}/",
    "http://2130706433:{port}/",
    "http://017700000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7f.0.0.1:{port}/",
    "http://0:{port}/",
    "http://0.0.0.0:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[::]:{port}/",
    "http://①②⑦.⓪.⓪.①:{port}/",
    "http://localhost:{port}/",
    "http://user@127.0.0.1:{port}/",
    "http://shop.example@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@shop.example/",
    "http://127.0.0.1:{port} /",
    "HTTP://127.0.0.1:{port}/",
    "file://127.0.0.1:{port}/etc/passwd",
    "gopher://127.0.0.1:{port}/",
]
# Ports are no help to the attacker here: every port is allowed on an address that is not the canary's.
ANY_PORT_ELSEWHERE = [(ipaddress.ip_network("192.0.2.1"), None)]


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("allowed", [[], ANY_PORT_ELSEWHERE], ids=["usual ports", "any port"])
async def test_a_private_address_is_not_reached_by_any_spelling(canary, spelling, allowed):
    page = await fetch(spelling.format(port=canary.port), allowed=allowed)
    assert page.outcome is Outcome.FORBIDDEN_ADDRESS
    assert page.error


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_a_redirect_reaches_no_private_address_by_any_spelling(canary, spelling):
    target = spelling.format(port=canary.port)
    with serve({"/": redirect("/on"), "/on": redirect(target) if target.isascii() else raw_redirect(target)}) as server:
        page = await fetch(server.url("/"), allowed=[*allow(server), *ANY_PORT_ELSEWHERE])
    assert page.outcome is Outcome.FORBIDDEN_ADDRESS
    assert server.paths == ["/", "/on"]


def raw_redirect(target):
    return Reply(status=302, headers=[("location", target.encode().decode("latin-1"))])


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["100.64.0.1"],
        ["::1"],
        ["fe80::1"],
        ["::ffff:127.0.0.1"],
        ["8.8.8.8", "127.0.0.1"],
        ["2606:4700::1111", "8.8.8.8", "10.0.0.1"],
    ],
)
async def test_a_name_with_one_private_address_among_its_addresses_is_refused(addresses):
    page = await fetch("http://shop.example/", resolver=Names({"shop.example": addresses}))
    assert page.outcome is Outcome.FORBIDDEN_ADDRESS
    assert "'shop.example' resolves to an address that is refused" in page.error


async def test_a_redirect_to_a_name_that_resolves_to_a_private_address_is_refused(canary):
    names = Names({"inside.example": ["127.0.0.1"]})
    with serve({"/": redirect(f"http://inside.example:{canary.port}/")}) as server:
        page = await fetch(server.url("/"), allowed=[*allow(server), *ANY_PORT_ELSEWHERE], resolver=names)
    assert page.outcome is Outcome.FORBIDDEN_ADDRESS
    assert names.asked == ["inside.example"]


class Turning(Names):
    """A name that turns to another address after it was asked for once: DNS rebinding."""

    async def resolve(self, host, port=0, family=0):
        results = await super().resolve(host, port, family)
        self._addresses = {host: ["127.0.0.1"]}
        return results


async def test_a_name_that_turns_private_is_reached_only_at_the_address_that_was_checked():
    names = Turning({"shop.example": ["127.0.0.2"]})
    with serve({"/": html("shop")}, host="127.0.0.2") as server:
        url = f"http://shop.example:{server.port}/"
        before = await fetch(url, allowed=allow(server), resolver=names)
        after = await fetch(url, allowed=allow(server), resolver=names)
    assert (before.outcome, after.outcome) == (Outcome.OK, Outcome.FORBIDDEN_ADDRESS)
    assert names.asked == ["shop.example", "shop.example"]  # once for each: what was checked is what was connected to


async def test_a_refusal_belongs_to_its_own_fetch_among_many(canary):
    names = Names({"good.example": ["127.0.0.2"], "bad.example": ["127.0.0.1"]})
    with serve({"/": html("good")}, host="127.0.0.2") as server:
        async with HttpFetcher(
            user_agent="test/1", guard=Guard([*allow(server), *ANY_PORT_ELSEWHERE]), resolver=names
        ) as fetcher:
            urls = [
                f"http://good.example:{server.port}/",
                f"http://bad.example:{canary.port}/",
                f"http://127.0.0.1:{canary.port}/",
                f"http://unknown.example:{server.port}/",
            ] * 10
            pages = await asyncio.gather(*(fetcher.fetch(PageRequest(url=url)) for url in urls))
    expected = [Outcome.OK, Outcome.FORBIDDEN_ADDRESS, Outcome.FORBIDDEN_ADDRESS, Outcome.TRANSPORT] * 10
    assert [page.outcome for page in pages] == expected


async def test_an_unknown_name_is_a_transport_failure_that_says_so():
    page = await fetch("http://no-such-shop.example/", resolver=Names({}))
    assert page.outcome is Outcome.TRANSPORT
    assert "cannot be resolved" in page.error


async def test_a_proxy_in_the_environment_is_not_used(canary, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, canary.base_url)
    with serve({"/": html("direct")}) as server:
        page = await fetch(server.url("/"), allowed=allow(server))
    assert page.text == "direct"


async def test_redirects_are_followed_and_counted():
    with serve({"/0": redirect("/1"), "/1": redirect("2", status=308), "/2": html("there")}) as server:
        page = await fetch(server.url("/0"), allowed=allow(server))
    assert (page.outcome, page.final_url, page.text) == (Outcome.OK, server.url("/2"), "there")


@pytest.mark.parametrize(("hops", "outcome"), [(5, Outcome.OK), (6, Outcome.TRANSPORT)])
async def test_five_redirects_are_followed_and_not_six(hops, outcome):
    def handler(request):
        step = int(request.path[1:])
        return html("end") if step == hops else redirect(f"/{step + 1}")

    with serve(handler) as server:
        page = await fetch(server.url("/0"), allowed=allow(server))
    assert page.outcome is outcome
    assert len(server.requests) == 6


async def test_a_redirect_circle_ends_at_its_first_return():
    with serve({"/a": redirect("/b"), "/b": redirect("/a")}) as server:
        page = await fetch(server.url("/a"), allowed=allow(server))
    assert page.outcome is Outcome.TRANSPORT
    assert "redirects in a circle" in page.error
    assert server.paths == ["/a", "/b"]


async def test_a_page_may_send_us_back_to_itself_with_a_cookie():
    def handler(request):
        return html("in") if request.headers.get("cookie") == "seen=1" else redirect("/", cookie="seen=1; Path=/")

    with serve(handler) as server:
        page = await fetch(server.url("/"), allowed=allow(server))
    assert page.text == "in"
    assert len(server.requests) == 2


async def test_cookies_and_credentials_do_not_follow_to_another_site():
    with (
        serve({"/": html("other")}, host="127.0.0.2") as other,
        serve({"/": redirect(other.url("/"), cookie="id=1; Path=/")}) as server,
    ):
        page = await fetch(
            server.url("/"),
            allowed=allow(server, other),
            headers={
                "Authorization": "Bearer secret",
                "X-Api-Key": "secret",
                "Accept-Language": "de",
                "Cookie": "own=2",
            },
        )
    assert page.text == "other"
    assert server.requests[0].headers["authorization"] == "Bearer secret"
    assert {"authorization", "x-api-key", "cookie"}.isdisjoint(other.requests[0].headers)
    assert other.requests[0].headers["accept-language"] == "de"


async def test_a_redirect_with_spaces_is_followed_as_browsers_do():
    with serve(lambda request: redirect("/a b?c=d e") if request.path == "/" else html(request.path)) as server:
        page = await fetch(server.url("/"), allowed=allow(server))
    assert page.text == "/a%20b?c=d%20e"


async def test_a_redirect_from_https_to_http_is_refused(canary):
    authority = trustme.CA()
    context, trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(trust)
    with serve({"/": html("safe"), "/down": redirect(canary.url("/"))}, ssl_context=context) as server:
        allowed = allow(server, canary)
        safe = await fetch(server.url("/"), allowed=allowed, ssl_context=trust)
        down = await fetch(server.url("/down"), allowed=allowed, ssl_context=trust)
    assert (safe.outcome, down.outcome) == (Outcome.OK, Outcome.FORBIDDEN_ADDRESS)
    assert "from https to plain http" in down.error
