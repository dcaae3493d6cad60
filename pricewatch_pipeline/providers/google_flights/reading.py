"""Bytes -> what a flight search answered: itineraries, how the fare stands, or which of five things stands in their place."""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pricewatch_pipeline.domain.flights import FareInsight, FlightResults
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.providers.google_flights.emptiness import description_of, is_empty_market
from pricewatch_pipeline.providers.google_flights.insight import read_insight
from pricewatch_pipeline.providers.google_flights.payload import Payloads, find_payloads
from pricewatch_pipeline.providers.google_flights.refusals import refusal_at, refusal_in
from pricewatch_pipeline.providers.google_flights.rendered import read_rendered
from pricewatch_pipeline.providers.google_flights.rows import Rows, read_rows

_DRAWN = b" and arrives at "


def read_results(body: bytes, *, url: str | None = None) -> FlightResults:
    """What a page, a response or a bare payload says. Never raises: what cannot be read has an outcome that says so.

    Args:
        url: the address the request ended at; a saved file has none.
    """
    with _garbage.kept():
        return _read(body, url)


@dataclass
class Garbage:
    """No hunt for cycles of objects while something is read. The data are tens of thousands of lists without any, all gone at
    the end: looking through them again and again takes a third of the time.

    Pages are read in several threads, and the switch is the process's: the first reader turns it off, the last one on.
    """

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _readers: int = 0
    _was_enabled: bool = False

    @contextmanager
    def kept(self) -> Iterator[None]:
        with self._lock:
            if not self._readers:
                self._was_enabled = gc.isenabled()
                gc.disable()
            self._readers += 1
        try:
            yield
        finally:
            with self._lock:
                self._readers -= 1
                if not self._readers and self._was_enabled:
                    gc.enable()


_garbage = Garbage()


def _read(body: bytes, url: str | None) -> FlightResults:
    refusal = refusal_at(url)
    if refusal is None:
        found = find_payloads(body)
        rows = read_rows(found.values)
        if rows.count:
            return _results(rows, found)
        if drawn := _drawn(body):
            return drawn
        refusal = refusal_in(body)
    if refusal is not None:
        return FlightResults(outcome=refusal.outcome, error=refusal.sentence)
    if is_empty_market(found.values, found.errors, body):
        return FlightResults(outcome=Outcome.NO_OFFERS, error="the page says that no flights were found")
    return FlightResults(outcome=Outcome.UNREADABLE, error=description_of(found))


def _results(rows: Rows, found: Payloads) -> FlightResults:
    """Itineraries, unless most rows cannot be read: then the layout has changed, and none of it is believed."""
    flawed = sum(rows.flaws.values())
    note = None
    if flawed:
        flaw, _ = rows.flaws.most_common(1)[0]
        note = f"{flawed} of {rows.count} rows cannot be read in full: {flaw}"
    if not rows.itineraries or 2 * flawed > rows.count:
        return FlightResults(outcome=Outcome.UNREADABLE, error=f"{note}; the layout has changed")
    return FlightResults(
        outcome=Outcome.OK,
        itineraries=rows.itineraries,
        insight=_insight(found),
        currency=rows.currency,
        error=note,
    )


def _insight(found: Payloads) -> FareInsight:
    """Of the last chunk that says anything."""
    for payload in reversed(found.values):
        insight = read_insight(payload[5] if isinstance(payload, list) and len(payload) > 5 else None)
        if insight.level is not None:
            return insight
    return FareInsight()


def _drawn(body: bytes) -> FlightResults | None:
    """The results of a page that has only the drawn list."""
    if _DRAWN not in body:
        return None
    itineraries = read_rendered(body)
    if not itineraries:
        return None
    currency = next((itinerary.currency for itinerary in itineraries if itinerary.currency), None)
    return FlightResults(outcome=Outcome.OK, itineraries=itineraries, currency=currency)
