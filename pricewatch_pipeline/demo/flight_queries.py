"""What the address of a search asks the demo's flight search for."""

from pricewatch_pipeline.demo.flight_fares import Trip
from pricewatch_pipeline.errors import PricewatchError
from pricewatch_pipeline.registry import google_flights


def trip_of(tfs: str) -> Trip:
    """The trip that a tfs asks for.

    Raises:
        ValueError: it asks for none.
    """
    try:
        query = google_flights().decode(tfs).query
    except PricewatchError as error:
        raise ValueError(str(error)) from error
    return Trip(
        origins=query.origins,
        destinations=query.destinations,
        departs_on=query.departs[0],
        returns_on=query.returns[0] if query.returns else None,
        cabin=query.cabin.value,
        travellers=query.travellers,
        max_stops=query.max_stops,
    )
