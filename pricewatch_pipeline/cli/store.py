"""`pricewatch store ...`: the commands on stores."""

import typer

from pricewatch_pipeline.cli.lazy import Later, group_of

_HERE = "pricewatch_pipeline.cli"

COMMANDS = {
    "add": Later(target=f"{_HERE}.store_add:add", help="Propose a store from a few of its pages, and add it."),
    "test": Later(target=f"{_HERE}.store_try:try_", help="Read a store's pages as a check would."),
    "list": Later(target=f"{_HERE}.store_list:list_", help="List stores."),
    "show": Later(target=f"{_HERE}.store_list:show", help="A store as a watch file says it."),
    "edit": Later(target=f"{_HERE}.store_edit:edit", help="Change a store that no file manages."),
    "remove": Later(target=f"{_HERE}.store_edit:remove", help="Take stores out of use; their watches go on."),
    "export": Later(target=f"{_HERE}.store_files:export", help="Write stores as a watch file, to share them."),
    "import": Later(target=f"{_HERE}.store_files:import_", help="Take stores over from a file."),
}

app = typer.Typer(
    cls=group_of(COMMANDS),
    help="Propose, test, list, show, edit, remove, export and import stores.",
    no_args_is_help=True,
)


@app.callback()
def store() -> None:
    """Propose, test, list, show, edit, remove, export and import stores."""
