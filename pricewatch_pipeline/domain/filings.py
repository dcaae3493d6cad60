"""Filings as a provider finds, wants and keeps them: the seam between a provider that collects documents and what is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from pricewatch_pipeline.domain.insiders import ParsedFiling
from pricewatch_pipeline.domain.pages import Page

MOST_A_CHECK = 400
"""Documents that one check reads at most: what is left is the next one's."""
LONGEST_PART = timedelta(seconds=90)
"""A check asks for no further document after so long by the clock, waits included: far below what the engine allows for a
check, which ends as `timeout` and tells of nothing."""


class FilingState(StrEnum):
    """How far a filing is. Its accession number is its key: it is listed once, wherever it was seen."""

    PENDING = "pending"
    """Listed, and still to be fetched."""
    READ = "read"
    GONE = "gone"
    """Its document is not there (404, 410), or the server failed on it again and again; asked for again a few times, ever more
    rarely."""
    UNREADABLE = "unreadable"
    """Its document is there and is no ownership filing that can be read; asked for again likewise."""
    LEFT_OUT = "left_out"
    """Beyond the bounds that the watch sets; said, and fetched when the bounds move."""


@dataclass(frozen=True, kw_only=True)
class ListedFiling:
    """A filing as a feed or an index lists it."""

    accession: str
    """With dashes."""
    form: str
    filed_on: date
    url: str
    """Of the primary XML, or of the full submission text."""
    feed_cik: str
    """Whose list it was seen in; not always its issuer's."""
    source: str = "feed"
    """`feed` (submissions) or `index` (the daily index)."""
    accepted_at: datetime | None = None
    period: date | None = None
    attempts: int = 0
    """How often it was asked for in vain, since it is gone or unreadable."""
    failures: int = 0
    """How often the server failed on it, while it is pending."""


@dataclass(frozen=True, kw_only=True)
class FilingBounds:
    """How far back a company is read. What was filed since it was first looked at is wanted whatever they say."""

    days_back: int | None = None
    """Filed so many days ago or later."""
    max_filings: int | None = None
    """The newest so many. 0: none but those that were filed since."""
    forms: tuple[str, ...] = ("3", "4", "5")
    """Of these forms, and their amendments."""


@dataclass(frozen=True, kw_only=True)
class Company:
    """An issuer, as the SEC lists it."""

    cik: str
    """Ten digits."""
    name: str
    symbols: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FeedState:
    """What is known of a company's list of filings."""

    cik: str
    name: str | None = None
    first_seen_on: date | None = None
    """When it was first looked at; None: never."""
    parts: Mapping[str, int] = field(default_factory=dict)
    """The older files of the list that were read, with the number of filings that each had: one that has as many is the same."""
    missing_parts: tuple[str, ...] = ()
    """Older files that could not be had."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Of a company's filings."""

    listed: int = 0
    read: int = 0
    pending: int = 0
    gone: int = 0
    unreadable: int = 0
    left_out: int = 0


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What keeping one filing wrote."""

    is_new: bool
    """False: another run had it already, or nothing could be kept."""
    error: str | None = None
    """Why nothing could be kept: it is no ownership document, or the database refuses it."""
    transactions: int = 0
    holdings: int = 0


@dataclass(frozen=True, kw_only=True)
class OpenMarketTrade:
    """The newest trade of an issuer's insiders at a price: code P or S in Table I, not superseded, counted once."""

    accession: str
    row: int
    traded_on: date
    filed_on: date
    code: str
    price: Decimal
    shares: Decimal | None
    security: str | None
    owner: str | None
    """Name of the first owner."""


@dataclass(frozen=True, kw_only=True)
class LargestTrade:
    """What one filing buys, or sells, on the open market, where no other one that is news does more."""

    value: Decimal
    """In USD."""
    code: str
    shares: Decimal | None
    accession: str
    owner: str | None
    """Name of the first owner."""
    others: int = 0
    """Filings that are news and trade, too."""


@dataclass(frozen=True, kw_only=True)
class News:
    """What was read of an issuer since a watch was last told."""

    filings: int = 0
    transactions: int = 0
    open_market: int = 0
    largest: LargestTrade | None = None
    """Among filings of the last days only."""
    up_to: int = 0
    """To be remembered: the serial number of the newest filing that was read."""


class FilingShelf(Protocol):
    """What a collecting provider knows of, and where it puts what it finds. Every call is a transaction of its own: what was kept
    stays, whatever becomes of the check."""

    async def company_named(self, symbol: str, *, site: str) -> Company | None:
        """By ticker, from the list of that site that was kept; None: not in it (or there is no list yet)."""
        ...

    async def companies_read_at(self, *, site: str) -> datetime | None:
        """When that site's list of companies was last kept."""
        ...

    async def symbols(self, *, site: str) -> Sequence[str]:
        """Every ticker of that list."""
        ...

    async def keep_companies(self, companies: Sequence[Company], *, site: str) -> None:
        """In place of the list of that site that was kept."""
        ...

    async def feed(self, cik: str) -> FeedState: ...

    async def list_filings(self, state: FeedState, listed: Sequence[ListedFiling], bounds: FilingBounds) -> int:
        """Take in what a list says: what is not known becomes `pending`, or `left_out` by the bounds; what was left out and is
        within them now becomes pending. How many were not known before."""
        ...

    async def wanted(self, cik: str, *, at_most: int) -> Sequence[ListedFiling]:
        """Of this feed: what is pending, and what may be asked for again; the newest first."""
        ...

    async def keep(self, listed: ListedFiling, found: ParsedFiling, page: Page, *, watch_id: str) -> Kept:
        """A document that came: as `read`, under its issuer, or as `unreadable`; its page as evidence."""
        ...

    async def miss(self, listed: ListedFiling, state: FilingState, error: str, *, watch_id: str) -> None:
        """A document that did not come: `gone`; or `pending`, where the server failed on it and it may come soon."""
        ...

    async def counts(self, cik: str) -> Counts: ...

    async def latest_trade(self, issuer_cik: str) -> OpenMarketTrade | None: ...

    async def news(self, issuer_cik: str, *, watch_id: str) -> News:
        """Since the last check of this watch that ended with a success."""
        ...


def cik_of(text: str | int) -> str:
    """Ten digits."""
    return str(text).strip().zfill(10)
