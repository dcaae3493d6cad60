"""A shelf of filings in memory: what a database keeps for a provider that collects them, by the same decisions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from pricewatch_pipeline.domain.filing_bounds import DatedFiling, within
from pricewatch_pipeline.domain.filing_retries import wait_after
from pricewatch_pipeline.domain.filings import (
    Company,
    Counts,
    FeedState,
    FilingBounds,
    FilingState,
    Kept,
    LargestTrade,
    ListedFiling,
    News,
    OpenMarketTrade,
)
from pricewatch_pipeline.domain.insiders import (
    OPEN_MARKET_CODES,
    OwnershipFiling,
    OwnershipRow,
    OwnershipTable,
    ParsedFiling,
    RowKind,
)
from pricewatch_pipeline.domain.pages import Page
from pricewatch_pipeline.domain.providers import Reading

_NEW_FOR = timedelta(days=7)


@dataclass(kw_only=True)
class ShelvedFiling:
    """A filing as it stands on the shelf."""

    listed: ListedFiling
    state: FilingState = FilingState.LEFT_OUT
    feeds: set[str] = field(default_factory=set)
    attempts: int = 0
    failures: int = 0
    retry_at: datetime | None = None
    error: str | None = None
    filing: OwnershipFiling | None = None
    serial: int = 0
    watch_id: str | None = None


class MemoryShelf:
    """A `FilingShelf`. It knows no amendments and no chains of owners: those are the database's."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.companies: dict[str, tuple[tuple[Company, ...], datetime]] = {}
        self.feeds: dict[str, FeedState] = {}
        self.filings: dict[str, ShelvedFiling] = {}
        self.told_up_to: dict[str, int] = {}
        self.read_through: set[str] = set()
        """Watches of which a check has left nothing to read."""
        self.refused: dict[str, str] = {}
        """Why a filing cannot be stored, by accession number."""
        self.kept: list[str] = []
        """Accession numbers in the order in which they were read."""

    async def company_named(self, symbol: str, *, site: str) -> Company | None:
        return next((company for company in self._companies(site) if symbol in company.symbols), None)

    async def companies_read_at(self, *, site: str) -> datetime | None:
        return self.companies[site][1] if site in self.companies else None

    async def symbols(self, *, site: str) -> Sequence[str]:
        return [symbol for company in self._companies(site) for symbol in company.symbols]

    async def keep_companies(self, companies: Sequence[Company], *, site: str) -> None:
        self.companies[site] = (tuple(companies), self._now())

    def _companies(self, site: str) -> tuple[Company, ...]:
        return self.companies[site][0] if site in self.companies else ()

    async def feed(self, cik: str) -> FeedState:
        return self.feeds.get(cik, FeedState(cik=cik))

    async def list_filings(self, state: FeedState, listed: Sequence[ListedFiling], bounds: FilingBounds) -> int:
        before = self.feeds.get(state.cik)
        first_seen_on = (before and before.first_seen_on) or self._now().date()
        parts = {**(before.parts if before else {}), **state.parts}
        self.feeds[state.cik] = replace(state, first_seen_on=first_seen_on, parts=parts)
        found = [each for each in listed if each.accession not in self.filings]
        for each in listed:
            self.filings.setdefault(each.accession, ShelvedFiling(listed=each)).feeds.add(state.cik)
        self._want(state.cik, bounds, first_seen_on)
        return len(found)

    def _want(self, cik: str, bounds: FilingBounds, first_seen_on: date) -> None:
        known = [
            DatedFiling(accession=each.listed.accession, form=each.listed.form, filed_on=each.listed.filed_on)
            for each in self._of(cik)
        ]
        for accession in within(known, bounds, first_seen_on=first_seen_on, today=self._now().date()):
            if self.filings[accession].state is FilingState.LEFT_OUT:
                self.filings[accession].state = FilingState.PENDING

    async def wanted(self, cik: str, *, at_most: int) -> Sequence[ListedFiling]:
        due = [each for each in self._of(cik) if self._is_due(each)]
        newest_first = sorted(due, key=lambda each: (each.listed.filed_on, each.listed.accession), reverse=True)
        return [
            replace(each.listed, feed_cik=cik, attempts=each.attempts, failures=each.failures)
            for each in newest_first[:at_most]
        ]

    def _is_due(self, filing: ShelvedFiling) -> bool:
        if filing.state in (FilingState.GONE, FilingState.UNREADABLE):
            return filing.retry_at is not None and filing.retry_at <= self._now()
        return filing.state is FilingState.PENDING

    async def keep(self, listed: ListedFiling, found: ParsedFiling, page: Page, *, watch_id: str) -> Kept:
        filing = self.filings[listed.accession]
        if filing.state is FilingState.READ:
            return Kept(is_new=False)
        error = found.error if found.filing is None else self.refused.get(listed.accession)
        if found.filing is None or error:
            await self.miss(listed, FilingState.UNREADABLE, error or "", watch_id=watch_id)
            return Kept(is_new=False, error=error or "no filing")
        self.kept.append(listed.accession)
        filing.state, filing.filing, filing.serial = FilingState.READ, found.filing, len(self.kept)
        filing.watch_id, filing.error, filing.retry_at = watch_id, None, None
        kinds = [row.kind for row in found.filing.rows]
        return Kept(is_new=True, transactions=kinds.count(RowKind.TRANSACTION), holdings=kinds.count(RowKind.HOLDING))

    async def miss(self, listed: ListedFiling, state: FilingState, error: str, *, watch_id: str) -> None:
        filing = self.filings[listed.accession]
        filing.state, filing.error, filing.watch_id = state, error, watch_id
        if state is FilingState.PENDING:
            filing.failures += 1
            return
        filing.attempts += 1
        wait = wait_after(filing.attempts)
        filing.retry_at = None if wait is None else self._now() + wait

    async def counts(self, cik: str) -> Counts:
        states = [each.state for each in self._of(cik)]
        return Counts(listed=len(states), **{state.value: states.count(state) for state in FilingState})

    async def latest_trade(self, issuer_cik: str) -> OpenMarketTrade | None:
        trades = [
            _trade(each.listed, each.filing, row)
            for each in self._about(issuer_cik)
            if each.filing
            for row in each.filing.rows
            if _is_open_market(row)
        ]
        return max(trades, key=lambda trade: (trade.traded_on, trade.filed_on, trade.accession), default=None)

    async def news(self, issuer_cik: str, *, watch_id: str) -> News:
        is_first = watch_id not in self.told_up_to
        told = self.told_up_to.get(watch_id, 0)
        new = [each for each in self._about(issuer_cik) if each.serial > told]
        first_seen_on = self.feeds[issuer_cik].first_seen_on if issuer_cik in self.feeds else None
        recent = [
            each
            for each in new
            if self._now().date() - each.listed.filed_on <= _NEW_FOR
            and (watch_id in self.read_through or first_seen_on is None or each.listed.filed_on > first_seen_on)
        ]
        return News(
            filings=len(new),
            transactions=sum(row.kind is RowKind.TRANSACTION for each in new for row in _rows(each)),
            open_market=sum(_is_open_market(row) for each in new for row in _rows(each)),
            largest=None if is_first else _largest(recent),
            up_to=max((each.serial for each in self._about(issuer_cik)), default=told),
        )

    def tell(self, watch_id: str, reading: Reading) -> None:
        """A check is complete: as the engine writes it down."""
        if reading.details and not reading.outcome.is_failure:
            told = reading.details[0].row["told_up_to"]
            self.told_up_to[watch_id] = max(told, self.told_up_to.get(watch_id, 0))
            if not reading.details[0].row["remaining"]:
                self.read_through.add(watch_id)

    def states(self) -> dict[str, FilingState]:
        """By accession number."""
        return {accession: each.state for accession, each in self.filings.items()}

    def _of(self, cik: str) -> list[ShelvedFiling]:
        return [each for each in self.filings.values() if cik in each.feeds]

    def _about(self, issuer_cik: str) -> list[ShelvedFiling]:
        return [each for each in self.filings.values() if each.filing and each.filing.issuer_cik == issuer_cik]


