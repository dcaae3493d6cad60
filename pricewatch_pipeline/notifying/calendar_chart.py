"""A picture of a fare calendar: the lowest fare by day of departure, a line for each pair of airports.

What it shows is worked out here, and drawn in draw_calendar.py.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pricewatch_pipeline.domain.flights import CalendarFare
from pricewatch_pipeline.notifying.formats import Formats
from pricewatch_pipeline.notifying.price_chart import ONE_AT_A_TIME

MOST_ROUTES = 6
"""Lines that can be told apart; the cheapest routes are drawn."""
ENGLISH = Formats(locale="en", timezone="UTC")


@dataclass(frozen=True, kw_only=True)
class Route:
    """A pair of airports with its lowest fare of each day, in the order of the days; None breaks the line."""

    name: str
    fares: tuple[tuple[date, Decimal | None], ...]

    @property
    def lowest(self) -> Decimal:
        return min(fare for _, fare in self.fares if fare is not None)


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """What the picture shows."""

    currency: str
    routes: tuple[Route, ...]
    """The cheapest ones, by name: a route keeps its colour while fares move."""
    left_out: int
    """Routes that are not shown, because there are too many."""
    lowest: CalendarFare


def calendar_of(rows: Sequence[CalendarFare]) -> Calendar | None:
    """What to draw, in the currency that most fares have; None without a price."""
    currencies = Counter(row.currency for row in rows if row.price is not None and row.currency)
    if not currencies:
        return None
    currency = currencies.most_common(1)[0][0]
    days: dict[str, dict[date, Decimal | None]] = {}
    for row in rows:
        fares = days.setdefault(f"{row.origin}-{row.destination}", {})
        known = fares.get(row.departs_on)
        fare = row.price if row.currency == currency else None
        fares[row.departs_on] = known if fare is None else fare if known is None else min(known, fare)
    routes = [Route(name=name, fares=tuple(sorted(fares.items()))) for name, fares in days.items()]
    priced = sorted(
        (route for route in routes if any(fare is not None for _, fare in route.fares)),
        key=lambda route: (route.lowest, route.name),
    )
    return Calendar(
        currency=currency,
        routes=tuple(sorted(priced[:MOST_ROUTES], key=lambda route: route.name)),
        left_out=len(priced[MOST_ROUTES:]),
        lowest=min(
            (row for row in rows if row.price is not None and row.currency == currency),
            key=lambda row: (row.price, row.departs_on, row.origin, row.destination),
        ),
    )


def draw_calendar(rows: Sequence[CalendarFare], *, title: str, formats: Formats = ENGLISH) -> bytes | None:
    """The calendar as a PNG; None where no fare has a price."""
    calendar = calendar_of(rows)
    if calendar is None:
        return None
    # matplotlib takes half a second and 60 MB: only for those who draw.
    from pricewatch_pipeline.notifying.draw_calendar import CalendarDrawing  # noqa: PLC0415

    with ONE_AT_A_TIME:
        return CalendarDrawing(calendar, formats).png(title)
