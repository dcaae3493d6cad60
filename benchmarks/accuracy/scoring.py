"""F1, precision and recall as the published product-extraction benchmark counts them. Pure.

A right value is a true positive; a wrong one is a false positive and, where an answer was due, a false negative too; a
missing one is a false negative.
Source: https://github.com/scrapinghub/product-extraction-benchmark
"""

import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

_RESAMPLES = 500
_SEED = 42


class Counts(NamedTuple):
    """Of one page, for one attribute."""

    right: int
    wrong: int
    missed: int

    @property
    def is_error(self) -> bool:
        return bool(self.wrong or self.missed)


@dataclass(frozen=True, kw_only=True)
class Score:
    """Of one attribute over all judged pages."""

    f1: float
    precision: float
    recall: float
    deviation: float
    """Standard deviation of F1 over bootstrap samples of the pages."""
    support: int
    """Pages on which an answer is due."""
    pages: int


def count(due: frozenset[str], found: str | None) -> Counts:
    """`due`: the right answers; empty when the right answer is none."""
    if found is None:
        return Counts(right=0, wrong=0, missed=int(bool(due)))
    is_right = found in due
    return Counts(right=int(is_right), wrong=int(not is_right), missed=int(bool(due) and not is_right))


def score(counts: Sequence[Counts], *, support: int) -> Score:
    """The figures of one attribute."""
    f1, precision, recall = _figures(counts)
    chance = random.Random(_SEED)  # noqa: S311 - no secret; the same samples every time
    samples = [_figures(chance.choices(counts, k=len(counts)))[0] for _ in range(_RESAMPLES)] if len(counts) > 1 else []
    return Score(
        f1=f1,
        precision=precision,
        recall=recall,
        deviation=statistics.stdev(samples) if samples else 0.0,
        support=support,
        pages=len(counts),
    )


def _figures(counts: Sequence[Counts]) -> tuple[float, float, float]:
    right, wrong, missed = (sum(column) for column in zip(*counts, strict=True)) if counts else (0, 0, 0)
    precision = right / (right + wrong) if right + wrong else 1.0
    recall = right / (right + missed) if right + missed else 1.0
    return (2 * precision * recall / (precision + recall) if precision + recall else 0.0), precision, recall
