"""`pricewatch watch ...`: the commands on watches. Adding and removing touch Dagster's partitions; the rest stays clear of it."""

import typer

from pricewatch_pipeline.cli.lazy import Later, group_of

_HERE = "pricewatch_pipeline.cli"

COMMANDS = {
    "list": Later(target=f"{_HERE}.watch_list:list_", help="List watches with their state and newest price."),
    "show": Later(target=f"{_HERE}.watch_list:show", help="All that is known of one watch."),
    "add": Later(target=f"{_HERE}.watch_add:add", help="Watch a page."),
    "edit": Later(target=f"{_HERE}.watch_edit:edit", help="Change a watch that no file manages."),
    "pause": Later(target=f"{_HERE}.watch_edit:pause", help="Stop checking watches for the time being."),
    "resume": Later(target=f"{_HERE}.watch_edit:resume", help="End pauses and quarantines; check at once."),
    "confirm": Later(target=f"{_HERE}.watch_doubts:confirm", help="A price that waits is right: store it."),
    "dismiss": Later(target=f"{_HERE}.watch_doubts:dismiss", help="A price that waits is wrong: leave it out."),
    "remove": Later(target=f"{_HERE}.watch_add:remove", help="Take watches out of use; their history stays."),
}

app = typer.Typer(
    cls=group_of(COMMANDS), help="List, show, add, edit, pause, resume and remove watches.", no_args_is_help=True
)


@app.callback()
def watch() -> None:
    """List, show, add, edit, pause, resume and remove watches."""
