"""Links of a page to others of its kind: of a product page, to more product pages of the same site."""

import re
from collections.abc import Iterator
from urllib.parse import urldefrag, urlsplit

from pricewatch_pipeline.domain.hosts import site_of
from pricewatch_pipeline.errors import ForbiddenAddress
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.embedded_json import json_ld, nodes

_MOST_LINKS = 5_000
_WORD = re.compile(r"[^\W\d_]+")
_NO_PRODUCT = frozenset(
    [
        "cart",
        "basket",
        "checkout",
        "account",
        "login",
        "register",
        "signin",
        "signup",
        "wishlist",
        "compare",
        "contact",
        "about",
        "help",
        "faq",
        "privacy",
        "terms",
        "imprint",
        "impressum",
        "search",
        "newsletter",
        "blog",
        "news",
        "returns",
        "shipping",
        "stores",
    ]
)


def links_alike(document: Document, *, at_most: int) -> list[str]:
    """Pages whose addresses are built as this page's is, the most alike first; those of lists in its data before all."""
    here = _without_query(document.url)
    try:
        site = site_of(here)
    except ForbiddenAddress:
        return []
    listed = set(_listed(document))
    best: dict[str, float] = {}
    for link in (*listed, *_linked(document)):
        url = _without_query(link)
        if _is_elsewhere(url, site) or url.rstrip("/") == here.rstrip("/") or url in best:
            continue
        if likeness := _likeness(here, url):
            best[url] = likeness + (2 if link in listed else 0)
    return sorted(best, key=lambda url: -best[url])[:at_most]


def _without_query(url: str) -> str:
    return urldefrag(url)[0].partition("?")[0]


def _is_elsewhere(url: str, site: str) -> bool:
    try:
        return site_of(url) != site
    except ForbiddenAddress:
        return True


def _linked(document: Document) -> Iterator[str]:
    for node in document.tree.css("a[href]")[:_MOST_LINKS]:
        if url := document.absolute(node.attributes.get("href")):
            yield url


def _listed(document: Document) -> Iterator[str]:
    """Addresses in `ItemList` and related products of the page's linked data."""
    for value in json_ld(document):
        for node in nodes(value):
            if isinstance(node, dict) and node.get("@type") in ("ListItem", "Product"):
                for key in ("url", "item", "@id"):
                    if isinstance(text := node.get(key), str) and (url := document.absolute(text)):
                        yield url


def _likeness(here: str, there: str) -> float:
    """0 where the addresses are built differently; more the more steps they share and the more alike the last one is."""
    mine, theirs = _steps(here), _steps(there)
    if not mine or len(mine) != len(theirs) or _NO_PRODUCT & {w.lower() for w in _WORD.findall(theirs[-1])}:
        return 0
    shared = sum(one == other for one, other in zip(mine[:-1], theirs[:-1], strict=True))
    last, other = mine[-1], theirs[-1]
    if _suffix(last) != _suffix(other):
        return 0
    has_number = [any(c.isdigit() for c in step) for step in (last, other)]
    if has_number[0] != has_number[1] and len(mine) == 1:
        return 0
    words = min(len(_WORD.findall(last)), len(_WORD.findall(other))) / max(len(_WORD.findall(last + other)), 1)
    return 1 + shared + (has_number[0] == has_number[1]) + words


def _steps(url: str) -> list[str]:
    return [step for step in urlsplit(url).path.split("/") if step]


def _suffix(step: str) -> str:
    name, dot, suffix = step.rpartition(".")
    return suffix.lower() if dot and name and len(suffix) <= 5 else ""
