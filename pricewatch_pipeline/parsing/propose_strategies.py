"""Finds ways to read a price that is known: selectors of the elements that show it, and paths to it in embedded JSON."""

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations, islice

from pricewatch_pipeline.domain.offers import PriceText
from pricewatch_pipeline.domain.watches import Strategy
from pricewatch_pipeline.errors import UnsafePattern
from pricewatch_pipeline.parsing.documents import Document, Node, text_of
from pricewatch_pipeline.parsing.embedded_json import Json, everything
from pricewatch_pipeline.parsing.price_text import read_price
from pricewatch_pipeline.parsing.selectors import LONGEST_EXPRESSION, read_strategy

MOST_PROPOSALS = 80
_MOST_ELEMENTS = 30
_LEVELS = 3
"""How far above the text its element is looked for: `<span class=price><bdi>9.99</bdi></span>`."""
_LONGEST_TEXT = 60
"""Characters of an element that is a price and nothing else."""
_MOST_JSON_NODES = 50_000
_DEEPEST = 12
# A name with digits is made by a machine, as a rule: of a build, a product, a column.
_STABLE = re.compile(r"[A-Za-z]{2,}(?:[-_]{1,2}[A-Za-z]+)*")
_MOST_CLASSES = 4
_PLAIN_KEY = re.compile(r"[A-Za-z_][\w-]*")
_ID_AS_KEY = re.compile(r".*\d{3,}.*|[0-9a-f-]{12,}")


def strategies_for(document: Document, amount: Decimal, *, locale: str | None) -> list[Strategy]:
    """Ways that read this amount from the page, those likely to last first; each was tried on it."""
    proposed = dict.fromkeys((*_selectors(document, amount, locale), *_paths(document, amount, locale)))
    sound = (one for one in islice(proposed, MOST_PROPOSALS * 3) if _amount(document, one, locale) == amount)
    return sorted(islice(sound, MOST_PROPOSALS), key=_frailty)


def read_with(document: Document, strategy: Strategy, *, locale: str | None) -> PriceText | None:
    """What a strategy reads as a price; None where it yields nothing."""
    try:
        raw = read_strategy(document, strategy)
    except UnsafePattern:
        return None
    return None if raw is None else read_price(raw, locale=locale)


def _amount(document: Document, strategy: Strategy, locale: str | None) -> Decimal | None:
    price = read_with(document, strategy, locale=locale)
    return price.amount if price else None


def _frailty(strategy: Strategy) -> tuple[int, int]:
    """What a redesign breaks last comes first: names with a meaning, then ids, then classes, then places in data."""
    expression = strategy.expression
    order = ("[itemprop", "#", "[data-", "meta", ".")
    kind = next((rank for rank, begin in enumerate(order) if begin in expression), len(order))
    return (len(order) if strategy.kind == "json" else kind, len(expression))


def _selectors(document: Document, amount: Decimal, locale: str | None) -> Iterator[Strategy]:
    for node in _elements(document, amount, locale):
        for selector in _names_of(node):
            yield Strategy(kind="css", expression=selector)
    for node in document.tree.css("[content], [value], [data-price], [data-product-price]")[:2_000]:
        for name in ("content", "value", "data-price", "data-product-price"):
            value = node.attributes.get(name)
            if value and len(value) <= _LONGEST_TEXT and read_price(value, locale=locale).amount == amount:
                own = [f'meta[property="{p}"]' for p in [node.attributes.get("property")] if p and '"' not in p]
                for selector in (*own, *_names_of(node), *([f"[{name}]"] if name.startswith("data-") else [])):
                    yield Strategy(kind="attr", expression=f"{selector}::{name}")


def _elements(document: Document, amount: Decimal, locale: str | None) -> Iterator[Node]:
    """The elements that show the amount and nothing else, innermost first."""
    showing = (line for line in document.layout.lines if not line.is_hidden and not line.is_struck)
    texts = (line for line in showing if len(line.text) <= _LONGEST_TEXT and any(c.isdigit() for c in line.text))
    matching = (line for line in texts if read_price(line.text, locale=locale).amount == amount)
    for line in islice(matching, _MOST_ELEMENTS):
        # Its pieces too: `Our price: <b>9.99</b>` is one line.
        for innermost in {box.node.mem_id: box.node for box in (*line.boxes, line.box)}.values():
            node: Node | None = innermost
            for _ in range(_LEVELS):
                if node is None or read_price(text_of(node)[: _LONGEST_TEXT * 2], locale=locale).amount != amount:
                    break
                yield node
                node = node.parent


def _names_of(node: Node) -> Iterator[str]:
    """Selectors for an element: what it is said to be, its id, its classes, its classes within those of its parents."""
    own = list(_own_names(node))
    yield from own
    parent = node.parent
    for _ in range(_LEVELS):
        if parent is None:
            return
        for outer in islice(_own_names(parent), 3):
            for inner in own[:3] or ([node.tag] if node.tag else []):
                yield f"{outer} {inner}"
        parent = parent.parent


def _own_names(node: Node) -> Iterator[str]:
    attributes = node.attributes
    if (prop := attributes.get("itemprop")) and _STABLE.fullmatch(prop):
        yield f"[itemprop={prop}]"
    if (name := attributes.get("id")) and _STABLE.fullmatch(name):
        yield f"#{name}"
    for attribute in attributes:
        if attribute.startswith("data-") and "price" in attribute and _STABLE.fullmatch(attribute):
            yield f"[{attribute}]"
    classes = [name for name in (attributes.get("class") or "").split() if _STABLE.fullmatch(name)][:_MOST_CLASSES]
    yield from (f".{name}" for name in classes)
    yield from (f".{one}.{other}" for one, other in combinations(classes, 2))


def _paths(document: Document, amount: Decimal, locale: str | None) -> Iterator[Strategy]:
    for value in everything(document):
        for path, leaf in _leaves(value):
            if _is_amount(leaf, amount, locale) and len(path) < LONGEST_EXPRESSION:
                yield Strategy(kind="json", expression=path)


def _leaves(value: Json) -> Iterator[tuple[str, Json]]:
    """(path, value) of every number and short text whose name speaks of a price, in document order; bounded."""
    stack: list[tuple[str, Json, int, bool]] = [("$", value, 0, False)]
    for _ in range(_MOST_JSON_NODES):
        if not stack:
            return
        path, item, depth, is_price = stack.pop()
        match item:
            case dict() | list() if depth < _DEEPEST:
                inner = item.items() if isinstance(item, dict) else enumerate(item[:50])
                below = [
                    (path + _step(key), v, depth + 1, _speaks_of_price(key) or (is_price and not isinstance(key, str)))
                    for key, v in inner
                ]
                stack.extend(reversed(below))
            case bool() | dict() | list():
                continue
            case int() | Decimal() | str() if is_price or path.endswith((".value", ".amount")):
                yield path, item


def _speaks_of_price(key: object) -> bool:
    return isinstance(key, str) and "price" in key.lower()


def _step(key: object) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    name = str(key)
    if _ID_AS_KEY.fullmatch(name) or "'" in name:
        return "[*]"
    return f".{name}" if _PLAIN_KEY.fullmatch(name) else f"['{name}']"


def _is_amount(leaf: Json, amount: Decimal, locale: str | None) -> bool:
    if isinstance(leaf, str):
        return len(leaf) <= _LONGEST_TEXT and read_price(leaf, locale=locale).amount == amount
    return Decimal(leaf) == amount
