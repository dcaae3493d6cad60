"""`pricewatch sec ...`: the commands on insider filings."""

import typer

from pricewatch_pipeline.cli.lazy import Later, group_of

_HERE = "pricewatch_pipeline.cli"

COMMANDS = {
    "parse": Later(target=f"{_HERE}.sec_parse:parse", help="Read saved filings: a JSON line per row."),
    "reread": Later(target=f"{_HERE}.sec_reread:reread", help="Read stored filings again with today's reader."),
    "sweep": Later(target=f"{_HERE}.sec_sweep:sweep", help="Compare the SEC's daily indexes with what was listed."),
    "stats": Later(target=f"{_HERE}.sec_stats:stats", help="How checks went, what they found and created."),
    "checks": Later(target=f"{_HERE}.sec_stats:checks", help="Every check, with what it found."),
    "filings": Later(target=f"{_HERE}.sec_filings:filings", help="Filings that were listed, read or not."),
    "trades": Later(target=f"{_HERE}.sec_trades:trades", help="What insiders bought and sold at a price."),
    "clusters": Later(target=f"{_HERE}.sec_trades:clusters", help="Where several insiders bought within a month."),
}

app = typer.Typer(cls=group_of(COMMANDS), help="Insider filings: forms 3, 4 and 5.", no_args_is_help=True)


@app.callback()
def sec() -> None:
    """Insider filings: forms 3, 4 and 5."""
