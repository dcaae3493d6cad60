"""Every amount of money in the visible text, with what is noticed about it: its words, its place, its neighbours."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain

from pricewatch_pipeline.domain.offers import PriceRole
from pricewatch_pipeline.domain.sightings import TEXT, Sighting
from pricewatch_pipeline.parsing.beside_others import MID_BUY, NEAR_BUY, Draft, compare, repeated, up
from pricewatch_pipeline.parsing.boxes import Box
from pricewatch_pipeline.parsing.layout import Layout, Line
from pricewatch_pipeline.parsing.money_texts import CENTS, MONEY, Piece, PriceHints, pieces_of
from pricewatch_pipeline.parsing.price_classes import (
    class_traits,
    is_called_large,
    is_called_price,
    is_called_regular,
    price_words_of,
)
from pricewatch_pipeline.parsing.price_labels import Label, labels_in
from pricewatch_pipeline.parsing.related_headings import numbers_below

MOST_LINES = 50
"""Lines whose amounts are read, the ones nearest to the title; a list of a thousand products adds nothing."""
LONGEST_LINE = 200
"""Characters; what is longer is prose."""

_LONE_NUMBER = re.compile(r"[^\d:_#/]{0,12}\d[\d.,'’ ]*[^\d:_#/]{0,12}")
"""A text that may be a price whose currency we do not know."""
_DIGIT = re.compile(r"\d")
_ROLE_OF = {
    "instalment": PriceRole.INSTALMENT,
    "unit": PriceRole.UNIT_PRICE,
    "shipping": PriceRole.SHIPPING,
    "saving": PriceRole.SAVING,
    "conditional": PriceRole.CONDITIONAL,
    "without_tax": PriceRole.WITHOUT_TAX,
    "used": PriceRole.USED,
    "extra": PriceRole.EXTRA,
    "list": PriceRole.LIST_PRICE,
    "lowest_before": PriceRole.OTHER,
    "points": PriceRole.OTHER,
    "cart": PriceRole.OTHER,
}
_ROLE_OF_TRAIT = {
    prefix: [(f"{prefix}_{label}", role) for label, role in _ROLE_OF.items()] for prefix in ("near", "class")
}
_SAYS_PRICE = frozenset({Label.NOW, Label.PRICE, Label.WITH_TAX})
_LABEL_TRAITS, _NEAR_TRAITS, _NEXT_TRAITS = (
    {label: f"{prefix}_{label}" for label in Label} for prefix in ("label", "near", "next")
)
_SHARE = re.compile(r"(?<![\d.,])(\d{1,2}) ?%")
_SHARES_WITHIN = 3
_FREE = re.compile(
    r"free|gratis|gratuit|kostenlos|frei\b|offert|zdarma|zadarmo|darmow|za darmo|ingyen|бесплатн|безкоштовн|безплатн|ücretsiz"
    r"|bedava|ilmai|fri frakt|fri fragt|無料|免运|免運|包邮|包郵|무료|miễn phí|ฟรี|חינם|مجان|رایگان|δωρεάν|मुफ्त",
    re.IGNORECASE,
)
_OF_THE_NEXT = re.compile(
    r"(?:\b(?:was|were|instead of|before|statt|anstatt|vorher|bisher|au lieu de|invece di|anziché|en (?:lugar|vez) de|em vez de|in plaats van|i\.?p\.?v"
    r"|zamiast|místo|namiesto|helyett|în loc de|istället för|i stedet for|førpris|før|förut|tidigare|вместо|замість|rrp|uvp|msrp|pvp|reg)"
    r"|(?:从前|原价|原價|定价|定價|通常価格|参考価格|정가))[\s.:]*$",
    re.IGNORECASE,
)
"""Words of a price before that belong to the amount behind them."""
_PAIRS = (
    (re.compile(r"\bvan\b\W*$", re.IGNORECASE), re.compile(r"^\W*voor\b", re.IGNORECASE)),
    (re.compile(r"\bde\b:?\s*\w{0,3}\W*$", re.IGNORECASE), re.compile(r"^\W*por\b", re.IGNORECASE)),
    (
        re.compile(r"\b(?:was|from|reduced from)\s*$", re.IGNORECASE),
        re.compile(r"^\s*(?:now|to only)\b", re.IGNORECASE),
    ),
)
"""Words around the first of two amounts that make it the price before: `van € 249 voor € 199`, `de R$ 249 por R$ 199`."""
_PERCENTAGE = re.compile(r"\d\s?[%％٪]|[%％٪]\s?\d")
_SAID_BEHIND = frozenset({Label.UNIT, Label.INSTALMENT, Label.WITH_TAX, Label.WITHOUT_TAX, Label.CONDITIONAL})
"""What a line of its own behind an amount may say of it: `per month`; a `delivery` behind it speaks of something else."""
_STEPS = 4
_WORDY = 7
"""Words of a line; with more it is a sentence."""
_NEAR_TITLE, _MID_TITLE = 12, 45
_SAME_BLOCK = 4
"""Levels above the title, or the buy button, that still count as its block."""


@dataclass(kw_only=True)
class _Page:
    """What the lines of a page are compared with."""

    layout: Layout
    title: Line | None
    buys: Sequence[tuple[int, Box]]
    title_boxes: frozenset[Box]
    """Those around the title, up to a few levels."""
    buy_boxes: frozenset[Box]
    below_others: frozenset[int]
    """Numbers of the lines below a heading that says that other products follow."""


def visible_prices(
    layout: Layout,
    *,
    buys: Sequence[tuple[int, Box]],
    locale: str | None = None,
    currency_hint: str | None = None,
    known: frozenset[Decimal] = frozenset(),
) -> list[Sighting]:
    """The amounts in a page's text.

    Args:
        layout: the page's.
        buys: (line, element) of each button that buys the product.
        locale: as for `read_price`.
        currency_hint: as for `read_price`.
        known: amounts of the product data, which settle what `1.299` means.
    """
    title = layout.title_line
    page = _Page(
        layout=layout,
        title=title,
        buys=buys,
        title_boxes=_around([title.box] if title else []),
        buy_boxes=_around(box for _, box in buys[:3]),
        below_others=frozenset(chain.from_iterable(numbers_below(layout))),
    )
    lines = _money_lines(layout, title, buys)
    hints = PriceHints(
        locale=locale,
        currency=currency_hint,
        clear_text=next((line.text for line in lines if CENTS.search(line.text) and MONEY.search(line.text)), None),
        known=known,
    )
    in_lists = repeated(lines, title)
    found: list[Draft] = []
    memo: dict[str, list[Piece]] = {}
    for line in lines:
        pieces = memo.get(line.text)
        if pieces is None:
            pieces = memo[line.text] = pieces_of(line.text, hints)
        if pieces:
            found += _drafts(page, line, pieces, line.number in in_lists)
    compare(found, [number for number, _ in buys])
    return [_sighting(draft) for draft in found]


def _money_lines(layout: Layout, title: Line | None, buys: Sequence[tuple[int, Box]]) -> list[Line]:
    """Lines with an amount of money, in document order; of too many, those nearest to title and button."""
    names = {title.text, *layout.title_texts} if title else set(layout.title_texts)
    called: dict[Box, bool] = {}
    found = [
        line
        for line in layout.lines
        if _DIGIT.search(line.text)
        and len(line.text) <= LONGEST_LINE
        and _is_money(line, called)
        and line.text not in names
    ]
    if len(found) > MOST_LINES:
        return _nearest(found, [title.number if title else 0, *(number for number, _ in buys[:1])])
    return found


def _nearest(lines: Sequence[Line], middles: Sequence[int]) -> list[Line]:
    """Of too many lines the nearest ones, those of other products and of the page's foot only after all others."""
    kept: list[Line] = []
    others: list[Line] = []
    for line in sorted(lines, key=lambda line: (min(abs(line.number - at) for at in middles), line.number)):
        (others if line.region in ("related", "footer") else kept).append(line)
        if len(kept) == MOST_LINES:
            break
    return sorted([*kept, *others][:MOST_LINES], key=lambda line: line.number)


