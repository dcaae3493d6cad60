"""Reads saved pages and price texts in bulk: the same path as a check, with files in place of the network."""

import asyncio
import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pricewatch_pipeline.domain.hosts import host_key, split_url
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Fetch, Page, PageRequest
from pricewatch_pipeline.domain.providers import Reading, asked_by
from pricewatch_pipeline.domain.watches import Store, Watch
from pricewatch_pipeline.errors import ConfigurationError, ForbiddenAddress, NotASearch, NotFound
from pricewatch_pipeline.fetching.walls import behind_wall
from pricewatch_pipeline.parsing.price_text import read_price
from pricewatch_pipeline.registry import provider_named, providers

UNKNOWN_URL = "https://page.invalid/"
"""Stands for the address of a saved page that nobody knows (RFC 2606 keeps it from meaning anything)."""

EXTRACTED = (
    *(
        "file",
        "url",
        "outcome",
        "price",
        "currency",
        "availability",
        "list_price",
        "title",
        "brand",
        "sku",
        "gtin",
        "mpn",
        "image",
    ),
    *("price_high", "shipping_price", "unit_price", "unit_price_per", "pack_size", "pack_unit"),
    *("condition", "seller", "variant", "method", "confidence", "reason"),
)
_FIELD_LIMIT = 10_000_000

Progress = Callable[[int, int], None]


def extract_index(index: Path, output: Path, on_progress: Progress | None = None) -> dict[str, int]:
    """Read every page an index lists; one JSON object per line, in the index's order. Returns how many had each outcome.

    Raises:
        NotFound: there is no such index.
        ConfigurationError: the index has no `file` column.
    """
    rows = _read_csv(index, needed="file")
    counts: dict[str, int] = {}
    with output.open("w", encoding="utf-8") as lines:
        for done, row in enumerate(rows, 1):
            line = _extract(index.parent, row)
            lines.write(json.dumps(line, ensure_ascii=False) + "\n")
            counts[line["outcome"]] = counts.get(line["outcome"], 0) + 1
            if on_progress:
                on_progress(done, len(rows))
    return counts


def _extract(folder: Path, row: Mapping[str, str]) -> dict[str, Any]:
    name, url = row["file"], (row.get("url") or row.get("page_url") or "").strip().replace(" ", "%20")
    locale = (row.get("locale") or "").strip()
    store = Store(store_id="index", domains=(), locale=locale) if locale else None
    reading = read_saved_page(folder / name, url or None, store)
    line = dict.fromkeys(EXTRACTED) | {"file": name, "url": url or None, "outcome": reading.outcome.value}
    if reading.offer is not None:
        values = asdict(reading.offer)
        line |= {key: values[key] for key in EXTRACTED if key in values} | {"image": values["image_url"]}
    return {key: _decimal_text(value) if isinstance(value, Decimal) else value for key, value in line.items()}


def _decimal_text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def read_saved_page(path: Path, url: str | None, store: Store | None = None) -> Reading:
    """Read a page from a file as a check would have read it from its site."""
    url = url or UNKNOWN_URL
    try:
        split_url(url)
        is_search = asked_by(url, providers().values()) is not None
    except ForbiddenAddress as error:
        return Reading(outcome=Outcome.FORBIDDEN_ADDRESS, error=str(error))
    except NotASearch:
        is_search = True
    if is_search:
        error_text = "the page of a flight search, and of no product: `pricewatch flights parse` reads those"
        return Reading(outcome=Outcome.NOT_A_PRODUCT, error=error_text)
    watch = Watch(watch_id="saved-page", provider="retail", query={"url": url}, host=host_key(url), url=url)

    try:
        return asyncio.run(provider_named("retail").check(watch, store, fetch_from(path)))
    except ValidationError as error:
        return Reading(outcome=Outcome.FORBIDDEN_ADDRESS, error=f"{url[:200]!r}: {error.errors()[0]['msg']}")


def fetch_from(path: Path) -> Fetch:
    """What gives the page in a file, whatever is asked for."""

    async def saved(request: PageRequest) -> Page:
        return behind_wall(_page_of(path, request))

    return saved


def _page_of(path: Path, request: PageRequest) -> Page:
    """The page in a file. A file that cannot be read is a failed fetch."""
    try:
        with path.open("rb") as file:
            body = file.read(request.max_bytes + 1)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return Page(request=request, outcome=Outcome.NOT_FOUND, final_url=request.url, error=f"there is no file {path}")
    except (OSError, ValueError) as error:
        return Page(
            request=request, outcome=Outcome.TRANSPORT, final_url=request.url, error=f"{path} cannot be read: {error}"
        )
    if len(body) > request.max_bytes:
        error_text = f"{path} is larger than {request.max_bytes} bytes"
        return Page(request=request, outcome=Outcome.TOO_LARGE, final_url=request.url, error=error_text)
    return Page(
        request=request,
        outcome=Outcome.OK,
        final_url=request.url,
        fetched_at=datetime.now(UTC),
        status=200,
        body=body,
        wire_bytes=len(body),
    )


def parse_price_file(input: Path, output: Path) -> dict[str, int]:  # noqa: A002 - the name of the option
    """Read every price text of a CSV (`raw,locale,currency_hint`); one JSON object per line. Returns how many had each outcome.

    Raises:
        NotFound: there is no such file.
        ConfigurationError: it has no `raw` column.
    """
    counts: dict[str, int] = {}
    with output.open("w", encoding="utf-8") as lines:
        for line in _parsed(_read_csv(input, needed="raw")):
            lines.write(json.dumps(line, ensure_ascii=False) + "\n")
            counts[line["outcome"]] = counts.get(line["outcome"], 0) + 1
    return counts


def _parsed(rows: Iterable[Mapping[str, str]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        locale = row.get("locale") or row.get("locale_hint") or None
        price = read_price(row["raw"], locale=locale, currency_hint=row.get("currency_hint") or None)
        yield {
            "raw": row["raw"],
            "amount": _decimal_text(price.amount),
            "currency": price.currency,
            "outcome": price.outcome,
        }


def _read_csv(path: Path, *, needed: str) -> list[dict[str, str]]:
    """The rows of a CSV file with a header; missing cells are empty."""
    csv.field_size_limit(_FIELD_LIMIT)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="", restkey="")
            rows = list(reader)
            columns = reader.fieldnames or ()
    except FileNotFoundError:
        raise NotFound(f"there is no file {path}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"{path} is not a CSV file in UTF-8: {error}") from error
    if needed not in columns:
        raise ConfigurationError(
            f"{path}: the first line must name the columns, {needed!r} among them; it has: {', '.join(columns) or 'nothing'}"
        )
    return rows
