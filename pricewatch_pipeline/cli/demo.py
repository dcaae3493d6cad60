"""`pricewatch demo`: `pricewatch up` together with a small shopping street whose prices move."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from pricewatch_pipeline.cli.up import OpenOption, PortOption, SecondsOption, run, say
from pricewatch_pipeline.demo.flight_watches import MATRIX, write_flight_watches
from pricewatch_pipeline.demo.sec_site import sec_port
from pricewatch_pipeline.demo.sec_watches import CONTACT, write_insider_watches
from pricewatch_pipeline.demo.shop import DEFAULT_BASE_PORT, ports_from
from pricewatch_pipeline.demo.watches import inbox_address, write_demo_channels, write_demo_watches
from pricewatch_pipeline.services.keep_apart import require_no_other_watches
from pricewatch_pipeline.services.open_databases import Databases
from pricewatch_pipeline.services.pick_port import LOOPBACK, pick_ports
from pricewatch_pipeline.services.processes import ChildSpec, listens_on, stop_on_signals
from pricewatch_pipeline.services.run_pipeline import PYTHON
from pricewatch_pipeline.settings import Settings, environment_for_children, load_settings


def demo(
    port: PortOption = None,
    base_port: Annotated[
        int | None,
        typer.Option(help=f"First port of the shops; by default {DEFAULT_BASE_PORT}, or the next free ones."),
    ] = None,
    seconds: SecondsOption = None,
    open_browser: OpenOption = False,
) -> None:
    """Run everything on demo shops, a flight search and an EDGAR of our own: first prices within a minute. Ctrl-C stops it."""
    first = base_port or DEFAULT_BASE_PORT
    ports = pick_ports(first, sec_port(first) - first + 1, is_exact=base_port is not None)
    settings = settings_for_demo(load_settings(), ports)
    with stop_on_signals() as stop:
        run(
            settings,
            mode="demo",
            stop=stop,
            port=port,
            seconds=seconds,
            open_browser=open_browser,
            prepare=lambda databases: open_street(settings, ports, databases),
            companions=[shop_process(settings, ports)],
        )


def settings_for_demo(settings: Settings, ports: range) -> Settings:
    """The user's settings, with the demo's watches and channels, its sites as addresses that may be reached, and a contact for its EDGAR."""
    shops = tuple(f"{LOOPBACK}:{port}" for port in ports)
    return settings.model_copy(
        update={
            "watches_dir": settings.home / "demo-watches",
            "channels_file": settings.home / "demo-channels.yaml",
            "contact": settings.contact or CONTACT,
            "allowed_addresses": tuple(dict.fromkeys((*settings.allowed_addresses, *shops))),
        }
    )


def open_street(settings: Settings, ports: range, databases: Databases) -> None:
    """Write the watch files, and say where everything is.

    Raises:
        ConfigurationError: this home has watches of the user's own, which the demo's would set aside.
    """
    flights = write_flight_watches(settings.watches, ports[-2], datetime.now(UTC).date())
    insiders = write_insider_watches(settings.watches, ports[-1])
    files = [*write_demo_watches(settings.watches, ports_from(ports[0])), flights, insiders]
    write_demo_channels(settings.channels, ports_from(ports[0]))
    require_no_other_watches(databases.url, {file.name for file in files})
    say(
        f"the demo shops are at http://{LOOPBACK}:{ports[0]} to {ports[-3]}; their watch files are in {settings.watches}"
    )
    say(
        f"its flight search is at http://{LOOPBACK}:{ports[-2]}; `pricewatch batch watch {MATRIX}` shows sixty searches go by"
    )
    say(
        f"its EDGAR is at http://{LOOPBACK}:{ports[-1]}, where insiders of two companies file trades, one a minute each"
    )
    say(f"their alerts arrive at http://{inbox_address(ports_from(ports[0]))}")


def shop_process(settings: Settings, ports: range) -> ChildSpec:
    """The process that serves all shops, the flight search and the EDGAR."""
    logs = settings.home / "logs"
    return ChildSpec(
        name="demo-shop",
        argv=(
            *PYTHON,
            "pricewatch_pipeline.demo",
            "--base-port",
            str(ports[0]),
            "--log",
            str(logs / "demo-shop-access.jsonl"),
            "--flights-log",
            str(logs / "demo-flights-access.jsonl"),
            "--sec-log",
            str(logs / "demo-sec-access.jsonl"),
        ),
        env=environment_for_children(),
        is_ready=lambda pid: listens_on(pid, ports[-1]),
    )
