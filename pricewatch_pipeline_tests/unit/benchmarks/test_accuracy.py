"""How accuracy is counted, and that it does not fall."""

import json
from pathlib import Path

import pytest

from benchmarks.accuracy.__main__ import EXPLAINED, RECORDED, main, measure, shortfalls
from benchmarks.accuracy.report import markdown_table, misses, score_by_shop, scores
from benchmarks.accuracy.scoring import Counts, count, score
from benchmarks.accuracy.truth import CORPUS, LabelledPage, plain

PAGES = [
    LabelledPage(file="a1", shop="a", notes="", due={"price": frozenset({"11"}), "currency": frozenset({"eur"})}),
    LabelledPage(file="a2", shop="a", notes="", due={"price": frozenset({"21", "22"})}),
    LabelledPage(file="b1", shop="b", notes="", due={"price": frozenset()}),
]


@pytest.mark.parametrize(
    ("due", "found", "counts"),
    [
        ({"10"}, "10", (1, 0, 0)),
        ({"10"}, "11", (0, 1, 1)),
        ({"10"}, None, (0, 0, 1)),
        (set(), None, (0, 0, 0)),
        (set(), "10", (0, 1, 0)),
    ],
)
def test_a_page_counts_as_in_the_published_benchmark(
    due: set[str], found: str | None, counts: tuple[int, int, int]
) -> None:
    assert count(frozenset(due), found) == counts


def test_f1_is_made_of_all_pages_together() -> None:
    rows = [Counts(right=1, wrong=0, missed=0), Counts(right=0, wrong=1, missed=1), Counts(right=0, wrong=0, missed=1)]
    figures = score(rows, support=3)
    assert (figures.precision, figures.recall, figures.f1) == pytest.approx((1 / 2, 1 / 3, 2 / 5))
    assert figures.deviation > 0


@pytest.mark.parametrize(
    ("attribute", "left", "right"),
    [("price", "999.000", 999), ("price", "1E+2", "100"), ("title", " A  b ", "a B"), ("sku", "x1", "X1")],
)
def test_values_are_compared_by_what_they_mean(attribute: str, left: object, right: object) -> None:
    assert plain(attribute, left) == plain(attribute, right)


def test_a_currency_counts_only_where_the_price_is_right() -> None:
    right = {"a1": {"price": "11.00", "currency": "€"}}
    wrong = {"a1": {"price": "12", "currency": "EUR"}}
    assert scores(PAGES, right)["currency"].f1 == 1
    assert "currency" not in scores(PAGES, wrong)


def test_every_error_is_listed_with_what_was_due() -> None:
    answers = {"a1": {"price": "11"}, "b1": {"price": "5"}}
    assert [(e.file, e.due, e.found) for e in misses(PAGES, answers, ["price"])] == [
        ("a2", "21 or 22", None),
        ("b1", "", "5"),
    ]
    assert score_by_shop(PAGES, answers, "price") == pytest.approx(0.25)


def test_the_table_is_markdown() -> None:
    lines = markdown_table(scores(PAGES, {"a1": {"price": "11"}})).splitlines()
    assert lines[0].startswith("| attribute | F1 |")
    assert lines[2].startswith("| price | 0.667 |")


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus is not here")
def test_the_corpus_is_read_at_least_as_well_as_recorded() -> None:
    accuracy = measure()
    assert shortfalls(accuracy, json.loads(RECORDED.read_text(encoding="utf-8"))) == []
    explained = json.loads(EXPLAINED.read_text(encoding="utf-8"))
    unexplained = [f"{e.attribute} {e.file}" for e in accuracy.errors if e.attribute in ("price", "availability")]
    assert set(unexplained) <= set(explained)


def test_without_a_corpus_it_says_how_to_name_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--corpus", str(tmp_path)]) == 2
    assert 'make accuracy ARGS="--corpus FOLDER"' in capsys.readouterr().out
