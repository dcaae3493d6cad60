"""A page's visible text as a reader meets it: lines in their order, where on the page they stand, and what can be pressed.

One pass over the tree. Nobody runs style sheets here: what is inline and what is hidden is told by tags, attributes and the
words of class names.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from selectolax.lexbor import LexborHTMLParser

from pricewatch_pipeline.domain.lazy import cached_property
from pricewatch_pipeline.parsing.boxes import HEADINGS, INLINE, Box, Boxes, Control, Node, near_words
from pricewatch_pipeline.parsing.class_words import word_set, words_of
from pricewatch_pipeline.parsing.inline_text import begins_line, joined, told_apart

MOST_LINES = 20_000
_DEEPEST = 1_000
LONGEST_LINE = 4_000
"""Characters; the rest of a longer run is cut."""

_SKIPPED = word_set(
    "script style noscript template svg head iframe object canvas math video audio meta link source track param "
    "map picture img"
)
_BUTTON_WORDS = frozenset({"button", "btn", "cta", "submit"})
_PRESSED_TAGS = frozenset({"button", "input", "a", "div", "span"})
_PRESSED_INPUTS = frozenset({"submit", "button", "image"})
_PARTS_OF_BUTTONS = ("btn", "button", "cta")
PRESSED_QUERY = (
    "button, input[type=submit i], input[type=button i], input[type=image i], [role=button], "
    "a[class*=btn i], a[class*=button i], a[class*=cta i]"
)
_MOST_TITLES, _LONGEST_TITLE = 1_500, 250
"""Lines of a page without headings among which its title is looked for, and their characters."""
_LEVELS = 9
"""Elements around a line that are near it: its own and eight more."""
_FEW_PIECES = 4
"""So many are looked at one by one also where they hold no digit: what is hidden among them must stand apart."""
_ELSEWHERE = frozenset({"related", "reviews", "footer", "dialog", "navigation", "cart"})
_MOST_PIECES = 30
"""Of a run; one with more is prose, which is not taken apart."""
_DIGIT = re.compile(r"\d")
_BLOCK, _INLINE, _SKIP, _TEXT = 0, -1, -2, -3
"""What the walk does with a node; a heading's kind is its rank."""


def _kinds() -> dict[int, int]:
    """The kinds of all nodes but blocks, by the parser's numbers: these are told and compared in half the time of names."""
    create = LexborHTMLParser("").create_node
    kinds = {create(tag).tag_id: _INLINE for tag in INLINE}
    kinds.update((create(tag).tag_id, rank) for tag, rank in HEADINGS.items())
    kinds.update((create(tag).tag_id, _SKIP) for tag in _SKIPPED)
    for node in LexborHTMLParser("<p>text<!-- comment --></p>").css("p")[0].iter(include_text=True):
        kinds[node.tag_id] = _TEXT if node.is_text_node else _SKIP
    return kinds


_KINDS = _kinds()


class Line:
    """One run of visible text."""

    __slots__ = ("_around", "_box", "_boxes", "_made", "_nodes", "control", "heading", "number", "text")

    def __init__(
        self, number: int, text: str, nodes: tuple[Node, ...], made: Boxes, heading: int, control: Control | None
    ) -> None:
        self.number, self.text, self._nodes, self._made = number, text, nodes, made
        self.heading = heading
        """1 to 6 in a heading, else 0."""
        self.control = control
        """The button it stands in."""
        self._boxes: tuple[Box, ...] | None = None
        self._box: Box | None = None
        self._around: tuple[Box, ...] | None = None

    def __repr__(self) -> str:
        return f"Line({self.number}, {self.text!r}, {self.region})"

    @property
    def boxes(self) -> tuple[Box, ...]:
        """The elements that hold its pieces. Made when somebody asks: most lines are never looked at."""
        if self._boxes is None:
            nodes, box_of = self._nodes, self._made.of
            self._boxes = (box_of(nodes[0]),) if len(nodes) == 1 else tuple(dict.fromkeys(map(box_of, nodes)))
        return self._boxes

    @property
    def box(self) -> Box:
        """The innermost element that holds all of it."""
        if self._box is None:
            boxes = self.boxes
            self._box = boxes[0] if len(boxes) == 1 else _holding(boxes)
        return self._box

    @property
    def around(self) -> tuple[Box, ...]:
        """Its box and those around it, the innermost first, up to a few levels."""
        if self._around is None:
            self._around = tuple(islice(chain((self.box,), self.box.ancestors()), _LEVELS))
        return self._around

    @property
    def region(self) -> str:
        """main, header, navigation, footer, aside, related, reviews, dialog or cart."""
        return self.box.state.region

    @property
    def node(self) -> Node:
        """That of its box."""
        return self.box.node

    @property
    def words(self) -> tuple[str, ...]:
        """Of class, id, itemprop and data-* names of the elements that hold its text, then of those around them."""
        inner = [word for box in self.boxes if box is not self.box for word in box.words]
        return (*inner, *near_words(self.box))

    @property
    def is_hidden(self) -> bool:
        return self.boxes[0].state.is_hidden

    @property
    def is_spoken(self) -> bool:
        """For screen readers only; it often holds in whole what is shown in pieces."""
        return self.boxes[0].state.is_spoken

    @property
    def is_struck(self) -> bool:
        return self.boxes[0].state.is_struck

    @property
    def is_link(self) -> bool:
        return all(box.state.is_link for box in self.boxes)

    @property
    def depth(self) -> int:
        return self.box.depth


