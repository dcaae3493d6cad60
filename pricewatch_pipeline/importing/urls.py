"""A list of URLs: one per line, `#` for remarks, and after a space the tags, as changedetection.io writes them."""

from collections.abc import Iterable, Iterator

from pricewatch_pipeline.importing.rows import ImportRow, refused, said, shortened
from pricewatch_pipeline.importing.texts import Line


def read_urls(lines: Iterable[Line]) -> Iterator[ImportRow]:
    """A row per line that says something."""
    for line in lines:
        place = f"line {line.number}"
        text = line.text.strip()
        if line.is_too_long:
            yield refused(place, "the line is too long for a URL", shown=text[:80])
        elif text and not text.startswith("#"):
            yield _row(place, text)


def _row(place: str, text: str) -> ImportRow:
    url, *rest = text.split(None, 1)
    if "://" not in url:
        return refused(place, f"{shortened(url)} is not the URL of a page: it begins with https:// or http://")
    tags = [tag.strip() for tag in rest[0].split(",")] if rest else []
    return ImportRow(place=place, entry=said({"url": url, "tags": [tag for tag in tags if tag]}))
