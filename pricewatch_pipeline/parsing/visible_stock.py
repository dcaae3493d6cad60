"""What a reader sees of a product's stock: statements beside its title and its button, and the button itself."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.stock_choice import CANNOT_BE_HAD, StockSign
from pricewatch_pipeline.parsing.boxes import Box
from pricewatch_pipeline.parsing.buy_words import LONGEST_LABEL, Says, is_named_to_buy, labels_in, what_control_says
from pricewatch_pipeline.parsing.class_words import words_of
from pricewatch_pipeline.parsing.layout import Layout, Line
from pricewatch_pipeline.parsing.stock_words import LONGEST_STATEMENT, is_delivery, statements_in

_AROUND_TITLE = (-25, 60)
_AROUND_BUTTON = (-60, 12)
"""Lines before and behind, in which a statement is about the product."""
_AROUND_PRICE = (-15, 25)
_BESIDE_TITLE = (-20, 30)
_NEAR = 30
_BUTTON_BEHIND = 90
"""Lines from the title to its button."""
_BUTTON_AWAY = 220
"""... where it stands in a column of its own, which may come first."""
_CARDS = 3
"""Buttons that are alike belong to cards of products when there are this many."""
_CHOICE_NEAR = 25
_LONGEST_BUTTON = 5
"""Words; a size that is sold out says which."""
_PLACES = frozenset({"main", "aside", "header"})
_CARTS = frozenset({"cart"})
"""Forms that put something into the cart are named after it."""
_CLASS_PAIRS = {("in", "stock"): Availability.IN_STOCK, ("sold", "out"): Availability.OUT_OF_STOCK}
_CLASS_WORDS = {
    "instock": Availability.IN_STOCK,
    "outofstock": Availability.OUT_OF_STOCK,
    "soldout": Availability.OUT_OF_STOCK,
}
_LONGEST_CLASSED = 40
_VARIANT = frozenset(
    ["swatch", "swatches", "variant", "variants", "option", "options", "size", "sizes", "radio", "color", "colour"]
)
_STOCK = frozenset(["stock", "availability", "available", "instock", "outofstock", "inventory"])
_BADGE = frozenset(["badge", "badges", "label", "flag", "flags", "sticker", "ribbon", "tag"])
"""Often there for all products, and shown by style sheets for some."""


@dataclass(frozen=True, kw_only=True)
class _Button:
    """A control, or a link that reads like one."""

    text: str
    line: int
    says: Says
    words: tuple[str, ...]
    """Of its own class, id and name."""
    is_disabled: bool


def has_own_button(layout: Layout) -> bool:
    """Whether one product is sold beside the page's title: not each of several."""
    title = layout.title_line
    if title is None:
        return False
    buttons = _buttons(layout, title.number, _PLACES | {title.region})
    own = _own_button(buttons, title.number)
    if own is None or own.line - title.number > _BUTTON_BEHIND:
        return False
    return sum(_look(button) == _look(own) for button in buttons) < _CARDS


def has_own_statement(layout: Layout) -> bool:
    """Whether the stock of one product is told beside the page's title."""
    title = layout.title_line
    if title is None:
        return False
    places = _PLACES | {title.region}
    lines = _lines_around(layout.lines, [(title.number, _BESIDE_TITLE)])
    said = [lines[index] for index, _ in statements_in([line.text for line in lines])]
    shapes = [_shape(line.box) for line in said if _is_seen(line, places)]
    return any(
        sum(line.box.tag == shape[0] and _shape(line.box) == shape for line in layout.lines) < _CARDS
        for shape in shapes
    )


def _shape(box: Box) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    return box.tag, box.words, box.parent.words if box.parent else ()


def visible_signs(layout: Layout, price_line: int | None = None) -> Iterator[StockSign]:
    """Everything seen that says whether the page's product can be had, the nearest first.

    Args:
        layout: of the page.
        price_line: where the product's price stands, where that is known; it helps where the title is not told from others.
    """
    title = layout.title_line
    places = _PLACES | {title.region} if title else _PLACES
    at = title.number if title else price_line
    buttons = _buttons(layout, at, places)
    own = _own_button(buttons, at)
    anchors = [] if at is None else [(at, _AROUND_TITLE)]
    if own:
        anchors.append((own.line, _AROUND_BUTTON))
    if price_line is not None:
        anchors.append((price_line, _AROUND_PRICE))
    lines = _lines_around(layout.lines, anchors)
    yield from _stated(lines, [number for number, _ in anchors], places)
    yield from _pressed(own, buttons, has_title=at is not None)


def _buttons(layout: Layout, at: int | None, places: frozenset[str]) -> list[_Button]:
    """What can be pressed around the product and says what it is for. Links are looked at where no control buys it."""
    found = list(_controls(layout, at, places | _CARTS))
    if _own_button(found, at) is None:
        found = sorted([*found, *_links(layout, at, places)], key=lambda button: button.line)
    return found


def _controls(layout: Layout, title: int | None, places: frozenset[str]) -> Iterator[_Button]:
    for control in layout.controls:
        if (title is not None and abs(control.line - title) > _BUTTON_AWAY) or len(control.text) > LONGEST_LABEL:
            continue
        says = what_control_says(control)
        if says and control.region in places and not control.is_hidden:
            words, is_disabled = control.box.words, control.is_disabled
            yield _Button(text=control.text, line=control.line, says=says, words=words, is_disabled=is_disabled)


