"""How what Chromium says of a failed navigation becomes an outcome and a sentence. Pure."""

import re
from urllib.parse import urlsplit

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.fetching.outcomes import FetchFailed

_CODE = re.compile(r"net::(ERR_[A-Z0-9_]+)")
_BY_OUR_PROXY = ("ERR_TUNNEL_CONNECTION_FAILED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_", "ERR_PROXY_")
"""What Chromium says when our proxy made no connection: then the proxy knows why."""
_ENDS: tuple[tuple[str, Outcome, str], ...] = (
    (
        "ERR_CERT_",
        Outcome.TRANSPORT,
        "{url} shows a certificate that is not valid ({code}); open it in a browser to see what is wrong",
    ),
    ("ERR_SSL_", Outcome.TRANSPORT, "{url} does not speak TLS as we do ({code})"),
    ("ERR_TOO_MANY_REDIRECTS", Outcome.TRANSPORT, "{url} redirects without end"),
    ("ERR_TIMED_OUT", Outcome.TIMEOUT, "{url} did not answer in time"),
    ("ERR_UNSAFE_", Outcome.FORBIDDEN_ADDRESS, "{url} leads to an address that is refused ({code})"),
    ("ERR_UNKNOWN_URL_SCHEME", Outcome.FORBIDDEN_ADDRESS, "{url} leads to an address that is no web page ({code})"),
    ("ERR_DISALLOWED_", Outcome.FORBIDDEN_ADDRESS, "{url} leads to an address that is refused ({code})"),
    (
        "ERR_CONTENT_LENGTH_MISMATCH",
        Outcome.TRANSPORT,
        "{url}: the server closed the connection before the page was complete ({code})",
    ),
    (
        "ERR_INCOMPLETE_CHUNKED_ENCODING",
        Outcome.TRANSPORT,
        "{url}: the server closed the connection before the page was complete ({code})",
    ),
    ("ERR_ABORTED", Outcome.TRANSPORT, "{url} answered with nothing that is a page"),
    (
        "ERR_",
        Outcome.TRANSPORT,
        "{url} could not be fetched ({code}); it will be tried again",
    ),
)


def is_by_our_proxy(said: str) -> bool:
    """Whether the failure is one that our proxy brought about, and can explain."""
    found = _CODE.search(said)
    return bool(found and found[1].startswith(_BY_OUR_PROXY))


def failure_of(url: str, said: str) -> FetchFailed:
    """The end that Chromium's words stand for."""
    found = _CODE.search(said)
    code = found[1] if found else ""
    for begin, outcome, sentence in _ENDS:
        if code.startswith(begin):
            return FetchFailed(outcome, sentence.format(url=url, code=code))
    return FetchFailed(Outcome.PROVIDER_ERROR, f"{url}: the browser failed: {' '.join(said.split())[:200]}")


def authority_of(url: str) -> str:
    """`host:port`, as a request to a proxy names it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme in ("https", "wss") else 80)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
