"""What shows of an amount only beside the others on its page: which stands first, what is struck beside it, what repeats."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, takewhile

from pricewatch_pipeline.domain.offers import PriceRole
from pricewatch_pipeline.parsing.boxes import Box
from pricewatch_pipeline.parsing.layout import Line
from pricewatch_pipeline.parsing.money_texts import Piece

NEAR_BUY, MID_BUY = 8, 25
"""Lines between an amount and a button that are few, or not many."""
_NEIGHBOURS = 4
"""Lines between two amounts that say something of each other."""
_OF_ITS_OWN_KIND = frozenset({"class_now", "struck", "label_instalment", "label_unit", "label_shipping", "label_now"})
"""With one of these an amount is not the price before of another."""
_ITEM_TAGS = frozenset({"li", "tr", "article", "option"})
_SPOKEN_AGAINST = frozenset(
    f"label_{label}"
    for label in ("list", "saving", "unit", "instalment", "shipping", "conditional", "without_tax", "used", "extra", "cart",
                  "points", "quantity", "lowest_before", "other_offer", "up_to")
) | {"signed", "struck", "hidden", "repeated", "region_related", "region_dialog", "region_cart", "region_footer",
     "region_navigation", "region_reviews", "option", "class_list", "class_saving", "class_unit", "class_instalment",
     "near_instalment", "class_shipping"}  # fmt: skip
"""With one of these an amount is hardly what a buyer pays."""


@dataclass(kw_only=True, slots=True)
class Draft:
    """One amount while it is looked at."""

    line: Line
    piece: Piece
    place: str
    amount: Decimal
    role: PriceRole
    traits: set[str]
    is_regular: bool
    """By its class name."""
    shares: frozenset[int]
    """The percentages written on it and on the lines around it."""


def up(box: Box, levels: int) -> list[Box]:
    found = [box]
    while levels and (above := box.parent) is not None:
        found.append(above)
        box = above
        levels -= 1
    return found


def repeated(lines: Sequence[Line], title: Line | None) -> frozenset[int]:
    """Numbers of the lines that stand in one of three or more sibling elements of one kind, each with an amount."""
    mains = {title.box, *title.box.ancestors()} if title else set()
    climbed = [(line.number, list(takewhile(lambda box: box not in mains, line.around))) for line in lines]
    families: dict[tuple[Box, str, str], list[Box]] = {}
    for box in dict.fromkeys(chain.from_iterable(boxes for _, boxes in climbed)):
        parent = box.parent
        kind = (box.attributes.get("class") or "")[:40]
        if parent is not None and (kind or box.tag in _ITEM_TAGS):
            families.setdefault((parent, box.tag, kind), []).append(box)
    items = {
        box for family in families.values() if len(family) > 2 and all(map(_is_item, family[:3])) for box in family
    }
    return frozenset(number for number, boxes in climbed if not items.isdisjoint(boxes)) if items else frozenset()


def _is_item(box: Box) -> bool:
    """Whether an element is an entry of a list of products: it has a link, and a picture or a heading."""
    node = box.node
    return (
        node.css_first("a[href]") is not None and node.css_first("img, picture, svg image, h2, h3, h4, h5") is not None
    )


def compare(found: Sequence[Draft], buys: Sequence[int]) -> None:
    """Add what shows only beside the others: which stands first, how often it is written, what is struck beside it."""
    _correct_struck(found)
    clean = [draft for draft in found if draft.amount and draft.traits.isdisjoint(_SPOKEN_AGAINST)]
    ranks = _ranks(clean)
    closest = _closest_to_button(clean, buys)
    if closest is not None:
        closest.traits.add("buy_closest")
    amounts = Counter(draft.amount for draft in found)
    has_struck = any("struck" in draft.traits for draft in found)
    for index, draft in enumerate(found):
        near = found[max(0, index - 4) : index + 5]
        traits = draft.traits
        if (rank := ranks.get(draft.amount)) is not None and "title_before" not in traits:
            traits.add(rank)
        if amounts[draft.amount] > 2:
            traits.add("often")
        if draft.amount == 0:
            traits.add("zero")
        if has_struck and "struck" not in traits and _has_struck_beside(draft, near):
            traits.add("beside_struck")
        if "shares_line" in traits and all(other.amount >= draft.amount for other in near if other.line is draft.line):
            traits.add("low_of_line")


def _correct_struck(found: Sequence[Draft]) -> None:
    """A price called old stands alone; another is the one before without being called so."""
    for draft in [draft for draft in found if "struck" in draft.traits and _is_lone(draft, found)]:
        draft.traits.remove("struck")
        draft.traits.add("lone_struck")
        draft.role = PriceRole.PRICE
    for index, draft in enumerate(found):
        near = found[max(0, index - 2) : index + 3]
        if any(_was_before(draft, other) for other in near if 0 < other.amount < draft.amount):
            draft.traits.add("struck")
            draft.role = PriceRole.LIST_PRICE


def _was_before(high: Draft, low: Draft) -> bool:
    """Whether class names say, or a percentage beside the two shows, that the higher of two neighbours is the price before."""
    if abs(high.line.number - low.line.number) > _NEIGHBOURS or not high.traits.isdisjoint(_OF_ITS_OWN_KIND):
        return False
    if not low.traits.isdisjoint(_SPOKEN_AGAINST - {"repeated"}):
        return False
    return ("class_now" in low.traits and (high.is_regular or "class_list" in high.traits)) or any(
        abs(high.amount * (100 - share) / 100 - low.amount) * 200 <= low.amount for share in low.shares & high.shares
    )


def _ranks(clean: Sequence[Draft]) -> dict[Decimal, str]:
    """The first two amounts behind the title that nothing speaks against."""
    behind = dict.fromkeys(draft.amount for draft in clean if "title_before" not in draft.traits)
    return dict(zip(behind, ("first_shown", "second_shown"), strict=False))


def _closest_to_button(clean: Sequence[Draft], buys: Sequence[int]) -> Draft | None:
    """Of the amounts that nothing speaks against, the last one before the first button that buys, else the first one behind."""
    if not buys:
        return None
    before = [draft for draft in clean if 0 <= buys[0] - draft.line.number <= MID_BUY]
    behind = [draft for draft in clean if 0 < draft.line.number - buys[0] <= NEAR_BUY]
    return before[-1] if before else behind[0] if behind else None


def _has_struck_beside(draft: Draft, near: Sequence[Draft]) -> bool:
    return any(
        "struck" in other.traits and other.amount > draft.amount and abs(other.line.number - draft.line.number) <= 4
        for other in near
    )


def _is_lone(draft: Draft, found: Sequence[Draft]) -> bool:
    """Whether only its class name calls it old, and no other amount near it could be the new one."""
    line = draft.line
    if "label_list" in draft.traits or any(box.tag in ("del", "s", "strike") for box in up(line.boxes[0], 3)):
        return False
    return all(
        "struck" in other.traits or not other.traits.isdisjoint(_SPOKEN_AGAINST) or other.amount >= draft.amount
        for other in found
        if abs(other.line.number - line.number) <= 6
    )
