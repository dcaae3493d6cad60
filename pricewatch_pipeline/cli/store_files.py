"""`pricewatch store export` and `import`: stores as files that can be shared."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from pricewatch_pipeline.cli.files import write_file
from pricewatch_pipeline.cli.output import JsonFlag, console, print_rows, shown
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.steer_stores import find_stores, import_stores, known_stores, read_stores
from pricewatch_pipeline.settings import load_settings
from pricewatch_pipeline.watch_files.write import stores_json, stores_yaml

_COLUMNS = ("store_id", "result", "watches", "why")


def export(
    stores: Annotated[
        list[str] | None, typer.Argument(metavar="[STORE]...", help="Ids of stores; all otherwise.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it to this file.")
    ] = None,
    is_forced: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Write stores as a watch file: `pricewatch store import` takes it, and so does the watch folder."""
    with opened_pipeline(load_settings()) as pipeline:
        known = find_stores(pipeline.database, stores) if stores else known_stores(pipeline.database)
    definitions = [each.store for each in known]
    text = stores_json(definitions) if as_json else stores_yaml(definitions)
    if output is None:
        sys.stdout.write(text.encode("utf-8", "replace").decode())
        return
    write_file(output, text, is_forced=is_forced)
    said = f"{len(definitions)} {'store' if len(definitions) == 1 else 'stores'} in {shown(str(output))}"
    console.print(said, soft_wrap=True, highlight=False)


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A watch file with stores, in YAML or JSON.")],
    as_json: JsonFlag = False,
) -> None:
    """Take the stores of a file over. What a watch file of yours manages is left as it is. Exit code 1 when one was skipped."""
    stores = read_stores(file)
    with opened_pipeline(load_settings()) as pipeline:
        report = import_stores(pipeline.database, stores)
    print_rows([vars(each) for each in report], _COLUMNS, as_json=as_json)
    if any(each.result == "skipped" for each in report):
        raise typer.Exit(1)
