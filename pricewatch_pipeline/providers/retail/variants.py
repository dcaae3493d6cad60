"""The attributes of the variant that a page shows: its colour, size and the like. Pure decisions."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pricewatch_pipeline.parsing.class_words import words_of
from pricewatch_pipeline.parsing.documents import Node, text_length, text_of
from pricewatch_pipeline.parsing.found import FoundOffer
from pricewatch_pipeline.parsing.labels import Fact, Label, label_of
from pricewatch_pipeline.parsing.phrases import folded
from pricewatch_pipeline.providers.retail.choosing import one_variant
from pricewatch_pipeline.providers.retail.seen import Seen, Source

_ATTRIBUTES = {Label.COLOR: "color", Label.SIZE: "size", Label.MATERIAL: "material"}
_PROMPT = re.compile(
    r"(?:\.\.\.|…|!|\?)$|(?<!\w)(?:choose|select|pick|please|wahle|wahlen|auswahl|bitte|choisi|selectionn|elige|elegir|seleccion|"
    r"escolh|selecion|scegli|selezion|"
    r"kies|maak|selecteer|wybierz|vyber|zvol|valassz|alege|selecteaza|выбер|вибер|избер|"
    r"odaber|izber|sec|επιλ|valj|velg|vaelg|vali|pasirink|izvel|選択|选择|請選|선택|เลือก|chon|"
    r"בחר|اختر|انتخاب|चुनें)"
)
"""`Please choose a size` is no size."""
_MOST_PICKED = 40
_LONGEST = 60
_LEVELS = 5


def told_variant(seen: Seen, chosen: FoundOffer | None) -> FoundOffer | None:
    """The chosen offer, where it is clear which of the variants at this price it is of."""
    if chosen is None:
        return None
    same = [o for source in seen.sources if chosen in source.product.offers for o in source.product.offers]
    return one_variant([offer for offer in same if offer.amount == chosen.amount] or [chosen], seen.clues)


def as_variant(seen: Seen, variant: FoundOffer | None) -> Seen:
    """With what identifies a variant in place of what its product with all variants is called."""
    if variant is None:
        return seen
    return replace(seen, sources=tuple(_source_as(source, variant) for source in seen.sources))


def own_name(seen: Seen, variant: FoundOffer | None) -> str | None:
    """What a variant is called, where that is not the name of its product."""
    names = {source.product.title for source in seen.sources}
    return variant.name if variant and variant.name not in names else None


def _source_as(source: Source, variant: FoundOffer) -> Source:
    product = source.product
    if variant not in product.offers or len({(offer.sku, offer.name) for offer in product.offers}) < 2:
        return source
    its_own = replace(
        product,
        title=variant.name or product.title,
        sku=variant.sku or product.sku,
        gtin=variant.gtin or product.gtin,
        mpn=variant.mpn or product.mpn,
    )
    return replace(source, product=its_own)


def variant_of(seen: Seen, facts: Sequence[Fact], chosen: FoundOffer | None) -> Mapping[str, str]:
    """What the data says of the chosen offer, then of the product; then what the page's own choices and labels say."""
    found: dict[str, str] = {}
    for given in (chosen.variant if chosen else {}, *(source.product.variant for source in seen.sources)):
        for name, value in given.items():
            found.setdefault(name, value)
    for name, value in (*_picked(seen), *_labelled(facts)):
        found.setdefault(name, value)
    return found


def _labelled(facts: Sequence[Fact]) -> Iterator[tuple[str, str]]:
    """Colour and size where the page labels one of each."""
    for label in (Label.COLOR, Label.SIZE):
        values = dict.fromkeys(fact.value for fact in facts if fact.label is label)
        if len(values) == 1 and len(value := next(iter(values))) <= _LONGEST:
            yield _ATTRIBUTES[label], value


def _picked(seen: Seen) -> Iterator[tuple[str, str]]:
    """What is chosen in lists, buttons and swatches whose names say what they choose."""
    for node, given in seen.document.picked[:_MOST_PICKED]:
        if given.get("role") == "tab" or "false" in (given.get("aria-checked"), given.get("aria-selected")):
            continue
        attribute = _attribute_of(node)
        value = attribute and _value_of(node)
        if attribute and value:
            yield attribute, value


def _attribute_of(node: Node) -> str | None:
    at: Node | None = node if node.tag != "option" else node.parent
    for _ in range(_LEVELS):
        if at is None:
            return None
        given = at.attributes
        for text in (given.get("aria-label"), given.get("name"), given.get("id"), given.get("data-attribute_name")):
            label = next((label for word in words_of(text or "") if (label := label_of(word)) in _ATTRIBUTES), None)
            if label is not None:
                return _ATTRIBUTES[label]
        at = at.parent
    return None


def _value_of(node: Node) -> str | None:
    given = node.attributes
    # An option without a value is `Please choose`.
    if node.tag == "option" and not given.get("value", "-"):
        return None
    if text_length(node, _LONGEST + 1) > _LONGEST:
        return None
    said = text_of(node) if node.tag != "input" else given.get("value")
    text = " ".join((said or given.get("aria-label") or given.get("title") or "").split())
    head, colon, tail = text.partition(":")
    text = tail.strip() if colon and label_of(head) else text
    return text if 0 < len(text) <= _LONGEST and not _PROMPT.search(folded(text)) else None