def _links(layout: Layout, title: int | None, places: frozenset[str]) -> Iterator[_Button]:
    first, last = (0, len(layout.lines)) if title is None else (title + _AROUND_TITLE[0], title + _BUTTON_AWAY)
    lines = [line for line in layout.lines[max(first, 0) : last + 1] if len(line.text) <= LONGEST_LABEL]
    for index, says, is_full in labels_in([line.text for line in lines]):
        line = lines[index]
        if line.control is None and line.region in places and not line.is_hidden and _is_pressed(line, is_full=is_full):
            words = line.box.words
            is_disabled = "disabled" in words
            yield _Button(text=line.text, line=line.number, says=says, words=words, is_disabled=is_disabled)


def _is_pressed(line: Line, *, is_full: bool) -> bool:
    """Whether a text that reads like a button's is one: a link, or an element that is named so."""
    return (line.is_link and is_full) or is_named_to_buy(line.box.words)


def _own_button(buttons: Sequence[_Button], title: int | None) -> _Button | None:
    """The product's own: the first behind its title, else the first before it that is no card's."""
    buying = [button for button in buttons if button.says in (Says.BUY, Says.PRE_ORDER)]
    if title is not None:
        behind = next((button for button in buying if 0 <= button.line - title <= _BUTTON_BEHIND), None)
        if behind:
            return behind
    alike = Counter(_look(button) for button in buying)
    return next((button for button in buying if alike[_look(button)] < _CARDS), None)


def _look(button: _Button) -> object:
    return button.words or button.text


def _lines_around(lines: Sequence[Line], anchors: Sequence[tuple[int, tuple[int, int]]]) -> list[Line]:
    """Short lines near any of some places, whether they can be seen or not."""
    numbers: set[int] = set()
    for at, (before, behind) in anchors:
        numbers.update(range(max(at + before, 0), min(at + behind, len(lines))))
    near = [lines[number] for number in sorted(numbers)]
    return [line for line in near if len(line.text) <= LONGEST_STATEMENT]


def _is_seen(line: Line, places: frozenset[str]) -> bool:
    return line.region in places and not line.is_hidden and not line.is_spoken and line.box.tag != "option"


def _stated(lines: Sequence[Line], anchors: Sequence[int], places: frozenset[str]) -> Iterator[StockSign]:
    said = dict(statements_in([line.text for line in lines]))
    found = [
        (min(abs(line.number - at) for at in anchors), line, availability)
        for index, line in enumerate(lines)
        if (availability := said.get(index) or _classed(line)) and _is_seen(line, places)
    ]
    for distance, line, availability in sorted(found, key=lambda hit: hit[0]):
        if kind := _kind(line, distance, availability):
            yield StockSign(availability=availability, kind=kind, said=line.text)
    if not found:
        promises = (line for line in lines if is_delivery(line.text) and _is_seen(line, places))
        if promise := next(promises, None):
            yield StockSign(availability=Availability.IN_STOCK, kind="far text", said=promise.text)


def _kind(line: Line, distance: int, availability: Availability) -> str | None:
    """What a statement is worth; None where it is of one variant only."""
    if availability in CANNOT_BE_HAD:
        if line.control is not None:
            return "sold out button" if len(line.text.split()) <= _LONGEST_BUTTON else None
        words = line.box.words + (line.box.parent.words if line.box.parent else ())
        if not _VARIANT.isdisjoint(words) and _STOCK.isdisjoint(words):
            return None
        if not _BADGE.isdisjoint(words):
            return "far text"
    return "text" if distance <= _NEAR else "far text"


def _classed(line: Line) -> Availability | None:
    """What the class of a short text says, whatever language the text is in."""
    if len(line.text) > _LONGEST_CLASSED:
        return None
    names = (line.box.attributes.get("class") or "").lower()
    if not ("stock" in names or "sold" in names):
        return None
    words = words_of(names)
    if ("out", "of", "stock") in zip(words, words[1:], words[2:], strict=False):
        return Availability.OUT_OF_STOCK
    by_pair = next((_CLASS_PAIRS[pair] for pair in pairwise(words) if pair in _CLASS_PAIRS), None)
    return by_pair or next((_CLASS_WORDS[word] for word in words if word in _CLASS_WORDS), None)


def _pressed(own: _Button | None, buttons: Sequence[_Button], *, has_title: bool) -> Iterator[StockSign]:
    """What the product's button says; where it has none, that one can be told when it is there again."""
    if own is None:
        yield from _instead_of_it(buttons, has_title=has_title)
    elif not own.is_disabled:
        availability = Availability.PRE_ORDER if own.says is Says.PRE_ORDER else Availability.IN_STOCK
        is_card = sum(_look(button) == _look(own) for button in buttons) >= _CARDS
        kind = "one of several buttons" if is_card else "buy button"
        yield StockSign(availability=availability, kind=kind, said=own.text[:60])
    elif not any(b.says is Says.CHOOSE and abs(b.line - own.line) <= _CHOICE_NEAR for b in buttons):
        yield StockSign(availability=Availability.OUT_OF_STOCK, kind="disabled buy button", said=own.text[:60])


def _instead_of_it(buttons: Sequence[_Button], *, has_title: bool) -> Iterator[StockSign]:
    for says, availability, kind in (
        (Says.NOTIFY, Availability.OUT_OF_STOCK, "notify button"),
        (Says.ELSEWHERE, Availability.IN_STOCK, "other shops"),
    ):
        found = next((button for button in buttons if button.says is says), None)
        if found and has_title:
            yield StockSign(availability=availability, kind=kind, said=found.text[:60])
