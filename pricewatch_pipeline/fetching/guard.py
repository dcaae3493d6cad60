"""Which address may be reached: the one place that decides, asked before a request and again when a socket is opened.

docs/decisions/0004-guard-at-connect-time.md says why there.
"""

import ipaddress
import re
import socket
from collections.abc import Sequence
from typing import Any
from urllib.parse import SplitResult

from aiohttp.abc import AbstractResolver, ResolveResult

from pricewatch_pipeline.domain.hosts import USUAL_PORTS, split_url
from pricewatch_pipeline.errors import ForbiddenAddress

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
AllowedAddress = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, int | None]
"""A network that may be reached although it is private, and on which port (None: on any)."""

# `is_global` alone lets these through (and what it knows differs between versions of Python).
_REFUSED = [
    ipaddress.ip_network(network)
    for network in (
        "100.64.0.0/10",  # carrier-grade NAT
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
        "2001::/23",  # protocol assignments
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
    )
]
_GLOBAL_UNICAST_V6 = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NUMERIC_LABEL = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")


class RefusedConnection(ForbiddenAddress, OSError):
    """A connection the guard did not let through.

    Being an OSError it passes through the HTTP client as a failed connection does, and stays in the chain of causes.
    """


def destinations(address: IpAddress) -> list[IpAddress]:
    """Where a packet to this address may end: itself, or the IPv4 addresses inside an IPv6 one."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    if address.sixtofour:
        return [address.sixtofour]
    if address.teredo:
        return list(address.teredo)
    if address in _NAT64:
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    return [address]


def is_public(address: IpAddress) -> bool:
    """Whether the address belongs to the public internet."""
    if address.version == 6 and address not in _GLOBAL_UNICAST_V6:
        return False
    return address.is_global and not any(address in network for network in _REFUSED)


def is_reachable(address: IpAddress, port: int, allowed: Sequence[AllowedAddress] = ()) -> bool:
    """Whether a connection to this address and port may be made: public on a usual port, or allowed by the operator."""
    return all(
        (is_public(ip) and port in USUAL_PORTS.values()) or _is_allowed(ip, port, allowed)
        for ip in destinations(address)
    )


def _is_allowed(address: IpAddress, port: int, allowed: Sequence[AllowedAddress]) -> bool:
    return any(address in network and allowed_port in (None, port) for network, allowed_port in allowed)


class Guard:
    """Decides for one fetcher: everything public on ports 80 and 443, and what the operator allows besides."""

    def __init__(self, allowed: Sequence[AllowedAddress] = ()) -> None:
        self._allowed = tuple(allowed)

    def is_reachable(self, address: IpAddress, port: int) -> bool:
        return is_reachable(address, port, self._allowed)

    def check_url(self, url: str) -> SplitResult:
        """Refuse what can be refused without resolving a name.

        Raises:
            ForbiddenAddress: the spelling, the scheme, the port or the literal address is refused.
        """
        parts = split_url(url)
        host = (parts.hostname or "").rstrip(".")
        port = parts.port or USUAL_PORTS[parts.scheme]
        if address := _literal(host):
            if not self.is_reachable(address, port):
                raise ForbiddenAddress(_refusal(f"{url!r}:", address, port))
        elif _NUMERIC_LABEL.fullmatch(host.rpartition(".")[2]):
            # `2130706433`, `0177.0.0.1` and `127.1` mean 127.0.0.1 to some parsers only.
            raise ForbiddenAddress(f"{url!r}: write an IPv4 address as four decimal numbers, or use the host's name")
        elif not self._may_use_port(port):
            raise ForbiddenAddress(
                f"{url!r}: only ports 80 and 443 may be reached; "
                f"to allow another, list ADDRESS:{port} in PRICEWATCH_ALLOWED_ADDRESSES"
            )
        return parts

    def _may_use_port(self, port: int) -> bool:
        return port in USUAL_PORTS.values() or any(allowed in (None, port) for _, allowed in self._allowed)

    def open_socket(self, info: tuple[Any, ...]) -> socket.socket:
        """Open the socket for a connection about to be made: the `socket_factory` of aiohttp's connector.

        Raises:
            RefusedConnection: the address may not be reached.
        """
        family, kind, protocol, _, (host, port, *_) = info
        address = ipaddress.ip_address(host)
        if not self.is_reachable(address, port):
            raise RefusedConnection(_refusal("refused to connect:", address, port))
        return socket.socket(family, kind, protocol)

    def resolver(self, inner: AbstractResolver) -> AbstractResolver:
        """A resolver that refuses a name when any one of its addresses may not be reached."""
        return _GuardedResolver(self, inner)

    async def addresses(self, url: str, resolver: AbstractResolver) -> list[IpAddress]:
        """All addresses at which a URL is: for clients that take no socket of ours, and are told where to connect.

        Raises:
            ForbiddenAddress: the URL or any one of the addresses may not be reached.
            OSError: the name does not resolve.
        """
        parts = self.check_url(url)
        host = (parts.hostname or "").rstrip(".")
        if address := _literal(host):
            return [address]
        port = parts.port or USUAL_PORTS[parts.scheme]
        found = await self.resolver(resolver).resolve(host, port, socket.AF_UNSPEC)
        return [ipaddress.ip_address(result["host"]) for result in found]

    async def check_behind_proxy(self, url: str, resolver: AbstractResolver) -> None:
        """Check a URL that a proxy will fetch: as far as can be known from here, for names may mean something else there.

        Raises:
            ForbiddenAddress: the URL, or an address to which its name resolves here, may not be reached.
        """
        try:
            await self.addresses(url, resolver)
        except RefusedConnection:
            raise
        except OSError:
            return  # a name that only the proxy knows


class ProxyGuard:
    """Lets exactly one proxy be reached, wherever it is: the operator named it. For a connector that has no other use."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        literal = _literal(host)
        self._addresses = {literal} if literal else set()

    def resolver(self, inner: AbstractResolver) -> AbstractResolver:
        """A resolver that knows the proxy's name and no other."""
        return _ProxyResolver(self, inner)

    async def resolve(self, inner: AbstractResolver, host: str, port: int, family: int) -> list[ResolveResult]:
        if (host, port) != (self._host, self._port):
            raise RefusedConnection(f"refused to connect: {host}:{port} is not the proxy {self._host}:{self._port}")
        results = await inner.resolve(host, port, socket.AddressFamily(family))
        self._addresses.update(ipaddress.ip_address(result["host"]) for result in results)
        return results

    def open_socket(self, info: tuple[Any, ...]) -> socket.socket:
        """The `socket_factory` of aiohttp's connector.

        Raises:
            RefusedConnection: this is not the proxy.
        """
        family, kind, protocol, _, (host, port, *_) = info
        if port != self._port or ipaddress.ip_address(host) not in self._addresses:
            raise RefusedConnection(f"refused to connect: {host}:{port} is not the proxy {self._host}:{self._port}")
        return socket.socket(family, kind, protocol)


class _ProxyResolver(AbstractResolver):
    def __init__(self, guard: ProxyGuard, inner: AbstractResolver) -> None:
        self._guard = guard
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return await self._guard.resolve(self._inner, host, port, family)

    async def close(self) -> None:
        await self._inner.close()


class _GuardedResolver(AbstractResolver):
    def __init__(self, guard: Guard, inner: AbstractResolver) -> None:
        self._guard = guard
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        results = await self._inner.resolve(host, port, family)
        for result in results:
            address = ipaddress.ip_address(result["host"])
            if not self._guard.is_reachable(address, port):
                raise RefusedConnection(_refusal(f"{host!r} resolves to an address that is refused:", address, port))
        return results

    async def close(self) -> None:
        await self._inner.close()


def _literal(host: str) -> IpAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _refusal(what: str, address: IpAddress, port: int) -> str:
    shown = f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"
    why = "is not on port 80 or 443" if all(map(is_public, destinations(address))) else "is not a public address"
    return f"{what} {shown} {why}; if you mean to reach it, list it in PRICEWATCH_ALLOWED_ADDRESSES"
