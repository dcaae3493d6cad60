"""What somebody is told who saves a watch file while everything runs."""

from pathlib import Path

from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.follow_watch_files import LOOKS_EVERY, WatchFileNews

GOOD = "watches:\n  - id: lamp\n    url: https://shop.example.com/lamp\n"
BROKEN = GOOD + "    evry: 6h\n"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def passes(self) -> None:
        self.now += LOOKS_EVERY.total_seconds()


def test_a_mistake_is_told_once_and_so_is_its_end(tmp_path: Path) -> None:
    file, clock = tmp_path / "shops.yaml", Clock()
    files = WatchFileNews(tmp_path, providers=providers(), clock=clock)
    told = []
    for text in (GOOD, BROKEN, BROKEN, GOOD, GOOD):
        file.write_text(text, "utf-8")
        told.append(files.news())
        clock.passes()

    assert [len(lines) for lines in told] == [0, 1, 0, 1, 0]
    assert f"{tmp_path.name}/shops.yaml:4:5: watches[0].evry: unknown field; did you mean 'every'?" in told[1][0]
    assert told[3] == ["the watch files are valid again"]


def test_a_watch_that_cannot_be_scheduled_is_told_too(tmp_path: Path) -> None:
    (tmp_path / "shops.yaml").write_text(GOOD + "    timezone: Mars/X\n", "utf-8")

    (line,) = WatchFileNews(tmp_path, providers=providers()).news()

    assert "'Mars/X' is not a time zone" in line


def test_files_are_not_looked_at_each_time(tmp_path: Path) -> None:
    files = WatchFileNews(tmp_path, providers=providers(), clock=Clock())
    files.news()
    (tmp_path / "shops.yaml").write_text(BROKEN, "utf-8")

    assert files.news() == []


def test_a_folder_that_is_not_there_is_no_mistake(tmp_path: Path) -> None:
    assert WatchFileNews(tmp_path / "none", providers=providers()).news() == []
