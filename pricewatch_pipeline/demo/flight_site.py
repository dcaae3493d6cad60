"""A flight search on loopback that answers like Google's, with a log of what it was asked and a switch for all that can go wrong."""

import asyncio
import errno
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal, Self
from urllib.parse import quote

from aiohttp import web

from pricewatch_pipeline.demo.catalogue import SHOPS
from pricewatch_pipeline.demo.flight_fares import RATES, Trip, flights_for, lowest_fare, usual_fare
from pricewatch_pipeline.demo.flight_pages import consent_page, login_page, results_page, sorry_page
from pricewatch_pipeline.demo.shop import HOST
from pricewatch_pipeline.errors import PortTaken

FLIGHTS = "flights"
"""The store of the site, as the demo's watch file names it."""
SEARCH = "/travel/flights/search"
_COOKIE = "SOCS"
_KEPT = 100_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def flights_port(base_port: int) -> int:
    """The port of the flight search where the demo's ports are consecutive: behind those of the shops."""
    return base_port + len(SHOPS)


@dataclass(frozen=True, kw_only=True)
class SiteOptions:
    """How the site behaves; for all requests, or for those of one route."""

    consent: Literal["asked", "always"] | None = None
    """`asked`: until a consent cookie comes; `always`: with it too."""
    sorry: Literal["status", "redirect"] | None = None
    """A 429, or a 302 to /sorry/index: unusual traffic."""
    retry_after_s: int | None = None
    """A header of the 429."""
    is_login_asked: bool = False
    is_empty: bool = False
    """No flights, and the page says so."""
    changed: Literal["shifted", "renamed"] | None = None
    """Another layout: the positions of the rows moved, or the list under another name."""
    currency: str | None = None
    """Answer in this one, whatever was asked for."""
    is_priceless: bool = False
    """Itineraries without prices."""
    is_silent: bool = False
    """Nothing about how the fare stands."""
    delay_s: float = 0.0
    fails: int = 0
    """So many first requests of every combination are answered 503."""
    robots: str = "User-agent: *\nAllow: /\n"
    page_bytes: int = 100_000
    step: timedelta = timedelta(hours=1)
    """How long a price holds still."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One search and its answer."""

    at: datetime
    origin: str
    destination: str
    departs_on: date
    returns_on: date | None
    currency: str
    answer: str
    """`results`, `empty`, `changed`, `consent`, `sorry`, `login`, or `failed`."""
    lowest: int | None = None
    """What the cheapest row of the page costs."""
    user_agent: str = ""

    @property
    def combination(self) -> tuple[str, str, date, date | None]:
        return self.origin, self.destination, self.departs_on, self.returns_on


