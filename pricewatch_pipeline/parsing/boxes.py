"""Elements as they are laid out: what tags, attributes and ancestors say of the text inside; and what can be pressed."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from operator import or_
from typing import NamedTuple

from selectolax.lexbor import LexborNode

from pricewatch_pipeline.parsing.class_words import PLAIN, Looks, looks_of, region_of, word_set, words_of
from pricewatch_pipeline.parsing.phrases import caseless

Node = LexborNode

INLINE = word_set(
    "a span b i em strong sup sub small big font u s del ins strike bdi bdo mark label abbr time data meter var code cite "
    "q wbr nobr tt kbd acronym dfn ruby rb"
)
_STRUCK_TAGS = frozenset({"del", "s", "strike"})
HEADINGS = {f"h{n}": n for n in range(1, 7)}
_STICKY = frozenset({"related", "reviews", "footer", "dialog", "navigation", "cart"})
"""Regions within which no other begins, but by a dialog's or a menu's own words."""
_INSIDE_MAIN = frozenset({"main", "article", "section", "form"})
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?![.\d])")
_TELLS_NOTHING = frozenset(
    {"div", "span", "p", "li", "ul", "td", "tr", "tbody", "table", "b", "strong", "section", "br"}
)
_NAMING = frozenset({"class", "id", "itemprop", "name", "action"})
_BADGES = frozenset({"badge", "badges", "sticker", "ribbon", "pill", "chip"})
_MOST_WORDS = 60
"""Of one element; after so many, names of data attributes add nothing."""
_LONGEST_NAMES = 2_000
"""Characters of one attribute that are looked at."""
_ENOUGH_WORDS = 8
"""Of a control, to know what it is named."""
_NEAR = 4
"""Levels of elements whose words count as a line's own."""


class Boxes:
    """The elements of one page that somebody asked for."""

    def __init__(self, body: Node, around_title: frozenset[int]) -> None:
        self.around_title = around_title
        """Identities of the elements around the page's heading."""
        self._body = body.mem_id
        self._known: dict[int, Box] = {}

    def of(self, node: Node) -> "Box":
        """The box of an element."""
        identity = node.mem_id
        box = self._known.get(identity)
        if box is None:
            box = self._known[identity] = Box(node, node.tag or "", identity, self)
        return box

    def parent_of(self, box: "Box") -> "Box | None":
        """None for the body."""
        node = box.node.parent
        return None if box.identity == self._body or node is None else self.of(node)


class Box:
    """One element as it is laid out. What its attributes say is looked at when somebody asks: most are never asked."""

    __slots__ = (
        "_attributes",
        "_boxes",
        "_depth",
        "_has_parent",
        "_inline_looks",
        "_is_badge",
        "_looks",
        "_parent",
        "_state",
        "_words",
        "identity",
        "node",
        "tag",
    )

    def __init__(self, node: Node, tag: str, identity: int, boxes: Boxes) -> None:
        self.node, self.tag, self.identity, self._boxes = node, tag, identity, boxes
        self._parent: Box | None = None
        self._has_parent = True
        self._depth = -1
        self._attributes: dict[str, str | None] | None = None
        self._state: State | None = None
        self._looks: Looks | None = None
        self._inline_looks: Looks | None = None
        self._is_badge: bool | None = None
        self._words: tuple[str, ...] | None = None

    @property
    def parent(self) -> "Box | None":
        """The element around it; None for the body."""
        if self._parent is None and self._has_parent:
            self._parent = self._boxes.parent_of(self)
            self._has_parent = self._parent is not None
        return self._parent

    @property
    def depth(self) -> int:
        """Elements around it."""
        if self._depth < 0:
            self._depth = sum(1 for _ in self.ancestors())
        return self._depth

    @property
    def holds_title(self) -> bool:
        """Whether the page's heading is within it."""
        return self.identity in self._boxes.around_title

    @property
    def attributes(self) -> dict[str, str | None]:
        if self._attributes is None:
            self._attributes = self.node.attributes
        return self._attributes

    @property
    def state(self) -> "State":
        """What holds for all that is in it."""
        if self._state is None:
            unknown: list[Box] = []
            box: Box | None = self
            while box is not None and box._state is None:  # noqa: SLF001 - its own class
                unknown.append(box)
                box = box.parent
            state = TOP if box is None or box._state is None else box._state  # noqa: SLF001
            for box in reversed(unknown):  # not by recursion: pages may be nested deeper than Python's calls
                if box.parent is not None:
                    state = _state_of(box, state)
                box._state = state  # noqa: SLF001
            self._state = state
        return self._state

    @property
    def looks(self) -> Looks:
        """How its text looks by its own tag and attributes."""
        if self._looks is None:
            self._looks = _looks_of(self.tag, self.attributes)
        return self._looks

    @property
    def inline_looks(self) -> Looks:
        """How its text looks by it and the inline elements around it, up to its block."""
        if self._inline_looks is None:
            looks, box = PLAIN, self
            while box.tag in INLINE:
                own = box.looks
                if own is not PLAIN:
                    looks = Looks(*map(or_, looks, own))
                if box.parent is None:
                    break
                box = box.parent
            self._inline_looks = looks
        return self._inline_looks

    @property
    def is_badge(self) -> bool:
        """Whether it is an inline element that says something of its own: `Sale`, `Sold out`."""
        if self._is_badge is None:
            self._is_badge = self.tag in INLINE and not _BADGES.isdisjoint(self.words)
        return self._is_badge

    def ancestors(self) -> "Iterator[Box]":
        """Its parent, that one's parent, ..."""
        box = self.parent
        while box is not None:
            yield box
            box = box.parent

    @property
    def words(self) -> tuple[str, ...]:
        """Of its own attributes."""
        if self._words is None:
            self._words = _words_of(self.attributes)
        return self._words


