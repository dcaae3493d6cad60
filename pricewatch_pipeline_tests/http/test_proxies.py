"""Pages through real proxies on loopback: what they see, what of theirs fails, and what may not be reached through them."""

import ipaddress
import socket
import ssl
from datetime import timedelta

import pytest
import trustme

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import PageRequest
from pricewatch_pipeline.domain.proxies import parse_proxies
from pricewatch_pipeline.fetching.fetchers import open_fetchers
from pricewatch_pipeline.fetching.guard import Guard
from pricewatch_pipeline.fetching.http import HttpFetcher
from pricewatch_pipeline.fetching.impersonate import ImpersonateFetcher
from pricewatch_pipeline_tests.http.conftest import allow
from pricewatch_pipeline_tests.support.loopback import Names, html, redirect, serve
from pricewatch_pipeline_tests.support.proxy import USER, serve_proxy

PASSWORD = "s3cret,p@ss"
WRITTEN = "s3cret%2Cp%40ss"
NOWHERE = Names({})


@pytest.fixture(params=["http", "impersonate"])
def fetch(request, tmp_path):
    """Fetches one page through one proxy, with a fetcher of its own."""

    async def fetch(url, proxy_url, *, allowed=(), resolver=None, authority=None, timeout_s=10):
        common = {"guard": Guard(allowed), "proxies": parse_proxies(f"home={proxy_url}"), "resolver": resolver}
        if request.param == "http":
            trust = ssl.create_default_context()
            if authority:
                authority.configure_trust(trust)
            fetcher = HttpFetcher(user_agent="test/1", ssl_context=trust, **common)
        else:
            ca_file = tmp_path / "ca.pem"
            if authority:
                authority.cert_pem.write_to_path(str(ca_file))
            fetcher = ImpersonateFetcher(ca_file=str(ca_file) if authority else "", **common)
        async with fetcher:
            return await fetcher.fetch(PageRequest(url=url, proxy="home", timeout=timedelta(seconds=timeout_s)))

    return fetch


def url_of(proxy):
    return proxy.url.replace(PASSWORD, WRITTEN)


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def tls(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "shop.example").configure_cert(context)
    return context


async def test_a_page_comes_through_the_proxy_with_its_user_name_and_password(fetch):
    with serve({"/p": html("lamp")}) as site, serve_proxy(password=PASSWORD) as proxy:
        page = await fetch(site.url("/p"), url_of(proxy), allowed=allow(site))
    assert (page.outcome, page.text, page.is_proxy_failure) == (Outcome.OK, "lamp", False)
    assert proxy.asked == [f"GET {site.url('/p')}"]
    assert not [name for name in site.requests[0].headers if name.startswith("proxy-")]


async def test_https_goes_through_a_tunnel_in_which_only_the_site_is_trusted(fetch, authority, tls):
    with serve({"/": html("lamp")}, ssl_context=tls) as site, serve_proxy(password=PASSWORD) as proxy:
        page = await fetch(site.url("/"), url_of(proxy), allowed=allow(site), authority=authority)
        stranger = await fetch(site.url("/"), url_of(proxy), allowed=allow(site))
    assert (page.outcome, page.text) == (Outcome.OK, "lamp")
    assert (stranger.outcome, stranger.is_proxy_failure) == (Outcome.TRANSPORT, False)
    assert "certificate" in stranger.error
    assert proxy.asked == [f"CONNECT 127.0.0.1:{site.port}"] * 2


async def test_a_name_that_only_the_proxy_knows_is_reached_through_it(fetch, authority, tls):
    with (
        serve({"/": html("lamp")}, ssl_context=tls) as site,
        serve_proxy(names={"shop.example:443": (site.host, site.port)}) as proxy,
    ):
        page = await fetch("https://shop.example/", proxy.url, authority=authority, resolver=NOWHERE)
    assert (page.outcome, page.text) == (Outcome.OK, "lamp")
    assert proxy.asked == ["CONNECT shop.example:443"]


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_that_wants_another_password_has_failed_and_not_the_site(fetch, scheme):
    with serve_proxy(password=PASSWORD) as proxy:
        wrong = url_of(proxy).replace(WRITTEN, "guessed-password")
        page = await fetch(f"{scheme}://shop.example/", wrong, resolver=NOWHERE)
    assert (page.outcome, page.is_proxy_failure) == (Outcome.TRANSPORT, True)
    assert f"the proxy 'home' (http://***@127.0.0.1:{proxy.port})" in page.error
    assert "(407)" in page.error
    assert "guessed-password" not in repr(page)
    assert USER not in page.error


