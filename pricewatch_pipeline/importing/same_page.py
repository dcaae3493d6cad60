"""Whether two URLs are one page: what trackers add is taken away, and what may be written in two ways is written in one."""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from w3lib.url import canonicalize_url

from pricewatch_pipeline.domain.hosts import site_of, split_url
from pricewatch_pipeline.watch_files.models import DEFAULT_PROVIDER

# Names that only advertisers and senders of mail give to parameters; never one that a shop could need, such as `ref` or `id`.
_TRACKING = re.compile(
    r"utm_\w+|gclid|gclsrc|gbraid|wbraid|dclid|fbclid|msclkid|yclid|ysclid|twclid|ttclid|li_fat_id|igshid|mc_[ce]id|_hs(enc|mi)|mkt_tok"
    r"|_ga|_gl|srsltid|vero_(id|conv)|oly_(anon|enc)_id|wickedid|s_kwcid|ef_id|epik|irclickid|awc|zanpid",
    re.IGNORECASE,
)


def cleaned(url: str) -> str:
    """The URL without parameters of trackers; the rest of it to the letter.

    Raises:
        ForbiddenAddress: it is not the URL of a page.
    """
    parts = split_url(url)
    kept = [part for part in parts.query.split("&") if not _TRACKING.fullmatch(part.partition("=")[0])]
    query = "&".join(kept)
    return parts._replace(query=query).geturl() if query != parts.query else url


@lru_cache(maxsize=200_000)
def page_key(url: str) -> str:
    """The same text for two URLs of one page.

    Raises:
        ForbiddenAddress: it is not the URL of a page.
    """
    parts = split_url(cleaned(url))
    # A fragment names a place of the page, unless a script makes the page of it.
    keeps_fragment = parts.fragment.startswith(("!", "/"))
    plain = parts._replace(netloc=site_of(parts.geturl()))
    canonical = canonicalize_url(plain.geturl(), keep_fragments=keeps_fragment, keep_blank_values=True)
    return canonical.partition("://")[2]


def watch_key(provider: str, query: Mapping[str, Any]) -> str:
    """The same for watches of the same page; of one page with variants, each is one of its own."""
    url = query.get("url")
    page = page_key(url) if isinstance(url, str) else ""
    if provider == DEFAULT_PROVIDER and len(query) == 1:
        return page
    rest = {name: value for name, value in query.items() if name != "url" and value is not None}
    return f"{page} {provider} {json.dumps(rest, sort_keys=True)}" if rest or provider != DEFAULT_PROVIDER else page
