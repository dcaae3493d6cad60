"""What short texts on a page say of a product's stock: statements, labels with answers, negations."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.parsing.phrases import folded
from pricewatch_pipeline.parsing.stock_phrases import ANSWERS, DELIVERY, LABELS, MARKS, STATEMENTS, SUBJECTS, Mark

LONGEST_STATEMENT = 90
"""Characters; what says more is prose, in which stock is spoken of in general."""
_Hit = tuple[int, int, tuple[Availability, bool]]
"""Start, end, what it says and whether weakly."""

_SEPARATOR = "\0"
_DIGIT = re.compile(r"\d")
_SOME = re.compile(r"(?!0(?![.,]?\d))\d+(?:[.,]\d+)*")
"""Any number but 0, which says that there is none."""
_EDGES = " .:;!,()[]•*✓✔✅✖●○◆|/-–—→»«\"'\ue000"
_MOST_AFTER = 3
"""Words behind a weak statement."""
_LONGEST_ANSWER = 20
_NEAR = 3
"""Words before a statement among which one negates it."""


def stated_availability(text: str) -> Availability | None:
    """What a short text says of the stock, such as `Only 3 left in stock` or `Verfügbarkeit: sofort lieferbar`; None for
    prose, conditions and questions."""
    return next((availability for _, availability in statements_in([text])), None)


def statements_in(texts: Sequence[str]) -> list[tuple[int, Availability]]:
    """(index, availability) of each text that says something of the stock. A label and its answer may be two texts."""
    joined = folded(_SOME.sub("#", _SEPARATOR.join([_short(text) for text in texts])))
    plain = joined.split(_SEPARATOR)
    said = {index: _stated(plain[index], hits) for index, hits in _hits_by_text(joined, plain).items()}
    for index, text in enumerate(plain):
        if ":" in text:
            is_label = text.endswith(":") and index + 1 < len(plain)
            if answer := _answered(f"{text} {plain[index + 1]}" if is_label else text):
                said[index + is_label] = answer
    return sorted((index, availability) for index, availability in said.items() if availability)


def is_delivery(text: str) -> bool:
    """Whether a short text says when the product would be delivered."""
    return bool(_DIGIT.search(text)) and DELIVERY.first(folded(_short(text))) is not None


def _hits_by_text(joined: str, plain: list[str]) -> dict[int, list[_Hit]]:
    starts = list(accumulate((len(text) + 1 for text in plain), initial=0))
    found: dict[int, list[_Hit]] = {}
    for start, end, meaning in STATEMENTS.find(joined):
        index = bisect_right(starts, start) - 1
        found.setdefault(index, []).append((start - starts[index], end - starts[index], meaning))
    return found


def _short(text: str) -> str:
    if len(text) > LONGEST_STATEMENT:
        return ""
    return text.replace(_SEPARATOR, " ") if _SEPARATOR in text else text


def _stated(text: str, hits: list[_Hit]) -> Availability | None:
    if text.endswith(("?", ":")):
        return None
    strong = [(start, end, _unless_negated(text[:start], kind)) for start, end, (kind, is_weak) in hits if not is_weak]
    if not strong:
        start, end, (kind, _) = hits[0]
        return _weak(text[:start].strip(_EDGES), kind, text[end:])
    start, end, availability = _strongest(strong)
    if availability is Availability.OUT_OF_STOCK and any(kind is Availability.IN_STOCK for _, _, kind in strong):
        return None
    if _marked(text[:start], Mark.VOID) or _marked(text[end:], Mark.VOID):
        return None
    return availability


def _unless_negated(before: str, availability: Availability) -> Availability:
    if availability not in (Availability.IN_STOCK, Availability.BACK_ORDER):
        return availability
    is_negated = _marked(" ".join(before.split()[-_NEAR:]), Mark.NOT)
    return Availability.OUT_OF_STOCK if is_negated else availability


def _strongest(found: list[tuple[int, int, Availability]]) -> tuple[int, int, Availability]:
    """Of several, the one that says the most: gone before sold out, sold out before there."""
    order = (Availability.DISCONTINUED, Availability.PRE_ORDER, Availability.OUT_OF_STOCK, Availability.BACK_ORDER)
    return next((hit for kind in order for hit in found if hit[2] is kind), found[0])


def _marked(text: str, mark: Mark) -> bool:
    return any(found is mark for _, _, found in MARKS.find(text))


def _answered(text: str) -> Availability | None:
    """`in stock: yes`"""
    label, _, answer = text.partition(":")
    answer = answer.strip(_EDGES)
    if not answer or len(answer) > _LONGEST_ANSWER:
        return None
    name = label.strip(_EDGES)
    is_label = LABELS.whole(name) or STATEMENTS.whole(name) == (Availability.IN_STOCK, False)
    return ANSWERS.whole(answer) if is_label else None


def _weak(before: str, availability: Availability, after: str) -> Availability | None:
    """A weak statement that begins its text, or follows a label or its subject, and nearly ends it."""
    if before and not LABELS.whole(before) and not _only_subjects(before):
        return None
    is_sure = bool(before) or availability is Availability.OUT_OF_STOCK
    if len(after.split()) > _MOST_AFTER or (after.strip(_EDGES) and not is_sure):
        return None
    return None if _marked(after, Mark.VOID) else availability


def _only_subjects(text: str) -> bool:
    at = 0
    for start, end, _ in SUBJECTS.find(text):
        if text[at:start].strip(_EDGES):
            return False
        at = end
    return not text[at:].strip(_EDGES)
