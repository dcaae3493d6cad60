"""`pricewatch export`: what is watched, as a file."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from pricewatch_pipeline.cli.files import require_writable, write_file
from pricewatch_pipeline.cli.output import console, shown
from pricewatch_pipeline.services.export_watches import ExportFormat, collect, written
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.settings import load_settings


def export(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it to this file; - is standard output.")
    ] = None,
    format: Annotated[  # noqa: A002 - as the flag is called
        ExportFormat, typer.Option("--format", help="yaml and json: watch files; csv: with current prices; urls.")
    ] = ExportFormat.YAML,
    tag: Annotated[str | None, typer.Option(metavar="TAG", help="What has this tag, and what belongs to it.")] = None,
    is_all: Annotated[bool, typer.Option("--all", help="Also what watch files manage.")] = False,
    is_forced: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write what is watched. As YAML it is a watch file: `pricewatch sync` accepts it unchanged."""
    output = None if output == Path("-") else output
    if output:
        require_writable(output, is_forced=is_forced)
    with opened_pipeline(load_settings()) as pipeline:
        found = collect(pipeline.database, tag=tag, with_files=is_all)
    pieces = written(found, format)
    if output is None:
        for piece in pieces:
            sys.stdout.write(piece.encode("utf-8", "replace").decode())
        return
    write_file(output, "".join(pieces), is_forced=is_forced)
    said = f"{len(found.watches):,} watches in {shown(str(output))}"
    console.print(said, soft_wrap=True, highlight=False)