def _is_money(line: Line, called: dict[Box, bool]) -> bool:
    """Whether a line shows an amount with a currency, or one that its class names call a price.

    Args:
        line: with a digit.
        called: the elements that were asked for already, and whether they are called a price.
    """
    text = line.text
    if MONEY.search(text):
        return True
    if not (_LONE_NUMBER.fullmatch(text) or CENTS.search(text)):
        return False
    for box in (*line.boxes, *up(line.box, 3)):
        known = called.get(box)
        if known is None:
            known = called[box] = is_called_price(box.words)
        if known:
            return True
    return False


def _around(boxes: Iterable[Box]) -> frozenset[Box]:
    return frozenset(around for box in boxes for around in up(box, _SAME_BLOCK) if around.parent is not None)


# What is noticed of one


def _sighting(draft: Draft) -> Sighting:
    piece = draft.piece
    return Sighting(
        source=TEXT,
        place=draft.place,
        raw=draft.line.text if piece.is_alone else piece.price.raw,
        amount=draft.amount,
        currency=piece.price.currency,
        has_currency=piece.has_mark,
        high=piece.high,
        role=draft.role,
        order=draft.line.number,
        traits=frozenset(draft.traits),
    )


def _drafts(page: _Page, line: Line, pieces: Sequence[Piece], is_repeated: bool) -> Iterable[Draft]:
    """The amounts of one line, with what is noticed of the line and of each."""
    shared = {TEXT, "repeated"} if is_repeated else {TEXT}
    words = _price_words((*line.boxes, *line.around[:2]))
    shared.update(class_traits("class", words))
    shared.update(class_traits("outer", _price_words(line.around[2:5]) - words))
    _add_neighbours(page, line, shared)
    _add_place(page, line, shared)
    _add_looks(line, is_called_large(words), shared)
    place = place_of(line)
    is_regular = is_called_regular(words)
    shares = _shares_about(page.layout, line)
    for piece in pieces:
        labels = _labels(piece)
        traits = shared.union(_LABEL_TRAITS[label] for label in labels)
        _add_own(piece, traits)
        amount = piece.price.amount
        yield Draft(
            line=line,
            piece=piece,
            place=place,
            amount=amount if amount is not None else Decimal(0),
            role=_role(labels, traits),
            traits=traits,
            is_regular=is_regular,
            shares=shares,
        )


