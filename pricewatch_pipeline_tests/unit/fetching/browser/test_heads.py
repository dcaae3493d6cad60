from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.fetching.browser.heads import BadHead, Head, parse_asked, parse_head, status_of

TOKENS = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=12).map(lambda name: f"x-{name}")
VALUES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20)


@given(st.lists(st.tuples(TOKENS, VALUES), max_size=8))
def test_headers_of_the_message_survive_and_the_connection_is_closed(lines):
    head = parse_head(Head(start="HTTP/1.1 200 OK", lines=lines).encoded())
    assert head.start == "HTTP/1.1 200 OK"
    assert list(head.lines) == [*lines, ("Connection", "close")]


def test_what_belongs_to_a_connection_is_not_handed_on():
    secret = parse_head(
        b"GET http://a/ HTTP/1.1\r\nProxy-Authorization: Basic x\r\nConnection: keep-alive\r\nTE: x\r\nA: b\r\n\r\n"
    )
    assert secret.encoded(start="GET / HTTP/1.1") == b"GET / HTTP/1.1\r\nA: b\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("start", "url", "authority", "path"),
    [
        ("CONNECT shop.example:443 HTTP/1.1", "https://shop.example:443/", "shop.example:443", "/"),
        ("CONNECT [2606:4700::1]:443 HTTP/1.1", "https://[2606:4700::1]:443/", "[2606:4700::1]:443", "/"),
        ("GET http://shop.example/a?b=c HTTP/1.1", "http://shop.example/a?b=c", "shop.example:80", "/a?b=c"),
        ("POST http://shop.example:8080 HTTP/1.1", "http://shop.example:8080", "shop.example:8080", "/"),
    ],
)
def test_a_request_says_where_it_wants_to_go(start, url, authority, path):
    asked = parse_asked(Head(start=start, lines=()))
    assert (asked.url, asked.authority, asked.path) == (url, authority, path)
    assert asked.is_tunnel == start.startswith("CONNECT")


@pytest.mark.parametrize(
    "start",
    [
        *(
            "",
            "GET",
            "GET /",
            "GET / HTTP/1.1",
            "get http://a/ HTTP/1.1",
            "GET https://a/ HTTP/1.1",
            "GET file:///a HTTP/1.1",
        ),
        *("CONNECT a HTTP/1.1", "CONNECT a:99999 HTTP/1.1", "CONNECT :443 HTTP/1.1", "CONNECT [::1 HTTP/1.1"),
    ],
)
def test_anything_else_is_refused(start):
    with pytest.raises(BadHead):
        parse_asked(Head(start=start, lines=()))


@pytest.mark.parametrize("line", [b"no colon", b" folded: line", b": no name", b"space before : x"])
def test_a_line_that_is_no_header_is_refused(line):
    with pytest.raises(BadHead):
        parse_head(b"GET http://a/ HTTP/1.1\r\n" + line + b"\r\n\r\n")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_head_or_refused(data):
    with suppress(BadHead):
        parse_asked(parse_head(data))
    with suppress(BadHead):
        assert 0 <= status_of(parse_head(b"HTTP/1.1 " + data)) <= 999


@pytest.mark.parametrize(
    ("start", "status"),
    [("HTTP/1.1 200 OK", 200), ("HTTP/1.0 404", 404), ("ICY 200 OK", 0), ("HTTP/1.1 abc", 0), ("", 0)],
)
def test_the_status_of_an_answer(start, status):
    assert status_of(Head(start=start, lines=())) == status