def _rows(filing: ShelvedFiling) -> tuple[OwnershipRow, ...]:
    return filing.filing.rows if filing.filing else ()


def _largest(filings: Sequence[ShelvedFiling]) -> LargestTrade | None:
    trades = [trade for each in filings for trade in _trades(each)]
    largest = max(trades, key=lambda trade: trade.value, default=None)
    return largest and replace(largest, others=len({trade.accession for trade in trades}) - 1)


def _trades(filing: ShelvedFiling) -> list[LargestTrade]:
    """What a filing buys, and what it sells."""
    found = filing.filing
    traded = [row for row in _rows(filing) if _is_open_market(row)]
    return [
        LargestTrade(
            value=sum(((row.shares or Decimal(0)) * (row.price or Decimal(0)) for row in rows), Decimal(0)),
            code=code,
            shares=sum((row.shares or Decimal(0) for row in rows), Decimal(0)),
            accession=filing.listed.accession,
            owner=found.owners[0].name if found and found.owners else None,
        )
        for code in OPEN_MARKET_CODES
        if (rows := [row for row in traded if row.code == code])
    ]


def _is_open_market(row: OwnershipRow) -> bool:
    is_trade = row.table is OwnershipTable.NON_DERIVATIVE and row.code in OPEN_MARKET_CODES
    return is_trade and bool(row.price) and row.traded_on is not None


def _trade(listed: ListedFiling, filing: OwnershipFiling, row: OwnershipRow) -> OpenMarketTrade:
    assert row.traded_on
    assert row.code
    assert row.price
    return OpenMarketTrade(
        accession=listed.accession,
        row=row.row,
        traded_on=row.traded_on,
        filed_on=listed.filed_on,
        code=row.code,
        price=row.price,
        shares=row.shares,
        security=row.security,
        owner=filing.owners[0].name if filing.owners else None,
    )
