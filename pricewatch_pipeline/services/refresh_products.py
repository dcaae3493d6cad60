"""Brings the prices of products up to date: best price over stores, lowest ever, trend. Follows the snapshots."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

from pricewatch_pipeline.domain.exchange import Rates
from pricewatch_pipeline.domain.insights import TREND_DAYS, Trend, direction_of
from pricewatch_pipeline.domain.price_changes import PriceChange
from pricewatch_pipeline.domain.products import Comparison, Standing, StoreOffer, best_offers, currency_of
from pricewatch_pipeline.domain.watches import Product
from pricewatch_pipeline.settings import Settings
from pricewatch_pipeline.storage import exchange_rates, product_prices, product_rows
from pricewatch_pipeline.storage.database import Connection, Database, clock
from pricewatch_pipeline.storage.product_prices import LATE_COMMITS, Extremes, PriceRow

MOST_AT_ONCE = 100_000
_CHUNK = 1_000
_LEAST_HISTORY = timedelta(days=1)
_SMALLEST_KEPT = Decimal("0.0001")


@dataclass(frozen=True, kw_only=True)
class RefreshReport:
    """What came of a refresh."""

    products: tuple[str, ...] = ()
    """That were refreshed."""
    trends: Mapping[str, int]
    """How many go which way; `unknown` where too little is known."""
    priced: int = 0
    """Products that can be bought somewhere."""
    not_comparable: int = 0
    """Prices left out for want of a rate."""


def refresh(database: Database, settings: Settings, product_ids: Collection[str] | None = None) -> RefreshReport:
    """Refresh these products, or those with news since they were refreshed last."""
    if product_ids is None:
        product_ids = database.run(lambda connection: product_prices.products_with_news(connection, MOST_AT_ONCE))
    rows: list[PriceRow] = []
    for start in range(0, len(wanted := sorted(set(product_ids))), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        rows += database.run(partial(_refresh_chunk, settings, chunk))
    return RefreshReport(
        products=tuple(row.product_id for row in rows),
        trends=dict(Counter(row.trend or "unknown" for row in rows)),
        priced=sum(row.best_price is not None for row in rows),
        not_comparable=sum(row.not_comparable for row in rows),
    )


def _refresh_chunk(settings: Settings, product_ids: Sequence[str], connection: Connection) -> list[PriceRow]:
    now = clock(connection)
    products = product_rows.products_named(connection, product_ids)
    offers = product_prices.offers_of(connection, product_ids)
    rates = exchange_rates.rates_of(connection, now.astimezone(UTC).date())
    currencies = {
        product.product_id: currency_of(
            offers.get(product.product_id, ()), own=product.currency, default=settings.currency
        )
        for product in products
    }
    extremes = product_prices.extremes_of(connection, currencies)
    directions = _directions(connection, products, offers, now=now)
    rows = [
        _row(
            product,
            best_offers(
                offers.get(product.product_id, ()),
                rates,
                currencies[product.product_id],
                now=now,
                pack_unit=product.pack_unit,
            ),
            rates,
            extremes.get(product.product_id),
            directions.get(product.product_id),
            now=now,
        )
        for product in products
    ]
    product_prices.write(connection, rows, now=now)
    return rows


def _directions(
    connection: Connection, products: Sequence[Product], offers: Mapping[str, Sequence[StoreOffer]], *, now: datetime
) -> dict[str, Trend | None]:
    """Where the watch that stands for each product goes, in its own currency: rates move no trend."""
    longest = product_prices.longest_known(connection, [product.product_id for product in products])
    standing: dict[str, StoreOffer] = {}
    for product in products:
        by_id = {offer.watch_id: offer for offer in offers.get(product.product_id, ())}
        found = by_id.get(product.primary_watch_id or "") or by_id.get(longest.get(product.product_id, ""))
        if found:
            standing[product.product_id] = found
    histories = product_prices.changes_since(
        connection, [offer.watch_id for offer in standing.values()], now - timedelta(days=TREND_DAYS)
    )
    return {
        product_id: _direction(histories.get(offer.watch_id, ()), offer, now=now)
        for product_id, offer in standing.items()
    }


def _direction(changes: Sequence[PriceChange], offer: StoreOffer, *, now: datetime) -> Trend | None:
    return direction_of(changes, now=now, until=min(offer.confirmed_at or now, now), currency=offer.currency)


def _row(
    product: Product,
    comparison: Comparison,
    rates: Rates,
    extremes: Extremes | None,
    direction: Trend | None,
    *,
    now: datetime,
) -> PriceRow:
    best, landed, unit = comparison.best, comparison.best_landed, comparison.best_unit
    standings = Counter(each.standing for each in comparison.offers)
    seen = max((o.offer.confirmed_at for o in comparison.offers if o.offer.confirmed_at), default=None)
    best_price = _kept(best.price if best else None)
    lowest, lowest_at = _lowest_ever(best_price, extremes, now=now)
    used_rates = any(o.price is not None and o.offer.currency != comparison.currency for o in comparison.offers)
    return PriceRow(
        product_id=product.product_id,
        currency=comparison.currency,
        best_price=best_price,
        best_watch_id=best.offer.watch_id if best else None,
        best_landed_price=_kept(landed.landed_price if landed else None),
        best_landed_watch_id=landed.offer.watch_id if landed else None,
        best_unit_price=_kept(unit.unit_price if unit else None),
        unit_price_per=unit.unit_price_per if unit else None,
        best_unit_watch_id=unit.offer.watch_id if unit else None,
        highest_price=_kept(comparison.highest_price),
        lowest_ever_price=lowest,
        lowest_ever_at=lowest_at,
        trend=_trend(best_price, extremes, direction, now=now),
        watches=len(comparison.offers),
        priced_watches=standings[Standing.COMPARED] + standings[Standing.NO_RATE],
        not_comparable=standings[Standing.NO_RATE],
        rates_day=rates.day if used_rates else None,
        seen_until=min(seen, now - LATE_COMMITS) if seen else None,
    )


def _kept(amount: Decimal | None) -> Decimal | None:
    """As precisely as the columns hold it."""
    return None if amount is None else amount.quantize(_SMALLEST_KEPT)


def _lowest_ever(
    best: Decimal | None, extremes: Extremes | None, *, now: datetime
) -> tuple[Decimal | None, datetime | None]:
    """A rate that fell since a price began may make that price the lowest today."""
    if extremes is None:
        return None, None
    is_lower = best is not None and best < extremes.lowest
    return (best, now) if is_lower else (extremes.lowest, extremes.lowest_at)


def _trend(best: Decimal | None, extremes: Extremes | None, direction: Trend | None, *, now: datetime) -> Trend | None:
    if best is None or extremes is None or now - extremes.first_at < _LEAST_HISTORY:
        return None
    is_lowest = best <= extremes.lowest < extremes.highest
    return Trend.LOWEST if is_lowest else direction