class FlightSite:
    """The site, run in the event loop of the caller. What it says of a fare, `fare_of` says too.

    `read_tfs` turns the parameter of the address into what is asked. `clock` is for tests that want a fare to move.
    """

    def __init__(
        self,
        options: SiteOptions | None = None,
        *,
        read_tfs: Callable[[str], Trip],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        log: Path | None = None,
    ) -> None:
        self.options = options or SiteOptions()
        """May be exchanged while the site runs."""
        self.routes: dict[tuple[str, str], SiteOptions] = {}
        """Other options by origin and destination."""
        self.asked: list[Asked] = []
        """Every search, first to last; the newest hundred thousand."""
        self.paths: list[str] = []
        """Every request, with its query; as many."""
        self.port = 0
        self._read_tfs = read_tfs
        self._clock = clock
        self._log = log
        self._failures: Counter[tuple[str, str, date, date | None]] = Counter()
        self._runner: web.AppRunner | None = None

    @property
    def base_url(self) -> str:
        """What a query names as its `site`."""
        return f"http://{HOST}:{self.port}"

    def fare_of(
        self, origin: str, destination: str, departs_on: date, returns_on: date | None = None, *, currency: str = "USD"
    ) -> int:
        """The lowest fare of an economy trip of one adult, now."""
        trip = Trip(origins=(origin,), destinations=(destination,), departs_on=departs_on, returns_on=returns_on)
        return lowest_fare(trip, self._step(self._options_for(trip)), currency)

    async def start(self, port: int = 0) -> None:
        """Listen, on any free port where none is given.

        Raises:
            PortTaken: names the port.
        """
        app = web.Application()
        app.router.add_get(SEARCH, self._search)
        app.router.add_get("/{path:.*}", self._other)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, HOST, port).start()
        except OSError as error:
            await self.stop()
            if error.errno != errno.EADDRINUSE:
                raise
            raise PortTaken(
                f"port {port} is in use; the demo's flight search needs it: free it, or choose others with --base-port"
            ) from error
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close the port. What was asked stays."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.stop()

    async def _search(self, request: web.Request) -> web.Response:
        self._see(request)
        try:
            trip = self._read_tfs(request.query.get("tfs", ""))
        except ValueError as error:  # of a tfs; a search without one is a bad request here
            return web.Response(status=400, text=f"{error}\n")
        options = self._options_for(trip)
        if options.delay_s:
            await asyncio.sleep(options.delay_s)
        currency = options.currency or request.query.get("curr", "USD")
        currency = currency if currency in RATES else "USD"
        answer, response, lowest = self._answer(request, trip, options, currency)
        self._note(request, trip, currency, answer, lowest)
        return response

    def _answer(
        self, request: web.Request, trip: Trip, options: SiteOptions, currency: str
    ) -> tuple[str, web.Response, int | None]:
        if options.sorry:
            return "sorry", self._sorry(request, options), None
        if options.consent == "always" or (options.consent and not _has_consented(request)):
            return "consent", _redirect(f"/consent/ml?continue={_own_address(request)}&gl=DE&m=0&hl=de"), None
        if options.is_login_asked:
            return "login", _redirect(f"/accounts/v3/signin/identifier?continue={_own_address(request)}"), None
        if self._fails(trip, options):
            return "failed", web.Response(status=503, text="try again\n"), None
        return self._results(trip, options, currency)

    def _results(self, trip: Trip, options: SiteOptions, currency: str) -> tuple[str, web.Response, int | None]:
        step = self._step(options)
        flights = () if options.is_empty else flights_for(trip, step, currency, is_priceless=options.is_priceless)
        usual = usual_fare(trip, step, currency) if flights and not options.is_silent else None
        page = results_page(
            trip,
            flights,
            usual,
            currency,
            size=options.page_bytes,
            shift=1 if options.changed == "shifted" else 0,
            key="ds:7" if options.changed == "renamed" else "ds:1",
        )
        answer = "changed" if options.changed else "results" if flights else "empty"
        lowest = min((flight.price for flight in flights if flight.price is not None), default=None)
        return answer, _html(page), lowest

    def _sorry(self, request: web.Request, options: SiteOptions) -> web.Response:
        if options.sorry == "redirect":
            return _redirect(f"/sorry/index?continue={_own_address(request)}&q=demo")
        waits = {} if options.retry_after_s is None else {"Retry-After": str(options.retry_after_s)}
        return _html(sorry_page(str(request.url)), status=429, headers=waits)

    async def _other(self, request: web.Request) -> web.Response:
        """The pages that a search is sent to instead of its own."""
        self._see(request)
        if request.path == "/robots.txt":
            return web.Response(text=self.options.robots, content_type="text/plain")
        if request.path.startswith("/consent/"):
            return _html(consent_page(request.query.get("continue", ""), self.options.page_bytes))
        if request.path.startswith("/sorry/"):
            return _html(sorry_page(request.query.get("continue", "")), status=429)
        if request.path.startswith("/accounts/"):
            return _html(login_page())
        return web.Response(status=404, text="no such page\n")

    def _see(self, request: web.Request) -> None:
        self.paths.append(request.path_qs)
        del self.paths[:-_KEPT]

    def _options_for(self, trip: Trip) -> SiteOptions:
        return self.routes.get((trip.origin, trip.destination), self.options)

    def _step(self, options: SiteOptions) -> int:
        return (self._clock() - _EPOCH) // options.step

    def _fails(self, trip: Trip, options: SiteOptions) -> bool:
        key = (trip.origin, trip.destination, trip.departs_on, trip.returns_on)
        self._failures[key] += 1
        return self._failures[key] <= options.fails

    def _note(self, request: web.Request, trip: Trip, currency: str, answer: str, lowest: int | None) -> None:
        asked = Asked(
            at=self._clock(),
            origin=trip.origin,
            destination=trip.destination,
            departs_on=trip.departs_on,
            returns_on=trip.returns_on,
            currency=currency,
            answer=answer,
            lowest=lowest,
            user_agent=request.headers.get("User-Agent", ""),
        )
        self.asked.append(asked)
        del self.asked[:-_KEPT]
        if self._log is not None:
            with self._log.open("a", encoding="utf-8") as log:
                log.write(json.dumps(asdict(asked), default=str, ensure_ascii=False) + "\n")


def _has_consented(request: web.Request) -> bool:
    return bool(request.cookies.get(_COOKIE))


def _own_address(request: web.Request) -> str:
    return quote(str(request.url), safe="")


def _redirect(location: str) -> web.Response:
    return web.Response(status=302, headers={"Location": location})


def _html(page: bytes, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(body=page, status=status, content_type="text/html", charset="utf-8", headers=headers)
