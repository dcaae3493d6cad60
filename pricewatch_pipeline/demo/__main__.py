"""The demo shops, the flight search and the EDGAR as a process of its own: `python -m pricewatch_pipeline.demo`. Ends on SIGTERM, SIGINT or with its parent."""

import argparse
import asyncio
import os
import signal
import sys
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from pricewatch_pipeline.demo.flight_queries import trip_of
from pricewatch_pipeline.demo.flight_site import FLIGHTS, FlightSite, SiteOptions, flights_port
from pricewatch_pipeline.demo.sec_documents import NEW_YORK
from pricewatch_pipeline.demo.sec_site import SEC, SecOptions, SecSite, sec_port
from pricewatch_pipeline.demo.sec_stories import COMPANIES, filed_before, filed_between
from pricewatch_pipeline.demo.sec_watches import DAYS
from pricewatch_pipeline.demo.shop import DEFAULT_BASE_PORT, DemoShop
from pricewatch_pipeline.errors import PricewatchError

_LOOK_FOR_PARENT_S = 0.5
_FARES_STAND = timedelta(minutes=1)
"""As long as the shortest interval of a watch: whoever looks at the demo sees fares move."""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m pricewatch_pipeline.demo", description="Run the demo shops.")
    parser.add_argument(
        "--base-port",
        type=_port,
        default=DEFAULT_BASE_PORT,
        help="first port; each shop takes the next, then come the flight search and the EDGAR",
    )
    parser.add_argument("--log", type=Path, help="append every page served to this file, as JSON lines")
    parser.add_argument("--flights-log", type=Path, help="append every flight search to this file, as JSON lines")
    parser.add_argument("--sec-log", type=Path, help="append every request to the EDGAR to this file, as JSON lines")
    arguments = parser.parse_args(argv)
    parent = os.getppid()
    try:
        asyncio.run(_run(arguments, parent))
    except PricewatchError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


async def _run(arguments: argparse.Namespace, parent: int) -> None:
    base_port: int = arguments.base_port
    shop = DemoShop(log=arguments.log)
    flights = FlightSite(SiteOptions(step=_FARES_STAND), read_tfs=trip_of, log=arguments.flights_log)
    sec = _edgar(arguments.sec_log)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await shop.start(base_port)
        await flights.start(flights_port(base_port) if base_port else 0)
        await sec.start(sec_port(base_port) if base_port else 0)
        for shop_id, url in {**shop.urls, FLIGHTS: flights.base_url, SEC: sec.base_url}.items():
            sys.stdout.write(f"{url}  {shop_id}\n")
        sys.stdout.flush()
        while not stop.is_set() and os.getppid() == parent:
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _LOOK_FOR_PARENT_S)
    finally:
        await shop.stop()
        await flights.stop()
        await sec.stop()


def _edgar(log: Path | None) -> SecSite:
    """With what its companies filed until today, and one a minute each from now on."""
    site = SecSite(SecOptions(needs_contact=True, is_open_daily=True), source=filed_between, log=log)
    for company in COMPANIES:
        site.add(company.entity)
    for filed in filed_before(datetime.now(NEW_YORK).date(), DAYS):
        site.file(filed)
    return site


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65_500:
        raise argparse.ArgumentTypeError(f"{port} is not a port from 1 to 65500 (0: any free ports)")
    return port


if __name__ == "__main__":
    sys.exit(main())
