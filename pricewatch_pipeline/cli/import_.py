"""`pricewatch import`: watches from lists, tables and the exports of other tools."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from pricewatch_pipeline.cli.files import require_writable
from pricewatch_pipeline.cli.output import JsonFlag, console, errors, print_json, print_rows
from pricewatch_pipeline.cli.watch_add import mirror_partitions
from pricewatch_pipeline.errors import ConfigurationError, NotFound
from pricewatch_pipeline.importing.read import Format, read_import
from pricewatch_pipeline.importing.tags import read_tags
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.import_reports import Imported, Summary, Tally, report_lines
from pricewatch_pipeline.services.import_watches import ImportOptions, import_rows
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.settings import load_settings

MOST_ROWS = 20
"""Of the table; `--report` and `--json` have everything."""
_COLUMNS = ("place", "what", "result", "id", "why")


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What to import; - for standard input.")],
    format: Annotated[  # noqa: A002 - as the flag is called
        Format | None, typer.Option("--format", help="What it is, where it does not look like it.")
    ] = None,
    is_dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")] = False,
    tags: Annotated[list[str] | None, typer.Option("--tag", metavar="TAG", help="Give every watch this tag.")] = None,
    every: Annotated[
        str | None, typer.Option(metavar="SPAN", help="For watches that say nothing of it: 30m, 6h, 1d.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE.csv", help="Write what became of each row to this file.")
    ] = None,
    tags_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Names of changedetection.io's tags; tags.json beside FILE otherwise."),
    ] = None,
    is_forced: Annotated[bool, typer.Option("--force", help="Write over a report that is there.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Watch what a list, a table or the export of another tool holds. What is watched already is recognised; a row that is wrong
    stops no other, and gives exit code 1 in the end."""
    if report:
        require_writable(report, is_forced=is_forced)
    options = ImportOptions(tags=tuple(tags or ()), every=every, is_dry_run=is_dry_run)
    tally, shown = Tally(), _Shown(keeps_all=as_json)
    with ExitStack() as stack:
        names = read_tags(tags_file or _beside(file))
        stream = stack.enter_context(_watched(file))
        pipeline = stack.enter_context(opened_pipeline(load_settings()))
        rows = read_import(stream, name=file.name, format=format, tags=names)
        done = import_rows(pipeline.database, rows, providers=providers(), options=options)
        try:
            for row in _reported(done, report):
                tally.add(row)
                shown.add(row)
        finally:
            # Also after Ctrl-C: what is stored is watched.
            if tally.summary.created and not is_dry_run:
                mirror_partitions(pipeline)
    if as_json:
        print_json({"summary": asdict(tally.summary), "rows": [asdict(row) for row in shown.rows]})
    else:
        _print(shown, tally.summary, report, is_dry_run=is_dry_run)
    if tally.summary.faults:
        raise typer.Exit(1)


class _Shown:
    """The rows to print: all, or the first ones that say something beyond a number."""

    def __init__(self, *, keeps_all: bool) -> None:
        self.keeps_all = keeps_all
        self.rows: list[Imported] = []
        self.left_out = 0

    def add(self, row: Imported) -> None:
        if self.keeps_all or (len(self.rows) < MOST_ROWS and (row.is_fault or row.notes or row.why)):
            self.rows.append(row)
        elif row.is_fault or row.notes or row.why:
            self.left_out += 1


def _beside(file: Path) -> Path | None:
    path = file.parent / "tags.json"
    return path if str(file) != "-" and path.is_file() and path != file else None


@contextmanager
def _watched(file: Path) -> Iterator[BinaryIO]:
    """The file, with a bar that shows how far it has been read; standard input has none."""
    if str(file) == "-":
        yield sys.stdin.buffer
        return
    columns = (TextColumn("importing"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    try:
        size = file.stat().st_size
        opened = file.open("rb")
    except FileNotFoundError:
        raise NotFound(f"there is no file {file}") from None
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from error
    with (
        opened,
        Progress(*columns, console=errors, transient=True) as progress,
        progress.wrap_file(opened, size) as seen,
    ):
        yield seen


def _reported(rows: Iterable[Imported], report: Path | None) -> Iterator[Imported]:
    """The rows, each written to the report as it comes."""
    if report is None:
        yield from rows
        return
    try:
        with report.open("w", encoding="utf-8", errors="replace", newline="") as file:
            yield from report_lines(rows, file)
    except OSError as error:
        raise ConfigurationError(f"{report} cannot be written: {error.strerror}") from error


def _print(shown: _Shown, summary: Summary, report: Path | None, *, is_dry_run: bool) -> None:
    if shown.rows:
        rows = [{**vars(row), "why": "; ".join(filter(None, [row.why, *row.notes]))} for row in shown.rows]
        print_rows(rows, _COLUMNS, as_json=False)
    if shown.left_out:
        where = f"{report} has them" if report else "--report FILE.csv writes them all"
        console.print(f"... and {shown.left_out:,} more rows: {where}.", soft_wrap=True, highlight=False)
    counts = f"{summary.created:,} created, {summary.updated:,} updated, {summary.skipped:,} skipped"
    wrong = f" ({summary.faults:,} of them because something is wrong with them)" if summary.faults else ""
    past = f"; {summary.past_prices:,} past prices" if summary.past_prices else ""
    done = "Nothing was changed. It would be: " if is_dry_run else ""
    console.print(f"{done}{counts}{wrong}{past}.", soft_wrap=True, highlight=False)
