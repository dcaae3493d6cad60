"""`python -m benchmarks.fit_price_choice [--write]`: fits what each trait of an amount is worth for the choice of a price.

A conditional logit: the amounts of a page, and none of them, share one unit of belief by the sums of their traits' weights.
The weights start at the hand-written priors and are held there by a Gaussian; pages of one shop share their vote. Where the
same amount stands in several places, the best of them counts, which is chosen anew in each round. Cross-validated by shop.
No library, no randomness: the same pages give the same weights.
"""

import argparse
import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path

from benchmarks.accuracy.truth import CORPUS, load_pages
from benchmarks.price_priors import priors
from pricewatch_pipeline.domain import price_choice
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.domain.price_choice import choose_price, options_of
from pricewatch_pipeline.domain.sightings import Sighting
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.providers.retail.candidates import sightings_of
from pricewatch_pipeline.providers.retail.query import RetailQuery
from pricewatch_pipeline.providers.retail.reading import look_at
from pricewatch_pipeline.services.read_pages import UNKNOWN_URL

WEIGHTS = Path(price_choice.__file__).with_name("price_weights.json")
FOLDS = 8
SPREAD = 0.6
"""Standard deviation of the Gaussian around the priors."""
ROUNDS, STEPS, RATE = 4, 60, 0.35


@dataclass(frozen=True, kw_only=True)
class Example:
    """One page: its amounts, and which are right; none: it has no price."""

    file: str
    shop: str
    sightings: tuple[Sighting, ...]
    due: frozenset[Decimal]


@dataclass(frozen=True, kw_only=True)
class _Case:
    """A page as the fit sees it: the traits of each amount, which are right, and its vote."""

    traits: tuple[frozenset[str], ...]
    right: frozenset[int]
    vote: float


def load_examples(corpus: Path = CORPUS) -> list[Example]:
    """Every page of the corpus."""
    urls = _urls(corpus)
    return [
        Example(
            file=page.file,
            shop=shop_of(page.shop),
            sightings=tuple(_sightings(corpus / "retail" / page.file, urls.get(page.file) or UNKNOWN_URL)),
            due=frozenset(Decimal(text).normalize() for text in page.due["price"]),
        )
        for page in load_pages(corpus)
    ]


def _urls(corpus: Path) -> dict[str, str]:
    with (corpus / "retail" / "index.csv").open(encoding="utf-8", newline="") as index:
        return {row["file"]: row["page_url"].strip().replace(" ", "%20") for row in csv.DictReader(index)}


def _sightings(path: Path, url: str) -> list[Sighting]:
    request = PageRequest(url=url)
    page = Page(request=request, outcome=Outcome.OK, final_url=url, status=200, body=path.read_bytes())
    document = Document(page.utf8, url=url)
    return sightings_of(look_at(document, page, store=None, query=RetailQuery(url=url)))


def shop_of(domain: str) -> str:
    """The shop without its countries: the shops of one company in several countries are one."""
    parts = domain.split(".")
    while len(parts) > 1 and (len(parts[-1]) <= 3 or parts[-1] in ("store", "world", "info", "online")):
        parts.pop()
    return parts[-1]


def fit(examples: Sequence[Example], spread: float = SPREAD) -> dict[str, float]:
    """The weights that make the right amounts likeliest."""
    prior = priors()
    weights = dict(prior)
    votes: dict[str, int] = {}
    for example in examples:
        votes[example.shop] = votes.get(example.shop, 0) + 1
    for _ in range(ROUNDS):
        cases = [case for e in examples if (case := _case(e, weights, 1 / math.sqrt(votes[e.shop]))) is not None]
        weights = _climb(cases, weights, prior, spread)
    return weights


def _case(example: Example, weights: Mapping[str, float], vote: float) -> _Case | None:
    """None for a page whose price was not seen at all: there is nothing to learn from it."""
    options = options_of(example.sightings, weights)
    right = frozenset(n for n, option in enumerate(options) if option.amount in example.due)
    if not options or (example.due and not right):
        return None
    return _Case(traits=tuple(option.traits for option in options), right=right, vote=vote)


