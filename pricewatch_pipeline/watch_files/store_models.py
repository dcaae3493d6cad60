"""What a watch file may say of a store: where it is, how to read it, how gently, and by which way to fetch it."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator
from pydantic_core.core_schema import ValidationInfo

from pricewatch_pipeline.domain import watches as domain
from pricewatch_pipeline.domain.browsing import Browsing
from pricewatch_pipeline.domain.hosts import is_within, site_of
from pricewatch_pipeline.errors import ForbiddenAddress, UnsafePattern
from pricewatch_pipeline.parsing.selectors import LONGEST_EXPRESSION, check_strategy
from pricewatch_pipeline.watch_files.browser_models import BrowserEntry
from pricewatch_pipeline.watch_files.fields import Currency, Delay, Domain, Entry, Id, LocaleName, Text, Url, as_list
from pricewatch_pipeline.watch_files.plausibility import Plausibility

STRATEGY_KINDS = ("css", "xpath", "attr", "json", "regex")
_PLAIN = domain.Store(store_id="", domains=())
_USING = {"browser": ("browser", "auto"), "impersonate": ("impersonate",)}
"""Which fetchers a block of settings is for."""
PROXY_NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
"""As PRICEWATCH_PROXIES names them."""
_A_BROWSER_PROFILE = r"^(chrome|edge|firefox|safari|tor)[a-z0-9_.]{0,30}$"


class StrategyEntry(Entry):
    """One way to read one field of a page."""

    type: Literal["css", "xpath", "attr", "json", "regex"] = Field(description="How `value` is to be understood.")
    value: str = Field(min_length=1, max_length=LONGEST_EXPRESSION, description="The selector, path or pattern.")
    prepend: str = Field(default="", max_length=100, description="Text to put before what was read.")
    append: str = Field(default="", max_length=100, description="Text to put after what was read, such as ' Kč'.")

    @model_validator(mode="after")
    def _can_work(self) -> Self:
        try:
            check_strategy(self.to_strategy())
        except UnsafePattern as error:
            raise ValueError(str(error)) from error
        return self

    def to_strategy(self) -> domain.Strategy:
        return domain.Strategy(kind=self.type, expression=self.value, prepend=self.prepend, append=self.append)

    @classmethod
    def from_text(cls, value: Any) -> Any:
        """`css:.price` as type and value."""
        if not isinstance(value, str):
            return value
        kind, colon, expression = value.partition(":")
        if not colon or kind not in STRATEGY_KINDS:
            begins = ", ".join(f"{kind}:" for kind in STRATEGY_KINDS)
            raise ValueError(f"{value!r} is not a strategy (it begins with one of {begins})")
        return {"type": kind, "value": expression.strip()}


StrategyText = Annotated[str, Field(pattern=f"^({'|'.join(STRATEGY_KINDS)}):.+", examples=["css:.price"])]
Strategy = Annotated[
    StrategyEntry, BeforeValidator(StrategyEntry.from_text, json_schema_input_type=StrategyText | StrategyEntry)
]
Strategies = Annotated[tuple[Strategy, ...], BeforeValidator(as_list, json_schema_input_type=Strategy | list[Strategy])]


class StrategiesEntry(Entry):
    """By field of the offer, the ways to read it; the first that yields wins."""

    price: Strategies = Field(default=(), description="What a buyer pays now.")
    list_price: Strategies = Field(default=(), description="The price before a reduction.")
    currency: Strategies = Field(default=(), description="A symbol or an ISO code.")
    availability: Strategies = Field(
        default=(), description="A text or schema.org URL that says whether it can be had."
    )
    title: Strategies = Field(default=(), description="The product's name.")
    image: Strategies = Field(default=(), description="The product's picture.")
    sku: Strategies = Field(default=(), description="The shop's article number.")

    def to_strategies(self) -> dict[str, tuple[domain.Strategy, ...]]:
        return {field: tuple(one.to_strategy() for one in strategies) for field, strategies in self if strategies}


class PolitenessEntry(Entry):
    """How gently a store is read."""

    min_delay: Delay = Field(
        default=_PLAIN.politeness.min_delay,
        description="Least time between two requests to one host, 0s to 1h; 1s when nothing is said.",
    )
    burst: int = Field(
        default=_PLAIN.politeness.burst,
        ge=1,
        le=100,
        description="Requests that may follow each other at once after a silence; 1 when nothing is said.",
    )
    concurrency: int = Field(
        default=_PLAIN.politeness.concurrency,
        ge=1,
        le=64,
        description="Requests under way at one host at a time; 2 when nothing is said.",
    )
    robots: bool = Field(
        default=_PLAIN.politeness.obeys_robots, description="false: do not ask the store's robots.txt; true by default."
    )

    def to_politeness(self) -> domain.Politeness:
        return domain.Politeness(
            min_delay=self.min_delay, burst=self.burst, concurrency=self.concurrency, obeys_robots=self.robots
        )


ProxyName = Annotated[str, StringConstraints(pattern=PROXY_NAME_PATTERN)]
ProxyNames = Annotated[
    tuple[ProxyName, ...], BeforeValidator(as_list, json_schema_input_type=ProxyName | list[ProxyName])
]


class ProxiesEntry(Entry):
    """Through which proxies a store is reached."""

    use: ProxyNames = Field(
        min_length=1,
        description="Names of proxies in PRICEWATCH_PROXIES, tried in this order; `direct` stands for no proxy.",
    )
    rotate: bool = Field(default=False, description="true: every check begins with another one.")
    also_when_blocked: bool = Field(
        default=False, description="true: a block is answered with the next one; else only a proxy that fails is."
    )

    @field_validator("use")
    @classmethod
    def _once_each(cls, use: tuple[str, ...]) -> tuple[str, ...]:
        return _once(use)

    def to_plan(self) -> domain.ProxyPlan:
        return domain.ProxyPlan(names=self.use, rotates=self.rotate, also_when_blocked=self.also_when_blocked)


def _as_proxies(value: Any) -> Any:
    return {"use": value} if isinstance(value, str | list) else value


Proxies = Annotated[
    ProxiesEntry,
    BeforeValidator(
        _as_proxies, json_schema_input_type=ProxyName | Annotated[list[ProxyName], Field(min_length=1)] | ProxiesEntry
    ),
]
BlockedWay = Literal["impersonate", "browser"]
BlockedWays = Annotated[
    tuple[BlockedWay, ...], BeforeValidator(as_list, json_schema_input_type=BlockedWay | list[BlockedWay])
]
TestUrls = Annotated[tuple[Url, ...], BeforeValidator(as_list, json_schema_input_type=Url | list[Url])]
MOST_TEST_URLS = 20
Profile = Annotated[str, StringConstraints(pattern=_A_BROWSER_PROFILE)]


class StoreEntry(Entry):
    """A shop."""

    id: Id = Field(description="The store's name for good: lower-case letters, digits, - and _.")
    name: Text | None = Field(default=None, description="A name for people.")
    domains: tuple[Domain, ...] = Field(
        min_length=1, description="Host names without scheme, such as shop.de; each stands for its subdomains too."
    )
    locale: LocaleName | None = Field(
        default=None, description="Language and country of its numbers and texts, such as de-DE."
    )
    currency: Currency | None = Field(default=None, description="ISO 4217 code of prices that show none.")
    politeness: PolitenessEntry | None = Field(default=None, description="How gently it is read.")
    fetcher: Literal["http", "impersonate", "browser", "auto"] = Field(
        default="http",
        description="How its pages are fetched: http; impersonate, with a browser's handshake; browser; or auto: http, "
        "and the browser where a page is an empty shell.",
    )
    when_blocked: BlockedWays = Field(
        default=(),
        description="What may be tried, in this order, on a page that was blocked; else a block is respected.",
    )
    browser: BrowserEntry | None = Field(default=None, description="How its pages are opened in a browser.")
    impersonate: Profile | None = Field(
        default=None,
        description=f"The browser whose handshake is shown; {_PLAIN.impersonates} when nothing is said.",
        examples=["chrome", "firefox", "safari", "chrome131"],
    )
    proxies: Proxies | None = Field(default=None, description="Through which proxies it is reached; none by default.")
    plausibility: Plausibility | None = Field(
        default=None, description="How far its prices may move before another look must confirm them."
    )
    strategies: StrategiesEntry | None = Field(
        default=None, description="How its pages are read, tried before anything else."
    )

    test_urls: TestUrls = Field(
        default=(),
        max_length=MOST_TEST_URLS,
        description="Product pages on which `pricewatch store test` tries it out.",
    )

    @field_validator("test_urls")
    @classmethod
    def _are_its_pages(cls, urls: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for url in urls:
            try:
                site = site_of(url)
            except ForbiddenAddress as error:
                raise ValueError(str(error)) from error
            if "domains" in info.data and not any(is_within(site, domain) for domain in info.data["domains"]):
                raise ValueError(f"{url!r} is at none of the store's domains ({', '.join(info.data['domains'])})")
        return _once(urls)

    @field_validator("when_blocked")
    @classmethod
    def _another_way(cls, ways: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if (fetcher := info.data.get("fetcher")) in ways:
            raise ValueError(f"`{fetcher}` is what was blocked already, by `fetcher: {fetcher}`: remove it here")
        return _once(ways)

    @field_validator("browser", "impersonate")
    @classmethod
    def _is_used(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None or "fetcher" not in info.data or "when_blocked" not in info.data:
            return value
        way, fetcher = str(info.field_name), info.data["fetcher"]
        if fetcher not in _USING[way] and way not in info.data["when_blocked"]:
            fetchers = " or ".join(f"`fetcher: {name}`" for name in _USING[way])
            raise ValueError(
                f"never used, for the fetcher of this store is {fetcher}: say {fetchers}, or allow it on pages that were "
                f"blocked with `when_blocked: [{way}]`, or remove this"
            )
        return value

    def to_store(self) -> domain.Store:
        return domain.Store(
            store_id=self.id,
            domains=tuple(dict.fromkeys(self.domains)),
            name=self.name,
            locale=self.locale,
            currency=self.currency,
            strategies=self.strategies.to_strategies() if self.strategies else {},
            politeness=self.politeness.to_politeness() if self.politeness else _PLAIN.politeness,
            fetcher=self.fetcher,
            browsing=self.browser.to_browsing() if self.browser else Browsing(),
            impersonates=self.impersonate or _PLAIN.impersonates,
            proxies=self.proxies.to_plan() if self.proxies else _PLAIN.proxies,
            when_blocked=self.when_blocked,
            plausibility=self.plausibility.to_bounds() if self.plausibility else _PLAIN.plausibility,
            test_urls=self.test_urls,
        )


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"{twice!r} is in the list twice: remove one")
    return names
