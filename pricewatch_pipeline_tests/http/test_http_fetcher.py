import asyncio
import gzip
import ssl
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import trustme
import zstandard

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import PageRequest
from pricewatch_pipeline.fetching.guard import Guard
from pricewatch_pipeline.fetching.http import HttpFetcher
from pricewatch_pipeline_tests.http.conftest import allow, fetch
from pricewatch_pipeline_tests.support.loopback import Reply, drip, html, raw, redirect, serve

HTML = ("content-type", "text/html")


async def fetch_answer(answer, **how):
    """What fetching this one answer gives."""
    with serve({"/": answer}) as server:
        return await fetch(server.url("/"), allowed=allow(server), **how)


async def test_a_page_comes_back_whole_with_its_facts():
    with serve({"/p": html("<p>7,99 €</p>", x_shop="yes", set_cookie="id=1")}) as server:
        page = await fetch(server.url("/p?a=1"), allowed=allow(server))
    assert (page.outcome, page.status, page.error) == (Outcome.OK, 200, None)
    assert page.text == "<p>7,99 €</p>"
    assert page.final_url == server.url("/p?a=1")
    assert page.headers["x-shop"] == "yes"
    assert "set-cookie" not in page.headers
    assert page.wire_bytes == len(page.body)
    assert page.elapsed > timedelta(0)
    assert page.fetched_at.tzinfo is UTC


async def test_a_request_looks_neutral_and_asks_only_for_what_we_can_decode():
    with serve({"/": html("hello")}) as server:
        await fetch(server.url("/"), allowed=allow(server), headers={"Accept-Language": "de-DE"})
    sent = server.requests[0].headers
    assert sent["user-agent"] == "test/1"
    assert sent["accept-encoding"] == "gzip, deflate, zstd"
    assert sent["accept-language"] == "de-DE"
    assert sent["accept"].startswith("text/html")
    assert set(sent) <= {"host", "user-agent", "accept", "accept-encoding", "accept-language", "connection"}


async def test_the_callers_headers_cannot_take_over_the_exchange():
    with serve({"/": html("hello")}) as server:
        await fetch(
            server.url("/"), allowed=allow(server), headers={"Host": "other", "Accept-Encoding": "br", "X-A": "1"}
        )
    sent = server.requests[0].headers
    assert (sent["host"], sent["accept-encoding"], sent["x-a"]) == (
        f"127.0.0.1:{server.port}",
        "gzip, deflate, zstd",
        "1",
    )


@pytest.mark.parametrize("headers", [{"X-A": "1\r\nX-B: 2"}, {"X A": "1"}, {"X-A": "ü"}])
async def test_a_header_that_cannot_be_sent_is_an_outcome(headers):
    with serve({"/": html("hello")}) as server:
        page = await fetch(server.url("/"), allowed=allow(server), headers=headers)
    assert page.outcome is Outcome.PROVIDER_ERROR
    assert server.connections == 0


@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("zstd", zstandard.ZstdCompressor().compress),
        ("identity", bytes),
    ],
)
async def test_compressed_pages_are_decompressed_and_both_sizes_known(coding, encode):
    body = b"<p>price 1</p>" * 3000
    page = await fetch_answer(Reply(headers=[HTML, ("content-encoding", coding)], body=encode(body)))
    assert page.body == body
    assert page.wire_bytes == len(encode(body))


async def test_a_connection_is_kept_for_the_next_page():
    with serve({"/a": html("a"), "/b": html("b")}) as server:
        async with HttpFetcher(user_agent="test/1", guard=Guard(allow(server))) as fetcher:
            for path in ("/a", "/b", "/a"):
                page = await fetcher.fetch(PageRequest(url=server.url(path)))
                assert page.outcome is Outcome.OK
    assert [request.connection for request in server.requests] == [1, 1, 1]


async def test_many_pages_at_once_do_not_mix():
    with serve(lambda request: html(request.path * 1000)) as server:
        async with HttpFetcher(user_agent="test/1", guard=Guard(allow(server)), max_connections=8) as fetcher:
            urls = [server.url(f"/{number}/") for number in range(60)]
            pages = await asyncio.gather(*(fetcher.fetch(PageRequest(url=url)) for url in urls))
    assert [page.text for page in pages] == [f"/{number}/" * 1000 for number in range(60)]
    assert server.connections <= 8


async def test_cookies_of_one_fetch_are_never_sent_with_another():
    with serve({"/": html("hello", set_cookie="id=1; Path=/")}) as server:
        async with HttpFetcher(user_agent="test/1", guard=Guard(allow(server))) as fetcher:
            for _ in range(2):
                await fetcher.fetch(PageRequest(url=server.url("/")))
    assert ["cookie" in request.headers for request in server.requests] == [False, False]