def _words_of(attributes: dict[str, str | None]) -> tuple[str, ...]:
    if len(attributes) == 1 and (names := attributes.get("class")):
        return words_of(names[:_LONGEST_NAMES])
    found: list[str] = []
    for name, value in attributes.items():
        if name in _NAMING:
            if value:
                found += words_of(value[:_LONGEST_NAMES])
        elif name.startswith("data-") and len(found) < _MOST_WORDS:
            found += words_of(name[:_LONGEST_NAMES])
    return tuple(found)


def _looks_of(tag: str, attributes: dict[str, str | None]) -> Looks:
    looks = looks_of((attributes.get("class") or "")[:_LONGEST_NAMES]) if attributes else PLAIN
    style = attributes.get("style")
    is_hidden = "hidden" in attributes or bool(style and _HIDING.search(caseless(style)))
    is_struck = tag in _STRUCK_TAGS or bool(style and "line-through" in style)
    if not is_hidden and not is_struck:
        return looks
    return Looks(looks.is_hidden or is_hidden, looks.is_spoken, looks.is_struck or is_struck)


class State(NamedTuple):
    """What an element has from its ancestors and from itself."""

    region: str = "main"
    is_hidden: bool = False
    is_spoken: bool = False
    is_struck: bool = False
    is_link: bool = False
    heading: int = 0


TOP = State()


def _state_of(box: Box, outer: State) -> State:
    attributes, tag = box.attributes, box.tag
    if not attributes and tag in _TELLS_NOTHING:
        return outer
    get = attributes.get
    names, identity, role = get("class") or "", get("id") or "", get("role") or ""
    region = region_of(tag, names[:_LONGEST_NAMES], identity[:_LONGEST_NAMES], role[:_LONGEST_NAMES])
    if region is None or region == outer.region or (region in _STICKY and box.holds_title):
        region = outer.region
    else:
        region = _region(box, region, outer.region)
    looks = box.looks
    if looks is PLAIN and region == outer.region and tag != "a" and tag not in HEADINGS:
        return outer
    # A page that hides itself until its scripts have run is shown in the end.
    is_hidden = outer.is_hidden or (looks.is_hidden and not box.holds_title)
    return State(
        region,
        is_hidden,
        outer.is_spoken or looks.is_spoken,
        outer.is_struck or looks.is_struck,
        outer.is_link or tag == "a",
        HEADINGS.get(tag, outer.heading),
    )


def _region(box: Box, said: str, outer: str) -> str:
    if outer in _STICKY:
        return said if said == "dialog" else outer
    if said in ("header", "footer") and any(above.tag in _INSIDE_MAIN for above in box.ancestors()):
        return outer
    return said


@dataclass(kw_only=True, slots=True)
class Control:
    """Something to press."""

    text: str
    """Its text, value or label."""
    box: Box
    line: int
    """The number of the line it is, or of the first one behind it."""
    _words: tuple[str, ...] | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """Of its own class, id and name, and where it has few, of those around it."""
        if self._words is None:
            self._words = near_words(self.box, enough=_ENOUGH_WORDS)
        return self._words

    @property
    def is_hidden(self) -> bool:
        return self.box.state.is_hidden

    @property
    def region(self) -> str:
        return self.box.state.region

    @property
    def is_disabled(self) -> bool:
        """By attribute or by a word of its class."""
        attributes = self.box.attributes
        return (
            "disabled" in attributes
            or attributes.get("aria-disabled") == "true"
            or "disabled" in words_of(attributes.get("class") or "")
        )


def near_words(box: Box, levels: int = _NEAR, enough: int = sys.maxsize) -> tuple[str, ...]:
    """Words of an element and of its near ancestors, nearest first; no further ones where there are enough."""
    found: list[str] = []
    at: Box | None = box
    for _ in range(levels):
        if at is None or len(found) >= enough:
            break
        found += at.words
        at = at.parent
    return tuple(found)
