"""`pricewatch product ...`: the commands on products."""

import typer

from pricewatch_pipeline.cli.lazy import Later, group_of

_HERE = "pricewatch_pipeline.cli"

COMMANDS = {
    "list": Later(target=f"{_HERE}.product_list:list_", help="List products with their best price now."),
    "show": Later(target=f"{_HERE}.product_list:show", help="A product with its stores side by side."),
    "add": Later(target=f"{_HERE}.product_edit:add", help="Add a product, and watch the pages where it is sold."),
    "edit": Later(target=f"{_HERE}.product_edit:edit", help="Change a product that no file manages."),
    "delete": Later(target=f"{_HERE}.product_edit:delete", help="Delete products; the history of their watches stays."),
}

app = typer.Typer(
    cls=group_of(COMMANDS),
    help="List, show, add, edit and delete products: what several stores sell.",
    no_args_is_help=True,
)


@app.callback()
def product() -> None:
    """List, show, add, edit and delete products: what several stores sell."""
