import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.errors import ForbiddenAddress
from pricewatch_pipeline.fetching.guard import Guard, ProxyGuard, RefusedConnection, destinations, is_reachable
from pricewatch_pipeline_tests.support.loopback import Names

PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104
    "0.1.2.3",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.127.255.254",
    "192.0.0.1",
    "192.0.0.9",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "100::1",
    "2001:0:7f00:1::1",
    "2001:db8::1",
    "2001:20::1",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]
PUBLIC = [
    "8.8.8.8",
    "93.184.216.34",
    "100.63.255.255",
    "172.32.0.1",
    "2606:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
]


@pytest.mark.parametrize("address", PRIVATE)
@pytest.mark.parametrize("port", [80, 443])
def test_what_is_not_public_is_refused(address, port):
    assert not is_reachable(ipaddress.ip_address(address), port)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_reached_on_the_usual_ports_only(address):
    ip = ipaddress.ip_address(address)
    assert [is_reachable(ip, port) for port in (80, 443, 22, 8080, 5432)] == [True, True, False, False, False]


def test_a_teredo_address_is_judged_by_both_addresses_inside():
    teredo = ipaddress.IPv6Address(
        (0x20010000 << 96) | (int(ipaddress.IPv4Address("8.8.8.8")) << 64) | (0xFFFFFFFF ^ 0x7F000001)
    )
    assert [str(ip) for ip in destinations(teredo)] == ["8.8.8.8", "127.0.0.1"]
    assert not is_reachable(teredo, 80)


@pytest.mark.parametrize(
    ("entry", "address", "port", "expected"),
    [
        (("127.0.0.1/32", 8801), "127.0.0.1", 8801, True),
        (("127.0.0.1/32", 8801), "::ffff:127.0.0.1", 8801, True),
        (("127.0.0.1/32", 8801), "127.0.0.1", 80, False),
        (("127.0.0.1/32", 8801), "127.0.0.2", 8801, False),
        (("192.168.1.0/24", None), "192.168.1.7", 8443, True),
        (("192.168.1.0/24", None), "192.168.2.7", 80, False),
        (("::1/128", 8801), "::1", 8801, True),
        (("::/0", None), "127.0.0.1", 80, False),
    ],
)
def test_the_allow_list_lets_through_exactly_what_it_names(entry, address, port, expected):
    network, allowed_port = entry
    allowed = [(ipaddress.ip_network(network), allowed_port)]
    assert is_reachable(ipaddress.ip_address(address), port, allowed) is expected


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_however_it_is_wrapped(ip):
    wrapped = [f"::ffff:{ip}", f"64:ff9b::{ip}", str(ipaddress.IPv6Address((0x2002 << 112) | (int(ip) << 80)))]
    assert {is_reachable(ipaddress.ip_address(text), 443) for text in wrapped} == {is_reachable(ip, 443)}


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://shop.example/",
        "gopher://shop.example/",
        "javascript:alert(1)",
        "//shop.example/",
        "http://",
        "http://user:secret@shop.example/",
        "http://shop.example@127.0.0.1/",
        "http://shop.example\\@127.0.0.1/",
        "http://shop.example /",
        "http://shop.example/\r\nHost: other",
        "http://shop.example:0/",
        "http://shop.example:99999/",
        "http://127.0.0.1/",
        "http://127.0.0.1./",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://0x7f.0.0.1/",
        "http://0x7f000001/",
        "http://127.1/",
        "http://127.0.1/",
        "http://0/",
        "http://shop.example:8080/",
        "https://shop.example:22/",
    ],
)
def test_a_url_is_refused_before_anything_is_resolved(url):
    with pytest.raises(ForbiddenAddress):
        Guard().check_url(url)


@pytest.mark.parametrize(
    "url", ["https://shop.example/a?b=c", "http://8.8.8.8/", "https://shop.example:443/", "http://3com.example/"]
)
def test_an_ordinary_url_passes(url):
    assert Guard().check_url(url).hostname


def test_an_allowed_port_may_be_asked_for_by_name():
    assert Guard([(ipaddress.ip_network("10.0.0.0/8"), 8080)]).check_url("http://shop.internal:8080/").port == 8080


def test_the_socket_factory_refuses_with_an_error_that_says_what_to_do():
    with pytest.raises(
        RefusedConnection, match=r"127\.0\.0\.1:80 is not a public address.*PRICEWATCH_ALLOWED_ADDRESSES"
    ):
        Guard().open_socket((2, 1, 6, "", ("127.0.0.1", 80)))


def test_a_refused_port_is_named_as_the_reason():
    with pytest.raises(RefusedConnection, match="not on port 80 or 443"):
        Guard().open_socket((2, 1, 6, "", ("8.8.8.8", 22)))


def test_the_socket_factory_opens_what_is_allowed():
    guard = Guard([(ipaddress.ip_network("127.0.0.1"), 8801)])
    with guard.open_socket((2, 1, 6, "", ("127.0.0.1", 8801))) as opened:
        assert opened.fileno() > 0


async def test_the_addresses_of_a_url_are_those_its_name_resolves_to_or_its_literal():
    names = Names({"shop.example": ["8.8.8.8", "2606:4700::1111"]})
    guard = Guard()
    assert await guard.addresses("https://shop.example./", names) == list(
        map(ipaddress.ip_address, ["8.8.8.8", "2606:4700::1111"])
    )
    assert await guard.addresses("https://1.1.1.1/", names) == [ipaddress.ip_address("1.1.1.1")]
    with pytest.raises(ForbiddenAddress):
        await guard.addresses("https://10.0.0.1/", names)
    with pytest.raises(OSError, match="not a name"):
        await guard.addresses("https://unknown.example/", names)


async def test_behind_a_proxy_a_name_may_be_unknown_here_but_not_private():
    names = Names({"inside.example": ["10.0.0.1"]})
    await Guard().check_behind_proxy("https://unknown.example/", names)
    for url in ("https://inside.example/", "https://127.0.0.1/", "https://shop.example:8080/"):
        with pytest.raises(ForbiddenAddress):
            await Guard().check_behind_proxy(url, names)


def info(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return (family, socket.SOCK_STREAM, 0, "", (host, port))


async def test_the_guard_of_a_proxy_opens_sockets_to_that_proxy_alone():
    guard = ProxyGuard("proxy.example", 3128)
    resolver = guard.resolver(Names({"proxy.example": ["10.0.0.1"], "other.example": ["10.0.0.2"]}))
    with pytest.raises(RefusedConnection):
        guard.open_socket(info("10.0.0.1", 3128))
    await resolver.resolve("proxy.example", 3128)
    guard.open_socket(info("10.0.0.1", 3128)).close()
    for host, port in (("10.0.0.1", 22), ("10.0.0.2", 3128), ("8.8.8.8", 3128)):
        with pytest.raises(RefusedConnection):
            guard.open_socket(info(host, port))
    for host, port in (("other.example", 3128), ("proxy.example", 22)):
        with pytest.raises(RefusedConnection):
            await resolver.resolve(host, port)


def test_a_proxy_named_by_its_address_needs_no_name():
    ProxyGuard("10.0.0.1", 3128).open_socket(info("10.0.0.1", 3128)).close()
