"""`pricewatch alerts ...`: the commands on alerts, their rules and their channels."""

import typer

from pricewatch_pipeline.cli.lazy import Later, group_of

_HERE = "pricewatch_pipeline.cli"

COMMANDS = {
    "list": Later(target=f"{_HERE}.alert_list:list_", help="What fired, and whether people were told."),
    "show": Later(target=f"{_HERE}.alert_list:show", help="All that is known of one alert."),
    "retry": Later(target=f"{_HERE}.alert_list:retry", help="Try again what was given up."),
    "test": Later(target=f"{_HERE}.alert_channels:try_", help="Send a sample to channels."),
    "channels": Later(target=f"{_HERE}.alert_channels:channels", help="Where alerts go, and how each channel fares."),
}

app = typer.Typer(cls=group_of(COMMANDS), help="Alerts: what fired, and where it goes.", no_args_is_help=True)


@app.callback()
def alerts() -> None:
    """Alerts: what fired, and where it goes."""
