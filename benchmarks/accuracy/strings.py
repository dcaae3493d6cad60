"""Price texts with known amounts."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from pricewatch_pipeline.parsing.price_text import read_price


@dataclass(frozen=True, kw_only=True)
class TextMiss:
    """A text that was read wrongly."""

    raw: str
    due: Decimal | None
    found: Decimal | None


@dataclass(frozen=True, kw_only=True)
class TextScore:
    """Over all texts."""

    total: int
    misses: Sequence[TextMiss]

    @property
    def right(self) -> int:
        return self.total - len(self.misses)

    @property
    def share_right(self) -> float:
        return self.right / self.total


def score_texts(corpus: Path) -> TextScore:
    """Every text of the corpus, with its hints."""
    with (corpus / "price_strings" / "price_strings.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    misses = []
    for row in rows:
        price = read_price(row["raw"], locale=row["locale_hint"] or None, currency_hint=row["currency_hint"] or None)
        due = Decimal(row["amount"]) if row["amount"] else None
        if price.amount != due:
            misses.append(TextMiss(raw=row["raw"], due=due, found=price.amount))
    return TextScore(total=len(rows), misses=misses)
