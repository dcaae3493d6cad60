"""What a `tfs` holds: the search, and how it was written. Values only."""

from dataclasses import dataclass

from pricewatch_pipeline.errors import NotASearch
from pricewatch_pipeline.providers.google_flights.query import FlightQuery
from pricewatch_pipeline.providers.google_flights.wire import Step

TRIPS = {1: "round trip", 2: "one way", 3: "multi-city"}
CABINS = {1: "economy", 2: "premium_economy", 3: "business", 4: "first"}
TRAVELLERS = {1: "adults", 2: "children", 3: "infants_in_seat", 4: "infants_on_lap"}


@dataclass(frozen=True, kw_only=True)
class DecodedPlace:
    """Where a way begins or ends."""

    kind: int | None
    """1: an airport; 2 and 3: an id; None: not said."""
    code: str


@dataclass(frozen=True, kw_only=True)
class DecodedLeg:
    """One way of the trip."""

    date: str
    origins: tuple[DecodedPlace, ...]
    destinations: tuple[DecodedPlace, ...]
    max_stops: int | None = None
    airlines: tuple[str, ...] = ()
    """As written: `BA`, `STAR_ALLIANCE`."""
    without_airlines: tuple[str, ...] = ()
    via: tuple[str, ...] = ()
    min_layover: int | None = None
    max_layover: int | None = None
    chosen: tuple[str, ...] = ()
    """Flights that are chosen already: `AA171`. A query of ours does not have them."""


@dataclass(frozen=True, kw_only=True)
class Writing:
    """How the same search may be written otherwise: what encoding needs to give the same bytes."""

    order: tuple[Step, ...]
    is_packed: bool
    """The travellers are one field."""
    rest: bytes
    """The message without what is in the decoded query: its envelope, and fields we do not know."""
    leg_rests: tuple[bytes, ...]
    padding: str
    """The `=` at the end, if any."""


@dataclass(frozen=True, kw_only=True)
class DecodedQuery:
    """A search as it was found."""

    legs: tuple[DecodedLeg, ...]
    trip: int | None
    cabin: int | None
    travellers: tuple[int, ...]
    carry_on: int | None
    checked_bags: int | None
    writing: Writing
    left_out: tuple[str, ...]
    """What it asks for beside, and a query of ours cannot: `max_price`, `chosen`."""
    flight_query: FlightQuery | None
    """The same as a query of ours."""
    problem: str | None
    """Why there is none: what it asks for cannot be watched."""

    @property
    def query(self) -> FlightQuery:
        """The same as a query of ours.

        Raises:
            NotASearch: it cannot be watched; says why.
        """
        if self.flight_query is None:
            raise NotASearch(self.problem or "")
        return self.flight_query

    @property
    def trip_name(self) -> str:
        """`round trip`; by the legs where it is not said."""
        return TRIPS.get(self.trip or len(self.legs) % 2 + 1, f"trip {self.trip}")

    @property
    def cabin_name(self) -> str:
        """`economy`, also where it is not said."""
        return CABINS.get(self.cabin or 1, f"cabin {self.cabin}")

    @property
    def people(self) -> dict[str, int]:
        """How many travellers of each kind, in the words of a query."""
        kinds = [TRAVELLERS.get(kind, f"travellers of kind {kind}") for kind in self.travellers]
        return {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
