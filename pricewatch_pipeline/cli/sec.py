"""`pricewatch sec ...`: the commands on insider filings."""

import typer

from pricewatch_pipeline.cli.lazy import Later, group_of

_HERE = "pricewatch_pipeline.cli"

COMMANDS = {
    "parse": Later(target=f"{_HERE}.sec_parse:parse", help="Read saved filings: a JSON line per row."),
    "sweep": Later(target=f"{_HERE}.sec_sweep:sweep", help="Compare the SEC's daily indexes with what was listed."),
}

app = typer.Typer(cls=group_of(COMMANDS), help="Insider filings: forms 3, 4 and 5.", no_args_is_help=True)


@app.callback()
def sec() -> None:
    """Insider filings: forms 3, 4 and 5."""
