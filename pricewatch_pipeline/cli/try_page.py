"""`pricewatch try`: what we would read from a page, and everything that was seen on it. Stores nothing."""

import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.files import require_writable, write_file
from pricewatch_pipeline.cli.output import JsonFlag, console, errors, money, print_json, print_rows, shown
from pricewatch_pipeline.domain.offers import Candidate, Offer
from pricewatch_pipeline.services.show_reading import reading_html
from pricewatch_pipeline.services.try_page import Trial
from pricewatch_pipeline.services.try_page import try_page as look
from pricewatch_pipeline.settings import load_settings

_CANDIDATE_COLUMNS = ("", "read_as", "role", "score", "source,_place:_text", "why")
_STRATEGY_COLUMNS = ("field", "strategy", "reads")
_CHOSEN = "✓"
_LONGEST_RAW, _LONGEST_PLACE = 60, 36
_STEP = re.compile(r" > |(?<=[\w\]])(?=[.\[])")
"""Between the steps of a path: of CSS, or of JSON."""


def try_page(
    target: Annotated[str, typer.Argument(metavar="URL|FILE", help="A page's address, or a saved page.")],
    url: Annotated[
        str | None, typer.Option(help="Where the saved page came from: its store, country and variant follow from it.")
    ] = None,
    store: Annotated[
        str | None, typer.Option(help="Read it as this store of the watch files; found by domain when not given.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page that shows where each price was seen.")
    ] = None,
    is_forced: Annotated[bool, typer.Option("--force", help="Write over the file of --html.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Look at one page and print what would be read. Stores nothing; needs no database. Exit code 1 without a price."""
    if html:
        require_writable(html, is_forced=is_forced)
    trial = look(load_settings(), target, url=url, store_id=store)
    if html:
        write_file(html, reading_html(trial), is_forced=is_forced)
    if as_json:
        print_json(_report(trial))
    else:
        _print(trial)
    if html:
        errors.print(f"Wrote {shown(str(html))}; open it in a browser.", soft_wrap=True, highlight=False)
    if not trial.reading.outcome.is_success:
        raise typer.Exit(1)


def _report(trial: Trial) -> dict[str, Any]:
    reading, page = trial.reading, trial.page
    return {
        "url": trial.url,
        "file": trial.file,
        "store": trial.store.store_id if trial.store else None,
        "outcome": reading.outcome,
        "error": reading.error,
        "offer": asdict(reading.offer) if reading.offer else None,
        "strategies": [
            {"field": tried.field, "strategy": tried.text, "read": tried.read, "error": tried.error}
            for tried in trial.strategies
        ],
        "page": {
            "final_url": page.final_url,
            "http_status": page.status,
            "fetcher": page.request.fetcher,
            "body_bytes": len(page.body),
            "elapsed_s": page.elapsed,
        }
        if page
        else None,
        "notes": trial.notes,
    }


def _print(trial: Trial) -> None:
    for note in trial.notes:
        errors.print(f"[yellow]note:[/] {shown(note)}", soft_wrap=True, highlight=False)
    rows = [{"field": name, "value": value} for name, value in _fields(trial) if value is not None and value != {}]
    print_rows(rows, ("field", "value"), as_json=False)
    offer = trial.reading.offer
    if offer and offer.candidates:
        print_rows(list(candidate_rows(offer)), _CANDIDATE_COLUMNS, as_json=False, title="Prices seen on the page")
    elif trial.document is not None:
        console.print("No price was seen on the page." if offer else "Prices were not looked for on this page.")
    if trial.strategies:
        tried = [
            {"field": one.field, "strategy": one.text, "reads": one.error or one.read or "nothing"}
            for one in trial.strategies
        ]
        print_rows(tried, _STRATEGY_COLUMNS, as_json=False, title="What each strategy reads")


def _fields(trial: Trial) -> Iterator[tuple[str, Any]]:
    """What there is to know, the most important first; price and currency in one cell."""
    page, offer = trial.page, trial.reading.offer or Offer()
    yield "outcome", trial.reading.outcome
    yield "what is wrong", trial.error
    yield "store", trial.store.store_id if trial.store else None
    yield "final url", page.final_url if page and page.final_url != trial.url and not trial.file else None
    yield "HTTP status", page.status if page and not trial.file else None
    yield "price", money(offer.price, offer.currency)
    for name, value in asdict(offer).items():
        if name not in ("price", "candidates") and not (name == "currency" and offer.price is not None):
            yield name.replace("_", " "), value


def candidate_rows(offer: Offer) -> Iterator[dict[str, Any]]:
    """Every price seen, the chosen first; a reason that is that of the row above is not said again."""
    above = None
    for candidate in offer.candidates:
        why = (candidate.amount, candidate.why)
        yield {
            "": _CHOSEN if candidate.is_chosen else "",
            "read_as": money(candidate.amount, candidate.currency),
            "role": candidate.role.replace("_", " "),
            "score": None if candidate.score is None else f"{candidate.score:.2f}",
            # In one cell, lest there is no room for the reasons.
            "source,_place:_text": f"{candidate.source}, {short_place(candidate)}: {_cut(candidate.raw, _LONGEST_RAW)}",
            "why": "″" if candidate.why and why == above else candidate.why,
        }
        above = why


def short_place(candidate: Candidate) -> str:
    """The end of a long path; for visible text the line, by which `--html` shows it."""
    if candidate.source == "strategy":
        return candidate.place
    place = candidate.place.split(": ", 1)[0] if candidate.place.startswith("line ") else candidate.place
    if len(place) > _LONGEST_PLACE:
        steps = (step.end() for step in _STEP.finditer(place))
        start = next((at for at in steps if len(place) - at < _LONGEST_PLACE), 0)
        place = f"…{place[start:].lstrip('.')}" if start else place
    return _cut(place, _LONGEST_PLACE)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
