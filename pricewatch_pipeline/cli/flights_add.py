"""`pricewatch flights add`: says what a trip stands for, asks, and watches it."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.entry_flags import Entry, with_flags
from pricewatch_pipeline.cli.flight_flags import QUERY_FLAGS, in_flags, query_of
from pricewatch_pipeline.cli.output import console, errors, print_notes
from pricewatch_pipeline.cli.removals import counted
from pricewatch_pipeline.cli.watch_add import mirror_partitions
from pricewatch_pipeline.cli.watch_edit import warn_of
from pricewatch_pipeline.cli.watch_flags import WATCH_FLAGS, watch_entry
from pricewatch_pipeline.domain.flights import PROVIDER
from pricewatch_pipeline.errors import WatchFileError
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.explain_waiting import roughly
from pricewatch_pipeline.services.open_pipeline import Pipeline, opened_pipeline
from pricewatch_pipeline.services.propose_flights import Proposal, propose_flights
from pricewatch_pipeline.services.steer_watches import add_watch
from pricewatch_pipeline.settings import load_settings

_WATCH_FLAGS = {
    name: flag for name, flag in WATCH_FLAGS.items() if name not in ("provider", "query", "product", *QUERY_FLAGS)
}


def _entry(**fields: Any) -> Entry:
    """The flags as an entry of a watch file: one --currency for the fares and for the target."""
    trip = query_of(**{name: fields[name] for name in QUERY_FLAGS})
    rest = {name: fields[name] for name in _WATCH_FLAGS}
    currency = trip.get("currency") if rest["target"] else None
    return {**watch_entry(query=None, currency=currency, **rest), "provider": PROVIDER, "query": trip}


@with_flags({**QUERY_FLAGS, **_WATCH_FLAGS}, _entry)
def add(
    watch_id: Annotated[str, typer.Argument(metavar="ID", help="The watch's name for good.")],
    is_sure: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    *,
    flags: Entry,
) -> None:
    """Watch a trip: what it stands for is said first, and asked about. Every six hours unless told otherwise.

    pricewatch flights add ny --from LHR,LGW --to JFK --depart 2027-01-15 --return 2027-01-22 --target 450 --currency GBP

    pricewatch flights add ny-any-day --matrix --from LHR --to JFK --depart 2027-01-10..2027-01-20 --stay 5..9 --every 1d
    """
    entry = {"id": watch_id, **flags}
    settings = load_settings()
    with opened_pipeline(settings) as pipeline:
        proposal = _proposal(pipeline, entry)
        for line in proposal_lines(proposal):
            errors.print(line, soft_wrap=True, highlight=False, markup=False)
        print_notes(proposal.remarks)
        warn_of(proposal.watch.url, settings)
        if not is_sure:
            typer.confirm("Watch this?", default=True, abort=True, err=True)
        added = add_watch(pipeline.database, entry, providers=providers())
        mirror_partitions(pipeline)
    what = "offers" if proposal.searches == 1 else "calendar"
    console.print(
        f"Watching {added}. `pricewatch check {added}` looks at once, `pricewatch flights {what} {added}` shows what was found.",
        soft_wrap=True,
        highlight=False,
    )


def _proposal(pipeline: Pipeline, entry: Entry) -> Proposal:
    try:
        return propose_flights(pipeline.database, entry, providers=providers())
    except WatchFileError as error:
        raise WatchFileError(list(map(in_flags, error.issues))) from error


def proposal_lines(proposal: Proposal) -> Iterator[str]:
    """What would be watched, how long a check takes at least, and how often the site is asked."""
    watch, searches = proposal.watch, proposal.searches
    yield f"{watch.watch_id}: {proposal.looks_for or watch.query}"
    if searches > 1:
        pace = f"one request every {proposal.delay.total_seconds():g} s" if proposal.delay else "as often as it answers"
        yield (
            f"A check is {searches:,} searches at {watch.host} ({pace}): it takes {roughly(proposal.check_takes)} at least."
        )
    yield f"{_often(proposal.checks_per_day)}: {_often(proposal.checks_per_day * searches, 'search')}."
    if proposal.is_slower_than_its_interval:
        yield "A check takes longer than the time between two: the next one begins when it ends."


def _often(per_day: float, noun: str = "check") -> str:
    """`4 checks a day`, `2 checks a week`."""
    plural = "searches" if noun == "search" else f"{noun}s"
    count, span = (per_day, "day") if per_day >= 1 else (per_day * 7, "week")
    number = round(count)
    return f"{counted(number, noun, plural=plural)} a {span}" if number else f"less than one {noun} a week"
