"""The redirects of one fetch: where it is, where it may go next, and what it carries along. Pure but for the cookies."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urljoin

from pricewatch_pipeline.domain.hosts import site_of
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import PageRequest
from pricewatch_pipeline.errors import ForbiddenAddress
from pricewatch_pipeline.fetching.cookies import Cookies, cookies_in
from pricewatch_pipeline.fetching.guard import Guard
from pricewatch_pipeline.fetching.outcomes import FetchFailed

MAX_REDIRECTS = 5
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\x20-\x7e\t]*")
_REDIRECTS = {301, 302, 303, 307, 308}
# The client's own affair, or a way to say one thing to the guard and another to the server.
_NOT_FOR_CALLERS = {
    "accept-encoding",
    "connection",
    "content-length",
    "host",
    "proxy-authorization",
    "te",
    "transfer-encoding",
    "upgrade",
}
# What may follow a redirect to another site: never a credential.
_HARMLESS = {"accept", "accept-language", "user-agent"}
# What speaks of the address that was asked for, and may mean another page where it redirects to.
_FOR_ONE_ADDRESS = {"if-none-match", "if-modified-since"}


def is_redirect(status: int, headers: Mapping[str, str]) -> bool:
    """Whether an answer sends us elsewhere; header names in lower case."""
    return status in _REDIRECTS and bool(headers.get("location", "").strip())


class Journey:
    """One fetch on its way.

    Raises:
        ForbiddenAddress: the guard refuses where it starts or where it is sent.
        FetchFailed: a header that cannot be sent, a loop, or too many redirects.
    """

    def __init__(self, request: PageRequest, guard: Guard) -> None:
        self.url = request.url
        self._cookies: Cookies | None = None
        self._guard = guard
        self._headers = {
            name.lower(): value for name, value in request.headers.items() if name.lower() not in _NOT_FOR_CALLERS
        }
        self._seen = {(self.url, "")}
        guard.check_url(self.url)
        for name, value in self._headers.items():
            if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
                raise FetchFailed(
                    Outcome.PROVIDER_ERROR, f"{self.url}: the header {name!r} may not be sent as {value!r}"
                )

    @property
    def headers(self) -> Mapping[str, str]:
        """What may be sent to where the journey is now: the caller's headers, and the cookies set on the way beside its own."""
        cookie = self._cookies.header(self.url) if self._cookies else None
        if not cookie:
            return self._headers
        set_here = {name for name, _ in cookies_in({"cookie": cookie})}
        own = [f"{name}={value}" for name, value in cookies_in(self._headers) if name not in set_here]
        return {**self._headers, "cookie": "; ".join([*own, cookie])}

    def follow(self, status: int, headers: Mapping[str, str], cookies: Sequence[str]) -> bool:
        """Move on when the answer is a redirect; whether it was. `cookies` are its `Set-Cookie` lines."""
        if not is_redirect(status, headers):
            return False
        self._cookies = self._cookies or Cookies()
        self._cookies.take(self.url, cookies)
        self._move(urljoin(self.url, headers["location"].strip().replace(" ", "%20")))
        return True

    def _move(self, target: str) -> None:
        parts = self._guard.check_url(target)
        if self.url.lower().startswith("https:") and parts.scheme != "https":
            raise ForbiddenAddress(f"{self.url} redirects from https to plain http ({target}), which is refused")
        # A page may send us to itself with a cookie; the same page with the same cookies is a loop.
        visit = (target, self._cookies.state() if self._cookies else "")
        if visit in self._seen:
            raise FetchFailed(Outcome.TRANSPORT, f"{self.url} redirects in a circle, back to {target}")
        if len(self._seen) > MAX_REDIRECTS:
            raise FetchFailed(
                Outcome.TRANSPORT, f"{self.url} is already redirect {MAX_REDIRECTS} and sends us on to {target}"
            )
        self._seen.add(visit)
        self._headers = {name: value for name, value in self._headers.items() if name not in _FOR_ONE_ADDRESS}
        if site_of(target) != site_of(self.url):
            self._headers = {name: value for name, value in self._headers.items() if name in _HARMLESS}
        self.url = target
