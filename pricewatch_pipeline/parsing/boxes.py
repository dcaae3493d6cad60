"""Elements as they are laid out: what tags, attributes and ancestors say of the text inside; and what can be pressed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import NamedTuple

from selectolax.lexbor import LexborNode

from pricewatch_pipeline.parsing.class_words import traits_of, words_of

Node = LexborNode

_STRUCK_TAGS = frozenset({"del", "s", "strike"})
_HEADINGS = {f"h{n}": n for n in range(1, 7)}
_STICKY = frozenset({"related", "reviews", "footer", "dialog", "navigation", "cart"})
"""Regions within which no other begins, but by a dialog's or a menu's own words."""
_INSIDE_MAIN = frozenset({"main", "article", "section", "form"})
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?![.\d])", re.IGNORECASE)
_TELLS_NOTHING = frozenset(
    {"div", "span", "p", "li", "ul", "td", "tr", "tbody", "table", "b", "strong", "section", "br"}
)
_NEAR = 4
"""Levels of elements whose words count as a line's own."""


class Box:
    """One element as it is laid out. What its attributes say is looked at when somebody asks: most are never asked."""

    __slots__ = ("_attributes", "_state", "_words", "control", "depth", "holds_title", "node", "parent", "tag")

    def __init__(self, node: Node, tag: str, parent: "Box | None", *, holds_title: bool = False) -> None:
        self.node, self.tag, self.parent, self.holds_title = node, tag, parent, holds_title
        self.depth: int = 0 if parent is None else parent.depth + 1
        self._attributes: dict[str, str | None] | None = None
        self._state: State | None = None
        self._words: tuple[str, ...] | None = None
        self.control: Control | None = None if parent is None else parent.control
        """The button it is, or is in."""

    @property
    def attributes(self) -> dict[str, str | None]:
        if self._attributes is None:
            self._attributes = self.node.attributes
        return self._attributes

    @property
    def state(self) -> "State":
        """What holds for all that is in it."""
        state = self._state
        if state is None:
            unknown = [self, *takewhile(lambda box: box._state is None, self.ancestors())]  # noqa: SLF001 - its own class
            state = TOP
            for box in reversed(unknown):  # not by recursion: pages may be nested deeper than Python's calls
                state = TOP if box.parent is None else _state_of(box, box.parent.state)
                box._state = state  # noqa: SLF001
        return state

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
            attributes = self.attributes
            texts = (
                [attributes.get(name) for name in ("class", "id", "itemprop", "name", "action")] if attributes else []
            )
            texts += [name for name in attributes if name.startswith("data-")][:8]
            self._words = tuple(word for text in texts if text for word in words_of(text))
        return self._words


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
    traits = traits_of(tag, get("class") or "", get("id") or "", get("role") or "")
    style = get("style")
    region = None if box.holds_title and traits.region in _STICKY else traits.region
    return State(
        outer.region if region is None or region == outer.region else _region(box, region, outer.region),
        outer.is_hidden
        or not box.holds_title  # a page that hides itself until its scripts have run
        and (traits.is_hidden or "hidden" in attributes or bool(style and _HIDING.search(style))),
        outer.is_spoken or traits.is_spoken,
        outer.is_struck or traits.is_struck or tag in _STRUCK_TAGS or bool(style and "line-through" in style),
        outer.is_link or tag == "a",
        _HEADINGS.get(tag, outer.heading),
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

    @property
    def words(self) -> tuple[str, ...]:
        return near_words(self.box)

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


def near_words(box: Box, levels: int = _NEAR) -> tuple[str, ...]:
    """Words of an element and of its near ancestors, nearest first."""
    found: list[str] = []
    at: Box | None = box
    for _ in range(levels):
        if at is None:
            break
        found += at.words
        at = at.parent
    return tuple(found)
