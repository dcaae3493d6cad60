"""Bulk reading: real saved pages with the expected output beside them, and files that are not there."""

import json
from pathlib import Path

import pytest

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.errors import ConfigurationError, NotFound
from pricewatch_pipeline.services.read_pages import EXTRACTED, extract_index, parse_price_file, read_saved_page

PAGES = Path(__file__).parents[1] / "providers" / "retail" / "pages"
CORPUS = Path(__file__).parents[4] / "shared" / "corpus"


def lines_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_saved_pages_give_the_expected_lines(tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    seen: list[tuple[int, int]] = []
    extract_index(PAGES / "index.csv", output, lambda done, total: seen.append((done, total)))
    expected = lines_of(PAGES / "expected.jsonl")
    # How sure it is, and why, changes with every fit of the model.
    assert [{k: v for k, v in line.items() if k in expected[0]} for line in lines_of(output)] == expected
    assert set(EXTRACTED) - set(expected[0]) == {"confidence", "reason"}
    assert seen[-1] == (len(expected), len(expected))


def test_bad_rows_give_a_line_and_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "good.html").write_text('<meta property="product:price:amount" content="1.299,00">', encoding="utf-8")
    (tmp_path / "folder").mkdir()
    index = tmp_path / "index.csv"
    index.write_text(
        "file,url,locale,other\nmissing.html,https://a.example/,,\nfolder,https://a.example/,,\n"
        "good.html,file:///etc/passwd,,\n,,,\ngood.html,https://a.example/x y,de-DE,z\ngood.html\n",
        encoding="utf-8",
    )
    extract_index(index, tmp_path / "out.jsonl")
    lines = lines_of(tmp_path / "out.jsonl")
    assert [line["outcome"] for line in lines] == [
        "not_found",
        "not_found",
        "forbidden_address",
        "not_found",
        "ok",
        "ok",
    ]
    assert all(list(line) == list(EXTRACTED) for line in lines)
    assert (lines[4]["price"], lines[4]["currency"]) == ("1299.00", "EUR")
    assert lines[0]["price"] is None


def test_a_page_larger_than_a_check_accepts_is_too_large(tmp_path: Path) -> None:
    page = tmp_path / "large.html"
    page.write_bytes(b" " * 10_000_001)
    assert read_saved_page(page, None).outcome is Outcome.TOO_LARGE


def test_a_saved_wall_is_told_from_a_page_as_in_a_check(tmp_path: Path) -> None:
    page = tmp_path / "wall.html"
    page.write_text("<title>Just a moment...</title><script>window._cf_chl_opt={} // challenge</script>")
    reading = read_saved_page(page, "https://shop.example/p/lamp")
    assert reading.outcome is Outcome.BLOCKED
    assert reading.error is not None
    assert "a Cloudflare challenge in place of the page" in reading.error


def test_an_index_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no file"):
        extract_index(tmp_path / "none.csv", tmp_path / "out")
    (tmp_path / "bad.csv").write_text("name\nx\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="'file'"):
        extract_index(tmp_path / "bad.csv", tmp_path / "out")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(ConfigurationError, match="UTF-8"):
        extract_index(tmp_path / "binary.csv", tmp_path / "out")


def test_price_texts_are_read_from_a_file(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text('raw,locale,currency_hint\n"1.299",de,EUR\n"1.299",,\n"$5 - $9",,\n', encoding="utf-8")
    parse_price_file(source, tmp_path / "out.jsonl")
    assert lines_of(tmp_path / "out.jsonl") == [
        {"raw": "1.299", "amount": "1299", "currency": "EUR", "outcome": "ok"},
        {"raw": "1.299", "amount": None, "currency": None, "outcome": "needs_review"},
        {"raw": "$5 - $9", "amount": None, "currency": None, "outcome": "several_prices"},
    ]


@pytest.mark.parametrize("query", ["?tfs=CBwQAhoeEgoyMDI3LTAxLTE1agcIARIDTEhScgcIARIDSkZLQAFIAZgBAg", "?hl=en"])
def test_a_saved_page_of_a_flight_search_is_no_product_and_says_what_reads_it(tmp_path: Path, query: str) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p>From 287 US dollars", encoding="utf-8")
    reading = read_saved_page(page, f"https://www.google.com/travel/flights/search{query}")
    assert (reading.outcome, reading.offer) == (Outcome.NOT_A_PRODUCT, None)
    assert "`pricewatch flights parse`" in (reading.error or "")
