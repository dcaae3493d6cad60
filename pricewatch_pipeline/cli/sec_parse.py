"""`pricewatch sec parse`: the reader of insider filings on saved files, without watches, network or a database."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from pricewatch_pipeline.cli.files import is_same_file, whole_file
from pricewatch_pipeline.cli.output import console, errors, fail, shown
from pricewatch_pipeline.cli.removals import counted
from pricewatch_pipeline.services.parse_filings import ParsedFilings, parse_filings

_Files = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE...", help="Saved filings: plain XML, or the full text of submissions.", show_default=False
    ),
]
_Output = Annotated[str, typer.Option("--output", help="Where to write: one JSON object per line; `-`: here.")]


MOST_NAMED = 10
"""Files of one kind that are named."""
_Problems = dict[str, list[str]]
"""Files by why they could not be read."""


class _NothingRead(Exception):
    """Not one of the files was a filing: an output that is there stays as it is."""

    def __init__(self, parsed: ParsedFilings) -> None:
        super().__init__()
        self.parsed = parsed


def parse(files: _Files, output: _Output = "-") -> None:
    """Read saved filings (forms 3, 4, 5 and amendments): one JSON line per transaction or holding.

    Files that are none are named at the end, by the reason, and the others go on; when there was no filing at all, the
    exit code is 1.
    """
    columns = (TextColumn("reading files"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # Rich would send what we print here to the terminal, past the pipe or file that it is for; and a bar among lines is in the way.
    has_bar = errors.is_terminal and not (output == "-" and console.is_terminal)
    with Progress(*columns, console=errors, redirect_stdout=False, disable=not has_bar) as progress:
        task = progress.add_task("files", total=len(files))
        problems: _Problems = {}
        try:
            parsed = _parse(files, output, problems, lambda: progress.advance(task))
        except BrokenPipeError:  # the reader (`| head`) has seen enough
            raise typer.Exit(0) from None
        except OSError as error:
            raise fail(f"{error.filename or output}: {error.strerror}") from error
        except _NothingRead as nothing:
            parsed = nothing.parsed
    for text in problem_texts(problems):
        errors.print(text, soft_wrap=True, highlight=False)
    _tell(parsed, output)
    if not parsed.filings:
        raise typer.Exit(1)


def _parse(files: list[str], output: str, problems: _Problems, advance: Callable[[], None]) -> ParsedFilings:
    def on_problem(name: str, reason: str) -> None:
        problems.setdefault(reason, []).append(name)

    if output == "-":
        return parse_filings(files, sys.stdout, on_problem=on_problem, on_progress=advance)
    if any(is_same_file(output, name) for name in files):
        raise fail(f"{output} is one of the files to be read, and would be lost: name another --output")
    if not Path(output).parent.is_dir():
        raise fail(f"--output {output}: there is no folder {Path(output).parent}; make it first")
    with whole_file(Path(output)) as lines:
        parsed = parse_filings(files, lines, on_problem=on_problem, on_progress=advance)
        if not parsed.filings:
            raise _NothingRead(parsed)
    return parsed


def problem_texts(problems: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """What is wrong, each once, with the files it is wrong with: the name of one, how many they are and a few names of several."""
    for reason, names in problems.items():
        if len(names) == 1:
            yield f"[yellow]{shown(names[0])}:[/] {shown(reason)}"
            continue
        listed = ", ".join(_short(names)[:MOST_NAMED])
        more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
        yield f"[yellow]{len(names):,} files:[/] {shown(reason)}"
        yield f"  {shown(listed)}{more}"


def _short(names: Sequence[str]) -> list[str]:
    """Without their folders, unless two would be called alike."""
    seen = Counter(Path(name).name for name in names)
    return [Path(name).name if seen[Path(name).name] == 1 else name for name in names]


def _tell(parsed: ParsedFilings, output: str) -> None:
    rows = f"{counted(parsed.transactions, 'transaction')} and {counted(parsed.holdings, 'holding')}"
    parts = [f"{counted(parsed.files, 'file')}: {counted(parsed.filings, 'filing')} with {rows}"]
    if parsed.without_rows:
        parts.append(f"{parsed.without_rows:,} of them without any")
    if parsed.not_read:
        parts.append(f"{parsed.not_read:,} not read")
    parts.append(f"{parsed.files_a_second:,.0f} files a second")
    where = "" if output == "-" or not parsed.filings else f"; written to {output}"
    errors.print(f"{', '.join(parts)}{where}", markup=False, highlight=False, soft_wrap=True)
