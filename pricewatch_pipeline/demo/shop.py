"""The demo shops as servers on loopback, each on a port of its own, with a log of what they served. All show the inbox."""

import asyncio
import errno
import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Self

from aiohttp import web

from pricewatch_pipeline.demo.catalogue import SHOPS, Item, Shop, delay_of, is_challenging, items_of, true_price
from pricewatch_pipeline.demo.inbox import LARGEST, Inbox
from pricewatch_pipeline.demo.pages import challenge_page, image_svg, index_page, missing_page, product_page
from pricewatch_pipeline.errors import PortTaken

HOST = "127.0.0.1"
DEFAULT_BASE_PORT = 8801
_KEPT_VISITS = 100_000
_STYLE = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
_ROBOTS = "User-agent: *\nAllow: /\n"


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One request and its answer: the truth that tests compare the pipeline with."""

    at: datetime
    shop: str
    path: str
    """With its query."""
    status: int
    is_challenge: bool = False
    price: Decimal | None = None
    """The price that the page showed; None where it showed none, or left several variants open."""
    user_agent: str = ""


def ports_from(base_port: int) -> dict[str, int]:
    """The port of each shop by id, when they are consecutive."""
    return {shop.shop_id: base_port + index for index, shop in enumerate(SHOPS)}


class DemoShop:
    """All shops of the demo, run in the event loop of the caller.

    `clock` and `is_slow` are for tests that want a price to hold still and a page at once.
    """

    def __init__(
        self,
        *,
        log: Path | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        is_slow: bool = True,
    ) -> None:
        self.visits: deque[Visit] = deque(maxlen=_KEPT_VISITS)
        self.ports: dict[str, int] = {}
        self.inbox = Inbox(clock)
        self._log = log
        self._clock = clock
        self._is_slow = is_slow
        self._runners: list[web.AppRunner] = []

    @property
    def urls(self) -> Mapping[str, str]:
        """Each shop's front page by id, without the last slash."""
        return {shop_id: f"http://{HOST}:{port}" for shop_id, port in self.ports.items()}

    def url_of(self, item: Item) -> str:
        return self.urls[item.shop_id] + item.path

    async def start(self, base_port: int = 0) -> None:
        """Listen: on consecutive ports from `base_port` on, or on any free ones.

        Raises:
            PortTaken: names the port; nothing is left listening.
        """
        try:
            for index, shop in enumerate(SHOPS):
                await self._open(shop, base_port + index if base_port else 0)
        except OSError as error:
            taken = base_port + len(self.ports)
            await self.stop()
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            why = "is in use" if error.errno == errno.EADDRINUSE else "may not be opened by this user"
            raise PortTaken(
                f"port {taken} {why}; the demo shop needs the ports {base_port} to {base_port + len(SHOPS) - 1}: "
                "free it, or choose others with --base-port"
            ) from error

    async def stop(self) -> None:
        """Close the ports. The visits stay."""
        runners, self._runners = self._runners, []
        self.ports = {}
        for runner in runners:
            await runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.stop()

    async def _open(self, shop: Shop, port: int) -> None:
        app = web.Application(client_max_size=LARGEST)
        self.inbox.add_routes(app.router)
        app.router.add_get("/{path:.*}", self._answer_for(shop))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        self._runners.append(runner)
        await web.TCPSite(runner, HOST, port).start()
        self.ports[shop.shop_id] = runner.addresses[0][1]

    def _answer_for(self, shop: Shop) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(request: web.Request) -> web.Response:
            if (asset := _asset(shop, request.path)) is not None:
                return asset
            if self._is_slow:
                await asyncio.sleep(delay_of(shop, request.path_qs, self._clock()).total_seconds())
            visit, html = self._serve(shop, request, self._clock())
            self._note(visit)
            return web.Response(text=html, status=visit.status, content_type="text/html", charset="utf-8")

        return answer

    def _serve(self, shop: Shop, request: web.Request, now: datetime) -> tuple[Visit, str]:
        base_url = self.urls[shop.shop_id]
        item = _item_at(shop, request)
        is_challenge, price, status = is_challenging(shop, now), None, 200
        if is_challenge:
            html = challenge_page(shop)
        elif request.path == "/":
            html = index_page(shop, now)
        elif item is not None:
            html = product_page(shop, item, base_url, now)
            price = true_price(item, now) if request.path_qs == item.path else None
        else:
            html, status = missing_page(shop), 404
        visit = Visit(
            at=now,
            shop=shop.shop_id,
            path=request.path_qs,
            status=status,
            is_challenge=is_challenge,
            price=price,
            user_agent=request.headers.get("User-Agent", ""),
        )
        return visit, html

    def _note(self, visit: Visit) -> None:
        self.visits.append(visit)
        if self._log is not None:
            with self._log.open("a", encoding="utf-8") as log:
                log.write(json.dumps(asdict(visit), default=str, ensure_ascii=False) + "\n")


def _item_at(shop: Shop, request: web.Request) -> Item | None:
    """The item of a page; without a variant named, the first one is chosen."""
    matching = [item for item in items_of(shop.shop_id) if request.path == f"/p/{item.slug}"]
    wanted = request.query.get("variant")
    return next((item for item in matching if wanted in (None, item.sku)), None)


def _asset(shop: Shop, path: str) -> web.Response | None:
    """What belongs to a page: never slow, never challenged, not in the log."""
    if path == "/style.css":
        return web.Response(text=_STYLE, content_type="text/css")
    if path == "/robots.txt":
        return web.Response(text=_ROBOTS, content_type="text/plain")
    slugs = {"icon", *(item.slug for item in items_of(shop.shop_id))}
    slug = path.removeprefix("/image/").removesuffix(".svg")
    if path == f"/image/{slug}.svg" and slug in slugs:
        return web.Response(text=image_svg(shop, slug), content_type="image/svg+xml")
    return None