@dataclass(kw_only=True)
class Layout:
    """The lines of a page and its controls, in document order."""

    lines: list[Line] = field(default_factory=list)
    controls: list[Control] = field(default_factory=list)
    headings: list[Line] = field(default_factory=list)
    """The lines within `<h1>` to `<h6>`."""
    title_texts: tuple[str, ...] = ()
    """What the page's head calls it."""

    @cached_property
    def title_line(self) -> Line | None:
        """The line of the product's title: the heading that the page's head repeats, else its first `<h1>`, else such a line."""
        named = _names(self.title_texts)
        headings = [line for line in self.headings[:300] if len(line.text) > 2]
        # Where a line stands is asked last: it costs more than its text.
        agreed = [
            (length, -line.heading, -line.number, line)
            for line in headings
            if (length := named_length(line.text, named))
            and not line.is_hidden
            and (line.heading == 1 or line.region not in _ELSEWHERE)
        ]
        if agreed:
            return max(agreed, key=lambda found: found[:3])[3]
        tops = [line for line in headings if line.heading == 1 and not line.is_hidden]
        if tops:
            return next((line for line in tops if line.region not in _ELSEWHERE), tops[0])
        texts = (line for line in self.lines[:_MOST_TITLES] if 3 < len(line.text) <= _LONGEST_TITLE)
        found = (line for line in texts if named_length(line.text, named))
        return next((line for line in found if not line.is_hidden and line.region not in _ELSEWHERE), None)


_PARTING = re.compile(r"\s+[|–—•·»›/:-]+\s+|[|»›]|\s::\s")
"""Between a product and its shop in a page's title."""
_LONGEST_NAME = 500
"""Characters of a title that are looked at."""
_LONG_NAME = 8
"""Characters; what is shorter is a word that may stand in any title."""
_WORD = re.compile(r"\w+")


def plain_words(text: str) -> str:
    """Its words alone, in lower case."""
    return " ".join(_WORD.findall(text.casefold()))


def _names(texts: tuple[str, ...]) -> frozenset[str]:
    """Titles in the page's head, whole and in the parts that dashes part."""
    parts = (part for text in texts for part in (text[:_LONGEST_NAME], *_PARTING.split(text[:_LONGEST_NAME])))
    return frozenset(name for part in parts if len(name := plain_words(part)) > 3)


def named_length(text: str, names: frozenset[str]) -> int:
    """How much of a text and a title in the head is the same: one is the other, or within it; 0 for nothing."""
    mine = plain_words(text)
    if mine in names:
        return len(mine)
    inside = [len(mine) for name in names if len(mine) > _LONG_NAME and mine in name]
    around = [len(name) for name in names if len(name) > _LONG_NAME and name in mine[: 2 * len(name)]]
    return max(*inside, *around, 0, 0)


def layout_of(
    body: Node | None,
    title_texts: tuple[str, ...] = (),
    marked: Sequence[tuple[Node, Mapping[str, str | None]]] | None = None,
) -> Layout:
    """Lay a page out.

    Args:
        body: the element to lay out.
        title_texts: what the page's head calls it.
        marked: every `<h1>` in it and what `PRESSED_QUERY` finds, with their attributes; others among them do not matter.
            Looked for where they are not given.
    """
    layout = Layout(title_texts=title_texts)
    if body is not None:
        if marked is None:
            marked = [(node, node.attributes) for node in body.css(f"h1, {PRESSED_QUERY}")]
        tops = {node.mem_id: node for node, _ in marked if node.tag == "h1"}
        pressed = {node.mem_id for node, attributes in marked if _is_pressed(node.tag, attributes)}
        _Walk(layout, Boxes(body, _around_heading(list(tops.values()))), pressed).through(body)
    return layout


def _around_heading(tops: Sequence[Node]) -> frozenset[int]:
    """The elements around the page's one first heading: whatever their names say, they are no list of other products."""
    found: set[int] = set()
    at = tops[0].parent if len(tops) == 1 else None
    while at is not None and len(found) < _DEEPEST:
        found.add(at.mem_id)
        at = at.parent
    return frozenset(found)


Piece = tuple[str, Node]
"""A text and the element that it stands in."""


