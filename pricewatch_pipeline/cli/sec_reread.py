"""`pricewatch sec reread`: stored documents of filings, read again with today's reader."""

from typing import Annotated

import typer

from pricewatch_pipeline.cli.output import JsonFlag, console, errors, print_json
from pricewatch_pipeline.domain.filings import ListedFiling
from pricewatch_pipeline.domain.insiders import ParsedFiling
from pricewatch_pipeline.registry import sec_form4
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.place_pages import PagePlace
from pricewatch_pipeline.services.reread_filings import RereadReport, reread_filings
from pricewatch_pipeline.settings import load_settings

_MOST_SHOWN = 20


def reread(
    accessions: Annotated[list[str] | None, typer.Argument(metavar="ACCESSION", help="Accession numbers.")] = None,
    is_all: Annotated[bool, typer.Option("--all", help="All filings whose documents are kept.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Read stored documents of filings again: what today's reader understands otherwise takes the place of what was stored.

    Asks the SEC for nothing, and alerts of nothing. Exit code 1 when a document could not be read: what is stored of it stays.
    """
    if bool(accessions) == is_all:
        raise typer.BadParameter("say what to read again: accession numbers, or --all")
    settings = load_settings()
    place = PagePlace(settings.pages_url) if settings.pages_url else None
    with opened_pipeline(settings) as pipeline:
        report = reread_filings(pipeline.database, _read, accessions or None, place=place)
    if as_json:
        print_json({"read": len(report.read), "changed": report.changed, "problems": report.problems})
    else:
        _print(report)
    if report.problems:
        raise typer.Exit(1)


def _read(body: bytes, listed: ListedFiling) -> ParsedFiling:
    return sec_form4().read(body, listed=listed)


def _print(report: RereadReport) -> None:
    what = "filing" if len(report.read) == 1 else "filings"
    changed = f"{len(report.changed):,}" if report.changed else "none"
    console.print(f"{len(report.read):,} {what} read again, {changed} of them otherwise.", highlight=False)
    for accession in report.changed[:_MOST_SHOWN]:
        console.print(f"  {accession}", highlight=False, markup=False)
    for accession, why in list(report.problems.items())[:_MOST_SHOWN]:
        errors.print(f"{accession}: {why}", soft_wrap=True, highlight=False, markup=False)
    if len(report.problems) > _MOST_SHOWN:
        errors.print(f"... and {len(report.problems) - _MOST_SHOWN:,} more; --json has all.", highlight=False)
