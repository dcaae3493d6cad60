"""EDGAR on loopback: answers like the SEC's, with a log of what it was asked and a switch for all that can go wrong."""

import asyncio
import errno
import hashlib
import json
import re
import time
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Literal, Self

from aiohttp import web

from pricewatch_pipeline.demo.flight_site import flights_port
from pricewatch_pipeline.demo.sec_documents import NEW_YORK, document_of, rendered_page, submission_text
from pricewatch_pipeline.demo.sec_lists import feed, form_index, part_of_feed, parts_of, tickers
from pricewatch_pipeline.demo.sec_pages import BOMB, missing_key, throttle_page, undeclared_page
from pricewatch_pipeline.demo.sec_values import EdgarFiling, Entity
from pricewatch_pipeline.demo.shop import HOST
from pricewatch_pipeline.errors import PortTaken

SEC = "sec"
"""The site, as the demo's watch file and its process name it."""
_KEPT = 100_000
_FEED = re.compile(r"/submissions/CIK(?P<cik>\d{10})(?P<part>-submissions-\d{3})?\.json")
_DOCUMENT = re.compile(
    r"/Archives/edgar/data/\d+/(?P<folder>\d{18})/(?P<rendered>xsl[A-Za-z0-9_]+/)?(?P<document>[^/]+)"
)
_SUBMISSION = re.compile(r"/Archives/edgar/data/\d+/(?:\d{18}/)?(?P<accession>\d{10}-\d{2}-\d{6})\.txt")
_INDEX = re.compile(r"/Archives/edgar/daily-index/(?P<year>\d{4})/QTR(?P<quarter>[1-4])/form\.(?P<day>\d{8})\.idx")


def sec_port(base_port: int) -> int:
    """The port of the EDGAR where the demo's ports are consecutive: behind that of the flight search."""
    return flights_port(base_port) + 1


@dataclass(frozen=True, kw_only=True)
class SecOptions:
    """How the site behaves."""

    most_a_second: int | None = None
    """More requests within a second than so many are refused; None: nothing is."""
    throttle_status: Literal[403, 429] = 403
    """Of the page that says so; the SEC has used both."""
    throttled_for_s: float = 0.0
    """Once over it, so long without a request are asked for before anything is answered again."""
    needs_contact: bool = False
    """A User-Agent without an address of mail is refused, as the SEC does."""
    gone: frozenset[str] = frozenset()
    """Accession numbers that feeds list and whose documents are not there."""
    missing_parts: frozenset[str] = frozenset()
    """Names of older files that feeds list and that are not there."""
    truncated: frozenset[str] = frozenset()
    """Accession numbers whose documents end in the middle."""
    bombs: frozenset[str] = frozenset()
    """Accession numbers whose documents are an entity bomb."""
    is_conditional: bool = True
    """With ETag and Last-Modified, and 304 to who has them."""
    fails: int = 0
    """So many first requests of every address are answered 503."""
    delay_s: float = 0.0
    recent: int = 1000
    """So many of the newest filings are in a feed itself."""
    part: int = 1000
    """So many in each of its older files."""
    closed_status: Literal[403, 404] = 404
    """Of the index of a day without filings: the SEC was closed."""
    is_open_daily: bool = False
    """From Monday to Friday there is an index also when nobody here filed: others did."""
    robots: str = "User-agent: *\nAllow: /\n"


@dataclass(frozen=True, kw_only=True)
class SecRequest:
    """One request and its answer."""

    at: datetime
    """By the real clock."""
    path: str
    status: int
    answer: str
    """`tickers`, `feed`, `part`, `document`, `rendered`, `submission`, `index`, `robots`, `missing`, `unchanged`, `failed`, `throttled` or `undeclared`."""
    user_agent: str = ""


_Answer = tuple[str, web.Response]


