"""`pricewatch alerts ...`: the commands on alerts, their rules and their channels."""

import typer

from pricewatch_pipeline.cli.lazy import Later, group_of

_HERE = "pricewatch_pipeline.cli"

COMMANDS = {
    "rules": Later(target=f"{_HERE}.alert_rules:rules", help="When people are told, and of what."),
    "add": Later(target=f"{_HERE}.alert_rules:add", help="Add a rule."),
    "edit": Later(target=f"{_HERE}.alert_rules:edit", help="Change a rule that no file manages."),
    "remove": Later(target=f"{_HERE}.alert_rules:remove", help="Take rules out of use."),
    "enable": Later(target=f"{_HERE}.alert_rules:enable", help="Let rules look again that rested."),
    "disable": Later(target=f"{_HERE}.alert_rules:disable", help="Let rules rest."),
    "mute": Later(target=f"{_HERE}.alert_rules:mute", help="Send nothing of rules or watches for a time."),
    "snooze": Later(target=f"{_HERE}.alert_rules:snooze", help="Mute for a day."),
    "unmute": Later(target=f"{_HERE}.alert_rules:unmute", help="Send again what rules and watches say."),
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