async def test_a_cookie_of_the_caller_is_sent_beside_those_set_on_the_way_and_told_for_redaction():
    answers = {"/": redirect("/on", cookie="id=1; Path=/"), "/on": redirect("/in", cookie="answer=new; Path=/")}
    with serve(answers | {"/in": html("in")}) as server:
        page = await fetch(server.url("/"), allowed=allow(server), headers={"Cookie": "answer=what-we-said; b=2"})
    sent = [request.headers["cookie"] for request in server.requests]
    assert sent == ["answer=what-we-said; b=2", "answer=what-we-said; b=2; id=1", "b=2; id=1; answer=new"]
    assert page.cookie_values == {"what-we-said"}


async def test_what_cookies_hold_is_told_for_redaction_and_what_is_short_is_not():
    cookies = [("set-cookie", "session=abcdef123; Path=/"), ("set-cookie", 'quoted="ghijkl456"'), ("set-cookie", "a=b")]

    def handler(request):
        return (
            Reply(status=302, headers=[("location", "/on"), *cookies])
            if request.path == "/"
            else html("there", set_cookie="on=mnopqr789")
        )

    with serve(handler) as server:
        page = await fetch(server.url("/"), allowed=allow(server))
    assert page.cookie_values == {"abcdef123", "ghijkl456", "mnopqr789"}


@pytest.mark.parametrize(
    ("answer", "outcome", "words"),
    [
        (html("wall", status=401), Outcome.LOGIN, "wants a login"),
        (html("wall", status=403), Outcome.BLOCKED, "blocks us"),
        (html("nothing", status=404), Outcome.NOT_FOUND, "check the address in the watch"),
        (html("nothing", status=410), Outcome.GONE, "gone for good"),
        (html("slow", status=429), Outcome.RATE_LIMITED, "slow down"),
        (html("law", status=451), Outcome.BLOCKED, "answered 451"),
        (html("ill", status=500), Outcome.TRANSPORT, "answered 500"),
        (html("ill", status=503), Outcome.TRANSPORT, "answered 503"),
        (html("busy", status=503, retry_after="7"), Outcome.RATE_LIMITED, "slow down"),
    ],
)
async def test_a_failing_status_is_an_outcome_a_sentence_and_its_body(answer, outcome, words):
    page = await fetch_answer(answer)
    assert page.outcome is outcome
    assert words in page.error
    assert page.final_url in page.error
    assert page.body == answer.body


@pytest.mark.parametrize(("status", "words"), [(404, "no such file"), (410, "gone for good"), (401, "wants a login")])
async def test_a_file_that_is_not_there_is_no_matter_of_a_watch(status, words):
    page = await fetch_answer(html("nothing", status=status), is_file=True)
    assert f"{page.final_url} answered {status}: " in page.error
    assert words in page.error
    assert "watch" not in page.error


async def test_retry_after_is_handed_on_in_seconds_and_as_a_date():
    assert (await fetch_answer(html("", status=429, retry_after="7"))).retry_after == timedelta(seconds=7)
    date = format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True)
    page = await fetch_answer(html("", status=503, retry_after=date))
    assert timedelta(hours=1) < page.retry_after <= timedelta(hours=2)
    assert (await fetch_answer(html("", status=429))).retry_after is None


async def test_an_unchanged_page_is_a_success_without_a_body():
    with serve(lambda request: Reply(status=304) if "if-none-match" in request.headers else html("new")) as server:
        page = await fetch(server.url("/"), allowed=allow(server), headers={"If-None-Match": '"1"'})
    assert (page.outcome, page.body, page.error) == (Outcome.NOT_MODIFIED, b"", None)


@pytest.mark.parametrize("media_type", ["application/pdf", "image/jpeg", "application/octet-stream"])
async def test_a_file_is_not_a_product_and_is_not_downloaded(media_type):
    page = await fetch_answer(Reply(headers=[("content-type", media_type)], body=b"x" * 100_000))
    assert page.outcome is Outcome.NOT_A_PRODUCT
    assert media_type in page.error
    assert page.body == b""


@pytest.mark.parametrize("status", [200, 204])
async def test_an_empty_page_is_the_sites_failure_and_not_our_readers(status):
    page = await fetch_answer(Reply(status=status, headers=[HTML]))
    assert page.outcome is Outcome.TRANSPORT
    assert "empty page" in page.error


async def test_30_mb_of_html_is_refused_by_what_it_announces_before_it_is_read():
    page = await fetch_answer(Reply(headers=[HTML], body=b"<p>" * 10_000_000))
    assert page.outcome is Outcome.TOO_LARGE
    assert "announces 30,000,000 bytes, more than the 10,000,000 bytes we accept" in page.error
    assert page.wire_bytes == 0


