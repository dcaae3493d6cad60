from pathlib import Path

import pytest

from benchmarks.pages import DEMO, NoPages, load_pages


def test_a_folder_gives_all_its_html_files_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "b.html").write_bytes(b"second")
    (tmp_path / "a.html").write_bytes(b"one")
    (tmp_path / "notes.txt").write_bytes(b"not a page")
    pages = load_pages(tmp_path)
    assert list(pages.bodies) == [b"one", b"second"]
    assert pages.mean_bytes == 4  # 4.5 to even


def test_a_folder_with_an_index_gives_the_product_pages_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "index.csv").write_text("file,kind\na.html,product\nb.html,listing\n", encoding="utf-8")
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.html").write_text(name, encoding="utf-8")
    assert list(load_pages(tmp_path).bodies) == [b"a"]


def test_an_index_that_names_a_page_which_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "index.csv").write_text("file,kind\ngone.html,product\n", encoding="utf-8")
    with pytest.raises(NoPages, match=r"gone\.html"):
        load_pages(tmp_path)


@pytest.mark.parametrize("index", [None, "file,kind\nb.html,listing\n"])
def test_a_folder_without_pages_is_refused_by_name(tmp_path: Path, index: str | None) -> None:
    if index:
        (tmp_path / "index.csv").write_text(index, encoding="utf-8")
    with pytest.raises(NoPages, match=tmp_path.name):
        load_pages(tmp_path)


def test_without_a_folder_and_a_corpus_the_demo_pages_are_taken_and_said_to_be(tmp_path: Path) -> None:
    pages = load_pages(corpus=tmp_path / "not-here")
    assert pages.source == DEMO
    assert len(pages.bodies) > 10
    assert all(b"<html" in body for body in pages.bodies)
