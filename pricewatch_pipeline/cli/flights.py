"""`pricewatch flights ...`: the commands on flight searches."""

import typer

from pricewatch_pipeline.cli.lazy import Later, group_of

_HERE = "pricewatch_pipeline.cli"

COMMANDS = {
    "url": Later(target=f"{_HERE}.flights_url:url", help="Print the address of a search, or of each of a matrix."),
    "decode": Later(target=f"{_HERE}.flights_url:decode", help="Explain the address of a search, or its `tfs`."),
    "parse": Later(target=f"{_HERE}.flights_parse:parse", help="Read saved results: a JSON line per itinerary."),
    "add": Later(target=f"{_HERE}.flights_add:add", help="Watch a trip, or many at once."),
    "offers": Later(target=f"{_HERE}.flights_offers:offers", help="Every itinerary that was offered last."),
    "calendar": Later(target=f"{_HERE}.flights_calendar:calendar", help="Fares by day."),
    "cancel": Later(target=f"{_HERE}.batch_list:cancel", help="End a check of many searches; what was read stays."),
}

app = typer.Typer(cls=group_of(COMMANDS), help="Flights: searches, fares, saved pages.", no_args_is_help=True)


@app.callback()
def flights() -> None:
    """Flights: searches, fares, saved pages."""
