"""Proxies: what the settings say of them, in which order a check tries them, and which one rests. Pure.

A proxy's URL holds its password. It is in `Proxy.url` alone, which prints as stars; people see `Proxy.shown`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import SecretStr

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.watches import ProxyPlan

DIRECT = "direct"
"""What stands for no proxy in a store's plan."""
REST_S = 60.0
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_SCHEMES = ("http", "https", "socks5", "socks5h")


@dataclass(frozen=True, kw_only=True)
class Proxy:
    """A proxy that the operator named."""

    name: str
    url: SecretStr
    """With user name and password."""

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url.get_secret_value())

    @property
    def scheme(self) -> str:
        """`http` and `https` say how the proxy itself is spoken to; with `socks5h` it resolves names, with `socks5` we do."""
        return self._parts.scheme

    @property
    def is_socks(self) -> bool:
        return self.scheme.startswith("socks")

    @property
    def host(self) -> str:
        return self._parts.hostname or ""

    @property
    def port(self) -> int:
        return self._parts.port or 0

    @property
    def credentials(self) -> tuple[str, str] | None:
        """User name and password."""
        parts = self._parts
        if parts.username is None and parts.password is None:
            return None
        return unquote(parts.username or ""), unquote(parts.password or "")

    @property
    def address(self) -> str:
        """The URL without user name and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def shown(self) -> str:
        """The URL for people: that there is a password is told, and nothing else of it."""
        return self.address.replace("://", "://***@", 1) if self.credentials else self.address


def parse_proxies(text: str) -> dict[str, Proxy]:
    """`home=http://user:pw@host:3128, dc=socks5://host:1080` as proxies by name.

    Raises:
        ValueError: says which entry is wrong; never quotes a URL, for it may hold a password.
    """
    found: dict[str, Proxy] = {}
    for number, entry in enumerate(filter(None, map(str.strip, text.split(","))), start=1):
        name, equals, url = (part.strip() for part in entry.partition("="))
        if not equals or not _NAME.fullmatch(name):
            raise ValueError(
                f"entry {number} is not NAME=URL with a name of letters, digits, - and _ "
                "(in a password, write a comma as %2C)"
            )
        if name == DIRECT or name in found:
            raise ValueError(f"the name {name!r} " + ("stands for no proxy" if name == DIRECT else "is there twice"))
        if problem := _problem(url):
            raise ValueError(f"{name}: {problem}")
        found[name] = Proxy(name=name, url=SecretStr(url))
    return found


def _problem(url: str) -> str | None:
    if re.search(r"[\x00-\x20\x7f\\]", url):
        return "the URL holds white space, a control character or a backslash"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "what follows = is not a URL; write special characters of a password as %XX"
    if parts.scheme not in _SCHEMES:
        return f"the URL must begin with {', '.join(f'{scheme}://' for scheme in _SCHEMES)}"
    if not parts.hostname or not port:
        return "the URL must name host and port, such as http://user:password@proxy.example:3128"
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        return "the URL must end after the port; write special characters of a password as %XX"
    return None


def ways(plan: ProxyPlan, turn: int) -> tuple[str | None, ...]:
    """The order in which a check tries proxies; None is no proxy. `turn` counts the checks, for plans that rotate."""
    names = tuple(dict.fromkeys(plan.names)) or (DIRECT,)
    first = turn % len(names) if plan.rotates else 0
    return tuple(None if name == DIRECT else name for name in (*names[first:], *names[:first]))


def goes_on(plan: ProxyPlan, outcome: Outcome, is_proxy_failure: bool) -> bool:
    """Whether the next way is tried after a page that ended so."""
    return is_proxy_failure or (plan.also_when_blocked and outcome is Outcome.BLOCKED)


class RestingProxies:
    """Which proxies were found down in this run: each is left alone for a minute. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def found_down(self, name: str) -> None:
        self._until[name] = self._clock() + REST_S

    def is_resting(self, name: str) -> bool:
        return self._until.get(name, 0.0) > self._clock()


def proxy_named(name: str, proxies: Mapping[str, Proxy]) -> Proxy | str:
    """The proxy, or a sentence that says there is none."""
    if name in proxies:
        return proxies[name]
    known = ", ".join(sorted(proxies)) or "none"
    return f"unknown proxy {name!r}; PRICEWATCH_PROXIES names: {known}"
