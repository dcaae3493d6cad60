"""`pricewatch watch confirm` and `dismiss`: an operator's word on a price that was not believed."""

from typing import Annotated

import typer

from pricewatch_pipeline.cli.output import console, money
from pricewatch_pipeline.services.decide_doubts import confirm_price, dismiss_price
from pricewatch_pipeline.services.open_engine import alerting_for
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.settings import load_settings

WatchId = Annotated[str, typer.Argument(metavar="WATCH", help="The watch's id.")]


def confirm(watch: WatchId) -> None:
    """The price that waits is right: store it as the snapshot of its slot, and measure what follows against it."""
    with opened_pipeline(load_settings()) as pipeline:
        price = confirm_price(pipeline.database, watch, alerting=alerting_for(pipeline.settings))
    console.print(f"Stored {money(price['price'], price['currency'])} for {watch}.", highlight=False, soft_wrap=True)


def dismiss(watch: WatchId) -> None:
    """The price that waits is wrong: it stays out, also when further looks show it again."""
    with opened_pipeline(load_settings()) as pipeline:
        price = dismiss_price(pipeline.database, watch)
    what = f"Dismissed {money(price['price'], price['currency'])} for {watch}; `pricewatch watch confirm {watch}` undoes it."
    console.print(what, highlight=False, soft_wrap=True)
