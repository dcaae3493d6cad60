"""curl with a browser's handshake behaves as `http` does: same outcomes, same caps, same guard."""

import asyncio
import gzip
import ssl
import zlib
from datetime import timedelta
from functools import partial

import brotli
import pytest
import trustme
import zstandard

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import PageRequest
from pricewatch_pipeline.fetching.guard import Guard
from pricewatch_pipeline.fetching.impersonate import ImpersonateFetcher, profile_problem
from pricewatch_pipeline_tests.http.conftest import allow
from pricewatch_pipeline_tests.http.test_guarded_fetching import ANY_PORT_ELSEWHERE, SPELLINGS, Turning, raw_redirect
from pricewatch_pipeline_tests.support.loopback import Names, Reply, drip, html, raw, redirect, serve

HTML = ("content-type", "text/html")


async def fetch(url, *, allowed=(), timeout_s=10, resolver=None, ca_file="", **how):
    """Fetch one page with a fetcher of its own."""
    async with ImpersonateFetcher(guard=Guard(allowed), resolver=resolver, ca_file=ca_file) as fetcher:
        return await fetcher.fetch(PageRequest(url=url, timeout=timedelta(seconds=timeout_s), **how))


async def fetch_answer(answer, **how):
    """What fetching this one answer gives."""
    with serve({"/": answer}) as server:
        return await fetch(server.url("/"), allowed=allow(server), **how)


async def test_a_page_comes_back_whole_with_its_facts():
    with serve({"/p": html("<p>7,99 €</p>", x_shop="yes", set_cookie="id=1234567; Path=/")}) as server:
        page = await fetch(server.url("/p?a=1#top"), allowed=allow(server))
    assert (page.outcome, page.status, page.error, page.text) == (Outcome.OK, 200, None, "<p>7,99 €</p>")
    assert page.headers["x-shop"] == "yes"
    assert "set-cookie" not in page.headers
    assert page.cookie_values == {"1234567"}
    assert page.wire_bytes == len(page.body)
    assert server.paths == ["/p?a=1"]


@pytest.mark.parametrize(
    ("profile", "name"),
    [("chrome", "Chrome/"), ("firefox", "Firefox/"), ("safari", "Version/"), ("chrome131", "Chrome/131")],
)
async def test_a_request_looks_like_the_browser_that_was_asked_for(profile, name):
    with serve({"/": html("hello")}) as server:
        await fetch(
            server.url("/"),
            allowed=allow(server),
            impersonates=profile,
            headers={"Accept-Language": "de-DE", "X-A": "1"},
        )
    sent = server.requests[0].headers
    assert name in sent["user-agent"]
    assert (sent["accept-language"], sent["x-a"]) == ("de-DE", "1")
    assert sent["sec-fetch-mode"] == "navigate"
    assert "upgrade" not in sent


async def test_the_handshake_is_a_browsers():
    offered = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    context._msg_callback = lambda _c, direction, _v, kind, _m, data: (
        offered.append(data) if direction == "read" else None
    )
    with serve({"/": html("hello")}, ssl_context=context) as server:
        await fetch(server.url("/"), allowed=allow(server))
    hello = b"".join(offered)
    assert b"\x02h2\x08http/1.1" in hello  # ALPN, which aiohttp does not offer with HTTP/2
    assert b"\x00\x1b\x00\x03\x02\x00\x02" in hello  # certificates compressed by brotli, as only Chromium's say


async def test_a_browser_that_this_curl_does_not_know_is_an_outcome_that_says_which_there_are():
    page = await fetch("https://shop.example/", impersonates="netscape")
    assert page.outcome is Outcome.PROVIDER_ERROR
    assert "unknown browser 'netscape' to impersonate; there are: chrome," in page.error
    assert profile_problem("chrome") is None


@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("zstd", zstandard.ZstdCompressor().compress),
        ("br", brotli.compress),
        ("identity", bytes),
    ],
)
async def test_compressed_pages_are_decompressed_and_both_sizes_known(coding, encode):
    body = b"<p>price 1</p>" * 30_000
    page = await fetch_answer(Reply(headers=[HTML, ("content-encoding", coding)], body=encode(body)))
    assert page.body == body
    assert page.wire_bytes == len(encode(body))


@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        ("gzip", gzip.compress),
        ("zstd", zstandard.ZstdCompressor().compress),
        ("br", partial(brotli.compress, quality=1)),
    ],
)
async def test_a_bomb_stops_at_the_cap(coding, encode):
    page = await fetch_answer(Reply(headers=[HTML, ("content-encoding", coding)], body=encode(bytes(30_000_000))))
    assert (page.outcome, page.body) == (Outcome.TOO_LARGE, b"")
    assert page.wire_bytes < 100_000