async def test_30_mb_of_html_that_announces_nothing_stops_at_the_cap():
    page = await fetch_answer(raw(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n", *[b"<p>" * 10_000] * 1000))
    assert page.outcome is Outcome.TOO_LARGE
    assert 10_000_000 < page.wire_bytes < 11_000_000
    assert page.body == b""


@pytest.mark.parametrize("encode", [gzip.compress, zstandard.ZstdCompressor().compress])
async def test_a_bomb_stops_at_the_cap(encode):
    coding = "gzip" if encode is gzip.compress else "zstd"
    page = await fetch_answer(Reply(headers=[HTML, ("content-encoding", coding)], body=encode(bytes(100_000_000))))
    assert page.outcome is Outcome.TOO_LARGE
    assert page.body == b""
    assert page.wire_bytes < 100_000


async def test_a_huge_error_page_keeps_the_outcome_of_its_status():
    page = await fetch_answer(html("x" * 2_000_000, status=404))
    assert (page.outcome, page.body) == (Outcome.NOT_FOUND, b"")


async def test_a_page_that_drips_ends_at_the_deadline():
    page = await fetch_answer(drip(), timeout_s=0.3)
    assert page.outcome is Outcome.TIMEOUT
    assert "we waited 0.3 s in all" in page.error
    assert (page.status, page.body) == (200, b"")
    assert page.wire_bytes > 0


async def test_headers_that_drip_end_at_the_deadline():
    page = await fetch_answer(drip(head=b"HTTP/1.1 200 OK\r\nx: "), timeout_s=0.3)
    assert (page.outcome, page.status) == (Outcome.TIMEOUT, None)


async def test_the_deadline_holds_over_all_redirects_together():
    with serve(
        lambda request: drip(head=b"HTTP/1.1 200 OK\r\nx: ") if request.path == "/3" else slow_redirect(request.path)
    ) as server:
        page = await fetch(server.url("/0"), allowed=allow(server), timeout_s=1.5)
    assert page.outcome is Outcome.TIMEOUT
    assert page.final_url == server.url("/3")


def slow_redirect(path):
    return Reply(status=302, headers=[("location", f"/{int(path[1:]) + 1}")])


@pytest.mark.parametrize(
    "answer",
    [
        raw(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 100\r\n\r\n<html>half a pa"),
        raw(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n9\r\nhal"),
        raw(b"HTTP/1.1 200 OK\r\ncontent-ty"),
        raw(),
        raw(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n", gzip.compress(b"x" * 5000)[:-9]),
    ],
    ids=["length", "chunked", "headers", "nothing", "gzip"],
)
async def test_an_answer_closed_in_the_middle_is_no_page(answer):
    page = await fetch_answer(answer)
    assert page.outcome is Outcome.TRANSPORT
    assert page.body == b""
    assert page.final_url in page.error


@pytest.mark.parametrize(
    "answer",
    [
        raw(b"HTTP/1.1 200 OK\r\n" + b"".join(b"x-%d: y\r\n" % number for number in range(10_000)) + b"\r\nbody"),
        raw(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000 + b"\r\n\r\nbody"),
        raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
        raw(b"HTTP/1.1 abc OK\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\nbody"),
    ],
    ids=["10,000 headers", "a long header", "not HTTP", "no status", "negative length"],
)
async def test_what_is_not_usable_http_is_a_transport_failure(answer):
    page = await fetch_answer(answer)
    assert page.outcome is Outcome.TRANSPORT
    assert "did not answer with usable HTTP" in page.error
    assert len(page.error) < 400


async def test_long_headers_as_real_shops_send_them_are_fine():
    assert (await fetch_answer(html("hello", content_security_policy="x" * 20_000))).outcome is Outcome.OK


@pytest.mark.parametrize(
    ("declared", "really"),
    [
        ("utf-8", "windows-1252"),
        ("no-such-charset", "utf-8"),
        ("shift_jis", "shift_jis"),
        ("iso-8859-1", "windows-1252"),
    ],
)
async def test_a_wrong_charset_does_not_lose_the_page(declared, really):
    text = "<p>価格 7,980円</p>" if really == "shift_jis" else "<p>Größe M, für 7,99 € statt 9,99 €</p>"
    headers = [("content-type", f"text/html; charset={declared}")]
    page = await fetch_answer(Reply(headers=headers, body=text.encode(really)))
    assert (page.outcome, page.text) == (Outcome.OK, text)


async def test_a_closed_port_is_a_transport_failure():
    with serve({}) as server:
        closed = server.url("/")
    page = await fetch(closed, allowed=allow(server))
    assert page.outcome is Outcome.TRANSPORT
    assert "refuses connections" in page.error


async def test_a_certificate_nobody_vouches_for_is_refused():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with serve({"/": html("hello")}, ssl_context=context) as server:
        page = await fetch(server.url("/"), allowed=allow(server))
    assert page.outcome is Outcome.TRANSPORT
    assert "certificate" in page.error
    assert server.requests == []


async def test_tls_to_a_server_that_speaks_none_is_a_transport_failure():
    with serve({"/": html("hello")}) as server:
        page = await fetch(server.url("/").replace("http:", "https:"), allowed=allow(server))
    assert page.outcome is Outcome.TRANSPORT


async def test_a_fetcher_that_is_not_open_says_how_to_open_it():
    with pytest.raises(RuntimeError, match="async with"):
        await HttpFetcher(user_agent="test/1", guard=Guard()).fetch(PageRequest(url="http://shop.example/"))
