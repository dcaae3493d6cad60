"""What curl's errors mean: the exceptions that the rest of fetching knows, and whether a proxy is to blame."""

import os
import re
import socket
import ssl

from curl_cffi import Curl, CurlECode, CurlError, CurlInfo

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.proxies import Proxy
from pricewatch_pipeline.fetching.attempt import Answer
from pricewatch_pipeline.fetching.outcomes import FetchFailed, ProxyFailed

_WORDS = re.compile(r"curl: \(\d+\) (.*?)\.? See https://", re.DOTALL)


def failure_of(error: CurlError, curl: Curl, answer: Answer, proxy: Proxy | None) -> Exception:
    """An error of curl's as the exception that the rest of fetching knows."""
    if proxy and (what := _what_proxy_failed(error, curl, answer, proxy)):
        return ProxyFailed(proxy, what)
    return _like(error, curl, answer)


def _what_proxy_failed(error: CurlError, curl: Curl, answer: Answer, proxy: Proxy) -> str | None:
    """What the proxy did wrong; None when the way through it was open."""
    status = int(curl.getinfo(CurlInfo.HTTP_CONNECTCODE))  # type: ignore[arg-type]
    if status == 407:
        return "wants another user name or password (407)"
    if status >= 300:
        return f"refuses to connect us to the site ({status})"
    is_tunnel = answer.url.lower().startswith("https:") and not proxy.is_socks
    is_reached = float(curl.getinfo(CurlInfo.CONNECT_TIME)) > 0  # type: ignore[arg-type]
    is_open = is_reached and (status != 0 or not is_tunnel)
    if is_open and error.code not in (CurlECode.PROXY, CurlECode.COULDNT_RESOLVE_PROXY):
        return None
    if error.code == CurlECode.OPERATION_TIMEDOUT:
        return "does not answer in time"
    return f"cannot be reached ({_words(error)})"


def _like(error: CurlError, curl: Curl, answer: Answer) -> Exception:
    words = _words(error)
    match error.code:
        case CurlECode.COULDNT_RESOLVE_HOST:
            return socket.gaierror(words)
        case CurlECode.COULDNT_CONNECT:
            number = int(curl.getinfo(CurlInfo.OS_ERRNO))  # type: ignore[arg-type]
            return OSError(number, os.strerror(number)) if number else ConnectionError(words)
        case CurlECode.OPERATION_TIMEDOUT:
            return TimeoutError(words)
        case CurlECode.PEER_FAILED_VERIFICATION | CurlECode.SSL_CERTPROBLEM | CurlECode.SSL_ISSUER_ERROR:
            return ssl.SSLCertVerificationError(words)
        case CurlECode.SSL_CONNECT_ERROR | CurlECode.SSL_CIPHER:
            return ssl.SSLError(words)
        case CurlECode.BAD_CONTENT_ENCODING:
            return FetchFailed(Outcome.TRANSPORT, f"the body of {answer.url} cannot be read: {words}")
        case CurlECode.UNSUPPORTED_PROTOCOL | CurlECode.WEIRD_SERVER_REPLY | CurlECode.HTTP2 | CurlECode.TOO_LARGE:
            return FetchFailed(Outcome.TRANSPORT, f"{answer.url} did not answer with usable HTTP ({words})")
        case CurlECode.URL_MALFORMAT:
            return ValueError(words)
        case _:
            return ConnectionError(words)


def _words(error: CurlError) -> str:
    found = _WORDS.search(str(error))
    return " ".join((found[1] if found else str(error)).split())
