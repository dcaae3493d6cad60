"""What a page may not ask of a parser: endless attributes, tags or nesting. Linear, whatever the page holds.

HTML parsers take time by the square of the attributes of a tag and of the depth of open elements (lexbor: 40,000
attributes 5 s, 100,000 nested elements 22 s), and nothing interrupts them. So it is found out before, from the bytes.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser, LexborNode

MOST_ATTRIBUTES = 2_000
"""In one tag of 66 kB or more; a shorter one cannot hold so many that they hurt."""
MOST_TAGS = 200_000
"""Counted as `<`. Real product pages have 5,000, the largest of the corpus 31,000."""
DEEPEST = 1_000
"""Elements within each other. Real pages stay below 50."""

_HARMLESS_TAGS = 32_000
"""So many take two seconds at the very worst, however they are nested."""
_STEP_TAGS = 10_000
_APART, _LOOK = 32_768, 4_096
"""Bytes between the places where the inside of a tag is looked for, and how much is looked at there."""
_NO_TEXT = bytes({*range(1, 9), *range(14, 27), *range(28, 32)})
"""Control characters, but for white space and the escape of ISO-2022; NUL is taken out before."""

_VALUE = rb"""(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s>"'][^\s>]*+)?+"""
_ATTRIBUTE = rb"(?:[^\s/>][^\s/>=]*+(?:\s*+=\s*+" + _VALUE + rb")?+[\s/]*+)"
# A stretch that may lie wholly inside of a tag: begun in a quoted value, before or in an unquoted one, or in or before a name.
_INSIDE_A_TAG = re.compile(
    rb"""(?:[^"]*+(?:"|\Z)|[^']*+(?:'|\Z)|\s*+"""
    + _VALUE
    + rb"|[^\s>]*+|[^\s/>=]*+(?:\s*+=\s*+"
    + _VALUE
    + rb")?+)[\s/]*+"
    + _ATTRIBUTE
    + rb"*+"
)
# All but what is clearly a short tag: at most twenty short values, at most 255 characters between them, then its end.
_ODD_TAG = re.compile(
    rb"""<[a-zA-Z](?!(?:[^>"'=]{1,255}+(?<![\s/])=(?:"[^"]{0,500}+"|'[^']{0,500}+'|[^\s>"'][^\s>]{0,500}+)){0,20}+"""
    rb"""[^>"'=]{0,255}+>)"""
)
_STEP = re.compile(rb"(?:[^<]*+<){%d}" % _STEP_TAGS)
_TAG = re.compile(rb"<[a-zA-Z][^\s/><]*+[\s/]++" + _ATTRIBUTE + rb"{0,%d}+" % MOST_ATTRIBUTES)


def refusal(body: bytes) -> str | None:
    """Why a page in UTF-8 is not to be parsed; None for all pages that people make."""
    if _is_binary(body):
        return "this is no text but an image or other data; it is not read"
    tags = body.count(b"<")
    if tags > MOST_TAGS:
        return f"the page has more than {MOST_TAGS:,} tags, as no real page does; it is not read"
    if has_crowded_tag(body):
        return f"a tag of the page has more than {MOST_ATTRIBUTES:,} attributes, as no real page's does; it is not read"
    if tags > _HARMLESS_TAGS and _is_too_deep(body):
        return f"elements of the page are nested more than {DEEPEST:,} deep, as no real page's are; it is not read"
    return None


def _is_binary(body: bytes) -> bool:
    """Whether control characters that no text has are more than a few of its first."""
    beginning = body[:_LOOK]
    return len(beginning) - len(beginning.translate(None, _NO_TEXT)) > max(8, len(beginning) // 100)


def has_crowded_tag(body: bytes) -> bool:
    """Whether a tag has more attributes than any real page's.

    A tag that is long enough to hurt goes on at two neighbouring places, at least. Only where the page may be inside of a tag at
    both, the tags before are measured; each `<x` as the beginning of one, also within scripts and quotes, so that none can hide.
    """
    places = [
        p for p in range(_APART, len(body), _APART) if _INSIDE_A_TAG.fullmatch(body, p, min(p + _LOOK, len(body)))
    ]
    budget = 8 * len(body) + 1_000_000
    for place, following in pairwise(places):
        if following - place > _APART:
            continue
        for odd in _ODD_TAG.finditer(body, place - _APART, place + 1):
            tag = _TAG.match(body, odd.start())
            if tag is None:
                continue
            budget -= tag.end() - tag.start()
            if budget < 0 or (tag.end() < len(body) and body[tag.end()] != ord(">")):
                return True
    return False


def parsed(body: bytes) -> LexborHTMLParser:
    """The tree, as a browser without scripts builds it."""
    return LexborHTMLParser(body, options=LexborDocumentOptions.WO_EVENTS)


def _is_too_deep(body: bytes) -> bool:
    """Parses more and more of the page, so that what would take hours is seen while it takes a second."""
    at = 0
    while (at := _after_tags(body, at)) < len(body):
        tree = parsed(body[:at])
        if tree.root is not None and (_depth(tree.root) > DEEPEST or _is_crowded(tree)):
            return True
    return False


def _after_tags(body: bytes, at: int) -> int:
    """The place after as many more tags as a step takes."""
    step = _STEP.match(body, at)
    return step.end() if step else len(body)


def _is_crowded(tree: LexborHTMLParser) -> bool:
    """`<html>` and `<body>` collect the attributes of every further tag of their name."""
    return any(len(node.attrs) > MOST_ATTRIBUTES for node in (tree.root, tree.body) if node is not None)


def _depth(root: LexborNode) -> int:
    depths: dict[int, int] = {}
    for node, above in _nodes(root):
        parent = node.parent
        depths[node.mem_id] = (depths.get(parent.mem_id, above) if parent is not None else above) + 1
    return max(depths.values(), default=0)


def _nodes(root: LexborNode) -> Iterator[tuple[LexborNode, int]]:
    """Every element; what templates hold counts from the root."""
    pending = [root]
    while pending:
        top = pending.pop()
        for node in top.traverse():
            yield node, 0
            if node.tag == "template":
                pending.extend(node.template_fragments())
