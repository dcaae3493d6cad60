"""An EDGAR of values for the provider's tests: answers a request with the page that the demo's site would serve."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pricewatch_pipeline.demo.sec_documents import document_of, submission_text
from pricewatch_pipeline.demo.sec_lists import feed, part_of_feed, parts_of, tickers
from pricewatch_pipeline.demo.sec_pages import missing_key
from pricewatch_pipeline.demo.sec_values import EdgarFiling, Entity
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.domain.watches import Watch
from pricewatch_pipeline.providers.sec_form4 import SecForm4Provider
from pricewatch_pipeline.providers.sec_form4.query import InsiderQuery
from pricewatch_pipeline_tests.support.filing_shelf import MemoryShelf
from pricewatch_pipeline_tests.support.sec_site import entity, filing_by, owner, sale

NOW = datetime(2026, 11, 23, 21, tzinfo=UTC)
TICKERS = "/files/company_tickers.json"
APPLE = entity(320193, "Apple Inc.", "AAPL")
OTHER = entity(789019, "Other Corp", "OTHR")
COOK = owner(1214156, "COOK TIMOTHY D", officer_title="CEO")
Answer = Callable[[PageRequest], Page]


def page(request: PageRequest, body: bytes = b"", outcome: Outcome = Outcome.OK, **fields: Any) -> Page:
    given = {"request": request, "outcome": outcome, "final_url": request.url, "status": 200, "body": body}
    return Page(**{**given, **fields})


def failing(outcome: Outcome, error: str = "it failed", **fields: Any) -> Answer:
    return lambda request: page(request, outcome=outcome, error=error, **fields)


def serving(body: bytes) -> Answer:
    return lambda request: page(request, body)


class Edgar:
    """Companies, filings, and what goes wrong: `site.instead[path] = failing(...)`."""

    def __init__(self, *entities: Entity) -> None:
        self.entities = {each.cik: each for each in entities}
        self.filings: list[EdgarFiling] = []
        self.instead: dict[str, Answer] = {}
        self.recent, self.part = 1000, 1000
        self.asked: list[PageRequest] = []
        self.now = NOW
        self.takes = timedelta(0)
        """For every request."""
        self.is_unchanged = False
        """Whether lists are not modified, for who asks so."""
        self.shelf = MemoryShelf(lambda: self.now)
        self.provider = SecForm4Provider(now=lambda: self.now).with_shelf(self.shelf)

    def file(self, *filings: EdgarFiling) -> None:
        self.filings += filings
        for filed in filings:
            for cik in filed.ciks:
                self.entities.setdefault(cik, Entity(cik=cik, name=f"Entity {int(cik)}"))

    def check(self, company: str | int, *, watch_id: str = "insiders", **fields: Any) -> Reading:
        """A check of a watch, with what the engine writes down after it."""
        reading = asyncio.run(self.provider.check(self.watch(company, watch_id, **fields), None, self.fetch))
        self.shelf.tell(watch_id, reading)
        return reading

    def watch(self, company: str | int, watch_id: str, **fields: Any) -> Watch:
        query = InsiderQuery(company=company, **fields)
        return Watch(
            watch_id=watch_id,
            provider="sec_form4",
            query=query.model_dump(mode="json", exclude_none=True),
            host=self.provider.host_of(query),
            url=self.provider.url_of(query),
        )

    def paths(self) -> list[str]:
        """What was asked for since the last call."""
        paths = [urlsplit(request.url).path for request in self.asked]
        self.asked.clear()
        return paths

    async def fetch_slowly(self, request: PageRequest) -> Page:
        """Others go on meanwhile."""
        await asyncio.sleep(0)
        return await self.fetch(request)

    async def fetch(self, request: PageRequest) -> Page:
        self.asked.append(request)
        self.now += self.takes
        path = urlsplit(request.url).path
        if path in self.instead:
            return self.instead[path](request)
        if self.is_unchanged and request.may_be_unchanged:
            return page(request, outcome=Outcome.NOT_MODIFIED, status=304)
        body = self._body(path)
        if body is None:
            return page(request, missing_key(path), Outcome.NOT_FOUND, status=404, error=f"{path} answered 404")
        return page(request, body)

    def _body(self, path: str) -> bytes | None:
        if path == TICKERS:
            return tickers(self.entities.values())
        for cik, named in self.entities.items():
            filings = self._filings_of(cik)
            if path == feed_path(cik):
                return feed(named, filings, recent=self.recent, part=self.part)
            for name, older in parts_of(named, filings, recent=self.recent, part=self.part).items():
                if path == f"/submissions/{name}":
                    return part_of_feed(older)
        return next((body for filed in self.filings if (body := self._document(filed, path)) is not None), None)

    def _filings_of(self, cik: str) -> list[EdgarFiling]:
        return sorted((f for f in self.filings if cik in f.ciks), key=lambda f: (f.filed_on, f.accession), reverse=True)

    def _document(self, filed: EdgarFiling, path: str) -> bytes | None:
        if path.endswith(f"/{filed.folder}/{filed.document}"):
            return document_of(filed)
        if path.endswith(f"/{filed.accession}.txt"):
            return submission_text(filed, {cik: named.name for cik, named in self.entities.items()})
        return None


def feed_path(cik: str) -> str:
    return f"/submissions/CIK{cik}.json"


def document_path(filed: EdgarFiling) -> str:
    """In the feed of its issuer."""
    return f"/Archives/edgar/data/{int(filed.ciks[0])}/{filed.folder}/{filed.document}"


def sold(shares: str = "3000", price: str = "172.30", on: str = "2026-11-18", number: int = 1) -> EdgarFiling:
    return filing_by(COOK, APPLE, sale(shares, price, on=on), accession=f"0000320193-26-{number:06}")


def row_of(reading: Reading) -> dict[str, object]:
    assert [detail.table for detail in reading.details] == ["filing_checks"]
    return dict(reading.details[0].row)
