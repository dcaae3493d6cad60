"""The pages with known answers, and what readers say of them: as text that can be compared."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from pricewatch_pipeline.parsing.currencies import iso_code, meanings_of

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
_LONGEST_FIELD = 10_000_000
ATTRIBUTES = ("price", "availability", "currency", "sku", "brand", "gtin", "mpn", "title", "image")
_LABELLED_APART = ("sku", "brand", "gtin", "mpn")
"""Only the pages of the published benchmark have labels for these."""

Answers = Mapping[str, Mapping[str, Any]]
"""By file: what a reader says, by attribute."""


@dataclass(frozen=True, kw_only=True)
class LabelledPage:
    """One page of the corpus."""

    file: str
    shop: str
    notes: str
    due: Mapping[str, frozenset[str]]
    """By attribute, the right answers; an empty set: the right answer is none; missing: not judged."""


def load_pages(corpus: Path = CORPUS) -> list[LabelledPage]:
    """All pages of the corpus, with their answers."""
    published = _json(corpus / "published" / "ground-truth.json")
    csv.field_size_limit(_LONGEST_FIELD)
    with (corpus / "retail" / "index.csv").open(encoding="utf-8", newline="") as index:
        return [_page(row, published.get(row["file"])) for row in csv.DictReader(index)]


def load_published(corpus: Path = CORPUS) -> dict[str, Answers]:
    """What other systems said of the benchmark's pages, as they published it in 2021; by system."""
    return {path.stem: _json(path) for path in sorted((corpus / "published").glob("*.json")) if path.stem[0].isalpha()
            and path.stem != "ground-truth"}  # fmt: skip


def load_answers(path: Path) -> Answers:
    """What `pricewatch extract` wrote."""
    with path.open(encoding="utf-8") as lines:
        return {line["file"]: line for line in map(json.loads, lines)}


def _json(path: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return values


def _page(row: Mapping[str, str], labels: Mapping[str, Sequence[str]] | None) -> LabelledPage:
    also = row["also_acceptable_prices"].replace(";", " ").replace("|", " ").split()
    due = {"price": _plain_set("price", [row["expected_price"], *also])}
    for attribute in ("availability", "currency", "title", "image"):
        if row[f"expected_{attribute}"]:
            due[attribute] = _plain_set(attribute, [row[f"expected_{attribute}"]])
    if labels is not None:
        due |= {attribute: _plain_set(attribute, labels.get(attribute, ())) for attribute in _LABELLED_APART}
    return LabelledPage(file=row["file"], shop=row["shop"], notes=row["trap_notes"], due=due)


def _plain_set(attribute: str, values: Sequence[object]) -> frozenset[str]:
    return frozenset(text for value in values if (text := plain(attribute, value)) is not None)


def plain(attribute: str, value: object) -> str | None:
    """A value in the form in which it is compared; None for no value."""
    if value in (None, ""):
        return None
    text = str(value)
    if attribute == "price":
        try:
            return str(Decimal(text).normalize())
        except InvalidOperation:
            return text
    return text if attribute == "image" else " ".join(text.casefold().split())


def said(attribute: str, answer: Mapping[str, Any], due: frozenset[str]) -> str | None:
    """What a reader says; a currency's sign counts for any currency that it stands for."""
    value = answer.get(attribute)
    if attribute == "currency" and value:
        meanings = {meaning.casefold() for meaning in (iso_code(str(value)), *meanings_of(str(value))) if meaning}
        return next(iter(meanings & due), str(value))
    return plain(attribute, value)


def judged(
    pages: Sequence[LabelledPage], answers: Answers, attribute: str
) -> Iterator[tuple[LabelledPage, str | None]]:
    """The pages that count for an attribute, with what was said; currencies count where the price is right."""
    for page in pages:
        if attribute not in page.due:
            continue
        answer = answers.get(page.file, {})
        if attribute == "currency" and said("price", answer, page.due["price"]) not in page.due["price"]:
            continue
        yield page, said(attribute, answer, page.due[attribute])
