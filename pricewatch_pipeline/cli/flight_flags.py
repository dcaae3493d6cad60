"""The fields of a flight query as flags, said once for `flights add` and `flights url`. They are validated as in a watch file."""

import re
from typing import Annotated, Any, get_args

import typer

from pricewatch_pipeline.cli.entry_flags import Entry, with_flags

_FIELD = re.compile(r"(?:query\.)?(?P<field>\w+)(?:\[\d+\])*")
_QUOTED = re.compile(r"`(?P<field>\w+)(?:: [^`]*)?`")


def _option(*names: str, metavar: str | None, text: str) -> Any:
    return Annotated[str | None, typer.Option(*names, metavar=metavar, help=text)]


def _count(text: str) -> Any:
    return Annotated[int | None, typer.Option(help=text)]


QUERY_FLAGS: dict[str, Any] = {
    "origins": _option("--from", metavar="CODES", text="Where the trip begins: IATA codes, LHR,LGW; or ids of cities."),
    "destinations": _option("--to", metavar="CODES", text="Where it goes."),
    "departs": _option(
        "--depart", metavar="DAYS", text="2027-01-15; with --matrix also a list, or 2027-01-10..2027-01-20."
    ),
    "returns": _option("--return", metavar="DAYS", text="The day of return, as --depart; without it: one way."),
    "stay": _option("--stay", metavar="NIGHTS", text="Instead of --return: 7; with --matrix also a list, or 5..9."),
    "matrix": Annotated[
        bool | None, typer.Option("--matrix/--no-matrix", help="Search each airport pair and day by itself.")
    ],
    "max_combinations": _count("How many searches a matrix may stand for; 600."),
    "cabin": _option("--cabin", metavar="CLASS", text="economy, premium_economy, business or first."),
    "adults": _count("Travellers of 12 years and more; 1."),
    "children": _count("Travellers of 2 to 11 years."),
    "infants_in_seat": _count("Below 2 years, with a seat."),
    "infants_on_lap": _count("Below 2 years, on an adult's lap."),
    "max_stops": _count("0: non-stop, 1 or 2: at most so many."),
    "airlines": _option("--airline", metavar="CODES", text="Only these: BA,AA; oneworld, skyteam, star_alliance."),
    "without_airlines": _option("--without-airline", metavar="CODES", text="None of these."),
    "via": _option("--via", metavar="CODES", text="Airports where a layover may be."),
    "min_layover": _option("--min-layover", metavar="SPAN", text="The shortest layover: 90 (minutes), or 1h30m."),
    "max_layover": _option("--max-layover", metavar="SPAN", text="The longest layover."),
    "carry_on": _count("1: prices include a bag in the cabin."),
    "checked_bags": _count("Checked bags that prices include."),
    "currency": _option("--currency", metavar="CODE", text="In which prices are asked for, ISO 4217; USD."),
    "language": _option("--language", metavar="CODE", text="Of the page; en."),
    "country": _option("--country", metavar="CODE", text="Where the ticket is bought; US."),
    "site": _option("--site", metavar="URL", text="Another site that answers like Google's."),
}


def query_of(**fields: Any) -> Entry:
    """The flags that were used, as the query of a watch file says it."""
    return {name: value for name, value in fields.items() if value not in (None, "")}


with_flight_flags = with_flags(QUERY_FLAGS, query_of)
"""Gives a command a flag for each field of a flight query; it is told those that were used as `flags`."""


def in_flags(problem: str) -> str:
    """A problem of a query in the words of the command line: `query.origins[0]: ...` is one of `--from`."""
    place, _, said = problem.partition(": ")
    names = _flag_names()
    said = _QUOTED.sub(lambda found: f"`{names[found['field']]}`" if found["field"] in names else found[0], said)
    if place == "query":
        return said
    found = _FIELD.fullmatch(place)
    return f"{names.get(found['field'], place) if found else place}: {said}"


def _flag_names() -> dict[str, str]:
    """Fields of a query by what they are called here: `origins` is `--from`."""
    names = {}
    for field, flag in QUERY_FLAGS.items():
        # In an annotation Typer keeps the first name as the option's default.
        declared = [name for option in get_args(flag)[1:] for name in (option.default, *(option.param_decls or ()))]
        named = [name for name in declared if isinstance(name, str) and name.startswith("--")]
        names[field] = named[0].partition("/")[0] if named else f"--{field.replace('_', '-')}"
    return names
