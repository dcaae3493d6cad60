"""`pricewatch flights parse`: the reader of flight searches on saved files, without watches or a database."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from pricewatch_pipeline.cli.files import is_same_file
from pricewatch_pipeline.cli.output import console, errors, fail
from pricewatch_pipeline.services.parse_flights import Parsed, parse_flights

_Files = Annotated[
    list[str],
    typer.Argument(metavar="FILE...", help="Saved results pages, responses or payloads.", show_default=False),
]
_Output = Annotated[str, typer.Option("--output", help="Where to write: one JSON object per line; `-`: here.")]


def parse(files: _Files, output: _Output = "-") -> None:
    """Read saved flight searches: one JSON line per itinerary, or one with the outcome where a file has none."""
    columns = (TextColumn("reading files"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # Rich would send what we print here to the terminal, past the pipe or file that it is for; and a bar among lines is in the way.
    has_bar = errors.is_terminal and not (output == "-" and console.is_terminal)
    with Progress(*columns, console=errors, redirect_stdout=False, disable=not has_bar) as progress:
        task = progress.add_task("files", total=len(files))
        try:
            parsed = _parse(files, output, lambda: progress.advance(task))
        except OSError as error:
            raise fail(f"{error.filename or output}: {error.strerror}") from error
    _tell(parsed, output)


def _parse(files: list[str], output: str, advance: Callable[[], None]) -> Parsed:
    if output == "-":
        return parse_flights(files, sys.stdout, advance)
    if any(is_same_file(output, name) for name in files):
        raise fail(f"{output} is one of the files to be read, and would be lost: name another --output")
    with Path(output).open("w", encoding="utf-8") as lines:
        return parse_flights(files, lines, advance)


def _tell(parsed: Parsed, output: str) -> None:
    count = parsed.outcomes.total()
    listed = ", ".join(f"{number} {outcome}" for outcome, number in parsed.outcomes.most_common())
    files = "1 file" if count == 1 else f"{count} files"
    itineraries = "1 itinerary" if parsed.itineraries == 1 else f"{parsed.itineraries} itineraries"
    where = "" if output == "-" else f"; written to {output}"
    errors.print(f"{files} read ({listed}), {itineraries}{where}", markup=False, highlight=False, soft_wrap=True)
