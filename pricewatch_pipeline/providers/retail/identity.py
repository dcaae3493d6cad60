"""Which article a page sells: the shop's number for it, the trade's, the maker's, and the brand. Pure decisions."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from pricewatch_pipeline.domain.gtin import gtin_of
from pricewatch_pipeline.parsing.labels import Fact, Label, is_code_of_letters
from pricewatch_pipeline.parsing.url_ids import ids_in
from pricewatch_pipeline.providers.retail.seen import Seen, first

_CODE = re.compile(r"[\w][\w./+\-#*]*")
_HAS_DIGIT = re.compile(r"\d")
_LONGEST_CODE = 40
_MOST_WORDS = 3
_DECLARED = frozenset({"json_ld", "microdata", "rdfa"})
"""Sources in which a shop states its number as such."""


def code_of(text: str | None) -> str | None:
    """An article's number from a text that begins with it; None where the text is a description."""
    if not text:
        return None
    words = text.strip().split()
    if not words or len(words[0]) > _LONGEST_CODE:
        return None
    if len(words) == 1:
        return words[0].strip(".,;:()[]") or None
    if _HAS_DIGIT.search(words[0]) and len(words[0]) > 3 and _CODE.fullmatch(words[0].rstrip(",;)")):
        return words[0].rstrip(",;)")
    is_short = len(words) <= _MOST_WORDS and len(text) <= _LONGEST_CODE
    return " ".join(words) if is_short and _HAS_DIGIT.search(text) and len(words) == 2 else None


def values_of(facts: Iterable[Fact], *labels: Label) -> list[str]:
    """What these labels say, the first label's values first."""
    found = list(facts)
    return [fact.value for label in labels for fact in found if fact.label is label]


def sku_in(seen: Seen, facts: Sequence[Fact]) -> str | None:
    """The shop's own number: as the page labels it, as data declares it, as other data gives it, from the address."""
    declared = [code_of(s.product.sku) for s in seen.sources if s.name in _DECLARED]
    other = [code_of(s.product.sku) for s in seen.sources if s.name not in _DECLARED]
    # What follows the declared number in a label's value is not of it.
    labelled = [_declared_within(code, declared) or code for code in _labelled_skus(facts)]
    from_address = _number_in_address(seen)
    said = [*labelled[:1], *declared] if len(set(labelled)) == 1 else [*declared, *labelled]
    # A shop that gives the trade's number as its own mostly has another in its addresses.
    own = [code for code in (*said, *other) if code and (len(code) < 12 or gtin_of(code) is None)]
    return first([*own, from_address, *said, *other])


def _declared_within(code: str, declared: Iterable[str | None]) -> str | None:
    return next((number for number in declared if number and len(number) > 3 and code.startswith(number)), None)


def _labelled_skus(facts: Sequence[Fact]) -> list[str]:
    """What the page labels as the article's number, the most frequent first; not what it labels as the maker's too."""
    makers = {text.casefold() for text in values_of(facts, Label.MPN, Label.MODEL)}
    found = Counter(
        code for text in values_of(facts, Label.SKU) if text.casefold() not in makers and (code := code_of(text))
    )
    return [code for code, _ in found.most_common()]


def _number_in_address(seen: Seen) -> str | None:
    asked, final, canonical = seen.clues.query.url, seen.document.url, seen.document.canonical_url
    ids = [ids_in(url) for url in dict.fromkeys((canonical, final, asked)) if url]
    return first(found[0] for found in ids if found)


def gtin_in(seen: Seen, facts: Sequence[Fact]) -> str | None:
    """The trade's number, its digit checked."""
    products = [source.product for source in seen.sources]
    stated = [product.gtin for product in products]
    labelled = [code for text in values_of(facts, Label.GTIN) for code in (text, text.split()[0])]
    others = (*(text for p in products for text in (p.sku, p.mpn)), *values_of(facts, Label.SKU))
    doubtful = [text for text in others if text and len(text) in (12, 13)]
    return first(map(gtin_of, (*stated, *labelled, *doubtful)))


def mpn_in(seen: Seen, facts: Sequence[Fact]) -> str | None:
    """The maker's number."""
    products = [source.product for source in seen.sources]
    own = {product.sku for product in products}
    # Digits only, and the shop's number at the same time: a field that had to be filled.
    stated = [p.mpn for p in products if p.mpn and not (p.mpn in own and p.mpn.isdigit())]
    named = (v for v in values_of(facts, Label.MPN, Label.MODEL) if len(v) <= _LONGEST_CODE)
    labelled = [v for v in named if _HAS_DIGIT.search(v) or is_code_of_letters(v)]
    return first([*stated, *labelled])


def brand_in(seen: Seen, facts: Sequence[Fact]) -> str | None:
    """The brand: as declared, unless that is the name of product or shop; as labelled."""
    names = {seen.document.title, seen.document.heading, *(source.product.title for source in seen.sources)}
    stated = [source.product.brand for source in seen.sources]
    labelled = [v for v in values_of(facts, Label.BRAND, Label.MAKER) if len(v) <= _LONGEST_CODE]
    return first([*(text for text in stated if text and text not in names), *labelled])