def _shares_about(layout: Layout, line: Line) -> frozenset[int]:
    """The percentages on a line and on the short ones around it."""
    about = layout.lines[max(0, line.number - _SHARES_WITHIN) : line.number + _SHARES_WITHIN + 1]
    texts = (other.text for other in about if len(other.text) <= 60)
    return frozenset(int(m[1]) for text in texts if "%" in text for m in _SHARE.finditer(text))


def place_of(line: Line) -> str:
    """A path of CSS to a line's element, from the nearest one with an id, of a few steps at most."""
    steps: list[str] = []
    for box in line.around[:_STEPS]:
        name = box.attributes.get("id") if box.attributes else None
        first = next(iter((box.attributes.get("class") or "").split()), "") if box.attributes else ""
        steps.append(f"#{name}" if name else f"{box.tag}.{first}" if first else box.tag)
        if name:
            break
    return f"line {line.number}: " + " > ".join(reversed(steps))


def _price_words(boxes: Iterable[Box]) -> frozenset[str]:
    """The words of elements' names that say something of a price."""
    return frozenset().union(*[price_words_of(box.words) for box in boxes])


def _called(text: str) -> frozenset[Label]:
    """A percentage is the saving that the words speak of: not the amount."""
    labels = labels_in(text.strip())
    return labels - {Label.SAVING} if labels and _PERCENTAGE.search(text) else labels


def _called_behind(text: str) -> frozenset[Label]:
    """What words behind an amount call it; that the delivery is free, or what the next amount was, is not said of this one."""
    labels = _called(text)
    if Label.SHIPPING in labels and _FREE.search(text):
        labels -= {Label.SHIPPING}
    return labels - {Label.LIST} if Label.LIST in labels and _OF_THE_NEXT.search(text) else labels


