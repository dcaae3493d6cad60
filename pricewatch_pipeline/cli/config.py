"""`pricewatch config`: check watch files, and give editors their schema."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from pricewatch_pipeline.cli.output import JsonFlag, console, errors, fail, print_json, print_notes, warn
from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.remark_on_files import remark_for
from pricewatch_pipeline.services.remark_on_queries import remarks_of
from pricewatch_pipeline.settings import load_settings
from pricewatch_pipeline.watch_files.read import WatchFolder, read_folder
from pricewatch_pipeline.watch_files.resolve import FileResult
from pricewatch_pipeline.watch_files.schema import json_schema

app = typer.Typer(help="Check watch files and describe them to editors.", no_args_is_help=True)


@app.command()
def check(
    folder: Annotated[Path | None, typer.Argument(help="The folder of watch files; yours by default.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Check every watch file: all errors at once, each with file, line, column and field. Changes nothing."""
    try:
        settings = load_settings()
        found = read_folder(folder or settings.watches, providers=providers(), remark=remark_for(settings))
    except ConfigurationError as error:
        raise fail(str(error)) from error
    remarks = remarks_of(found.watches, providers=providers(), has_contact=settings.contact is not None)
    if as_json:
        print_json(_report(found) | {"remarks": remarks})
    else:
        _print(found)
        print_notes(remarks)
    if found.issues:
        raise typer.Exit(1)


@app.command()
def schema(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write it to this file.")] = None,
) -> None:
    """Print the JSON Schema of watch files, with which an editor completes and checks them."""
    described = json_schema(providers())
    if output is None:
        print_json(described)
        return
    try:
        output.write_text(json.dumps(described, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise fail(f"{output} cannot be written: {error.strerror}") from error
    console.print(f"Wrote {escape(str(output))}", soft_wrap=True)


def _print(found: WatchFolder) -> None:
    for warning in found.warnings:
        warn(str(warning))
    for issue in found.issues:
        errors.print(f"[bold red]error:[/] {escape(str(issue))}", soft_wrap=True, highlight=False)
    if found.issues:
        broken = len(found.broken_files)
        problems = _counted(len(found.issues), "error")
        errors.print(
            f"\n{problems} in {broken} of {_counted(len(found.files), 'file')}; a file with errors changes nothing."
        )
        return
    if not found.files:
        console.print(
            f"No watch files in {escape(str(found.folder))}: copy an example there, ending in .yaml.", soft_wrap=True
        )
        return
    counts = (
        _counted(len(found.watches), "watch", "watches"),
        _counted(len(found.stores), "store"),
        _counted(len(found.products), "product"),
    )
    console.print(f"[green]ok:[/] {', '.join(counts)} in {_counted(len(found.files), 'file')}", highlight=False)


def _counted(count: int, noun: str, plural: str | None = None) -> str:
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def _report(found: WatchFolder) -> dict[str, object]:
    return {
        "folder": str(found.folder),
        "is_valid": not found.issues,
        "watches": len(found.watches),
        "stores": len(found.stores),
        "products": len(found.products),
        "files": [_file_report(file) for file in found.files],
    }


def _file_report(file: FileResult) -> dict[str, object]:
    return {
        "file": file.source_file,
        "is_valid": file.definitions is not None,
        "watches": len(file.definitions.watches) if file.definitions else 0,
        "errors": [vars(issue) | {"text": str(issue)} for issue in file.issues],
        "warnings": [vars(warning) | {"text": str(warning)} for warning in file.warnings],
    }
