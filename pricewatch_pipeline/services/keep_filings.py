"""The shelf of filings in the database: what a collecting provider asks of it, and keeps there."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from itertools import count
from typing import TypeVar

from pricewatch_pipeline.domain.checks import StoredPage
from pricewatch_pipeline.domain.filing_retries import wait_after
from pricewatch_pipeline.domain.filings import (
    Company,
    Counts,
    FeedState,
    FilingBounds,
    FilingState,
    Kept,
    ListedFiling,
    News,
    OpenMarketTrade,
)
from pricewatch_pipeline.domain.hosts import host_key
from pricewatch_pipeline.domain.insiders import OwnershipFiling, ParsedFiling
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page
from pricewatch_pipeline.errors import NotStorable
from pricewatch_pipeline.services.keep_evidence import EvidenceKeeper
from pricewatch_pipeline.storage import insider_feeds, insider_rows, insider_trades
from pricewatch_pipeline.storage.database import Connection, Database
from pricewatch_pipeline.storage.insider_rows import FetchedBy

Result = TypeVar("Result")


class DatabaseShelf:
    """A `FilingShelf`. Every call is one transaction, off the event loop; all are safe to repeat, and must be: a list locks filings in
    the order of their numbers, a filing those that it hangs together with. Of two that wait for each other, one is done again."""

    def __init__(self, database: Database, *, run_id: str | None = None, keeper: EvidenceKeeper | None = None) -> None:
        self._database = database
        self._run_id = run_id
        self._keeper = keeper

    async def company_named(self, symbol: str, *, site: str) -> Company | None:
        return await self._run(partial(insider_feeds.company_named, symbol=symbol, site=site))

    async def companies_read_at(self, *, site: str) -> datetime | None:
        return await self._run(partial(insider_feeds.companies_read_at, site=site))

    async def symbols(self, *, site: str) -> Sequence[str]:
        return await self._run(partial(insider_feeds.symbols, site=site))

    async def keep_companies(self, companies: Sequence[Company], *, site: str) -> None:
        await self._run(partial(insider_feeds.keep_companies, companies=companies, site=site))

    async def feed(self, cik: str) -> FeedState:
        return await self._run(partial(insider_feeds.feed, cik=cik))

    async def list_filings(self, state: FeedState, listed: Sequence[ListedFiling], bounds: FilingBounds) -> int:
        return await self._run(partial(insider_feeds.list_filings, state=state, listed=listed, bounds=bounds))

    async def wanted(self, cik: str, *, at_most: int) -> Sequence[ListedFiling]:
        return await self._run(partial(insider_feeds.wanted, cik=cik, at_most=at_most))

    async def keep(self, listed: ListedFiling, found: ParsedFiling, page: Page, *, watch_id: str) -> Kept:
        return await asyncio.to_thread(self._keep, listed, found, page, watch_id)

    async def miss(self, listed: ListedFiling, state: FilingState, error: str, *, watch_id: str) -> None:
        by = FetchedBy(watch_id=watch_id, run_id=self._run_id)
        await asyncio.to_thread(self._miss, listed, state, error, by)

    async def counts(self, cik: str) -> Counts:
        return await self._run(partial(insider_feeds.counts, cik=cik))

    async def latest_trade(self, issuer_cik: str) -> OpenMarketTrade | None:
        return await self._run(partial(insider_trades.latest_trade, issuer_cik=issuer_cik))

    async def news(self, issuer_cik: str, *, watch_id: str) -> News:
        return await self._run(partial(insider_trades.news, issuer_cik=issuer_cik, watch_id=watch_id))

    async def _run(self, work: Callable[[Connection], Result]) -> Result:
        return await asyncio.to_thread(self._database.run, work)

    def _keep(self, listed: ListedFiling, found: ParsedFiling, page: Page, watch_id: str) -> Kept:
        by = FetchedBy(watch_id=watch_id, run_id=self._run_id, page=self._evidence(page))
        error = found.error or "It is no ownership document."
        if found.outcome is Outcome.OK and found.filing:
            try:
                return self._write(listed, found.filing, by)
            except NotStorable as refused:
                error = f"It cannot be stored: {refused}"
        self._miss(listed, FilingState.UNREADABLE, error, by)
        return Kept(is_new=False, error=error)

    def _write(self, listed: ListedFiling, filing: OwnershipFiling, by: FetchedBy) -> Kept:
        attempts = count(1)

        def work(connection: Connection) -> Kept:
            return insider_rows.write(connection, listed, filing, by, is_again=next(attempts) > 1)

        return self._database.run(work)

    def _miss(self, listed: ListedFiling, state: FilingState, error: str, by: FetchedBy) -> None:
        retry_after = None if state is FilingState.PENDING else wait_after(listed.attempts + 1)
        self._database.run(
            partial(insider_rows.miss, listed=listed, state=state, error=error, by=by, retry_after=retry_after)
        )

    def _evidence(self, page: Page) -> StoredPage | None:
        """The document as it is kept, where the settings have pages lie."""
        stored = self._keeper.compress(page, host=host_key(page.request.url)) if self._keeper else None
        return self._keeper.place([stored])[0] if self._keeper and stored else None
