"""`pricewatch tag ...`: the commands on tags of watches and products."""

import typer

from pricewatch_pipeline.cli.lazy import Later, group_of

_HERE = "pricewatch_pipeline.cli"

COMMANDS = {
    "list": Later(target=f"{_HERE}.tag_edit:list_", help="List tags, and how much has each."),
    "add": Later(target=f"{_HERE}.tag_edit:add", help="Tag watches and products."),
    "remove": Later(target=f"{_HERE}.tag_edit:remove", help="Untag watches and products."),
    "rename": Later(target=f"{_HERE}.tag_edit:rename", help="Give a tag another name, wherever it stands."),
}

app = typer.Typer(
    cls=group_of(COMMANDS), help="List, add, remove and rename tags of watches and products.", no_args_is_help=True
)


@app.callback()
def tag() -> None:
    """List, add, remove and rename tags of watches and products."""
