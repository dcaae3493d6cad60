"""A flight query in words: one line for people."""

from collections.abc import Sequence
from datetime import date

from pricewatch_pipeline.providers.google_flights.counting import counted
from pricewatch_pipeline.providers.google_flights.query import Cabin, FlightQuery
from pricewatch_pipeline.providers.google_flights.values import days_written, minutes_written, nights_written

_STOPS = {0: "non-stop", 1: "at most 1 stop", 2: "at most 2 stops"}
_MOST_NAMED = 6


def in_words(query: FlightQuery) -> str:
    """`LHR, LGW -> JFK, 15 Jan 2027, back 22 Jan 2027; 2 adults; business; at most 1 stop; in GBP`."""
    trip = f"{_listed(query.origins)} -> {_listed(query.destinations)}, {_days(query.departs)}{_back(query)}"
    many = f"{counted(query).total:,} searches" if query.matrix else None
    return "; ".join(filter(None, (trip, many, _travellers(query), *_wishes(query), f"in {query.currency}")))


def _back(query: FlightQuery) -> str:
    if query.stay is not None:
        nights = nights_written(query.stay)
        said = " or ".join(map(str, nights)) if isinstance(nights, list) else str(nights)
        return f", back after {said.replace('..', ' to ')} night{'' if query.stay == (1,) else 's'}"
    return f", back {_days(query.returns)}" if query.returns is not None else ", one way"


def _travellers(query: FlightQuery) -> str:
    counts = (
        (query.adults, "adult", "adults"),
        (query.children, "child", "children"),
        (query.infants_in_seat, "infant in a seat", "infants in seats"),
        (query.infants_on_lap, "infant on a lap", "infants on laps"),
    )
    return ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in counts if count)


def _wishes(query: FlightQuery) -> tuple[str | None, ...]:
    return (
        query.cabin.replace("_", " ") if query.cabin is not Cabin.ECONOMY else None,
        None if query.max_stops is None else _STOPS[query.max_stops],
        f"with {_carriers(query.airlines)}" if query.airlines else None,
        f"without {_carriers(query.without_airlines)}" if query.without_airlines else None,
        f"via {_listed(query.via)}" if query.via else None,
        None if query.min_layover is None else f"layovers from {minutes_written(query.min_layover)}",
        None if query.max_layover is None else f"layovers up to {minutes_written(query.max_layover)}",
        "a bag in the cabin" if query.carry_on else None,
        f"{query.checked_bags} checked bag{'s' * (query.checked_bags > 1)}" if query.checked_bags else None,
    )


def _carriers(names: Sequence[str]) -> str:
    return _listed([name.replace("_", " ") for name in names])


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _days(days: Sequence[date]) -> str:
    written = days_written(days)
    return _listed([_run(item) for item in ([written] if isinstance(written, str) else written)])


def _run(item: str) -> str:
    """`10 Jan 2027 to 20 Jan 2027`."""
    return " to ".join(f"{day.day} {day:%b %Y}" for day in map(date.fromisoformat, item.split("..")))
