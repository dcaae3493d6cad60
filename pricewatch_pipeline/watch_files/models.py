"""What a watch file may say. The JSON Schema for editors comes from these models."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, field_validator
from pydantic_core.core_schema import ValidationInfo

from pricewatch_pipeline.watch_files.alert_models import Alerts, FileAlerts
from pricewatch_pipeline.watch_files.fields import (
    Amount,
    Cooldown,
    Cron,
    Currency,
    Entry,
    Id,
    Interval,
    Notes,
    Pack,
    Tag,
    Text,
    Timezone,
    Url,
    WindowEntry,
)
from pricewatch_pipeline.watch_files.plausibility import Plausibility
from pricewatch_pipeline.watch_files.store_models import StoreEntry

DEFAULT_PROVIDER = "retail"


class Defaults(Entry):
    """When watches are checked, and what is believed; at the top of a file it stands for all watches of that file."""

    every: Interval | None = Field(
        default=None, description="Time between two checks, from 1m up; 6h when nothing is said."
    )
    cron: Cron | None = Field(
        default=None,
        description="Times of checks instead of `every`: minute hour day month weekday.",
        examples=["0 9 * * mon-fri"],
    )
    timezone: Timezone | None = Field(
        default=None,
        description="IANA time zone for `cron` and `active`; UTC when nothing is said.",
        examples=["Europe/Berlin"],
    )
    active: tuple[WindowEntry, ...] | None = Field(default=None, description="Checks happen in these windows only.")
    at_least_apart: Interval | None = Field(
        default=None,
        description="No check sooner than this after one that ended well, unless somebody asks for it.",
        examples=["4h"],
    )
    retry_first: Interval | None = Field(
        default=None,
        description="How long after a failed check the first retry comes; the wait doubles from there.",
        examples=["1h"],
    )
    news_first: Interval | None = Field(
        default=None,
        description="Checked before others of its priority for so long after it had news: a changed price, a trade.",
        examples=["30d"],
    )
    priority: int | None = Field(
        default=None, ge=-10, le=10, description="-10 to 10; higher is checked first. Default 0."
    )
    alert_cooldown: Cooldown | None = Field(
        default=None, description="No second alert of the same kind within this time; 6h when nothing is said."
    )
    plausibility: Plausibility | None = Field(
        default=None,
        description="How far prices may move before another look must confirm them; goes before the store's.",
    )

    @field_validator("cron")
    @classmethod
    def _one_of_two(cls, cron: str | None, info: ValidationInfo) -> str | None:
        if cron is not None and info.data.get("every") is not None:
            raise ValueError("a watch has `every` or `cron`, not both: remove one")
        return cron


class TargetEntry(Entry):
    """The price to wait for."""

    amount: Amount = Field(description="Alert at or below this amount.")
    currency: Currency | None = Field(
        default=None, description="ISO 4217; the watch's own currency when nothing is said."
    )


Target = Annotated[
    TargetEntry,
    BeforeValidator(
        lambda value: {"amount": value} if isinstance(value, str) else value,
        json_schema_input_type=Amount | TargetEntry,
    ),
]


class WatchOptions(Defaults):
    """What can be said of any watch."""

    title: Text | None = Field(default=None, description="A name for people.")
    provider: str | None = Field(
        default=None, description=f"The kind of source; `{DEFAULT_PROVIDER}` when nothing is said."
    )
    query: dict[str, Any] | None = Field(
        default=None, description="What to ask the provider for; each has fields of its own."
    )
    target: Target | None = Field(
        default=None, description="Alert at or below this price: 99.90, or amount and currency."
    )
    paused: bool | None = Field(default=None, description="true: no checks until it is removed.")
    store: Id | None = Field(
        default=None, description="The store's id; found by the URL's domain when nothing is said."
    )
    tags: tuple[Tag, ...] = Field(default=(), description="Words to find and group watches by.")
    alerts: Alerts = Field(
        default=(), description="When to be told of it; a product's alerts are about all of its urls."
    )


class WatchEntry(WatchOptions):
    """One watch."""

    id: Id = Field(description="The watch's name for good: lower-case letters, digits, - and _. History hangs on it.")
    url: Url | None = Field(default=None, description="The page to watch; short for `query: {url: ...}`.")
    product: Id | None = Field(default=None, description="The id of the product that this watch prices.")


class UrlEntry(WatchOptions):
    """One page of a product."""

    url: Url = Field(description="The page to watch.")
    id: Id | None = Field(
        default=None, description="A watch id of its own; made from product and site when nothing is said."
    )
    primary: bool | None = Field(
        default=None, description="true: this page stands for the product where one must, as in trends."
    )


Page = Annotated[
    UrlEntry,
    BeforeValidator(
        lambda value: {"url": value} if isinstance(value, str) else value,
        json_schema_input_type=Url | UrlEntry,
    ),
]


class ProductEntry(WatchOptions):
    """One thing sold in several stores; watch fields here are the defaults for its urls."""

    id: Id = Field(description="The product's name for good: lower-case letters, digits, - and _.")
    urls: tuple[Page, ...] = Field(default=(), description="Where it is sold; each becomes a watch.")
    primary: Id | None = Field(
        default=None,
        description="The id of the watch that stands for it; short for `primary: true` at one of its urls.",
    )
    favourite: bool | None = Field(default=None, description="true: among the ones that you look at first.")
    pack: Pack | None = Field(
        default=None, description="How much a pack holds, where the page does not say: for unit prices."
    )
    currency: Currency | None = Field(
        default=None,
        description="In which its stores are compared; the one they all have, else PRICEWATCH_CURRENCY, when nothing is said.",
    )
    notes: Notes | None = Field(default=None, description="For yourself.")


class WatchFile(Entry):
    """A watch file of pricewatch_pipeline: stores, products and watches."""

    defaults: Defaults | None = Field(default=None, description="Schedule defaults for all watches of this file.")
    stores: tuple[StoreEntry, ...] = Field(default=(), description="Shops, and how to read them.")
    products: tuple[ProductEntry, ...] = Field(default=(), description="Things sold in several stores.")
    watches: tuple[WatchEntry, ...] = Field(default=(), description="Single watches.")
    alerts: FileAlerts = Field(
        default=(), description="When to be told of every watch there is, whatever its file; `for` says of which."
    )
