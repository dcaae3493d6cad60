"""Brings daily reference rates into the database: from a file, or from the ECB when somebody asks for it."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pricewatch_pipeline.domain.exchange import Rate
from pricewatch_pipeline.domain.pages import PageRequest
from pricewatch_pipeline.errors import PricewatchError, RatesUnavailable
from pricewatch_pipeline.parsing.reference_rates import LARGEST_FILE, read_rates
from pricewatch_pipeline.services.open_fetchers import fetchers_for
from pricewatch_pipeline.settings import Settings
from pricewatch_pipeline.storage import exchange_rates
from pricewatch_pipeline.storage.database import Database


@dataclass(frozen=True, kw_only=True)
class RatesReport:
    """What came of an import."""

    source: str
    read: int
    written: int
    """New, or other than before."""
    first_day: date
    last_day: date


def update_rates(database: Database, settings: Settings) -> RatesReport:
    """Take over what `PRICEWATCH_RATES_URL` says now.

    Raises:
        RatesUnavailable: it could not be had, or is no file of rates.
    """
    return import_rates(database, settings, settings.rates_url)


def import_rates(database: Database, settings: Settings, where: str) -> RatesReport:
    """Take over the rates of a file or a URL, all or none of them. What is imported again changes nothing.

    Raises:
        RatesUnavailable: it could not be had, or is no file of rates.
    """
    body = asyncio.run(_fetched(settings, where)) if "://" in where else _of_file(Path(where))
    try:
        rates = read_rates(body, today=datetime.now(UTC).date())
    except RatesUnavailable as error:
        raise RatesUnavailable(f"{where}: {error}. Nothing was imported.") from error
    return _report(database, where, rates)


def list_rates(database: Database, day: date, *, currencies: Collection[str] | None = None) -> list[dict[str, Any]]:
    """The newest rates at or before a day, by currency: day, currency, per_eur, source."""
    return database.run(lambda connection: exchange_rates.newest(connection, day, currencies=currencies))


def _report(database: Database, where: str, rates: list[Rate]) -> RatesReport:
    source = where if "://" in where else Path(where).name
    written = database.run(lambda connection: exchange_rates.write(connection, rates, source=source))
    return RatesReport(source=source, read=len(rates), written=written, first_day=rates[0].day, last_day=rates[-1].day)


async def _fetched(settings: Settings, url: str) -> bytes:
    try:
        async with fetchers_for(settings) as fetchers:
            page = await fetchers.fetch(PageRequest(url=url, is_file=True, max_bytes=LARGEST_FILE))
    except PricewatchError as error:
        raise RatesUnavailable(f"{url}: {error}") from error
    if not page.outcome.is_success:
        raise RatesUnavailable(
            f"{url}: {page.error or page.outcome.verdict.meaning}. Without a network, `pricewatch rates import FILE` takes a file"
        )
    return page.body


def _of_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise RatesUnavailable(f"{path}: {error.strerror or error}") from error
