"""The contract of a provider: the engine knows providers only by this."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol, runtime_checkable

from pydantic import BaseModel

from pricewatch_pipeline.domain.fair_access import FairAccess
from pricewatch_pipeline.domain.filings import FilingShelf
from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Fetch, Page
from pricewatch_pipeline.domain.watches import Store, Watch


@dataclass(frozen=True, kw_only=True)
class Detail:
    """A row for one of a provider's own tables. Which watch and slot it belongs to, the engine knows."""

    table: str
    """A name in `storage/detail_rows.py`: `flight_searches`, `flight_offers`, `filing_checks`."""
    row: Mapping[str, Any]
    """By column; instants aware, amounts Decimal. A column that is missing is null, or its default."""


@dataclass(frozen=True, kw_only=True)
class Combination:
    """One of the queries that a matrix watch stands for."""

    number: int
    """From 1 on, in the order in which they are asked."""
    key: str
    """For people, unique in its watch: `LHR-JFK 2027-01-15 2027-01-22`."""
    query: Mapping[str, Any]
    """As the provider's query model dumps it; it stands for itself only."""
    url: str


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How one check ended for a provider."""

    outcome: Outcome
    offer: Offer | None = None
    """The headline offer; present exactly when the outcome is `ok`. On `not_modified` the last one is carried on."""
    pages: tuple[Page, ...] = ()
    """The pages used, first to last."""
    details: tuple[Detail, ...] = ()
    """Rows for the provider's own tables; kept with every outcome that has some."""
    signals: Mapping[str, str] = field(default_factory=dict)
    """What alert rules may ask for beside the offer: `price_indicator`, `insider_trade_value` with `insider_trade` in words."""
    error: str | None = None
    """One sentence on a failure."""
    needs_script: bool = False
    """The page is an empty shell whose content comes by script: a browser may read it."""
    is_exact: bool = False
    """The price is stated by an authority and is believed as it stands, whatever it was before."""
    news_at: datetime | None = None
    """When what it tells of happened, where the provider knows; None: when the price changed."""
    remaining: int = 0
    """Documents that are still to be read and may be asked for now: the watch is due again at once, and a check by hand goes on.
    Only of a reading that got on (with none that was read, it would go on for good)."""


class Provider(Protocol):
    """A kind of source. Pure but for the `fetch` it is given."""

    name: ClassVar[str]
    query_model: ClassVar[type[BaseModel]]
    """What a watch file may say under `query:`; `extra="forbid"`."""

    def host_of(self, query: BaseModel) -> str:
        """The host whose politeness counts, as `fetching`-independent text: `example.com` or `127.0.0.1:8801`."""
        ...

    def url_of(self, query: BaseModel) -> str | None:
        """The page a person would open."""
        ...

    async def check(self, watch: Watch, store: Store | None, fetch: Fetch) -> Reading:
        """Look once. What a site does wrong is a reading with that outcome, not an exception."""
        ...


@runtime_checkable
class MatrixProvider(Protocol):
    """A provider some of whose queries stand for many, which are asked one by one."""

    def is_matrix(self, query: BaseModel) -> bool:
        """Whether the query stands for any: answered without making them."""
        ...

    def combinations_of(self, query: BaseModel) -> tuple[Combination, ...]:
        """What the query stands for; empty where it is asked as it is."""
        ...


@runtime_checkable
class RemarkingProvider(Protocol):
    """A provider that has something to say of a query that is valid all the same."""

    def remarks_on(self, query: BaseModel) -> tuple[str, ...]:
        """For whoever writes the watch: how many combinations it stands for, that its last date has gone by."""
        ...


@runtime_checkable
class AddressedProvider(Protocol):
    """A provider that knows addresses which say what it is to look for, as people copy them from their browsers."""

    def query_of(self, url: str) -> BaseModel | None:
        """What an address asks for; None: it is none of this provider's.

        Raises:
            PricewatchError: it is, and cannot be watched; says why.
        """
        ...


@runtime_checkable
class TimedProvider(Protocol):
    """A provider whose answer depends on the clock: whose searches are over when their day has gone by."""

    def at(self, instant: datetime) -> Provider:
        """The provider as it was at an instant, for the pages of then."""
        ...


@runtime_checkable
class CollectingProvider(Protocol):
    """A provider that collects filings, each of them once, and must know which are there."""

    def with_shelf(self, shelf: FilingShelf) -> Provider:
        """The provider that checks with this shelf."""
        ...


@runtime_checkable
class GuestProvider(Protocol):
    """A provider whose hosts say how they want to be asked, by everybody."""

    fair_access: ClassVar[FairAccess]


@runtime_checkable
class WordingProvider(Protocol):
    """A provider whose queries say more in words than by an address."""

    def in_words(self, query: BaseModel) -> str:
        """What is looked for, on one line for people."""
        ...


def is_matrix(provider: Provider, query: BaseModel) -> bool:
    """Whether a query stands for many, which are asked one by one."""
    return isinstance(provider, MatrixProvider) and provider.is_matrix(query)


def combinations_of(provider: Provider, query: BaseModel) -> tuple[Combination, ...]:
    """What a query stands for; empty where it is asked as it is."""
    return provider.combinations_of(query) if isinstance(provider, MatrixProvider) else ()


def remarks_on(provider: Provider, query: BaseModel) -> tuple[str, ...]:
    """What the provider has to say of a query."""
    return provider.remarks_on(query) if isinstance(provider, RemarkingProvider) else ()


def asked_by(url: str, providers: Iterable[Provider]) -> tuple[Provider, BaseModel] | None:
    """Who is asked by an address, and for what; None: it is that of a page.

    Raises:
        PricewatchError: it cannot be watched; says why.
    """
    for provider in providers:
        if isinstance(provider, AddressedProvider) and (query := provider.query_of(url)) is not None:
            return provider, query
    return None


def as_of(provider: Provider, instant: datetime) -> Provider:
    """What reads a page of that instant."""
    return provider.at(instant) if isinstance(provider, TimedProvider) else provider


def shelved(provider: Provider, shelf: FilingShelf) -> Provider:
    """What checks with a shelf, where it needs one."""
    return provider.with_shelf(shelf) if isinstance(provider, CollectingProvider) else provider


def fair_access_of(provider: Provider) -> FairAccess | None:
    """How its hosts want to be asked; None: as any host."""
    return provider.fair_access if isinstance(provider, GuestProvider) else None


def in_words(provider: Provider, query: BaseModel) -> str | None:
    """What a query looks for; None where its address says it."""
    return provider.in_words(query) if isinstance(provider, WordingProvider) else None