async def test_30_mb_are_refused_by_what_they_announce_and_at_the_cap():
    announced = await fetch_answer(Reply(headers=[HTML], body=b"<p>" * 10_000_000))
    silent = await fetch_answer(raw(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n", *[b"<p>" * 10_000] * 1000))
    assert (announced.outcome, announced.wire_bytes) == (Outcome.TOO_LARGE, 0)
    assert silent.outcome is Outcome.TOO_LARGE
    assert silent.wire_bytes < 11_000_000


async def test_what_is_too_long_is_cut_where_the_request_says_so():
    page = await fetch_answer(Reply(headers=[HTML], body=b"x" * 1_000_000), max_bytes=1000, is_cut=True)
    assert (page.outcome, page.body) == (Outcome.OK, b"x" * 1000)


@pytest.mark.parametrize(
    ("answer", "outcome", "words"),
    [
        (html("wall", status=403), Outcome.BLOCKED, "blocks us"),
        (html("nothing", status=404), Outcome.NOT_FOUND, "check the address"),
        (html("slow", status=429, retry_after="7"), Outcome.RATE_LIMITED, "slow down"),
        (html("ill", status=500), Outcome.TRANSPORT, "answered 500"),
        (Reply(headers=[("content-type", "application/pdf")], body=b"x" * 500_000), Outcome.NOT_A_PRODUCT, "pdf"),
        (Reply(headers=[HTML]), Outcome.TRANSPORT, "empty page"),
        (
            raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf a pa"),
            Outcome.TRANSPORT,
            "before the page was complete",
        ),
        (raw(b"HTTP/1.1 200 OK\r\ncontent-ty"), Outcome.TRANSPORT, "in the middle of its headers"),
        (raw(), Outcome.TRANSPORT, "closed the connection"),
        (
            raw(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n", gzip.compress(b"x" * 5000)[:-9]),
            Outcome.TRANSPORT,
            "ends in the middle",
        ),
        (
            raw(b"HTTP/1.1 200 OK\r\n" + b"".join(b"x-%d: y\r\n" % number for number in range(10_000)) + b"\r\nbody"),
            Outcome.TRANSPORT,
            "did not answer with usable HTTP",
        ),
        (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), Outcome.TRANSPORT, "did not answer with usable HTTP"),
    ],
    ids=["403", "404", "429", "500", "file", "empty", "length", "headers", "nothing", "gzip", "10,000 headers", "ssh"],
)
async def test_each_way_to_fail_has_the_outcome_it_has_with_http(answer, outcome, words):
    page = await fetch_answer(answer)
    assert page.outcome is outcome
    assert words in page.error
    assert page.final_url in page.error


async def test_the_body_of_a_failed_answer_is_kept_as_evidence():
    page = await fetch_answer(html("wall", status=403))
    assert (page.body, page.status) == (b"wall", 403)


async def test_retry_after_and_not_modified_are_known():
    assert (await fetch_answer(html("", status=429, retry_after="7"))).retry_after == timedelta(seconds=7)
    page = await fetch_answer(Reply(status=304))
    assert (page.outcome, page.error) == (Outcome.NOT_MODIFIED, None)


async def test_a_page_that_drips_ends_at_the_deadline_and_the_next_one_comes():
    with serve({"/slow": drip(), "/": html("hello")}) as server:
        async with ImpersonateFetcher(guard=Guard(allow(server))) as fetcher:
            slow = PageRequest(url=server.url("/slow"), timeout=timedelta(seconds=0.3))
            pages = await asyncio.gather(*(fetcher.fetch(each) for each in (slow, PageRequest(url=server.url("/")))))
            again = await fetcher.fetch(PageRequest(url=server.url("/")))
    assert [page.outcome for page in (*pages, again)] == [Outcome.TIMEOUT, Outcome.OK, Outcome.OK]
    assert "we waited 0.3 s in all" in pages[0].error


async def test_a_closed_port_an_unknown_name_and_bad_tls_say_what_is_wrong():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with serve({}) as closed:
        pass
    with serve({"/": html("a")}, ssl_context=context) as stranger, serve({"/": html("b")}) as plain:
        allowed = allow(closed, stranger, plain)
        pages = [
            await fetch(closed.url("/"), allowed=allowed),
            await fetch("http://no-such-shop.example/", resolver=Names({})),
            await fetch(stranger.url("/"), allowed=allowed),
            await fetch(plain.url("/").replace("http:", "https:"), allowed=allowed),
        ]
    assert {page.outcome for page in pages} == {Outcome.TRANSPORT}
    for page, words in zip(
        pages, ("refuses connections", "cannot be resolved", "certificate", "does not speak TLS"), strict=True
    ):
        assert words in page.error
    assert stranger.requests == []


async def test_many_pages_at_once_do_not_mix_and_connections_are_kept():
    with serve(lambda request: html(request.path * 1000)) as server:
        async with ImpersonateFetcher(guard=Guard(allow(server)), max_connections=8) as fetcher:
            urls = [server.url(f"/{number}/") for number in range(60)]
            pages = await asyncio.gather(*(fetcher.fetch(PageRequest(url=url)) for url in urls))
    assert [page.text for page in pages] == [f"/{number}/" * 1000 for number in range(60)]
    assert server.connections < 20


async def test_redirects_are_followed_by_us_with_the_cookies_set_on_the_way():
    def handler(request):
        if request.path == "/":
            return redirect("/on", cookie="visit=abcdef; Path=/")
        return html("in" if request.headers.get("cookie") == "visit=abcdef" else "out")

    with serve(handler) as server:
        async with ImpersonateFetcher(guard=Guard(allow(server))) as fetcher:
            page = await fetcher.fetch(PageRequest(url=server.url("/")))
            other = await fetcher.fetch(PageRequest(url=server.url("/on")))
    assert (page.text, page.final_url, page.cookie_values) == ("in", server.url("/on"), {"abcdef"})
    assert other.text == "out"
    assert server.connections == 1


@pytest.mark.parametrize("spelling", [*SPELLINGS, "http://localhost.:{port}/", "http://a.localhost:{port}/"])
@pytest.mark.parametrize("is_redirected", [False, True])
async def test_a_private_address_is_not_reached_by_any_spelling(canary, spelling, is_redirected):
    target = spelling.format(port=canary.port)
    with serve({"/": redirect(target) if target.isascii() else raw_redirect(target)}) as server:
        page = await fetch(server.url("/") if is_redirected else target, allowed=[*allow(server), *ANY_PORT_ELSEWHERE])
    assert page.outcome is Outcome.FORBIDDEN_ADDRESS or (page.outcome is Outcome.TRANSPORT and "resolve" in page.error)


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["::ffff:127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["127.0.0.2", "10.0.0.1"]]
)
@pytest.mark.parametrize("name", ["shop.example", "SHOP.example", "shop.example."])
async def test_a_name_with_one_private_address_among_its_addresses_is_refused(canary, addresses, name):
    names = Names({"shop.example": addresses, "SHOP.example": addresses})
    page = await fetch(f"http://{name}:{canary.port}/", resolver=names, allowed=ANY_PORT_ELSEWHERE)
    assert page.outcome is Outcome.FORBIDDEN_ADDRESS


@pytest.mark.parametrize("name", ["shop.example", "shop.example.", "localhost", "münchen.example"])
async def test_curl_connects_to_the_address_that_we_resolved_and_checked(name):
    names = Names({each: ["127.0.0.2"] for each in ("shop.example", "localhost", "xn--mnchen-3ya.example")})
    with serve({"/": html("shop")}, host="127.0.0.2") as server:
        page = await fetch(f"http://{name}:{server.port}/", allowed=allow(server), resolver=names)
    assert page.text == "shop"
    assert len(names.asked) == 1


async def test_a_name_that_turns_private_is_reached_only_at_the_address_that_was_checked(canary):
    with serve(lambda _: html("shop"), host="127.0.0.2") as server:
        names = Turning({"shop.example": ["127.0.0.2"]})
        url = f"http://shop.example:{server.port}/"
        async with ImpersonateFetcher(guard=Guard(allow(server)), resolver=names) as fetcher:
            before = await fetcher.fetch(PageRequest(url=url))
            after = await fetcher.fetch(PageRequest(url=url))
    assert (before.outcome, after.outcome) == (Outcome.OK, Outcome.FORBIDDEN_ADDRESS)


async def test_neither_a_proxy_in_the_environment_nor_netrc_is_used(canary, monkeypatch, tmp_path):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, canary.base_url)
    (tmp_path / ".netrc").write_text("default login me password secret")
    monkeypatch.setenv("HOME", str(tmp_path))
    with serve({"/": html("direct")}) as server:
        page = await fetch(server.url("/"), allowed=allow(server))
    assert page.text == "direct"
    assert "authorization" not in server.requests[0].headers


async def test_a_redirect_from_https_to_http_is_refused(canary, tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with serve({"/": html("safe"), "/down": redirect(canary.url("/"))}, ssl_context=context) as server:
        allowed = allow(server, canary)
        safe = await fetch(server.url("/"), allowed=allowed, ca_file=str(tmp_path / "ca.pem"))
        down = await fetch(server.url("/down"), allowed=allowed, ca_file=str(tmp_path / "ca.pem"))
    assert (safe.outcome, down.outcome) == (Outcome.OK, Outcome.FORBIDDEN_ADDRESS)


async def test_a_fetcher_that_is_not_open_says_how_to_open_it():
    with pytest.raises(RuntimeError, match="async with"):
        await ImpersonateFetcher(guard=Guard()).fetch(PageRequest(url="http://shop.example/"))