class _Walk:
    """One pass over a tree; the run of inline text that is being gathered."""

    def __init__(self, layout: Layout, boxes: Boxes, pressed: set[int]) -> None:
        self.layout, self.boxes, self.pressed = layout, boxes, pressed
        self.pieces: list[Piece] = []
        self.open: list[tuple[Node, int]] = []
        """The elements we are in, with their kinds."""
        self.control: Control | None = None
        """The one we are in."""
        self.control_at = 0
        """How many elements are open outside of it."""
        self.heading = 0

    def through(self, body: Node) -> None:  # noqa: C901 - one loop; a call for each node would cost as much as all of it
        """Visit every element that is laid out, without recursion and looking at as little as possible."""
        opened, pieces, lines, pressed, kind_of = self.open, self.pieces, self.layout.lines, self.pressed, _KINDS.get
        opened.append((body, _BLOCK))
        holder = body
        has_gap = False
        node = body.first_child
        while node is not None:
            kind = kind_of(node.tag_id, _BLOCK)
            if kind == _TEXT:
                text = node.text_content
                if text:
                    if not text.isspace():
                        pieces.append((f" {text}" if has_gap else text, holder))
                        has_gap = False
                    elif pieces:
                        has_gap = True
            elif kind != _SKIP:
                if kind != _INLINE:
                    if pieces:
                        self._flush()
                    has_gap = False
                if len(lines) >= MOST_LINES:
                    return
                if pressed and node.mem_id in pressed:
                    self._press(node)
                if (inner := node.first_child) is not None:
                    if kind > 0:
                        self.heading = kind
                    opened.append((node, kind))
                    holder = node
                    node = inner
                    continue
            while (following := node.next) is None:
                node, kind = opened.pop()
                if not opened:
                    self._flush()
                    return
                if kind != _INLINE:
                    if pieces:
                        self._flush()
                    has_gap = False
                    if kind > 0:
                        self.heading = 0
                if self.control is not None and len(opened) <= self.control_at:
                    self._flush()
                    self.control = None
                holder = opened[-1][0]
            node = following
        self._flush()

    def _press(self, node: Node) -> None:
        """Something to press begins, unless we are in one."""
        if self.control is not None:
            return
        self._flush()
        box = self.boxes.of(node)
        control = Control(text=_said(box.attributes, box.tag), box=box, line=len(self.layout.lines))
        self.layout.controls.append(control)
        if node.first_child is not None:
            self.control, self.control_at = control, len(self.open)

    def _flush(self) -> None:
        pieces = self.pieces
        if len(pieces) == 1:
            text, node = pieces[0]
            self._line(text, (node,))
        elif pieces:
            self._run(pieces)
        pieces.clear()

    def _run(self, pieces: list[Piece]) -> None:
        is_plain = not _DIGIT.search("".join([text for text, _ in pieces]))
        if len(pieces) > _MOST_PIECES or (is_plain and len(pieces) > _FEW_PIECES):
            self._line(told_apart([text for text, _ in pieces]), tuple([node for _, node in pieces]))
            return
        run: list[tuple[str, Box]] = []
        box_of = self.boxes.of
        for text, node in pieces:
            box = box_of(node)
            if run and begins_line(run, text, box):
                self._joined(run)
                run = []
            run.append((text, box))
        self._joined(run)

    def _joined(self, run: list[tuple[str, Box]]) -> None:
        self._line(joined(run), tuple([box.node for _, box in run]))

    def _line(self, text: str, nodes: tuple[Node, ...]) -> None:
        text = " ".join(text[:LONGEST_LINE].split())
        lines, heading, control = self.layout.lines, self.heading, self.control
        line = Line(len(lines), text, nodes, self.boxes, heading, control)
        lines.append(line)
        if heading:
            self.layout.headings.append(line)
        if control is not None:
            control.text = f"{control.text} {text}".strip()[:300]


def _is_pressed(tag: str | None, attributes: Mapping[str, str | None]) -> bool:
    """Whether an element is one to press: `PRESSED_QUERY` finds it, and of links those with a word for it in their class."""
    if tag not in _PRESSED_TAGS:
        return False
    if tag == "button" or attributes.get("role") == "button":
        return True
    if tag == "input":
        return (attributes.get("type") or "").lower() in _PRESSED_INPUTS
    names = (attributes.get("class") or "") if tag == "a" else ""
    plain = names.lower()
    return any(part in plain for part in _PARTS_OF_BUTTONS) and not _BUTTON_WORDS.isdisjoint(words_of(names))


def _said(attributes: dict[str, str | None], tag: str) -> str:
    """What a control's attributes call it, where its text does not."""
    names = ("value", "aria-label", "title", "alt") if tag == "input" else ("aria-label", "title")
    return next((text for name in names if (text := attributes.get(name))), "")


def _holding(boxes: tuple[Box, ...]) -> Box:
    """The innermost element that holds all of them."""
    holder = boxes[0]
    for box in boxes[1:]:
        around = {box.identity, *(above.identity for above in box.ancestors())}
        while holder.identity not in around and holder.parent is not None:
            holder = holder.parent
    return holder
