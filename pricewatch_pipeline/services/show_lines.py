"""The lines of a page's text as HTML, with the amounts marked where they stand. What nobody would read through is folded."""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from pricewatch_pipeline.domain.offers import Candidate
from pricewatch_pipeline.parsing.layout import Line

_NEAR = 12
"""Lines around a mark that stay in sight."""
_FEW = 4
"""So many lines are not worth being folded."""
_IN_SIGHT = 40
"""Lines of a stretch without marks, in the page's main part, that stay in sight."""
_LONGEST = 300
"""Characters of a line without marks."""
_ASIDE = frozenset({"header", "navigation", "footer", "related", "reviews", "dialog", "cart", "aside"})
# What no text holds, and what would turn the text behind it around.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_NAMES = {"main": "main part", "related": "other products", "aside": "beside the main part"}


def escaped(text: str) -> str:
    """A text from outside: it is shown, whatever it says."""
    return html.escape(_UNSEEN.sub("\ufffd", text))


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A candidate to be marked."""

    number: int
    """From 1, in the order of the candidates."""
    candidate: Candidate
    kind: str
    """The class by which it is coloured."""

    @property
    def title(self) -> str:
        """What is shown when the mouse rests on it."""
        it = self.candidate
        score = "" if it.score is None else f" ({it.score:.2f})"
        return f"{'chosen' if it.is_chosen else it.role.replace('_', ' ')}{score}: {it.why or 'nothing speaks for or against it'}"


@dataclass(kw_only=True)
class Marks:
    """All marks, and those of each line."""

    all: list[Mark] = field(default_factory=list)
    by_line: dict[int, list[Mark]] = field(default_factory=dict)
    _in_text: set[int] = field(default_factory=set)

    def add(self, number: int, candidate: Candidate, kind: str, line: int | None) -> None:
        mark = Mark(number=number, candidate=candidate, kind=kind)
        self.all.append(mark)
        if line is not None:
            self.by_line.setdefault(line, []).append(mark)

    def is_in_text(self, mark: Mark) -> bool:
        """Whether it was marked in its line. Known once the lines are written."""
        return mark.number in self._in_text

    def note(self, mark: Mark) -> None:
        self._in_text.add(mark.number)


def lines_html(lines: Sequence[Line], marks: Marks) -> Iterator[str]:
    """All lines, by the part of the page in which they stand."""
    for region, group in groupby(lines, key=lambda line: line.region):
        stretch = list(group)
        is_marked = any(line.number in marks.by_line for line in stretch)
        name = _NAMES.get(region, region)
        if region in _ASIDE and not is_marked and len(stretch) > _FEW:
            yield f'<section class="{region}"><details><summary>{name}: {len(stretch)} lines</summary>'
            yield from (_line(line, marks) for line in stretch)
            yield "</details></section>"
        else:
            yield f'<section class="{region}"><h2>{name}</h2>'
            yield from _unfolded(stretch, marks)
            yield "</section>"


def _unfolded(stretch: Sequence[Line], marks: Marks) -> Iterator[str]:
    """Lines in sight, with folds for those that are hidden on the page and for long runs far from any mark."""
    far = _far_from_marks(stretch, marks)
    for why, group in groupby(enumerate(stretch), key=lambda pair: _why_folded(pair[1], far[pair[0]])):
        run = [line for _, line in group]
        if why is None or (why == "more" and len(run) <= _FEW):
            yield from (_line(line, marks) for line in run)
            continue
        count = f"{len(run)} {why} {'line' if len(run) == 1 else 'lines'}"
        priced = sum(line.number in marks.by_line for line in run)
        yield f"<details><summary>{count}{f', {priced} with prices' if priced else ''}</summary>"
        yield from (_line(line, marks) for line in run)
        yield "</details>"


def _why_folded(line: Line, is_far: bool) -> str | None:
    return "hidden" if line.is_hidden else "more" if is_far else None


def _far_from_marks(stretch: Sequence[Line], marks: Marks) -> list[bool]:
    """Which lines are far from every mark, and from the beginning of their stretch."""
    far = [at >= _IN_SIGHT for at in range(len(stretch))]
    for at, line in enumerate(stretch):
        if line.number in marks.by_line:
            first, end = max(at - _NEAR, 0), min(at + _NEAR + 1, len(stretch))
            far[first:end] = [False] * (end - first)
    return far


def _line(line: Line, marks: Marks) -> str:
    mine = marks.by_line.get(line.number, [])
    text = "".join(_marked(line.text, mine, marks)) if mine else escaped(_cut(line.text))
    if line.control is not None:
        text = f'<span class="button">{text}</span>'
    if line.is_struck:
        text = f"<s>{text}</s>"
    look = f" h{line.heading}" if line.heading else " link" if line.is_link and line.control is None else ""
    return f'<p class="line{look}" id="l{line.number}"><i>{line.number}</i><span dir="auto">{text}</span></p>\n'


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


def _marked(text: str, mine: Sequence[Mark], marks: Marks) -> Iterator[str]:
    """The line with its marks. One whose text is not found in it marks all of the line."""
    places: list[tuple[int, int, list[Mark]]] = []
    for mark in sorted(mine, key=lambda mark: (not mark.candidate.is_chosen, len(mark.candidate.raw))):
        start, end = _place(text, mark.candidate.raw, places)
        same = next((place for place in places if place[0] < end and start < place[1]), None)
        if same is None:
            places.append((start, end, [mark]))
        else:
            same[2].append(mark)
        marks.note(mark)
    at = 0
    for start, end, those in sorted(places, key=lambda place: place[0]):
        yield escaped(text[at:start])
        yield _mark(text[start:end], those)
        at = end
    yield escaped(text[at:])


def _place(text: str, raw: str, taken: Sequence[tuple[int, int, list[Mark]]]) -> tuple[int, int]:
    """Where an amount stands in its line, best where nothing is marked yet."""
    found = [(at.start(), at.end()) for at in re.finditer(re.escape(raw), text)] if raw else []
    free = [(start, end) for start, end in found if all(end <= t[0] or t[1] <= start for t in taken)]
    return next(iter([*free, *found]), (0, len(text)))


def _mark(text: str, those: Sequence[Mark]) -> str:
    first = those[0]
    anchors = "".join(f'<a id="m{mark.number}"></a>' for mark in those[1:])
    title = " · ".join(mark.title for mark in those)
    return f'{anchors}<mark id="m{first.number}" class="{first.kind}" title="{escaped(title)}">{escaped(text)}</mark>'
