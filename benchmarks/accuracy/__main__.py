"""`python -m benchmarks.accuracy [--write] [--corpus FOLDER]`: reads every page and price text of the corpus, and scores the readers."""

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from benchmarks.accuracy.report import (
    Miss,
    contest_table,
    markdown_table,
    miss_table,
    misses,
    score_by_shop,
    scores,
    terminal_table,
)
from benchmarks.accuracy.scoring import Score
from benchmarks.accuracy.strings import TextScore, score_texts
from benchmarks.accuracy.truth import CORPUS, load_answers, load_pages, load_published
from pricewatch_pipeline.services.read_pages import extract_index

HERE = Path(__file__).parent
RECORDED = HERE / "recorded.json"
"""What was reached; CI fails below it."""
EXPLAINED = HERE / "explained.json"
"""Why errors happen, by `attribute file`."""
DOCUMENT = HERE.parents[1] / "docs" / "accuracy.md"
LISTED = ("price", "availability", "currency", "sku")
"""The attributes whose errors are listed one by one."""
OURS = "pricewatch"


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """All that is measured."""

    figures: Mapping[str, Score]
    by_system: Mapping[str, Mapping[str, Score]]
    """On the pages of the published benchmark only."""
    by_shop: Mapping[str, float]
    """The share of right answers, a vote for each shop."""
    errors: Sequence[Miss]
    texts: TextScore


def measure(corpus: Path = CORPUS) -> Accuracy:
    """Read everything and score it."""
    pages = load_pages(corpus)
    with tempfile.TemporaryDirectory() as folder:
        answers_file = Path(folder) / "answers.jsonl"
        extract_index(corpus / "retail" / "index.csv", answers_file)
        answers = load_answers(answers_file)
    published = load_published(corpus)
    benchmark = [page for page in pages if any(page.file in answers_of for answers_of in published.values())]
    return Accuracy(
        figures=scores(pages, answers),
        by_system={name: scores(benchmark, theirs) for name, theirs in ({OURS: answers} | published).items()},
        by_shop={attribute: score_by_shop(pages, answers, attribute) for attribute in ("price", "availability")},
        errors=misses(pages, answers, LISTED),
        texts=score_texts(corpus),
    )


def recorded_of(accuracy: Accuracy) -> dict[str, float]:
    """The figures that must not fall, rounded down."""
    figures = {name: score.f1 for name, score in accuracy.figures.items()}
    return {name: int(value * 1000) / 1000 for name, value in (figures | {"texts": accuracy.texts.share_right}).items()}


def shortfalls(accuracy: Accuracy, recorded: Mapping[str, float]) -> list[str]:
    """What is worse than recorded, in words."""
    now = recorded_of(accuracy)
    return [
        f"{name}: {now.get(name, 0.0):.3f} now, {due:.3f} recorded"
        for name, due in recorded.items()
        if now.get(name, 0.0) < due
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the exit code says whether anything is worse than recorded."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--write", action="store_true", help="record the figures, and put them into docs/accuracy.md")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    options = parser.parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else 120)
    if not (options.corpus / "retail" / "index.csv").exists():
        how = 'make accuracy ARGS="--corpus FOLDER"'
        console.print(f"There is no corpus at {options.corpus}: name its folder, `{how}`", markup=False, soft_wrap=True)
        return 2
    accuracy = measure(options.corpus)
    _show(accuracy, console)
    if options.write:
        RECORDED.write_text(json.dumps(recorded_of(accuracy), indent=2) + "\n", encoding="utf-8")
        _write_document(accuracy)
        console.print(f"Written to {RECORDED.name} and {DOCUMENT.name}")
    worse = shortfalls(accuracy, json.loads(RECORDED.read_text(encoding="utf-8")))
    for line in worse:
        console.print(f"worse than recorded: {line}", style="red", markup=False)
    return 1 if worse else 0


def _show(accuracy: Accuracy, console: Console) -> None:
    for error in accuracy.errors:
        due, found = error.due or "none", error.found or "none"
        console.print(f"{error.attribute} {error.file}: due {due}, read {found}", markup=False, highlight=False)
    for miss in accuracy.texts.misses:
        console.print(f"text {miss.raw!r}: due {miss.due}, read {miss.found}", markup=False, highlight=False)
    console.print(terminal_table("All pages", accuracy.figures))
    for system, figures in accuracy.by_system.items():
        console.print(terminal_table(f"Pages of the published benchmark: {system}", figures))
    for attribute, share in accuracy.by_shop.items():
        console.print(f"{attribute}, one vote per shop: {share:.3f} right")
    texts = accuracy.texts
    console.print(f"price texts: {texts.right} of {texts.total} right = {texts.share_right:.4f}")


def _write_document(accuracy: Accuracy) -> None:
    texts = accuracy.texts
    explained = json.loads(EXPLAINED.read_text(encoding="utf-8"))
    shops = ", ".join(f"{attribute} {share:.3f}" for attribute, share in accuracy.by_shop.items())
    blocks = {
        "pages": f"{markdown_table(accuracy.figures)}\n\nShare of right answers with one vote per shop: {shops}.",
        "systems": contest_table(accuracy.by_system),
        "errors": miss_table(accuracy.errors, explained),
        "texts": f"{texts.right} of {texts.total} right: {texts.share_right:.4f}.",
    }
    text = DOCUMENT.read_text(encoding="utf-8")
    for name, block in blocks.items():
        head, begin, rest = text.partition(f"<!-- {name} -->\n")
        _, end, tail = rest.partition("<!-- end -->")
        if not begin or not end:
            raise ValueError(f"{DOCUMENT} has no block `<!-- {name} -->` ... `<!-- end -->`")
        text = f"{head}{begin}{block}\n{end}{tail}"
    DOCUMENT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
