"""`pricewatch product ...`: the commands on products."""

import typer

from pricewatch_pipeline.cli.lazy import Later, group_of

COMMANDS: dict[str, Later] = {}

app = typer.Typer(
    cls=group_of(COMMANDS), help="List and show products: what several stores sell.", no_args_is_help=True
)


@app.callback()
def product() -> None:
    """List and show products: what several stores sell."""
