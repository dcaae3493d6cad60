"""What a page of results means for a watch: the offer, the rows for the tables of flights, and the outcome. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pricewatch_pipeline.domain.flights import FareInsight, FlightResults, Itinerary, Layover, Leg, Section
from pricewatch_pipeline.domain.offers import Candidate, Offer, PriceRole
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.providers import Detail, Reading
from pricewatch_pipeline.providers.google_flights.counting import trips_of
from pricewatch_pipeline.providers.google_flights.meeting import Met, cheapest, measured
from pricewatch_pipeline.providers.google_flights.query import FlightQuery

METHOD = "results_page"
MOST_CANDIDATES = 5
_MOST_REASONS = 3
_MOST_AIRLINES = 4
_LONGEST_NAMES = 200
_OF_THE_SITE = (Outcome.OK, Outcome.NOT_PRICED, Outcome.NO_OFFERS, Outcome.UNREADABLE)
"""Outcomes with which a search was answered, well or badly; the others say that it was not."""


def reading_of(results: FlightResults, query: FlightQuery, *, url: str) -> Reading:
    """The reading of one search: without its pages."""
    # The fares of days, from a price graph, are no way to fly.
    rows = measured((each for each in results.itineraries if each.section is not Section.CALENDAR), query)
    currency = results.currency or next((row.itinerary.currency for row in rows if row.itinerary.currency), None)
    found = cheapest(rows, currency=currency) if results.outcome is Outcome.OK else ()
    outcome = Outcome.NOT_PRICED if results.outcome is Outcome.OK and not found else results.outcome
    offer = _offer(found, rows, query, results, currency) if found else None
    details: tuple[Detail, ...] = ()
    if outcome in _OF_THE_SITE:
        details = (
            _search(results, rows, query, outcome, offer, currency, url),
            *(_row(each, currency) for each in rows),
        )
    return Reading(
        outcome=outcome,
        offer=offer,
        details=details,
        signals=_signals(results.insight) if offer else {},
        error=None if offer else _why_none(results, rows),
    )


def _signals(insight: FareInsight) -> dict[str, str]:
    said = {
        "price_indicator": insight.level and insight.level.value,
        "typical_low": insight.typical_low,
        "typical_high": insight.typical_high,
    }
    return {name: str(value) for name, value in said.items() if value is not None} if insight.level else {}


def title_of(itinerary: Itinerary, query: FlightQuery) -> str:
    """`Flight from LHR to JFK on 15 Jan 2027, back on 22 Jan 2027`.

    Titles that differ too much are taken for those of two products (`domain/titles.py`): so it does not name who flies,
    which the cheapest fare changes all the time, and has words enough that all trips of a matrix have too.
    """
    origin = itinerary.origin or ", ".join(query.origins)
    destination = itinerary.destination or ", ".join(query.destinations)
    returns = _returns_on(query)
    back = f", back on {_day(returns)}" if returns else ""
    return f"Flight from {origin} to {destination} on {_day(query.departs[0])}{back}"


def _offer(
    found: Sequence[Met], rows: Sequence[Met], query: FlightQuery, results: FlightResults, currency: str | None
) -> Offer:
    best = found[0].itinerary
    return Offer(
        price=best.price,
        currency=currency,
        price_text=f"{currency or ''} {best.price}".strip(),
        title=title_of(best, query),
        seller=_listed(best.airlines) or None,
        method=METHOD,
        reason=_reason(found, rows, query, results, currency),
        candidates=tuple(_candidate(row, found[0], currency) for row in found[:MOST_CANDIDATES]),
    )


def _reason(
    found: Sequence[Met], rows: Sequence[Met], query: FlightQuery, results: FlightResults, currency: str | None
) -> str:
    insight = results.insight
    priced, meeting = sum(row.has_price for row in rows), sum(row.meets_query for row in rows)
    count = _several(len(rows), "itinerary", "itineraries")
    said = [
        f"the cheapest of {count} ({priced} with a price, {meeting} that meet the watch): {in_words(found[0].itinerary)}"
    ]
    if query.is_round_trip:
        said.append("the price is the total of both ways")
    if query.travellers > 1:
        said.append(f"for {query.travellers} travellers together")
    if currency != query.currency:
        said.append(f"asked for in {query.currency} and given in {currency or 'an unknown currency'}")
    if insight.level:
        said.append(f"the page says that the fare is {insight.level.value}{_typical(insight)}")
    if results.error:  # beside `ok` a note: a row that cannot be read in full may be the cheapest
        said.append(results.error)
    return "; ".join(said)


def _typical(insight: FareInsight) -> str:
    if insight.typical_low is None or insight.typical_high is None:
        return ""
    return f" (usual: {insight.typical_low} to {insight.typical_high})"


def in_words(itinerary: Itinerary) -> str:
    """`British Airways BA117, non-stop, 8 h 5 min, leaves at 11:20`."""
    numbers = " ".join(itinerary.flight_numbers)
    stops, minutes, leaves = itinerary.stops, itinerary.duration_minutes, itinerary.departs_local
    parts = [
        f"{_listed(itinerary.airlines)} {numbers}".strip()[:_LONGEST_NAMES],
        "" if stops is None else "non-stop" if stops == 0 else _several(stops, "stop"),
        "" if minutes is None else f"{minutes // 60} h {minutes % 60} min",
        f"leaves at {leaves:%H:%M}" if leaves else "",
    ]
    return ", ".join(part for part in parts if part) or "an itinerary that is not described"


def _candidate(row: Met, best: Met, currency: str | None) -> Candidate:
    is_best = row is best
    return Candidate(
        source=METHOD,
        place=f"{row.itinerary.section.value}, row {row.number}",
        raw=f"{currency or ''} {row.itinerary.price}".strip(),
        amount=row.itinerary.price,
        currency=currency,
        # Another way to fly is another thing to buy, and no second opinion on the price of this one.
        role=PriceRole.PRICE if is_best else PriceRole.OTHER,
        is_chosen=is_best,
        why=in_words(row.itinerary),
    )


def _why_none(results: FlightResults, rows: Sequence[Met]) -> str | None:
    if results.outcome is not Outcome.OK:
        return results.error
    meeting = [row for row in rows if row.meets_query]
    count = _several(len(rows), "itinerary", "itineraries")
    if not rows:
        return "the page shows fares of days, and no itineraries"
    if meeting:
        return f"the page shows {count}, {len(meeting)} that meet the watch, and none of these has a price"
    reasons = Counter(row.why_not for row in rows).most_common(_MOST_REASONS)
    return f"the page shows {count}, and none meets the watch: {', '.join(f'{why} ({n})' for why, n in reasons)}"


def _search(
    results: FlightResults,
    rows: Sequence[Met],
    query: FlightQuery,
    outcome: Outcome,
    offer: Offer | None,
    currency: str | None,
    url: str,
) -> Detail:
    insight, returns = results.insight, _returns_on(query)
    row: Mapping[str, Any] = {
        "origins": list(query.origins),
        "destinations": list(query.destinations),
        "departs_on": query.departs[0].isoformat(),
        "returns_on": returns.isoformat() if returns else None,
        "outcome": outcome.value,
        "price": offer.price if offer else None,
        "currency": currency,
        "asked_currency": query.currency,
        "itineraries": len(rows),
        "priced_itineraries": sum(each.has_price for each in rows),
        "price_indicator": insight.level.value if insight.level else None,
        "typical_low": insight.typical_low,
        "typical_high": insight.typical_high,
        "url": url,
    }
    return Detail(table="flight_searches", row=row)


def _row(met: Met, currency: str | None) -> Detail:
    one = met.itinerary
    row: Mapping[str, Any] = {
        "number": met.number,
        "section": one.section.value,
        "price": one.price if met.has_price else None,
        "currency": (one.currency or currency) if met.has_price else None,
        "meets_query": met.meets_query,
        "airlines": list(one.airlines),
        "flight_numbers": list(one.flight_numbers),
        "origin": one.origin,
        "destination": one.destination,
        "departs_at": one.departs_at,
        "arrives_at": one.arrives_at,
        "departs_local": one.departs_local,
        "arrives_local": one.arrives_local,
        "duration_minutes": one.duration_minutes,
        "stops": one.stops,
        "layovers": [_plain(layover) for layover in one.layovers],
        "legs": [_plain(leg) for leg in one.legs],
        "emissions_g": one.emissions_g,
        "typical_emissions_g": one.typical_emissions_g,
        "carry_on_bags": one.carry_on_bags,
        "checked_bags": one.checked_bags,
        "booking_token": one.booking_token,
    }
    return Detail(table="flight_offers", row=row)


def _plain(part: Leg | Layover) -> dict[str, Any]:
    """As JSON holds it: local times to the minute."""
    return {
        name: value.isoformat(timespec="minutes") if isinstance(value, datetime) else value
        for name, value in part._asdict().items()
    }


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - _MOST_AIRLINES
    return ", ".join(names[:_MOST_AIRLINES]) + (f" and {rest} more" if rest > 0 else "")


def _several(number: int, noun: str, plural: str | None = None) -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def _returns_on(query: FlightQuery) -> date | None:
    """Of one search."""
    return next(trips_of(query))[1]


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
