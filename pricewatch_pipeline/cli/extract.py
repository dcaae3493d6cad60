"""`pricewatch extract` and `pricewatch parse-price`: the readers on files, without watches or a database."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from pricewatch_pipeline.cli.output import errors, fail
from pricewatch_pipeline.errors import PricewatchError
from pricewatch_pipeline.services.read_pages import extract_index, parse_price_file

_Input = Annotated[Path, typer.Option("--input", help="CSV with the columns raw,locale,currency_hint.", dir_okay=False)]
_Index = Annotated[
    Path, typer.Option("--index", help="CSV with the columns file,url and maybe locale.", dir_okay=False)
]
_Output = Annotated[Path, typer.Option("--output", help="Where to write: one JSON object per line.", dir_okay=False)]


def extract(index: _Index, output: _Output) -> None:
    """Read saved product pages."""
    columns = (TextColumn("reading pages"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, disable=not errors.is_terminal) as progress:
        task = progress.add_task("pages", total=None)
        try:
            counts = extract_index(
                index, output, lambda done, total: progress.update(task, completed=done, total=total)
            )
        except PricewatchError as error:
            raise fail(str(error)) from error
        except OSError as error:
            raise fail(f"{error.filename}: {error.strerror}") from error
    _tell(counts, output)


def parse_price(input: _Input, output: _Output) -> None:  # noqa: A002 - the name of the option
    """Read price texts."""
    try:
        counts = parse_price_file(input, output)
    except PricewatchError as error:
        raise fail(str(error)) from error
    except OSError as error:
        raise fail(f"{error.filename}: {error.strerror}") from error
    _tell(counts, output)


def _tell(counts: dict[str, int], output: Path) -> None:
    listed = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items(), key=lambda item: -item[1]))
    errors.print(
        f"{sum(counts.values())} read ({listed or 'nothing to read'}); written to {output}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
