"""Every amount of money in the visible text, with what is noticed about it: its words, its place, its neighbours."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pricewatch_pipeline.domain.offers import PriceRole
from pricewatch_pipeline.domain.sightings import TEXT, Sighting
from pricewatch_pipeline.parsing.boxes import Box
from pricewatch_pipeline.parsing.layout import Layout, Line
from pricewatch_pipeline.parsing.money_texts import CENTS, MONEY, Piece, PriceHints, pieces_of
from pricewatch_pipeline.parsing.price_classes import class_traits, is_called_large, is_called_price
from pricewatch_pipeline.parsing.price_labels import Label, labels_in

MOST_LINES = 50
"""Lines whose amounts are read, the ones nearest to the title; a list of a thousand products adds nothing."""
LONGEST_LINE = 200
"""Characters; what is longer is prose."""

_LONE_NUMBER = re.compile(r"[^\d:_#/]{0,12}\d[\d.,'’ ]*[^\d:_#/]{0,12}")
"""A text that may be a price whose currency we do not know."""
_DIGIT = re.compile(r"\d")
_ITEM_TAGS = frozenset({"li", "tr", "article", "option"})
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
_SAID_BEHIND = frozenset({Label.UNIT, Label.INSTALMENT, Label.WITH_TAX, Label.WITHOUT_TAX, Label.CONDITIONAL})
"""What a line of its own behind an amount may say of it: `per month`; a `delivery` behind it speaks of something else."""
_STEPS = 4
_WORDY = 7
"""Words of a line; with more it is a sentence."""
_NEAR_TITLE, _MID_TITLE = 12, 45
_NEAR_BUY, _MID_BUY = 8, 25
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
    )
    lines = _money_lines(layout, title, buys)
    hints = PriceHints(
        locale=locale,
        currency=currency_hint,
        clear_text=next((line.text for line in lines if CENTS.search(line.text) and MONEY.search(line.text)), None),
        known=known,
    )
    repeated = _repeated(lines, title)
    found: list[tuple[Line, Sighting]] = []
    memo: dict[str, list[Piece]] = {}
    for line in lines:
        pieces = memo.get(line.text)
        if pieces is None:
            pieces = memo[line.text] = pieces_of(line.text, hints)
        found += ((line, _sighting(page, line, piece, line.number in repeated)) for piece in pieces)
    return _compared(found, [number for number, _ in buys])


def _money_lines(layout: Layout, title: Line | None, buys: Sequence[tuple[int, Box]]) -> list[Line]:
    """Lines with an amount of money, in document order; of too many, those nearest to title and button."""
    names = {title.text, *layout.title_texts} if title else set(layout.title_texts)
    found = [line for line in layout.lines if _is_money(line) and line.text not in names]
    if len(found) > MOST_LINES:
        middles = [title.number if title else 0, *(number for number, _ in buys[:1])]
        nearest = sorted(
            found,
            key=lambda x: (x.region in ("related", "footer"), min(abs(x.number - at) for at in middles), x.number),
        )
        found = sorted(nearest[:MOST_LINES], key=lambda line: line.number)
    return found


def _is_money(line: Line) -> bool:
    """Whether a line shows an amount with a currency, or one that its class names call a price."""
    text = line.text
    if len(text) > LONGEST_LINE or not _DIGIT.search(text):
        return False
    if MONEY.search(text):
        return True
    return bool(_LONE_NUMBER.fullmatch(text) or CENTS.search(text)) and _is_price_class(line)


def _is_price_class(line: Line) -> bool:
    return any(is_called_price(box.words) for box in (*line.boxes, *line.around[:4]))


def _up(box: Box, levels: int) -> list[Box]:
    found = [box]
    while len(found) <= levels and found[-1].parent is not None:
        found.append(found[-1].parent)
    return found


def _around(boxes: Iterable[Box]) -> frozenset[Box]:
    return frozenset(around for box in boxes for around in _up(box, _SAME_BLOCK) if around.parent is not None)


# What is noticed of one


def _sighting(page: _Page, line: Line, piece: Piece, is_repeated: bool) -> Sighting:
    traits = {TEXT}
    labels = _labels(page, line, piece, traits)
    _add_place(page, line, traits)
    _add_looks(line, piece, traits)
    if is_repeated:
        traits.add("repeated")
    amount = piece.price.amount
    return Sighting(
        source=TEXT,
        place=place_of(line),
        raw=line.text if piece.is_alone else piece.price.raw,
        amount=amount if amount is not None else Decimal(0),
        currency=piece.price.currency,
        has_currency=piece.has_mark,
        high=piece.high,
        role=_role(labels, traits),
        order=line.number,
        traits=frozenset(traits),
    )


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


def _labels(page: _Page, line: Line, piece: Piece, traits: set[str]) -> set[str]:
    """What the words beside an amount, and class names, call it; noted as traits. Those of its own line."""
    own = {str(label) for label in labels_in(piece.before.strip()) | labels_in(piece.after.strip())}
    if piece.is_per_unit:
        own.add("unit")
    if piece.is_per_month:
        own.add("instalment")
    traits.update(f"label_{label}" for label in own)
    traits.update(f"near_{label}" for label in _beside(page, line, -1, 60))
    traits.update(f"next_{label}" for label in _beside(page, line, 1, 40) if label in _SAID_BEHIND)
    boxes = line.around[:5]
    inner = frozenset(word for box in (*line.boxes, *boxes[:2]) for word in box.words)
    outer = frozenset(word for box in boxes[2:] for word in box.words) - inner
    traits.update(class_traits("class", inner))
    traits.update(class_traits("outer", outer))
    return own


def _beside(page: _Page, line: Line, step: int, longest: int) -> frozenset[Label]:
    """What the line before, or behind, calls the amount: a short one of the same block that holds no amount itself."""
    number = line.number + step
    if not 0 <= number < len(page.layout.lines):
        return frozenset()
    other = page.layout.lines[number]
    if len(other.text) > longest or not _is_beside(line, other) or MONEY.search(other.text):
        return frozenset()
    return labels_in(other.text)


def _is_beside(line: Line, other: Line) -> bool:
    """Whether two lines are in one small block: three levels up at most."""
    mine = line.around[:4]
    return any(box in mine for box in other.around[:4])


def _add_place(page: _Page, line: Line, traits: set[str]) -> None:
    if line.region != "main":
        traits.add(f"region_{line.region}")
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
        traits.add("buy_near" if away <= _NEAR_BUY else "buy_mid" if away <= _MID_BUY else "buy_far")
    around = line.around[:7]
    if any(box in page.title_boxes for box in around):
        traits.add("title_same_block")
    if any(box in page.buy_boxes for box in around):
        traits.add("buy_same_block")


def _add_looks(line: Line, piece: Piece, traits: set[str]) -> None:
    amount = piece.price.amount
    tags = {box.tag for box in line.around[:5]}
    words = {word for box in (*line.boxes, *line.around[:2]) for word in box.words}
    state = line.boxes[0].state
    told = {
        "hidden": state.is_hidden,
        "spoken": state.is_spoken,
        "struck": state.is_struck,
        "heading": state.heading > 0,
        "link": line.is_link,
        "control": line.control is not None,
        "with_currency": piece.has_mark,
        "with_cents": amount is not None and amount != amount.to_integral_value(),
        "range_low": piece.high is not None,
        "shares_line": not piece.is_alone,
        "wordy": len(line.text.split()) > _WORDY,
        "option": "option" in tags,
        "cell": "td" in tags or "th" in tags,
        "large": is_called_large(words),
        "signed": piece.is_signed,
    }
    traits.update(trait for trait, is_told in told.items() if is_told)


def _role(labels: set[str], traits: set[str]) -> PriceRole:
    """What an amount is by its words; the nearest words count."""
    if "region_related" in traits:
        return PriceRole.OTHER_PRODUCT
    for label, role in _ROLE_OF.items():
        if label in labels:
            return role
    if "struck" in traits:
        return PriceRole.LIST_PRICE
    if not {"now", "price", "with_tax"} & labels:
        for prefix in ("near", "class"):
            for label, role in _ROLE_OF.items():
                if f"{prefix}_{label}" in traits and not (prefix == "class" and "class_now" in traits):
                    return role
    return PriceRole.RANGE_LOW if "range_low" in traits else PriceRole.PRICE


# What only shows beside others


def _repeated(lines: Sequence[Line], title: Line | None) -> frozenset[int]:
    """Numbers of the lines that stand in one of three or more sibling elements of one kind, each with an amount."""
    mains = set(title.box.ancestors()) | {title.box} if title else set()
    families: dict[tuple[int, str, str], dict[int, tuple[Box, list[int]]]] = {}
    for line in lines:
        for box in line.around[:9]:
            if box.parent is None or box in mains:
                break
            kind = box.attributes.get("class") or ""
            if kind or box.tag in _ITEM_TAGS:
                family = families.setdefault((id(box.parent), box.tag, kind[:40]), {})
                family.setdefault(id(box), (box, []))[1].append(line.number)
    return frozenset(
        number
        for family in families.values()
        if len(family) > 2 and all(_is_item(box) for box in [box for box, _ in family.values()][:3])
        for _, numbers in family.values()
        for number in numbers
    )


def _is_item(box: Box) -> bool:
    """Whether an element is an entry of a list of products: it has a link and a picture."""
    return box.node.css_first("a[href]") is not None and box.node.css_first("img, picture, svg image") is not None


_SPOKEN_AGAINST = frozenset(
    f"label_{label}"
    for label in ("list", "saving", "unit", "instalment", "shipping", "conditional", "without_tax", "used", "extra", "cart",
                  "points", "quantity", "lowest_before", "other_offer", "up_to")
) | {"signed", "struck", "hidden", "repeated", "region_related", "region_dialog", "region_cart", "region_footer",
     "region_navigation", "region_reviews", "option", "class_list", "class_saving", "class_unit", "class_instalment",
     "near_instalment", "class_shipping"}  # fmt: skip
"""With one of these an amount is hardly what a buyer pays."""


def _compared(found: list[tuple[Line, Sighting]], buys: Sequence[int]) -> list[Sighting]:
    """With what shows only beside the others: which stands first, how often it is written, what is struck beside it."""
    found = [(line, _unstruck(line, sighting, found)) for line, sighting in found]
    amounts: dict[Decimal, int] = {}
    for _, sighting in found:
        amounts[sighting.amount] = amounts.get(sighting.amount, 0) + 1
    ranks = _ranks([sighting for _, sighting in found])
    closest = _closest_to_button([sighting for _, sighting in found], buys)
    result: list[Sighting] = []
    for index, (line, sighting) in enumerate(found):
        more = set()
        if (rank := ranks.get(sighting.amount)) is not None and "title_before" not in sighting.traits:
            more.add(rank)
        if sighting is closest:
            more.add("buy_closest")
        if amounts[sighting.amount] > 2:
            more.add("often")
        if sighting.amount == 0:
            more.add("zero")
        if "struck" not in sighting.traits and _has_struck_beside(line, sighting, found, index):
            more.add("beside_struck")
        if "shares_line" in sighting.traits and _is_lowest(line, sighting, found, index):
            more.add("low_of_line")
        result.append(replace(sighting, traits=sighting.traits | more) if more else sighting)
    return result


def _ranks(sightings: Sequence[Sighting]) -> dict[Decimal, str]:
    """The first two amounts behind the title that nothing speaks against."""
    clean = [
        s.amount
        for s in sightings
        if s.amount and "title_before" not in s.traits and s.traits.isdisjoint(_SPOKEN_AGAINST)
    ]
    return dict(zip(dict.fromkeys(clean), ("first_shown", "second_shown"), strict=False))


def _closest_to_button(sightings: Sequence[Sighting], buys: Sequence[int]) -> Sighting | None:
    """Of the amounts that nothing speaks against, the last one before the first button that buys, else the first one behind."""
    if not buys:
        return None
    clean = [s for s in sightings if s.amount and s.traits.isdisjoint(_SPOKEN_AGAINST)]
    before = [s for s in clean if 0 <= buys[0] - s.order <= _MID_BUY]
    behind = [s for s in clean if 0 < s.order - buys[0] <= _NEAR_BUY]
    return before[-1] if before else behind[0] if behind else None


def _has_struck_beside(line: Line, sighting: Sighting, found: list[tuple[Line, Sighting]], index: int) -> bool:
    return any(
        "struck" in other.traits and other.amount > sighting.amount and abs(at.number - line.number) <= 4
        for at, other in found[max(0, index - 4) : index + 5]
    )


def _unstruck(line: Line, sighting: Sighting, found: list[tuple[Line, Sighting]]) -> Sighting:
    if "struck" not in sighting.traits or not _is_lone(line, sighting, found):
        return sighting
    return replace(sighting, traits=(sighting.traits - {"struck"}) | {"lone_struck"}, role=PriceRole.PRICE)


def _is_lone(line: Line, sighting: Sighting, found: list[tuple[Line, Sighting]]) -> bool:
    """Whether only its class name calls it old, and no other amount near it could be the new one."""
    if any(box.tag in ("del", "s", "strike") for box in _up(line.boxes[0], 3)) or "label_list" in sighting.traits:
        return False
    return all(
        "struck" in other.traits or not other.traits.isdisjoint(_SPOKEN_AGAINST) or other.amount >= sighting.amount
        for at, other in found
        if abs(at.number - line.number) <= 6
    )


def _is_lowest(line: Line, sighting: Sighting, found: list[tuple[Line, Sighting]], index: int) -> bool:
    return all(other.amount >= sighting.amount for at, other in found[max(0, index - 4) : index + 5] if at is line)
