"""Hosts and URLs as the whole system writes them: one parser, one spelling."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

import tldextract

from pricewatch_pipeline.errors import ForbiddenAddress

# The bundled public-suffix list only: a look-up must never need the network.
_suffixes = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
_CONTROL_OR_SPACE = re.compile(r"[\x00-\x20\x7f\\]")
USUAL_PORTS = {"http": 80, "https": 443}


def split_url(url: str) -> SplitResult:
    """Split an http(s) URL, refusing every spelling on which two parsers could disagree.

    Raises:
        ForbiddenAddress: another scheme, a user name or password, a backslash, white space or control characters,
            or no host.
    """
    if _CONTROL_OR_SPACE.search(url):
        raise ForbiddenAddress(f"{url!r}: a URL may not hold spaces, control characters or backslashes")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ForbiddenAddress(f"{url!r} is not a URL: {error}") from error
    if parts.scheme not in USUAL_PORTS:
        raise ForbiddenAddress(f"{url!r}: only http:// and https:// pages can be watched")
    if not parts.hostname or port == 0:
        raise ForbiddenAddress(f"{url!r}: the URL names no host")
    if "@" in parts.netloc:
        raise ForbiddenAddress(f"{url!r}: a URL may not hold a user name or password")
    return parts


def host_key(url: str) -> str:
    """The registrable host of a URL: `www.shop.co.uk` is `shop.co.uk`; addresses and odd ports stay as they are."""
    parts = split_url(url)
    host = (parts.hostname or "").rstrip(".")
    port = "" if parts.port in (None, USUAL_PORTS[parts.scheme]) else f":{parts.port}"
    return (registrable_domain(host) or _bracketed(host)) + port


def registrable_domain(host: str) -> str | None:
    """`shop.co.uk` for `www.shop.co.uk`; None for addresses and names without a public suffix."""
    return _suffixes(host).top_domain_under_public_suffix or None


def site_of(url: str) -> str:
    """The full host name of a URL, with the port when it is not the usual one."""
    parts = split_url(url)
    port = "" if parts.port in (None, USUAL_PORTS[parts.scheme]) else f":{parts.port}"
    return _bracketed((parts.hostname or "").rstrip(".")) + port


def is_within(site: str, domain: str) -> bool:
    """Whether a site (`www.shop.de`) belongs to a store's domain (`shop.de`)."""
    return site == domain or site.endswith("." + domain)


def _bracketed(host: str) -> str:
    try:
        return f"[{host}]" if ipaddress.ip_address(host).version == 6 else host
    except ValueError:
        return host
