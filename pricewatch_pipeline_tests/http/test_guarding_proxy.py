"""The browser's proxy, spoken to over a plain socket: whom it serves, where it goes, what it counts."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.proxies import parse_proxies
from pricewatch_pipeline.errors import ForbiddenAddress
from pricewatch_pipeline.fetching.browser.guarding_proxy import MAX_CONNECTIONS, GuardingProxy
from pricewatch_pipeline.fetching.browser.heads import basic_auth
from pricewatch_pipeline.fetching.browser.upstream import Upstream
from pricewatch_pipeline.fetching.guard import Guard
from pricewatch_pipeline.fetching.outcomes import FetchFailed, ProxyFailed
from pricewatch_pipeline_tests.http.conftest import allow
from pricewatch_pipeline_tests.support.loopback import Names, Reply, html, raw, serve


@asynccontextmanager
async def proxy_for(*servers, names=None, **how):
    how = {"max_bytes": 1_000_000, "resolver": Names({"127.0.0.1": ["127.0.0.1"], **(names or {})}), **how}
    async with GuardingProxy(guard=Guard(allow(*servers)), **how) as proxy:
        yield proxy


async def ask(proxy, start, *lines, body=b"", password=None, then=b""):
    """Send one head (and, after the answer's head, `then`); everything that comes back."""
    secret = proxy.password if password is None else password
    reader, writer = await asyncio.open_connection("127.0.0.1", int(proxy.url.rpartition(":")[2]))
    lines = (start, "Host: ignored", f"Proxy-Authorization: {basic_auth(proxy.user, secret)}", *lines)
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    answer = b""
    if then:
        answer = await reader.readuntil(b"\r\n\r\n")
        writer.write(then)
    async with asyncio.timeout(10):
        answer += await reader.read(-1)
    writer.close()
    return answer


async def test_a_plain_request_is_handed_on_and_both_connections_end_with_it():
    with serve({"/a": raw(b"HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5\r\n\r\nhello")}) as server:
        async with proxy_for(server) as proxy:
            answer = await ask(
                proxy, f"GET {server.url('/a?b=c')} HTTP/1.1", "Cookie: a=b", "Proxy-Connection: keep-alive"
            )
    assert answer == b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello"
    (seen,) = server.requests
    assert seen.path == "/a?b=c"
    assert seen.headers["cookie"] == "a=b"
    assert not [name for name in seen.headers if name.startswith("proxy-")]
    assert proxy.wire_bytes == len(b"HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5\r\n\r\nhello")


async def test_a_tunnel_is_opened_and_its_bytes_are_counted():
    with serve({"/": html("hello")}) as server:
        async with proxy_for(server) as proxy:
            answer = await ask(
                proxy,
                f"CONNECT 127.0.0.1:{server.port} HTTP/1.1",
                then=b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /more HTTP/1.1\r\nHost: x\r\n\r\n4",
            )
    assert answer.startswith(b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 ")
    assert server.paths == ["/", "/more"]
    assert proxy.wire_bytes > 100


@pytest.mark.parametrize("start", ["GET {url} HTTP/1.1", "CONNECT 127.0.0.1:{port} HTTP/1.1"])
@pytest.mark.parametrize("password", ["", "wrong", "ünï"])
async def test_nobody_without_the_secret_is_served(canary, start, password):
    async with proxy_for(canary) as proxy:
        answer = await ask(
            proxy,
            start.format(url=canary.url("/"), port=canary.port),
            password=password,
            then=b"GET http://a/ HTTP/1.1\r\n\r\n",
        )
    assert answer.count(b"HTTP/1.1 407 ") == 2
    assert b"200" not in answer


async def test_each_proxy_has_a_secret_of_its_own():
    async with proxy_for() as one, proxy_for() as other:
        assert one.password != other.password
        assert one.url != other.url


@pytest.mark.parametrize(
    "start",
    [
        "CONNECT 127.0.0.1:{port} HTTP/1.1",
        "CONNECT localhost:{port} HTTP/1.1",
        "CONNECT inside.example:{port} HTTP/1.1",
        "CONNECT both.example:443 HTTP/1.1",
        "CONNECT [::1]:443 HTTP/1.1",
        "CONNECT [::ffff:127.0.0.1]:{port} HTTP/1.1",
        "CONNECT 2130706433:{port} HTTP/1.1",
        "CONNECT 169.254.169.254:80 HTTP/1.1",
        "GET http://127.0.0.1:{port}/ HTTP/1.1",
        "GET http://inside.example:{port}/ HTTP/1.1",
        "GET http://user@127.0.0.1:{port}/ HTTP/1.1",
        "GET http://127.0.0.1:{port}\\@8.8.8.8/ HTTP/1.1",
    ],
)
@pytest.mark.parametrize("upstream", [None, "proxy"])
async def test_what_the_guard_refuses_is_not_connected_to(canary, start, upstream):
    names = {"localhost": ["127.0.0.1"], "inside.example": ["127.0.0.1"], "both.example": ["8.8.8.8", "127.0.0.1"]}
    through = Upstream(proxy=parse_proxies(f"home=http://127.0.0.1:{canary.port}")["home"]) if upstream else None
    async with proxy_for(names=names, upstream=through) as proxy:
        answer = await ask(proxy, start.format(port=canary.port))
    assert b"200" not in answer
    assert [type(error).__mro__.__contains__(ForbiddenAddress) for error in proxy.failures.values()] == [True]


@pytest.mark.parametrize(
    "start",
    ["GET / HTTP/1.1", "GET ftp://8.8.8.8/ HTTP/1.1", "CONNECT 8.8.8.8 HTTP/1.1", "CONNECT a:b HTTP/1.1", "nonsense"],
)
async def test_nonsense_is_answered_with_the_end_of_the_connection(start):
    async with proxy_for() as proxy:
        assert await ask(proxy, start) == b""
    assert proxy.failures == {}


async def test_an_unwanted_host_is_not_reached(canary):
    async with proxy_for(canary, is_unwanted=lambda host: host == "127.0.0.1") as proxy:
        assert await ask(proxy, f"GET {canary.url('/')} HTTP/1.1") == b""
    assert proxy.failures == {}


async def test_more_bytes_than_the_cap_end_it_and_are_told():
    told = []
    with serve({"/": Reply(body=b"x" * 300_000)}) as server:
        async with proxy_for(server, max_bytes=100_000, when_full=lambda: told.append(True)) as proxy:
            answer = await ask(proxy, f"GET {server.url('/')} HTTP/1.1")
            assert len(answer) <= 170_000
            (failure,) = proxy.failures.values()
    assert isinstance(failure, FetchFailed)
    assert failure.outcome is Outcome.TOO_LARGE
    assert told


async def test_no_more_connections_than_the_cap_are_open_at_once():
    async with proxy_for() as proxy:
        port = int(proxy.url.rpartition(":")[2])
        opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(MAX_CONNECTIONS)]
        late, writer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(10):
            assert await late.read() == b""
        for _, each in [*opened, (late, writer)]:
            each.close()


async def test_answers_that_only_announce_are_left_out():
    announced = raw(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nhello")
    with serve({"/": announced}) as server:
        async with proxy_for(server) as proxy:
            answer = await ask(proxy, f"GET {server.url('/')} HTTP/1.1")
    assert answer == b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello"


class LittleProxy:
    """The operator's proxy: writes down what it is asked, and answers a tunnel or a page itself."""

    def __init__(self, answer):
        self.answer = answer
        self.heads = []

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.converse, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def converse(self, reader, writer):
        self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(self.answer)
        writer.close()

    def upstream(self):
        return Upstream(proxy=parse_proxies(f"home=http://user:secret@127.0.0.1:{self.port}")["home"])


async def test_a_tunnel_goes_on_through_the_operator_s_proxy():
    async with (
        LittleProxy(b"HTTP/1.1 200 OK\r\n\r\nthrough") as little,
        proxy_for(names={"shop.example": ["93.184.216.34"]}, upstream=little.upstream()) as proxy,
    ):
        answer = await ask(proxy, "CONNECT shop.example:443 HTTP/1.1")
    assert answer == b"HTTP/1.1 200 Connection established\r\n\r\nthrough"
    expected = [
        "CONNECT shop.example:443 HTTP/1.1",
        "Host: shop.example:443",
        f"Proxy-Authorization: {basic_auth('user', 'secret')}",
    ]
    assert little.heads[0].split("\r\n")[:3] == expected


async def test_a_plain_request_goes_on_through_the_operator_s_proxy():
    async with (
        LittleProxy(b"HTTP/1.1 200 OK\r\n\r\nthrough") as little,
        proxy_for(upstream=little.upstream()) as proxy,  # a name that only the proxy knows
    ):
        answer = await ask(proxy, "GET http://only-there.example/a HTTP/1.1")
    assert answer.endswith(b"\r\n\r\nthrough")
    assert little.heads[0].startswith("GET http://only-there.example/a HTTP/1.1\r\n")
    assert basic_auth("user", "secret") in little.heads[0]
    assert proxy.password not in little.heads[0]


@pytest.mark.parametrize("start", ["CONNECT shop.example:443 HTTP/1.1", "GET http://shop.example/ HTTP/1.1"])
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "wants another user name or password (407)"),
        (b"", None),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", None),
    ],
    ids=["407", "closed", "503"],
)
async def test_a_proxy_that_fails_is_told_from_a_site_that_does(start, answer, said):
    async with LittleProxy(answer) as little, proxy_for(upstream=little.upstream()) as proxy:
        await ask(proxy, start)
    failures = list(proxy.failures.values())
    if start.startswith("CONNECT") or said:
        assert [type(error) for error in failures] == [ProxyFailed]
        assert said is None or said in str(failures[0])
        assert "secret" not in str(failures[0])
    else:
        assert not any(isinstance(error, ProxyFailed) for error in failures)


async def test_a_socks_proxy_is_refused_with_a_sentence():
    socks = Upstream(proxy=parse_proxies("dc=socks5://127.0.0.1:9")["dc"])
    async with proxy_for(upstream=socks) as proxy:
        await ask(proxy, "CONNECT shop.example:443 HTTP/1.1")
    assert "speaks SOCKS" in str(proxy.failures["shop.example:443"])
