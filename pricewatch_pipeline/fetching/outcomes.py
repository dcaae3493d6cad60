"""How an answer or an exception of the HTTP client becomes an outcome and a sentence. Pure."""

import socket
import ssl
from collections.abc import Iterator, Mapping

import aiohttp

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.proxies import Proxy
from pricewatch_pipeline.errors import ForbiddenAddress, PricewatchError


class FetchFailed(PricewatchError):
    """A fetch that ended by our own rules; never leaves this package."""

    def __init__(self, outcome: Outcome, sentence: str) -> None:
        self.outcome = outcome
        super().__init__(sentence)


class ProxyFailed(FetchFailed):
    """The proxy failed, not the site."""

    def __init__(self, proxy: Proxy, what: str) -> None:
        super().__init__(Outcome.TRANSPORT, f"the proxy {proxy.name!r} ({proxy.shown}) {what}")


_BY_STATUS = {
    304: Outcome.NOT_MODIFIED,
    401: Outcome.LOGIN,
    402: Outcome.LOGIN,
    403: Outcome.BLOCKED,
    404: Outcome.NOT_FOUND,
    407: Outcome.LOGIN,
    408: Outcome.TIMEOUT,
    410: Outcome.GONE,
    429: Outcome.RATE_LIMITED,
    430: Outcome.BLOCKED,  # Shopify's
    451: Outcome.BLOCKED,
    999: Outcome.BLOCKED,  # LinkedIn's
}
# Walls that name themselves in a header, whatever their status.
_WALL_HEADERS = {"cf-mitigated": ("challenge",), "x-amzn-waf-action": ("challenge", "captcha")}
_READABLE = ("text/", "json", "xml", "javascript")

_SENTENCES = {
    Outcome.BLOCKED: "{url} answered {status}: the site blocks us",
    Outcome.GONE: "{url} answered {status}: the page is gone for good; remove the watch or give it another address",
    Outcome.LOGIN: "{url} answered {status}: the page wants a login or a payment; watch a public page instead",
    Outcome.NOT_FOUND: "{url} answered {status}: there is no such page; check the address in the watch",
    Outcome.NOT_A_PRODUCT: "{url} is a file of type {content_type}, not a page; give the address of the product's page",
    Outcome.RATE_LIMITED: "{url} answered {status}: the site asks us to slow down",
    Outcome.TIMEOUT: "{url} answered {status}: the site gave up waiting",
    Outcome.TRANSPORT: "{url} answered {status}: the site failed or refuses such a request; it will be tried again",
}
# Of a file, whose address no watch has: we made it, or a list named it.
_SENTENCES_OF_FILES = _SENTENCES | {
    Outcome.GONE: "{url} answered {status}: the file is gone for good",
    Outcome.LOGIN: "{url} answered {status}: the file wants a login or a payment",
    Outcome.NOT_FOUND: "{url} answered {status}: there is no such file",
}


def outcome_of_status(status: int, headers: Mapping[str, str]) -> Outcome:
    """The outcome an answer has before its body is read; header names in lower case."""
    if any(headers.get(name) in values for name, values in _WALL_HEADERS.items()):
        return Outcome.BLOCKED
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status == 503 and "retry-after" in headers:
        return Outcome.RATE_LIMITED
    if not 200 <= status < 300:
        return Outcome.TRANSPORT
    return Outcome.OK if _is_readable(headers.get("content-type", "")) else Outcome.NOT_A_PRODUCT


def _is_readable(content_type: str) -> bool:
    """Whether a reader could read it; a page without a type, or with a broken one, is given a chance."""
    media_type = content_type.partition(";")[0].strip().lower()
    return "/" not in media_type or any(part in media_type for part in _READABLE)


def sentence_of_status(
    outcome: Outcome, *, url: str, status: int, headers: Mapping[str, str], is_file: bool = False
) -> str | None:
    """What to tell a person; None for a success."""
    sentence = (_SENTENCES_OF_FILES if is_file else _SENTENCES).get(outcome)
    return sentence and sentence.format(url=url, status=status, content_type=headers.get("content-type", "unknown"))


_ERRORS: list[tuple[tuple[type[BaseException], ...], Outcome, str]] = [
    ((TimeoutError,), Outcome.TIMEOUT, "{url} did not answer in time"),
    (
        (ssl.SSLCertVerificationError, aiohttp.ClientConnectorCertificateError),
        Outcome.TRANSPORT,
        "{url} shows a certificate that is not valid ({reason}); open it in a browser to see what is wrong",
    ),
    ((ssl.SSLError,), Outcome.TRANSPORT, "{url} does not speak TLS as we do ({reason})"),
    (
        (socket.gaierror, aiohttp.ClientConnectorDNSError),
        Outcome.TRANSPORT,
        "the host name of {url} cannot be resolved ({reason}); check its spelling and this machine's DNS",
    ),
    ((ConnectionRefusedError,), Outcome.TRANSPORT, "{url}: the server refuses connections on this port"),
    (
        (ConnectionError, aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError),
        Outcome.TRANSPORT,
        "{url}: the server closed the connection before the page was complete ({reason})",
    ),
    ((aiohttp.ClientResponseError,), Outcome.TRANSPORT, "{url} did not answer with usable HTTP ({reason})"),
    # Last: an invalid certificate is a ValueError too.
    (
        (aiohttp.InvalidURL, ValueError),
        Outcome.FORBIDDEN_ADDRESS,
        "{url} is not a usable address ({reason}); check it in the watch",
    ),
]


def outcome_of_error(error: BaseException, url: str) -> tuple[Outcome, str]:
    """The outcome of an exception raised during a fetch, and what to tell a person."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, FetchFailed):
            return cause.outcome, str(cause)
        if isinstance(cause, ForbiddenAddress):
            return Outcome.FORBIDDEN_ADDRESS, str(cause)
    for kinds, outcome, sentence in _ERRORS:
        for cause in causes:
            if isinstance(cause, kinds):
                return outcome, sentence.format(url=url, reason=reason_of(cause))
    return Outcome.TRANSPORT, f"{url} could not be fetched ({reason_of(causes[-1])})"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def reason_of(error: BaseException) -> str:
    """The innermost useful words, on one line and not without end."""
    words = error.message if isinstance(error, aiohttp.ClientResponseError) else getattr(error, "strerror", None)
    return " ".join(str(words or error or type(error).__name__).split())[:200] or type(error).__name__
