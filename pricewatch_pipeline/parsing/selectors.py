"""A store's own strategies: `css`, `xpath`, `attr`, `json`, `regex`. They come from users and are treated as hostile.

Plain selectors are looked for in the tree that all readers share. What only libxml2 can say or bound (XPath, and the rest of
CSS by way of XPath) has the page parsed once more, by it.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from math import prod
from typing import Any, cast

import regex
from cssselect import SelectorError
from lxml import etree
from parsel.csstranslator import HTMLTranslator

from pricewatch_pipeline.domain.watches import Strategy
from pricewatch_pipeline.errors import UnsafePattern
from pricewatch_pipeline.parsing.documents import Document, Element, Node, text_of
from pricewatch_pipeline.parsing.embedded_json import everything, find, parse_path

LONGEST_EXPRESSION = 1_000
REGEX_TIMEOUT_S = 1.0
_MOST_MATCHES = 50
_LONGEST_VALUE = 2_000

# libxml2 has no time limit. Measured on 6,000 flat elements: each of these can take minutes, all else stays under seconds.
_SWEEP = re.compile(r"//|(?:descendant|ancestor)(?:-or-self)?::")
_MOST_SWEEPS = 5
_WHOLE_PAGE_IN_PREDICATE = re.compile(r"(?<![.\w\])*])//")
_OPEN_AXIS = re.compile(r"(?:following|preceding)::|(?:following|preceding)-sibling::(?![\w*-]+\s*\[\s*\d+\s*\])")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_FUNCTION = re.compile(r"([A-Za-z][\w.-]*(?::[A-Za-z][\w.-]*)?)\s*\(")
_XPATH_1_FUNCTIONS = frozenset(
    [
        "last",
        "position",
        "count",
        "id",
        "local-name",
        "namespace-uri",
        "name",
        "string",
        "concat",
        "starts-with",
        "contains",
        "substring-before",
        "substring-after",
        "substring",
        "string-length",
        "normalize-space",
        "translate",
        "boolean",
        "not",
        "true",
        "false",
        "lang",
        "number",
        "sum",
        "floor",
        "ceiling",
        "round",
        "text",
        "node",
        "comment",
        "processing-instruction",
        "and",
        "or",
        "div",
        "mod",
    ]
)
_REPEATS = re.compile(r"\{\s*(\d{1,9})")
_MOST_REPEATS = 10_000
_TRANSLATOR = HTMLTranslator()
_NAME = r"-?[A-Za-z_][\w-]*"
_COMPOUND = rf"(?:{_NAME}|\*)?(?:[.#]{_NAME}|\[{_NAME}(?:[~^$*|]?=(?:{_NAME}|\"[^\"\\]+\"|'[^'\\]+'))?\])*"
# At most one descendant combinator: with more, the time to search grows by powers of the page's depth.
_PLAIN_CSS = re.compile(
    rf"(?=\S)(?P<elements>{_COMPOUND}(?:\s*>\s*{_COMPOUND})*(?:\s+{_COMPOUND})?(?:\s*>\s*{_COMPOUND})*)"
    rf"(?:::(?P<text>text)|::attr\((?P<attribute>[\w:.-]+)\))?",
    re.ASCII,
)


def read_strategy(document: Document, strategy: Strategy) -> str | None:
    """What a strategy reads from a page: the first value with text, between its `prepend` and `append`.

    Raises:
        UnsafePattern: the expression is not valid, asks for what it may not, or took too long.
    """
    _check(strategy)
    reader = _READERS[strategy.kind]
    for value in reader(document, strategy.expression):
        text = " ".join(value[:_LONGEST_VALUE].split())
        if text:
            return f"{strategy.prepend}{text}{strategy.append}"
    return None


def check_strategy(strategy: Strategy) -> None:
    """Refuse an expression that can never work or is not allowed, without a page.

    Raises:
        UnsafePattern: says why.
    """
    _check(strategy)


@lru_cache(maxsize=1024)
def _check(strategy: Strategy) -> None:
    if strategy.kind not in _READERS:
        raise UnsafePattern(f"unknown strategy {strategy.kind!r}; there are: {', '.join(_READERS)}")
    if not strategy.expression.strip() or len(strategy.expression) > LONGEST_EXPRESSION:
        raise UnsafePattern(f"{strategy.kind}: an expression has from 1 to {LONGEST_EXPRESSION} characters")
    match strategy.kind:
        case "css":
            _xpath_of_css(strategy.expression)
        case "attr":
            _xpath_of_css(_css_of_attr(strategy.expression))
        case "xpath":
            _compiled(strategy.expression)
        case "json":
            parse_path(strategy.expression)
        case _:
            _pattern(strategy.expression)


def _css(document: Document, expression: str) -> Iterator[str]:
    plain = _PLAIN_CSS.fullmatch(expression.strip())
    if plain is None or not plain["elements"]:
        return _evaluate(document, _xpath_of_css(expression))
    nodes = document.tree.css(plain["elements"])
    if plain["attribute"]:
        values = (node.attributes.get(plain["attribute"].lower()) or "" for node in nodes)
    elif plain["text"]:
        values = (text for node in nodes for text in _own_texts(node))
    else:
        values = (text_of(node) for node in nodes)
    return islice(values, _MOST_MATCHES)


def _own_texts(node: Node) -> Iterator[str]:
    return (child.text_content or "" for child in node.iter(include_text=True) if child.is_text_node)


def _attr(document: Document, expression: str) -> Iterator[str]:
    return _css(document, _css_of_attr(expression))


def _xpath(document: Document, expression: str) -> Iterator[str]:
    return _evaluate(document, _compiled(expression))


def _json(document: Document, expression: str) -> Iterator[str]:
    steps = parse_path(expression)
    for value in everything(document):
        for found in find(value, steps):
            if isinstance(found, str | int | Decimal) and not isinstance(found, bool):
                yield str(found)


def _regex(document: Document, expression: str) -> Iterator[str]:
    pattern = _pattern(expression)
    try:
        match = pattern.search(document.text, timeout=REGEX_TIMEOUT_S)
    except TimeoutError:
        raise UnsafePattern(f"regex:{expression}: took longer than {REGEX_TIMEOUT_S:g} s; make it simpler") from None
    if match is not None:
        yield (match[1] if pattern.groups else match[0]) or ""


_READERS = {"css": _css, "xpath": _xpath, "attr": _attr, "json": _json, "regex": _regex}


def _xpath_of_css(expression: str) -> etree.XPath:
    try:
        return _limited(_TRANSLATOR.css_to_xpath(expression), f"css:{expression}")
    except (SelectorError, RecursionError, ValueError) as error:
        raise UnsafePattern(f"css:{expression}: not a CSS selector: {error}") from error


def _css_of_attr(expression: str) -> str:
    selector, separator, name = expression.rpartition("::")
    if not separator or not re.fullmatch(r"[\w:.-]{1,80}", name):
        raise UnsafePattern(f"attr:{expression}: write it as attr:SELECTOR::ATTRIBUTE")
    return f"{selector}::attr({name})"


def _compiled(expression: str) -> etree.XPath:
    for name in _FUNCTION.findall(_QUOTED.sub("''", expression)):
        if name.rpartition("::")[2] not in _XPATH_1_FUNCTIONS:
            raise UnsafePattern(f"xpath:{expression}: {name}() is not a function of XPath 1.0")
    return _limited(expression, f"xpath:{expression}")


def _limited(expression: str, shown: str) -> etree.XPath:
    """A compiled XPath without extension functions, refused when it would sweep the page too often."""
    bare = _QUOTED.sub("''", expression)
    outside, inside = _by_depth(bare)
    has_open_axis = _OPEN_AXIS.search(outside) or re.search(r"(?:following|preceding)::", inside)
    is_nested = _WHOLE_PAGE_IN_PREDICATE.search(inside) or len(_SWEEP.findall(inside)) > 1
    if has_open_axis or is_nested or len(_SWEEP.findall(bare)) > _MOST_SWEEPS:
        raise UnsafePattern(f"{shown}: searches the whole page too often; name the elements more exactly")
    try:
        return etree.XPath(expression, regexp=False, smart_strings=False)
    except (etree.XPathSyntaxError, ValueError) as error:  # ValueError: control characters, half a surrogate pair
        raise UnsafePattern(f"{shown}: not an XPath 1.0 expression: {error}") from error


def _by_depth(expression: str) -> tuple[str, str]:
    """The expression outside of predicates, and inside them; positions such as `[1]` count as outside."""
    depth = 0
    outside: list[str] = []
    inside: list[str] = []
    for piece in re.split(r"(\[\s*\d+\s*\]|[\[\]])", expression):
        depth += {"[": 1, "]": -1}.get(piece, 0)
        (inside if depth > 0 else outside).append(piece)
    return "".join(outside), " ".join(inside)


def _evaluate(document: Document, xpath: etree.XPath) -> Iterator[str]:
    try:
        found = xpath(document.lxml_root)
    except etree.XPathError as error:
        raise UnsafePattern(f"xpath:{xpath.path}: {error}") from error
    if not isinstance(found, list):
        yield "" if isinstance(found, bool) else str(found)
        return
    for item in found[:_MOST_MATCHES]:
        yield _text_of_element(item) if isinstance(item, Element) else str(item)


def _text_of_element(element: Element) -> str:
    """As `text_of`."""
    pieces = cast("list[Any]", element.xpath("descendant::text()[not(parent::script or parent::style)]"))
    return " ".join("".join(f" {p} " if p.getparent().tag in ("sup", "sub") else p for p in pieces).split())


def _pattern(expression: str) -> "regex.Pattern[str]":
    # Compiling writes a repeated part out as often as it is repeated at least: `(?:x{9999}){9999}` takes gigabytes.
    if prod(max(1, int(times)) for times in _REPEATS.findall(expression)) > _MOST_REPEATS:
        raise UnsafePattern(f"regex:{expression}: repeats parts more than {_MOST_REPEATS:,} times; make it simpler")
    try:
        return regex.compile(expression, regex.VERSION0)
    except (regex.error, RecursionError, OverflowError) as error:
        raise UnsafePattern(f"regex:{expression}: not a regular expression: {error}") from error