@pytest.mark.parametrize("status", [403, 502, 504])
async def test_a_proxy_that_opens_no_tunnel_has_failed(fetch, status):
    with serve_proxy(refuses_with=status) as proxy:
        page = await fetch("https://shop.example/", proxy.url, resolver=NOWHERE)
    assert (page.outcome, page.is_proxy_failure) == (Outcome.TRANSPORT, True)
    assert f"refuses to connect us to the site ({status})" in page.error


async def test_a_page_that_fails_behind_a_proxy_is_the_sites_failure(fetch):
    with serve({"/": html("ill", status=502)}) as site, serve_proxy() as proxy:
        page = await fetch(site.url("/"), proxy.url, allowed=allow(site))
    assert (page.outcome, page.status, page.is_proxy_failure) == (Outcome.TRANSPORT, 502, False)


@pytest.mark.parametrize("url", ["http://shop.example/", "https://shop.example/", "http://127.0.0.1:9/"])
async def test_a_proxy_that_is_down_has_failed(fetch, url):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    allowed = [(ipaddress.ip_network("127.0.0.1"), 9)]
    page = await fetch(url, f"http://user:hidden@127.0.0.1:{port}", resolver=NOWHERE, allowed=allowed)
    assert (page.outcome, page.is_proxy_failure) == (Outcome.TRANSPORT, True)
    assert "the proxy 'home'" in page.error
    assert "cannot be reached" in page.error
    assert "hidden" not in repr(page)


async def test_a_proxy_whose_name_does_not_resolve_has_failed(fetch):
    page = await fetch("https://shop.example/", "http://proxy.invalid:3128", resolver=NOWHERE)
    assert (page.outcome, page.is_proxy_failure) == (Outcome.TRANSPORT, True)


async def test_a_proxy_that_never_answers_has_failed_before_the_page_has(fetch):
    with serve_proxy(is_silent=True) as proxy:
        page = await fetch("https://shop.example/", proxy.url, resolver=NOWHERE, timeout_s=1)
    assert (page.outcome, page.is_proxy_failure) == (Outcome.TRANSPORT, True)
    assert "does not answer in time" in page.error


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://2130706433/",
        "https://[::ffff:127.0.0.1]/",
        "http://169.254.169.254/latest/meta-data",
        "http://shop.example:22/",
        "http://inside.example/",
        "http://mixed.example/",
        "file:///etc/passwd",
    ],
)
async def test_a_proxy_is_no_way_around_the_guard(fetch, url):
    names = Names({"inside.example": ["10.0.0.1"], "mixed.example": ["8.8.8.8", "127.0.0.1"]})
    with serve_proxy() as proxy:
        page = await fetch(url, proxy.url, resolver=names)
    assert (page.outcome, page.is_proxy_failure) == (Outcome.FORBIDDEN_ADDRESS, False)
    assert proxy.connections == 0


async def test_a_redirect_behind_a_proxy_is_checked_too(fetch, canary):
    with serve({"/": redirect(canary.url("/"))}) as site, serve_proxy() as proxy:
        page = await fetch(site.url("/"), proxy.url, allowed=allow(site))
    assert page.outcome is Outcome.FORBIDDEN_ADDRESS
    assert proxy.asked == [f"GET {site.url('/')}"]


async def test_that_a_proxy_is_on_a_private_address_lets_no_page_be_fetched_from_there(fetch):
    with serve_proxy() as proxy:
        page = await fetch(f"http://127.0.0.1:{proxy.port}/", proxy.url)
    assert page.outcome is Outcome.FORBIDDEN_ADDRESS
    assert proxy.connections == 0


