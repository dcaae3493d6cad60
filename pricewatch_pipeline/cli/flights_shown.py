"""What `pricewatch flights offers` and `calendar` share: how they show things, and what to say where there are none."""

from typing import Annotated

import typer

from pricewatch_pipeline.cli.output import console
from pricewatch_pipeline.services.show_flights import FlightView

FlightWatch = Annotated[str, typer.Argument(metavar="WATCH", help="The id of a flight watch.")]

ROUTE = "→"
NESTED = ("layovers", "legs")
"""Columns that hold more than a value."""


def print_nothing(found: FlightView, what: str) -> None:
    """Why there is nothing to show, and what to do."""
    console.print(
        f"No {what} of {found.watch_id} yet: {found.waits}. `pricewatch check {found.watch_id}` looks at once.",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )


def duration_text(minutes: int | None) -> str | None:
    """`7h 55m`."""
    return None if minutes is None else f"{minutes // 60}h {minutes % 60:02}m"
