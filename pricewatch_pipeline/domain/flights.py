"""What a results page of a flight search says: itineraries, and how the fare stands. Values only.

A page has hundreds of legs and itineraries, and what reading one costs is mostly making them: these are named tuples, which
take a tenth of the time of a frozen dataclass.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from pricewatch_pipeline.domain.outcomes import Outcome

PROVIDER = "google_flights"
"""The provider whose watches have offers of flights."""


class Section(StrEnum):
    """The list of the page in which a row stands."""

    BEST = "best"
    OTHER = "other"
    CALENDAR = "calendar"
    """No itinerary but the fare of a day (or of a pair of days), from a price graph."""


class FareLevel(StrEnum):
    """How the lowest fare stands against what is usual for the trip, as the page says."""

    LOW = "low"
    TYPICAL = "typical"
    HIGH = "high"


class Leg(NamedTuple):
    """One flight. Local times are naive, as the page gives them; a zone is None where the airport is not known."""

    airline: str | None
    """IATA code of the marketing airline."""
    airline_name: str | None
    number: str | None
    """With the airline's code: `BA117`."""
    operator: str | None
    """Who flies it, where the page says that it is another."""
    origin: str
    destination: str
    departs_local: datetime | None
    arrives_local: datetime | None
    duration_minutes: int | None
    aircraft: str | None
    legroom: str | None
    """As the page words it: `76 cm`."""
    emissions_g: int | None


class Layover(NamedTuple):
    """A stop between two legs."""

    airport: str
    """Where it begins; another one where the airport changes: `next_airport`."""
    next_airport: str
    duration_minutes: int | None


class Itinerary(NamedTuple):
    """One row: a way out. On a round trip its price is the total of both ways."""

    section: Section
    price: Decimal | None
    currency: str | None
    airlines: tuple[str, ...]
    """Names, as the page gives them."""
    flight_numbers: tuple[str, ...]
    origin: str | None
    destination: str | None
    departs_local: datetime | None
    arrives_local: datetime | None
    departs_at: datetime | None = None
    """UTC; None where the airport's zone is not known."""
    arrives_at: datetime | None = None
    duration_minutes: int | None = None
    stops: int | None = None
    layovers: tuple[Layover, ...] = ()
    legs: tuple[Leg, ...] = ()
    emissions_g: int | None = None
    typical_emissions_g: int | None = None
    carry_on_bags: int | None = None
    """Included in the price, where the page says it."""
    checked_bags: int | None = None
    booking_token: str | None = None
    departs_on: date | None = None
    """Of a point of a calendar: the days, without times and flights."""
    returns_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class FareInsight:
    """What the page says of the lowest fare; null where it says nothing."""

    level: FareLevel | None = None
    typical_low: Decimal | None = None
    typical_high: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class FlightResults:
    """All that was read of one response."""

    outcome: Outcome
    """`ok` with itineraries; else `consent`, `blocked`, `login`, `no_offers` (the page says so) or `unreadable`."""
    itineraries: tuple[Itinerary, ...] = ()
    insight: FareInsight = field(default_factory=FareInsight)
    currency: str | None = None
    """As returned."""
    error: str | None = None
    """Why there are none. Beside `ok` a note and no failure: how many rows could not be read in full, of how many."""


@dataclass(frozen=True, kw_only=True)
class CalendarFare:
    """The newest fare of one pair of days between two airports: a row of `analytics.fare_calendar`."""

    origin: str
    destination: str
    departs_on: date
    returns_on: date | None
    price: Decimal | None
    """None where the newest look found no price."""
    currency: str | None
    observed_at: datetime
    indicator: FareLevel | None = None
