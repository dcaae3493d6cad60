"""`pricewatch store test`."""

from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.output import JsonFlag, errors, money, print_json, print_rows, shown
from pricewatch_pipeline.cli.store_list import StoreId
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.services.try_store import TriedPage, find_store, try_store
from pricewatch_pipeline.settings import load_settings

_COLUMNS = ("url", "outcome", "price", "availability", "read_by", "without_strategies", "title", "what_is_wrong")


def try_(
    store: StoreId,
    urls: Annotated[
        list[str] | None,
        typer.Argument(metavar="[URL]...", help="Pages of it; its `test_urls` otherwise, else pages of its watches."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Read pages of a store by the very path of a check, and store nothing. Exit code 1 when one cannot be read."""
    settings = load_settings()
    known, its_pages = find_store(settings, store)
    pages = urls or its_pages
    if not pages:
        raise ConfigurationError(f"{store} has neither `test_urls` nor watches yet: name a page of it")
    tried = try_store(settings, known, pages, on_look=on_look)
    rows = [_row(page) for page in tried]
    if as_json:
        print_json([_record(page) for page in tried])
    else:
        columns = [name for name in _COLUMNS if any(row[name] is not None for row in rows)]
        print_rows(rows, columns, as_json=False)
    if not all(page.is_right for page in tried):
        raise typer.Exit(1)


def on_look(url: str) -> None:
    """Say what is waited for."""
    errors.print(f"looking at {shown(url)}", soft_wrap=True, highlight=False, style="dim")


def _row(page: TriedPage) -> dict[str, Any]:
    offer = page.reading.offer
    return {
        "url": page.url,
        "outcome": page.reading.outcome,
        "price": price_of(page.reading),
        "availability": offer.availability if offer else None,
        "read_by": offer.method if offer else None,
        "without_strategies": (price_of(page.alone) or page.alone.outcome) if page.alone else None,
        "title": offer.title if offer else None,
        "what_is_wrong": what_is_wrong(page.reading),
    }


def _record(page: TriedPage) -> dict[str, Any]:
    offer, alone = page.reading.offer, page.alone
    return {
        "url": page.url,
        "outcome": page.reading.outcome,
        "error": what_is_wrong(page.reading),
        "price": offer.price if offer else None,
        "currency": offer.currency if offer else None,
        "availability": offer.availability if offer else None,
        "method": offer.method if offer else None,
        "confidence": offer.confidence if offer else None,
        "reason": offer.reason if offer else None,
        "title": offer.title if offer else None,
        "without_strategies": {
            "outcome": alone.outcome,
            "price": alone.offer.price if alone.offer else None,
            "currency": alone.offer.currency if alone.offer else None,
            "method": alone.offer.method if alone.offer else None,
        }
        if alone
        else None,
    }


def price_of(reading: Reading) -> str | None:
    """As a person writes it."""
    return money(reading.offer.price, reading.offer.currency) if reading.offer else None


def what_is_wrong(reading: Reading) -> str | None:
    """None where nothing is."""
    return None if reading.outcome.is_success else (reading.error or reading.outcome.verdict.meaning)
