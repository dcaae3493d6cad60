"""What the product of a page is called. Pure decisions."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from pricewatch_pipeline.parsing.labels import label_of
from pricewatch_pipeline.providers.retail.seen import Seen, first

_BREAK = re.compile(r"\s*[|｜»：]\s*|\s+(?:[-–—·•:]|::)\s+|:\s+(?=[^:]*$)")
_WORDS = re.compile(r"\w+")
_ENOUGH = 0.5
"""Of the words of a heading and of a name that both share, for the heading to be the product's."""
_LONGEST = 1_000
"""Characters of a name; what is longer is cut."""
_DECLARING = ("json_ld", "microdata", "rdfa")


def title_in(seen: Seen, *, variant: str | None = None) -> str | None:
    """As a reader of the page sees it: the heading that its other names agree with, else the best of those names.

    Args:
        seen: what was found on the page.
        variant: the name of the variant that is sold, which may say more than the heading of all variants.
    """
    document = seen.document
    declared = first(source.product.title for source in seen.sources if source.name in _DECLARING)
    other = first(source.product.title for source in seen.sources)
    names = [name[:_LONGEST] for name in (declared, other, document.meta("og:title"), document.title) if name]
    shop = _shop_names(seen)
    headings = [text[:_LONGEST] for text in document.headings if _plain(text) not in shop]
    heading = _likest(headings, names)
    if heading is not None:
        is_longer = variant is not None and variant.casefold().startswith(heading.casefold())
        return seen.own.title or (variant if is_longer else _without_more(heading, declared))
    named = declared or (without_shop(names[0], shop) if names else None)
    return seen.own.title or named or first(headings)


def _likest(headings: Sequence[str], names: Sequence[str]) -> str | None:
    """The heading that is most like one of the names; None where none is like them."""
    likeness = {heading: max((_likeness(heading, name) for name in names), default=0.0) for heading in headings}
    best = max(likeness, key=lambda heading: likeness[heading], default=None)
    return best if best is not None and likeness[best] >= _ENOUGH else None


def _likeness(heading: str, name: str) -> float:
    """How many of the words of the shorter text the other holds, with the longer one's share counted a little."""
    one, other = set(_WORDS.findall(heading.casefold())), set(_WORDS.findall(name.casefold()))
    if not one or not other:
        return 0.0
    shared = len(one & other)
    if shared == 1 < max(len(one), len(other)):  # `Shoes` is no product's name
        return 0.2
    return shared / min(len(one), len(other)) * 0.6 + shared / max(len(one), len(other)) * 0.4


def _without_more(heading: str, declared: str | None) -> str:
    """A heading without what follows the name in it: a labelled number, the texts of a dialog."""
    if declared is None or not heading.startswith(declared):
        return heading
    rest = heading[len(declared) :].strip(" -–|(")
    is_more = len(rest) > 2 * len(declared) or label_of(rest.partition(":")[0].strip()) is not None
    return declared if is_more else heading


def without_shop(name: str, shop: set[str]) -> str:
    """A title of the page's head without the name of the shop and what it says of itself."""
    parts = [part.strip() for part in _BREAK.split(name) if part and part.strip()]
    if len(parts) < 2:
        return name
    kept = [part for part in parts if not _is_shop(_plain(part), shop)]
    if len(kept) == len(parts):
        return name
    begin, end = name.index(kept[0]) if kept else 0, name.rindex(kept[-1]) + len(kept[-1]) if kept else len(name)
    return name[begin:end]


def _shop_names(seen: Seen) -> set[str]:
    """What the page calls its site, and the parts of its host: `acme` of `www.acme.co.uk`."""
    parts = (urlsplit(seen.document.url).hostname or "").split(".")[:-1]
    names = (seen.document.meta("og:site_name"), *(part for part in parts if len(part) > 2 and part != "www"))
    return {plain for text in names if text and (plain := _plain(text))}


def _is_shop(part: str, shop: set[str]) -> bool:
    return any(part == name or (len(name) > 4 and part.startswith(name)) for name in shop)


def _plain(text: str) -> str:
    return "".join(_WORDS.findall(text.casefold()))