def _climb(
    cases: Sequence[_Case], start: Mapping[str, float], prior: Mapping[str, float], spread: float
) -> dict[str, float]:
    """Gradient ascent with a rate per weight (Adagrad)."""
    weights = dict(start)
    sums = dict.fromkeys(weights, 1e-3)
    for _ in range(STEPS):
        slope = {name: (prior[name] - weight) / spread**2 for name, weight in weights.items()}
        for case in cases:
            _add_slope(case, weights, slope)
        for name, value in slope.items():
            sums[name] += value * value
            weights[name] += RATE * value / math.sqrt(sums[name])
    return weights


def _add_slope(case: _Case, weights: Mapping[str, float], slope: dict[str, float]) -> None:
    worths = [sum(weights[trait] for trait in traits) for traits in case.traits]
    top = max(0.0, *worths)
    raised = [math.exp(worth - top) for worth in worths]
    total = math.exp(-top) + sum(raised)
    right = sum(raised[n] for n in case.right) or 1.0
    for n, traits in enumerate(case.traits):
        due = raised[n] / right if n in case.right else 0.0
        pull = case.vote * (due - raised[n] / total)
        if abs(pull) > 1e-4:
            for trait in traits:
                slope[trait] += pull


@dataclass(frozen=True, kw_only=True)
class Score:
    """How many pages were right, wrong, missed; each shop with one vote in `by_shop`."""

    f1: float
    precision: float
    recall: float
    by_shop: float


def score(examples: Sequence[Example], weights_of: Mapping[str, Mapping[str, float]]) -> Score:
    """Of the choices with the weights given for each file."""
    found: list[tuple[str, bool, bool, bool]] = []
    for example in examples:
        chosen = choose_price(example.sightings, weights_of[example.file]).chosen
        is_right = chosen is not None and chosen.amount in example.due
        found.append((example.shop, is_right, chosen is not None and not is_right, bool(example.due) and not is_right))
    right, wrong, missed = (sum(bool(counts[n]) for counts in found) for n in (1, 2, 3))
    shops: dict[str, list[bool]] = {}
    for shop, _, is_wrong, is_missed in found:
        shops.setdefault(shop, []).append(not is_wrong and not is_missed)
    return Score(
        f1=2 * right / max(1, 2 * right + wrong + missed),
        precision=right / max(1, right + wrong),
        recall=right / max(1, right + missed),
        by_shop=sum(sum(pages) / len(pages) for pages in shops.values()) / max(1, len(shops)),
    )


def fold_of(shop: str) -> int:
    """The fold in which a shop is left out of the training."""
    return blake2b(shop.encode()).digest()[1] % FOLDS


def cross_validated(examples: Sequence[Example], spread: float = SPREAD) -> dict[str, Mapping[str, float]]:
    """For each file, the weights fitted on the pages of other shops."""
    found: dict[str, Mapping[str, float]] = {}
    for fold in range(FOLDS):
        weights = fit([e for e in examples if fold_of(e.shop) != fold], spread)
        found |= {e.file: weights for e in examples if fold_of(e.shop) == fold}
    return found


def main() -> None:
    """Fit, cross-validate, print; write the weights when asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fit_price_choice", description=__doc__)
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--write", action="store_true", help=f"write {WEIGHTS.name} beside its reader")
    options = parser.parse_args()
    examples = load_examples(options.corpus)
    by_hand = priors()
    weights = fit(examples)
    for name, scored in (
        ("by hand", score(examples, {e.file: by_hand for e in examples})),
        ("on shops left out", score(examples, cross_validated(examples))),
        ("on its own pages", score(examples, {e.file: weights for e in examples})),
    ):
        print(f"{name:18} F1 {scored.f1:.3f}  precision {scored.precision:.3f}  recall {scored.recall:.3f}  mean of shops {scored.by_shop:.3f}")  # fmt: skip
    if options.write:
        WEIGHTS.write_text(_file_of(weights), encoding="utf-8")


def _file_of(weights: Mapping[str, float]) -> str:
    told = {name: round(weight, 2) for name, weight in sorted(weights.items()) if round(weight, 2)}
    about = "What each trait of an amount is worth; written by `python -m benchmarks.fit_price_choice --write`."
    return json.dumps({"about": about, "weights": told}, indent=1) + "\n"


if __name__ == "__main__":
    main()