def _labels(piece: Piece) -> set[Label]:
    """What the words beside an amount call it: those of its own line."""
    labels = {*_called(piece.before), *_called_behind(piece.after)}
    if any(before.search(piece.before) and after.search(piece.after) for before, after in _PAIRS):
        labels.add(Label.LIST)
    if piece.is_per_unit:
        labels.add(Label.UNIT)
    if piece.is_per_month:
        labels.add(Label.INSTALMENT)
    return labels


def _add_neighbours(page: _Page, line: Line, traits: set[str]) -> None:
    traits.update(_NEAR_TRAITS[label] for label in _beside(page, line, -1, 60))
    traits.update(_NEXT_TRAITS[label] for label in _beside(page, line, 1, 40) & _SAID_BEHIND)


def _beside(page: _Page, line: Line, step: int, longest: int) -> frozenset[Label]:
    """What the line before, or behind, calls the amount: a short one of the same block that holds no amount itself."""
    number = line.number + step
    if not 0 <= number < len(page.layout.lines):
        return frozenset()
    other = page.layout.lines[number]
    if len(other.text) > longest:
        return frozenset()
    labels = labels_in(other.text)
    if not labels or not _is_beside(line, other):
        return frozenset()
    if not MONEY.search(other.text):
        return labels
    # `£74.50 was` before `£99.00`, each in an element of its own.
    return (
        frozenset({Label.LIST})
        if step < 0 and Label.LIST in labels and _OF_THE_NEXT.search(other.text)
        else frozenset()
    )


def _is_beside(line: Line, other: Line) -> bool:
    """Whether two lines are in one small block: three levels up at most."""
    return not set(line.around[:4]).isdisjoint(up(other.box, 3))


def _add_place(page: _Page, line: Line, traits: set[str]) -> None:
    region = "related" if line.number in page.below_others else line.region
    if region != "main":
        traits.add(f"region_{region}")
    if page.title is None:
        traits.add("title_none")
    else:
        behind = line.number - page.title.number
        traits.add(
            "title_before" if behind < 0 else "title_near" if behind <= _NEAR_TITLE
            else "title_mid" if behind <= _MID_TITLE else "title_far"
        )  # fmt: skip
    if not page.buys:
        traits.add("buy_none")
    else:
        away = min(abs(number - line.number) for number, _ in page.buys)
        traits.add("buy_near" if away <= NEAR_BUY else "buy_mid" if away <= MID_BUY else "buy_far")
    around = line.around[:7]
    if not page.title_boxes.isdisjoint(around):
        traits.add("title_same_block")
    if not page.buy_boxes.isdisjoint(around):
        traits.add("buy_same_block")


def _add_looks(line: Line, is_large: bool, traits: set[str]) -> None:
    tags = {box.tag for box in line.around[:5]}
    state = line.boxes[0].state
    told = (
        ("hidden", state.is_hidden),
        ("spoken", state.is_spoken),
        ("struck", state.is_struck),
        ("heading", state.heading > 0),
        ("link", line.is_link),
        ("control", line.control is not None),
        ("wordy", line.text.count(" ") >= _WORDY),
        ("option", "option" in tags),
        ("cell", "td" in tags or "th" in tags),
        ("large", is_large),
    )
    traits.update([trait for trait, is_told in told if is_told])


def _add_own(piece: Piece, traits: set[str]) -> None:
    amount = piece.price.amount
    told = (
        ("with_currency", piece.has_mark),
        ("with_cents", amount is not None and amount % 1 != 0),
        ("range_low", piece.high is not None),
        ("shares_line", not piece.is_alone),
        ("signed", piece.is_signed),
    )
    traits.update([trait for trait, is_told in told if is_told])


def _role(labels: set[Label], traits: set[str]) -> PriceRole:
    """What an amount is by its words; the nearest words count."""
    if "region_related" in traits:
        return PriceRole.OTHER_PRODUCT
    if labels and (role := next((role for label, role in _ROLE_OF.items() if label in labels), None)):
        return role
    if "struck" in traits:
        return PriceRole.LIST_PRICE
    if _SAYS_PRICE.isdisjoint(labels):
        for prefix in ("near", "class") if "class_now" not in traits else ("near",):
            for trait, role in _ROLE_OF_TRAIT[prefix]:
                if trait in traits:
                    return role
    return PriceRole.RANGE_LOW if "range_low" in traits else PriceRole.PRICE
