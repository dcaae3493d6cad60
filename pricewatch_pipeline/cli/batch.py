"""`pricewatch batch ...`: the checks of watches that stand for many queries."""

import typer

from pricewatch_pipeline.cli.lazy import Later, group_of

_HERE = "pricewatch_pipeline.cli"

COMMANDS = {
    "watch": Later(target=f"{_HERE}.batch_watch:watch", help="Look at a batch until it is over."),
    "list": Later(target=f"{_HERE}.batch_list:list_", help="List batches: the open ones, then the newest."),
    "show": Later(target=f"{_HERE}.batch_list:show", help="A batch with its combinations."),
    "cancel": Later(target=f"{_HERE}.batch_list:cancel", help="End a batch; what was read stays."),
}

app = typer.Typer(cls=group_of(COMMANDS), help="Checks of watches that stand for many queries.", no_args_is_help=True)


@app.callback()
def batch() -> None:
    """Checks of watches that stand for many queries."""
