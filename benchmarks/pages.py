"""The pages that everything is measured on: a folder, a corpus with its index, or the demo shops' own."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pricewatch_pipeline.demo.catalogue import SHOPS, Markup, items_of
from pricewatch_pipeline.demo.pages import product_page

CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "retail"
DEMO = "pages of the demo shops (small, and made by us: not for comparing with figures of real pages)"
_INDEX = "index.csv"
_LONGEST_FIELD = 10_000_000
_NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class NoPages(Exception):
    """A folder holds no pages."""


@dataclass(frozen=True, kw_only=True)
class PageSet:
    """Pages, and where they come from in words."""

    source: str
    bodies: Sequence[bytes]

    @property
    def mean_bytes(self) -> int:
        return round(sum(map(len, self.bodies)) / len(self.bodies))


def load_pages(folder: Path | None = None, *, corpus: Path = CORPUS) -> PageSet:
    """The pages of a folder; without one, those of the corpus beside this checkout, else the demo's.

    Raises:
        NoPages: the folder holds none, or its index names one that is not there.
    """
    if folder is not None:
        return _in_folder(folder)
    return _in_folder(corpus) if (corpus / _INDEX).exists() else PageSet(source=DEMO, bodies=demo_pages())


def demo_pages() -> list[bytes]:
    """Every product page of the demo shops that can be read without strategies of its store, at one instant."""
    return [
        product_page(shop, item, f"https://{shop.shop_id}.example", _NOON).encode()
        for shop in SHOPS
        if shop.markup is not Markup.NOTHING
        for item in items_of(shop.shop_id)
    ]


def _in_folder(folder: Path) -> PageSet:
    indexed = _product_pages(folder) if (folder / _INDEX).exists() else None
    files = sorted(folder.glob("*.html")) if indexed is None else indexed
    if missing := [file.name for file in files if not file.is_file()]:
        raise NoPages(f"{folder / _INDEX} names pages that are not there: {', '.join(missing[:5])}")
    if not files:
        raise NoPages(
            f"{folder} holds no .html files" if indexed is None else f"{folder / _INDEX} names no product page"
        )
    what = "html files" if indexed is None else "product pages of its index"
    return PageSet(source=f"{len(files)} {what} in {folder.name}", bodies=[file.read_bytes() for file in files])


def _product_pages(folder: Path) -> list[Path]:
    csv.field_size_limit(_LONGEST_FIELD)
    with (folder / _INDEX).open(encoding="utf-8", newline="") as index:
        return [folder / row["file"] for row in csv.DictReader(index) if row.get("kind", "product") == "product"]
