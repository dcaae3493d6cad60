"""The cookies of one fetch: by the rules of the standard library's jar, gone with the fetch."""

from collections.abc import Mapping, Sequence
from email.message import Message
from http.cookiejar import CookieJar
from typing import Any
from urllib.request import Request


class Cookies:
    """Those set on the way, and where each may be sent."""

    def __init__(self) -> None:
        self._jar = CookieJar()

    def take(self, url: str, lines: Sequence[str]) -> None:
        """Keep what the answer of a URL sets."""
        if not lines:
            return
        said = Message()
        for line in lines:
            said["Set-Cookie"] = line
        response: Any = _Response(said)
        self._jar.extract_cookies(response, _request(url))

    def header(self, url: str) -> str | None:
        """The `Cookie` header for a URL."""
        request = _request(url)
        self._jar.add_cookie_header(request)
        return request.get_header("Cookie")

    def state(self) -> str:
        """All of them as one text: two of these are equal when the cookies are."""
        return "; ".join(sorted(f"{cookie.domain}{cookie.path} {cookie.name}={cookie.value}" for cookie in self._jar))


def cookies_in(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """Names and values of the cookies that are sent with these headers."""
    sent = next((value for name, value in headers.items() if name.lower() == "cookie"), "")
    pairs = (pair.partition("=") for pair in sent.split(";"))
    return [(name.strip(), value.strip()) for name, _, value in pairs if name.strip()]


class _Response:
    def __init__(self, message: Message) -> None:
        self._message = message

    def info(self) -> Message:
        return self._message


def _request(url: str) -> Request:
    return Request(url)  # noqa: S310 - opened by nobody: the jar only looks at where it would go