async def test_every_proxy_has_connections_of_its_own():
    with serve({"/": html("lamp")}) as site, serve_proxy() as one, serve_proxy() as other:
        proxies = parse_proxies(f"one={one.url}, other={other.url}")
        for kind in ("http", "impersonate"):
            async with open_fetchers(user_agent="test/1", allowed_addresses=allow(site), proxies=proxies) as fetchers:
                for name in ("one", "other", None):
                    page = await fetchers.fetch(PageRequest(url=site.url("/"), proxy=name, fetcher=kind))
                    assert page.outcome is Outcome.OK
    assert (len(one.asked), len(other.asked), len(site.requests)) == (2, 2, 6)


async def test_a_name_that_the_settings_do_not_know_is_an_outcome_that_says_which_there_are():
    async with open_fetchers(user_agent="test/1", proxies=parse_proxies("home=http://user:hidden@h:1")) as fetchers:
        page = await fetchers.fetch(PageRequest(url="https://shop.example/", proxy="hom"))
    assert page.outcome is Outcome.PROVIDER_ERROR
    assert page.error == "https://shop.example/: unknown proxy 'hom'; PRICEWATCH_PROXIES names: home"


async def test_http_goes_through_socks_too_and_says_who_we_are():
    with serve({"/": html("lamp")}) as site, serve_proxy(password=PASSWORD) as proxy:
        proxies = parse_proxies(f"dc={url_of(proxy).replace('http:', 'socks5h:')}")
        async with open_fetchers(user_agent="test/1", allowed_addresses=allow(site), proxies=proxies) as fetchers:
            page = await fetchers.fetch(PageRequest(url=site.url("/"), proxy="dc"))
            direct = await fetchers.fetch(PageRequest(url=site.url("/")))
    assert (page.outcome, page.text) == (Outcome.OK, "lamp")
    assert proxy.asked == [f"SOCKS 127.0.0.1:{site.port}"]
    told = [
        {name: value for name, value in request.headers.items() if name != "connection"} for request in site.requests
    ]
    assert told[0] == told[1]
    assert told[0]["user-agent"] == "test/1"
    assert direct.outcome is Outcome.OK


@pytest.mark.parametrize(
    ("scheme", "asked"), [("socks5h", "SOCKS shop.example:{port}"), ("socks5", "SOCKS 127.0.0.2:{port}")]
)
async def test_by_socks_the_proxy_resolves_names_or_we_do_and_check_them(scheme, asked):
    names = Names({"shop.example": ["127.0.0.2"]})
    with serve({"/": html("lamp")}, host="127.0.0.2") as site:
        known = {f"shop.example:{site.port}": (site.host, site.port)}
        with serve_proxy(password=PASSWORD, names=known) as proxy:
            proxies = parse_proxies(f"dc={url_of(proxy).replace('http:', scheme + ':')}")
            async with ImpersonateFetcher(guard=Guard(allow(site)), proxies=proxies, resolver=names) as fetcher:
                page = await fetcher.fetch(PageRequest(url=f"http://shop.example:{site.port}/", proxy="dc"))
    assert (page.outcome, page.text) == (Outcome.OK, "lamp")
    assert proxy.asked == [asked.format(port=site.port)]


@pytest.mark.parametrize("scheme", ["socks5h", "socks5"])
async def test_by_socks_a_private_address_is_not_reached_and_a_wrong_password_is_the_proxys_failure(scheme):
    names = Names({"inside.example": ["10.0.0.1"], "shop.example": ["8.8.8.8"]})
    with serve_proxy(password=PASSWORD) as proxy:
        proxies = parse_proxies(f"dc={scheme}://{USER}:wrong-one@127.0.0.1:{proxy.port}")
        async with ImpersonateFetcher(guard=Guard(), proxies=proxies, resolver=names) as fetcher:
            inside = await fetcher.fetch(PageRequest(url="http://inside.example/", proxy="dc"))
            assert proxy.connections == 0
            page = await fetcher.fetch(PageRequest(url="http://shop.example/", proxy="dc"))
    assert inside.outcome is Outcome.FORBIDDEN_ADDRESS
    assert (page.outcome, page.is_proxy_failure) == (Outcome.TRANSPORT, True)
    assert "wrong-one" not in repr(page)
    assert proxy.asked == []