class SecSite:
    """The site, run in the event loop of the caller. What is filed later than `clock` says is not there yet.

    `source` gives what was filed between two instants, for a site that is never told: the demo's.
    """

    def __init__(
        self,
        options: SecOptions | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        source: Callable[[datetime, datetime], Iterable[EdgarFiling]] | None = None,
        log: Path | None = None,
    ) -> None:
        self.options = options or SecOptions()
        """May be exchanged while the site runs."""
        self.entities: dict[str, Entity] = {}
        """Companies and people by CIK."""
        self.filings: dict[str, EdgarFiling] = {}
        """By accession number."""
        self.requests: deque[SecRequest] = deque(maxlen=_KEPT)
        """First to last; the newest hundred thousand."""
        self.port = 0
        self._clock = clock
        self._source = source
        self._sourced_to = clock()
        self._log = log
        self._instants: deque[float] = deque(maxlen=_KEPT)
        self._throttled_until = 0.0
        self._failures: Counter[str] = Counter()
        self._runner: web.AppRunner | None = None

    @property
    def base_url(self) -> str:
        """What a query names as its `site` and its `data_site`."""
        return f"http://{HOST}:{self.port}"

    def add(self, entity: Entity) -> Entity:
        """Make a company or a person known, or exchange what is known of it."""
        self.entities[entity.cik] = entity
        return entity

    def file(self, filed: EdgarFiling) -> EdgarFiling:
        """Take a filing in. Whom it names and nobody made known is made known by its owners' names."""
        self.filings[filed.accession] = filed
        names = {owner.cik: owner.name for owner in filed.filing.owners} if filed.filing else {}
        for cik in filed.ciks:
            self.entities.setdefault(cik, Entity(cik=cik, name=names.get(cik, f"Entity {int(cik)}")))
        return filed

    def feed_of(self, cik: str) -> list[EdgarFiling]:
        """What the feed of a CIK lists now, the newest first."""
        return [filed for filed in self._filed() if cik in filed.ciks]

    def filed_on(self, day: date) -> list[EdgarFiling]:
        """What the index of a day lists."""
        return [filed for filed in self._filed() if filed.filed_on == day]

    def asked_for(self, answer: str) -> list[str]:
        """The paths that were answered so."""
        return [request.path for request in self.requests if request.answer == answer]

    def most_in_a_second(self) -> int:
        """The most requests that came within any one second, refused ones too."""
        instants = list(self._instants)
        return max((number - bisect_left(instants, at - 1.0) + 1 for number, at in enumerate(instants)), default=0)

    async def start(self, port: int = 0) -> None:
        """Listen, on any free port where none is given.

        Raises:
            PortTaken: names the port.
        """
        app = web.Application()
        app.router.add_get("/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, HOST, port).start()
        except OSError as error:
            await self.stop()
            if error.errno != errno.EADDRINUSE:
                raise
            raise PortTaken(
                f"port {port} is in use; the demo's EDGAR needs it: free it, or choose others with --base-port"
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

    async def _serve(self, request: web.Request) -> web.Response:
        arrived = time.monotonic()
        self._instants.append(arrived)
        if self.options.delay_s:
            await asyncio.sleep(self.options.delay_s)
        answer, response = self._refusal(request, arrived) or self._answer(request)
        seen = SecRequest(
            at=datetime.now(UTC),
            path=request.path,
            status=response.status,
            answer=answer,
            user_agent=request.headers.get("User-Agent", ""),
        )
        self.requests.append(seen)
        if self._log is not None:
            with self._log.open("a", encoding="utf-8") as log:
                log.write(json.dumps(asdict(seen), default=str) + "\n")
        if response.body:
            response.enable_compression()
        return response

    def _refusal(self, request: web.Request, arrived: float) -> _Answer | None:
        options = self.options
        if self._is_too_fast(arrived):
            return "throttled", _html(throttle_page(), options.throttle_status)
        if options.needs_contact and "@" not in request.headers.get("User-Agent", ""):
            return "undeclared", _html(undeclared_page(), 403)
        self._failures[request.path] += 1
        if self._failures[request.path] <= options.fails:
            return "failed", web.Response(status=503, text="Service Unavailable\n")
        return None

    def _is_too_fast(self, arrived: float) -> bool:
        options = self.options
        if options.most_a_second is None:
            return False
        within = sum(1 for at in reversed(self._instants) if at > arrived - 1.0)
        if within > options.most_a_second or arrived < self._throttled_until:
            self._throttled_until = arrived + options.throttled_for_s
            return True
        return False

    def _answer(self, request: web.Request) -> _Answer:
        path = request.path
        if path == "/robots.txt":
            return "robots", web.Response(text=self.options.robots, content_type="text/plain")
        if path == "/files/company_tickers.json":
            return self._body(request, "tickers", tickers(self.entities.values()), "application/json")
        if match := _FEED.fullmatch(path):
            return self._feed(request, match["cik"], match["part"])
        if match := _INDEX.fullmatch(path):
            return self._index(request, match)
        if match := _SUBMISSION.fullmatch(path):
            return self._submission(request, match["accession"])
        if match := _DOCUMENT.fullmatch(path):
            return self._document(request, match)
        return _missing(path)

    def _feed(self, request: web.Request, cik: str, part: str | None) -> _Answer:
        entity = self.entities.get(cik)
        if entity is None:
            return _missing(request.path)
        filings, sizes = self.feed_of(cik), {"recent": self.options.recent, "part": self.options.part}
        newest = filings[0].accepted_at if filings else None
        if part is None:
            return self._body(request, "feed", feed(entity, filings, **sizes), "application/json", newest)
        name = f"CIK{cik}{part}.json"
        older = parts_of(entity, filings, **sizes).get(name)
        if older is None or name in self.options.missing_parts:
            return _missing(request.path)
        return self._body(request, "part", part_of_feed(older), "application/json", older[0].accepted_at)

    def _index(self, request: web.Request, match: re.Match[str]) -> _Answer:
        day = datetime.strptime(match["day"], "%Y%m%d").date()  # noqa: DTZ007 (a day of New York's)
        filings = self.filed_on(day)
        is_open = bool(filings) or (self.options.is_open_daily and day.weekday() < 5)
        is_its_folder = (day.year, (day.month + 2) // 3) == (int(match["year"]), int(match["quarter"]))
        if not (is_open and is_its_folder and day < self._clock().astimezone(NEW_YORK).date()):
            return _missing(request.path, self.options.closed_status)
        return self._body(request, "index", form_index(day, filings, self._names()), "text/plain")

    def _submission(self, request: web.Request, accession: str) -> _Answer:
        filed = self._filing(accession)
        if filed is None:
            return _missing(request.path)
        whole = self._spoilt(filed, submission_text(filed, self._names()))
        return self._body(request, "submission", whole, "text/plain", filed.accepted_at)

    def _document(self, request: web.Request, match: re.Match[str]) -> _Answer:
        folder = match["folder"]
        filed = self._filing(f"{folder[:10]}-{folder[10:12]}-{folder[12:]}")
        if filed is None or match["document"] != filed.document:
            return _missing(request.path)
        if match["rendered"]:
            return self._body(request, "rendered", rendered_page(filed), "text/html", filed.accepted_at)
        kind = "text/xml" if filed.is_ownership else "text/html"
        return self._body(request, "document", self._spoilt(filed, document_of(filed)), kind, filed.accepted_at)

    def _body(
        self, request: web.Request, answer: str, body: bytes, content_type: str, changed_at: datetime | None = None
    ) -> _Answer:
        if not self.options.is_conditional:
            return answer, web.Response(body=body, content_type=content_type)
        etag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
        validators = {"ETag": etag}
        if changed_at is not None:
            validators["Last-Modified"] = format_datetime(changed_at.astimezone(UTC), usegmt=True)
        if _has(request, etag, changed_at):
            return "unchanged", web.Response(status=304, headers=validators)
        return answer, web.Response(body=body, content_type=content_type, headers=validators)

    def _spoilt(self, filed: EdgarFiling, body: bytes) -> bytes:
        if filed.accession in self.options.bombs:
            return BOMB
        return body[: len(body) // 2] if filed.accession in self.options.truncated else body

    def _filing(self, accession: str) -> EdgarFiling | None:
        if accession in self.options.gone:
            return None
        now = self._caught_up()
        filed = self.filings.get(accession)
        return filed if filed is not None and filed.accepted_at <= now else None

    def _filed(self) -> Sequence[EdgarFiling]:
        """What is there now, the newest first."""
        now = self._caught_up()
        there = (filed for filed in self.filings.values() if filed.accepted_at <= now)
        return sorted(there, key=lambda filed: (filed.accepted_at, filed.accession), reverse=True)

    def _caught_up(self) -> datetime:
        """Now; what its source filed until then is here."""
        now = self._clock()
        if self._source is not None and now > self._sourced_to:
            for filed in self._source(self._sourced_to, now):
                self.file(filed)
            self._sourced_to = now
        return now

    def _names(self) -> dict[str, str]:
        return {cik: entity.name for cik, entity in self.entities.items()}


def _has(request: web.Request, etag: str, changed_at: datetime | None) -> bool:
    """Whether who asks has it. As RFC 9110 says, the ETag alone decides where both validators came."""
    if "If-None-Match" in request.headers:
        return etag in request.headers["If-None-Match"]
    since = request.headers.get("If-Modified-Since")
    if since is None or changed_at is None:
        return False
    try:
        return changed_at.replace(microsecond=0) <= parsedate_to_datetime(since)
    except ValueError:
        return False


def _missing(path: str, status: int = 404) -> _Answer:
    body = missing_key(path.removeprefix("/"), is_denied=status == 403)
    return "missing", web.Response(body=body, status=status, content_type="application/xml")


def _html(page: bytes, status: int) -> web.Response:
    return web.Response(body=page, status=status, content_type="text/html", charset="utf-8")
