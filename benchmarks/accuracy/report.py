"""The figures as tables: for a terminal, and for docs/accuracy.md."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table

from benchmarks.accuracy.scoring import Score, count, score
from benchmarks.accuracy.truth import ATTRIBUTES, Answers, LabelledPage, judged

HEADINGS = ("attribute", "F1", "±", "precision", "recall", "support", "pages")


@dataclass(frozen=True, kw_only=True)
class Miss:
    """One wrong or missing answer."""

    attribute: str
    file: str
    due: str
    """The right answers; empty: none."""
    found: str | None
    notes: str


def scores(pages: Sequence[LabelledPage], answers: Answers) -> dict[str, Score]:
    """By attribute; those of which a reader never says anything are left out."""
    figures = {}
    for attribute in ATTRIBUTES:
        if not any(answer.get(attribute) for answer in answers.values()):
            continue
        rows = [(page.due[attribute], found) for page, found in judged(pages, answers, attribute)]
        if rows:
            support = sum(bool(due) for due, _ in rows)
            figures[attribute] = score([count(due, found) for due, found in rows], support=support)
    return figures


def score_by_shop(pages: Sequence[LabelledPage], answers: Answers, attribute: str) -> float:
    """The share of right answers where every shop has one vote, however many of its pages there are."""
    by_shop: dict[str, list[bool]] = {}
    for page, found in judged(pages, answers, attribute):
        by_shop.setdefault(page.shop, []).append(not count(page.due[attribute], found).is_error)
    return sum(sum(rights) / len(rights) for rights in by_shop.values()) / len(by_shop)


def misses(pages: Sequence[LabelledPage], answers: Answers, attributes: Iterable[str]) -> list[Miss]:
    """Every error, in the order of attributes and files."""
    return [
        Miss(
            attribute=attribute,
            file=page.file,
            due=" or ".join(sorted(page.due[attribute])),
            found=found,
            notes=page.notes,
        )
        for attribute in attributes
        for page, found in judged(pages, answers, attribute)
        if count(page.due[attribute], found).is_error
    ]


def terminal_table(title: str, figures: Mapping[str, Score]) -> Table:
    table = Table(*HEADINGS, title=title, title_justify="left")
    for cells in _rows(figures):
        table.add_row(*cells)
    return table


def markdown_table(figures: Mapping[str, Score]) -> str:
    return _markdown(HEADINGS, _rows(figures))


def contest_table(by_system: Mapping[str, Mapping[str, Score]]) -> str:
    """F1 by attribute, a column for each system."""
    attributes = [a for a in ATTRIBUTES if any(a in figures for figures in by_system.values())]
    rows = [
        (a, *(f"{figures[a].f1:.3f}" if a in figures else "" for figures in by_system.values())) for a in attributes
    ]
    return _markdown(("attribute", *by_system), rows)


def miss_table(errors: Sequence[Miss], explanations: Mapping[str, str]) -> str:
    """The errors with what is known of them; explanations by `attribute file`."""
    rows = [
        (e.attribute, e.file, e.due or "none", e.found or "none", explanations.get(f"{e.attribute} {e.file}", ""))
        for e in errors
    ]
    return _markdown(("attribute", "page", "due", "read", "why"), rows)


def _rows(figures: Mapping[str, Score]) -> list[tuple[str, ...]]:
    return [
        (
            name,
            f"{s.f1:.3f}",
            f"{s.deviation:.3f}",
            f"{s.precision:.3f}",
            f"{s.recall:.3f}",
            str(s.support),
            str(s.pages),
        )
        for name, s in figures.items()
    ]


def _markdown(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
