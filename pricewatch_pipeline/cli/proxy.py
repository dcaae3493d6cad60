"""`pricewatch proxy ...`: the proxies of the settings, and whether each works."""

from dataclasses import asdict
from typing import Annotated

import typer

from pricewatch_pipeline.cli.output import JsonFlag, console, print_rows
from pricewatch_pipeline.services.try_proxies import list_proxies, try_proxies
from pricewatch_pipeline.settings import load_settings

app = typer.Typer(help="Proxies: list, test.", no_args_is_help=True)


@app.command("list")
def list_(as_json: JsonFlag = False) -> None:
    """The proxies that PRICEWATCH_PROXIES names, without passwords, and the stores that use them."""
    found = list_proxies(load_settings())
    if not found and not as_json:
        console.print("There are no proxies. PRICEWATCH_PROXIES names them: home=http://user:password@host:port")
        return
    print_rows([asdict(each) for each in found], ("name", "url", "stores"), as_json=as_json)


@app.command("test")
def try_(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Proxies; all when not given.")] = None,
    url: Annotated[
        str | None,
        typer.Option(
            help="The page to fetch; that of a watch when not given. One that answers with your address shows it."
        ),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Fetch a page through each proxy: outcome, status, time. Exit code 1 when one fails."""
    trials = try_proxies(load_settings(), names or (), url=url)
    columns = ("name", "outcome", "http_status", "elapsed_ms", "reported", "url", "error")
    print_rows([asdict(trial) for trial in trials], columns, as_json=as_json)
    if not all(trial.outcome.is_success for trial in trials):
        raise typer.Exit(1)
