"""What class names, ids and roles say of an element, read as English words: how people name what they build."""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from pricewatch_pipeline.parsing.phrases import caseless


def word_set(text: str) -> frozenset[str]:
    """Words between blanks."""
    return frozenset(text.split())


_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_MOST_TOKENS = 40
_LONGEST = 300
"""Characters of one attribute that are split into words."""

_HIDDEN_CLASSES = word_set(
    "hidden hide d-none is-hidden ishidden invisible display-none displaynone u-hidden hid template js-hidden"
)
_SHOWN_ELSEWHERE = re.compile(
    r":(?:block|flex|inline|grid|visible)|d-\w+-(?:block|flex|inline|grid|table)|visible-|show"
)
_SPOKEN_WORDS = re.compile(
    r"(?:^|[\s_-])(?:sr-?only|screen-?reader(?:-?only|-?text)?|visually-?hidden|off-?screen|a11y-?(?:text|hidden)|accessib\w*-?text|assistive\w*)(?:$|[\s_-])",
    re.IGNORECASE,
)
_STRUCK = word_set("old was strike striked strikethrough struck crossed crossout linethrough strikeout stroke")
_NOT_STRUCK = word_set("has is with no not new special if show when than year years")

_RELATED = word_set(
    "related similar similars recommended recommendation recommendations recommend recommends upsell upsells "
    "crosssell crosssells crossell xsell recently suggestions suggested suggestion sponsored bestsellers bestseller "
    "alternatives alternative accessories accessory complementary advert ads advertisement banner promoted bundle "
    "bundles together comparison looks outfit"
)
_RELATED_PAIRS = frozenset(
    {("cross", "sell"), ("cross", "selling"), ("up", "sell"), ("also", "like"), ("also", "bought"), ("also", "viewed"),
     ("last", "viewed"), ("last", "seen"), ("recent", "products"), ("recent", "items"), ("other", "products"),
     ("more", "products"), ("you", "may"), ("look", "alike"), ("shop", "look"), ("best", "sellers"), ("buy", "with")}
)  # fmt: skip
_CART = frozenset({"minicart", "minibasket", "cartdrawer", "sidecart", "cartpopup", "flyoutcart", "cartflyout"})
_CART_PAIRS = frozenset(
    (one, two)
    for one in ("cart", "basket", "bag", "mini", "shopping", "checkout")
    for two in ("drawer", "total", "subtotal", "summary", "popup", "flyout", "dropdown", "sidebar", "preview", "cart",
                "basket", "items", "count", "amount", "sum", "overlay")
)  # fmt: skip
_WORDS_OF_REGION = (
    ("dialog", word_set("modal dialog popup popover lightbox tooltip drawer offcanvas overlay flyout")),
    ("reviews", word_set("review reviews testimonial testimonials comments")),
    ("footer", frozenset({"footer"})),
    ("navigation", word_set("nav navbar navigation megamenu breadcrumb breadcrumbs topbar")),
)
_REGION_OF_ROLE = {
    "main": "main", "banner": "header", "navigation": "navigation", "contentinfo": "footer",
    "complementary": "aside", "dialog": "dialog", "alertdialog": "dialog", "menu": "navigation", "menubar": "navigation",
    "search": "navigation", "tooltip": "dialog",
}  # fmt: skip
_REGION_OF_TAG = {
    "main": "main", "header": "header", "nav": "navigation", "footer": "footer", "aside": "aside", "dialog": "dialog",
}  # fmt: skip


class Looks(NamedTuple):
    """How the text of an element looks, by the names of its classes."""

    is_hidden: bool = False
    is_spoken: bool = False
    is_struck: bool = False


PLAIN = Looks()
# Most classes say nothing of all this; one search tells which may.
_MAY_LOOK = re.compile(
    "hid|none|invisible|template|sr-?only|screen|off|a11y|access|assist|old|was|strike|strik|struck|cross|through|stroke",
)
_MAY_BE_REGION = re.compile(
    "related|similar|recommend|sell|recent|suggest|sponsor|alternative|accessor|complement|advert|ads|banner|promoted|bundle|together"
    "|compari|looks|look|outfit|like|bought|viewed|seen|other|more|you|buy|cart|basket|bag|checkout|modal|dialog|pop|lightbox|tooltip|drawer"
    "|canvas|overlay|flyout|review|testimonial|comment|footer|nav|menu|breadcrumb|topbar",
)


@lru_cache(maxsize=20_000)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a class, id or property: `addToCart_main-Btn2` holds add, to, cart, main, btn, 2."""
    return tuple(word.lower() for word in _PARTS.findall(text[:_LONGEST]))


@lru_cache(maxsize=20_000)
def looks_of(names: str) -> Looks:
    """What the classes of an element say of how its text looks."""
    if not _MAY_LOOK.search(caseless(names)):
        return PLAIN
    tokens = names.split()[:_MOST_TOKENS]
    return Looks(
        is_hidden=any(token.lower() in _HIDDEN_CLASSES for token in tokens) and not _SHOWN_ELSEWHERE.search(names),
        is_spoken=bool(_SPOKEN_WORDS.search(names)),
        is_struck=any(_says_struck(words_of(token)) for token in tokens),
    )


@lru_cache(maxsize=20_000)
def region_of(tag: str, names: str, element_id: str, role: str) -> str | None:
    """The part of the page that an element is by its tag, class, id and role; None for no part of its own."""
    region = _REGION_OF_ROLE.get(role) or _REGION_OF_TAG.get(tag)
    if region in ("main", "footer", "navigation", "dialog"):
        return region
    named = f"{names} {element_id}"
    if not _MAY_BE_REGION.search(caseless(named)):
        return region
    return _region(words_of(token) for token in named.split()[:_MOST_TOKENS]) or region


def _says_struck(words: tuple[str, ...]) -> bool:
    if not _STRUCK.isdisjoint(words) or ("line" in words and "through" in words):
        return _NOT_STRUCK.isdisjoint(words)
    return False


def _region(worded: Iterable[tuple[str, ...]]) -> str | None:
    """Of the page, by the words of one class: `related-products`, `mini-cart`, `page-footer`."""
    for words in worded:
        if not words or len(words) > 6 or words[0] in ("has", "with", "no", "js", "is"):
            continue
        if not _RELATED.isdisjoint(words):
            return "related"
        if not _CART.isdisjoint(words):
            return "cart"
        for pair in pairwise(words):
            if pair in _RELATED_PAIRS:
                return "related"
            if pair in _CART_PAIRS:
                return "cart"
        for region, known in _WORDS_OF_REGION:
            if not known.isdisjoint(words):
                return region
    return None
