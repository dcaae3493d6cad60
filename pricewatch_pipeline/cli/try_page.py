"""`pricewatch try`: what we would read from a page, and everything that was seen on it. Stores nothing."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.output import JsonFlag, console, errors, print_json, print_rows, shown
from pricewatch_pipeline.services.try_page import Trial
from pricewatch_pipeline.services.try_page import try_page as look
from pricewatch_pipeline.settings import load_settings

_CANDIDATE_COLUMNS = ("source", "place", "raw", "amount", "currency", "role")


def try_page(
    target: Annotated[str, typer.Argument(metavar="URL|FILE", help="A page's address, or a saved page.")],
    url: Annotated[
        str | None, typer.Option(help="Where the saved page came from: its store, country and variant follow from it.")
    ] = None,
    store: Annotated[
        str | None, typer.Option(help="Read it as this store of the watch files; found by domain when not given.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Look at one page and print what would be read. Stores nothing; needs no database. Exit code 1 without a price."""
    trial = look(load_settings(), target, url=url, store_id=store)
    if as_json:
        print_json(_report(trial))
    else:
        _print(trial)
    if not trial.reading.outcome.is_success:
        raise typer.Exit(1)


def _report(trial: Trial) -> dict[str, Any]:
    reading = trial.reading
    page = reading.pages[-1] if reading.pages else None
    return {
        "url": trial.url,
        "file": trial.file,
        "store": trial.store.store_id if trial.store else None,
        "outcome": reading.outcome,
        "error": reading.error,
        "offer": asdict(reading.offer) if reading.offer else None,
        "page": {
            "final_url": page.final_url,
            "http_status": page.status,
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
    reading, offer = trial.reading, trial.reading.offer
    page = reading.pages[-1] if reading.pages else None
    fields: dict[str, Any] = {
        "outcome": reading.outcome,
        "what is wrong": reading.error or (None if reading.outcome.is_success else reading.outcome.verdict.meaning),
        "store": trial.store.store_id if trial.store else None,
        "final url": page.final_url if page and page.final_url != trial.url and not trial.file else None,
        "HTTP status": page.status if page and not trial.file else None,
    }
    if offer:
        fields |= {name.replace("_", " "): value for name, value in asdict(offer).items() if name != "candidates"}
    rows = [{"field": name, "value": value} for name, value in fields.items() if value is not None]
    print_rows(rows, ("field", "value"), as_json=False)
    if offer and offer.candidates:
        candidates = [asdict(candidate) for candidate in offer.candidates]
        print_rows(candidates, _CANDIDATE_COLUMNS, as_json=False, title="Prices seen on the page")
    elif offer:
        console.print("No other price was seen on the page.")
