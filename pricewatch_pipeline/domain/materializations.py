"""What a materialization says, and whether a check is worth one: values and pure decisions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from pricewatch_pipeline.domain.checks import OpenCheck
from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.domain.providers import Detail

MaterializationPolicy = Literal["all", "changes"]
HEARTBEAT = timedelta(days=1)


def is_event_due(policy: MaterializationPolicy, check: OpenCheck, offer: Offer | None, now: datetime) -> bool:
    """Under `changes`: a changed price or availability, the first success, the end of a failure, a daily heartbeat.

    No offer: the last one was carried on, and nothing has changed.
    """
    last = check.last_seen
    if policy == "all" or last.event_at is None or check.consecutive_failures > 0:
        return True
    is_changed = offer is not None and (offer.price, offer.currency, offer.availability) != (
        last.price,
        last.currency,
        last.availability,
    )
    return is_changed or now - last.event_at >= HEARTBEAT


def tells_of_filings(details: Iterable[Detail]) -> bool:
    """Whether a check read filings, or met some that cannot be read: they are stored whatever else became of it."""
    return any(
        detail.table == "filing_checks" and any(detail.row.get(name) for name in ("read", "gone", "unreadable"))
        for detail in details
    )


@dataclass(frozen=True, kw_only=True)
class RecentPrice:
    """One of the last prices of a watch."""

    observed_at: str
    """ISO 8601."""
    price: str | None
    currency: str | None
    availability: str | None


@dataclass(frozen=True, kw_only=True)
class CheapOffer:
    """One of the cheapest itineraries of a check."""

    price: Decimal
    currency: str | None
    origin: str | None
    destination: str | None
    departs_local: datetime | None
    arrives_local: datetime | None
    returns_on: date | None
    airlines: tuple[str, ...]
    flight_numbers: tuple[str, ...]
    stops: int | None
    duration_minutes: int | None
    meets_query: bool


@dataclass(frozen=True, kw_only=True)
class OffersEvent:
    """All that was on offer at a check of a flight watch."""

    itineraries: int
    priced: int
    price: Decimal | None
    """The lowest fare that meets the watch; what follows is of the search that found it."""
    currency: str | None
    indicator: str | None
    typical_low: Decimal | None
    typical_high: Decimal | None
    asked: int
    """Searches that were read."""
    combinations: int | None
    """That the watch stood for; None: one search."""
    failed: int | None
    """Combinations that were given up."""
    cheapest: tuple[CheapOffer, ...]


@dataclass(frozen=True, kw_only=True)
class TradeLine:
    """One of the newest trades of a company's insiders on the open market."""

    traded_on: date
    filed_on: date
    owner: str | None
    code: str
    shares: Decimal | None
    price: Decimal
    value: Decimal | None
    accession: str


@dataclass(frozen=True, kw_only=True)
class FilingsEvent:
    """What a check of an insider watch found, and where its company stands."""

    outcome: str
    observed_at: datetime
    cik: str | None
    company: str | None
    """Its name."""
    listed: int
    found: int
    read: int
    gone: int
    unreadable: int
    left_out: int
    remaining: int
    transactions: int
    """Created by the check."""
    holdings: int
    price: Decimal | None
    currency: str | None
    traded_on: date | None
    """Of the price."""
    problem: str | None
    filings_stored: int
    """Of the company, read so far; the next one likewise."""
    transactions_stored: int
    newest: tuple[TradeLine, ...]


@dataclass(frozen=True, kw_only=True)
class SnapshotEvent:
    """A stored snapshot, as its materialization tells it; or filings that a check without one has read."""

    watch_id: str
    slot_at: datetime
    observed_at: datetime
    price: Decimal | None
    currency: str | None
    list_price: Decimal | None
    availability: str | None
    url: str | None
    title: str | None
    method: str | None
    confidence: float | None
    reason: str | None
    recent_prices: tuple[RecentPrice, ...]
    """Newest first, this one included."""
    offers: OffersEvent | None = None
    """Of a flight watch: what the snapshot is the lowest of."""
    filings: FilingsEvent | None = None
    """Of an insider watch."""
    has_snapshot: bool = True
    """False: there was no price, and only the assets of filings tell of the check."""
