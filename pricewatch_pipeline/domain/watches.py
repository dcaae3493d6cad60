"""What users describe: watches, stores, products, and the schedule of a watch. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

from pricewatch_pipeline.domain.browsing import Browsing
from pricewatch_pipeline.domain.plausibility import PlausibilityBounds

DEFAULT_INTERVAL = timedelta(hours=6)
SHORTEST_INTERVAL = timedelta(minutes=1)
DEFAULT_ALERT_COOLDOWN = timedelta(hours=6)
WATCH_ID_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,63}$"


@dataclass(frozen=True, kw_only=True)
class ActiveWindow:
    """A time of the week in which checks may happen. `end` at or before `start` means the next day."""

    days: frozenset[int]
    """Weekdays on which the window opens; Monday is 0."""
    start: time
    end: time


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """When a watch is due: every so often, or by cron in a time zone; maybe only within windows."""

    every: timedelta | None = DEFAULT_INTERVAL
    cron: str | None = None
    timezone: str = "UTC"
    """IANA name; for `cron` and `windows`."""
    windows: tuple[ActiveWindow, ...] = ()
    """Empty: always active."""
    at_least_apart: timedelta | None = None
    """Between a check and the next one that nobody asked for, whatever else is due; None: no such distance."""
    retry_first: timedelta | None = None
    """Before the first retry of a check that failed; it doubles from there. None: as its outcome says."""
    news_first: timedelta | None = None
    """For so long after it had news, a watch goes before others of its priority. None: it waits its turn."""


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """One way to read one field of a page, as a store's file says it."""

    kind: str
    """`css`, `xpath`, `attr`, `json` or `regex`."""
    expression: str
    prepend: str = ""
    append: str = ""


@dataclass(frozen=True, kw_only=True)
class Politeness:
    """How gently a store is to be read."""

    min_delay: timedelta = timedelta(seconds=1)
    """Between two requests to one host, over all runs and machines."""
    burst: int = 1
    """Requests that may follow each other at once after a silence: the depth of the host's token bucket."""
    concurrency: int = 2
    """Requests in flight at one host, over all runs and machines."""
    obeys_robots: bool = True


@dataclass(frozen=True, kw_only=True)
class ProxyPlan:
    """Through which proxies a store is reached, by their names in the settings."""

    names: tuple[str, ...] = ()
    """Tried in this order; `direct` stands for no proxy. Empty: no proxy."""
    rotates: bool = False
    """Every check begins with another one."""
    also_when_blocked: bool = False
    """Whether a block is answered with the next one; else only a proxy that fails is."""


@dataclass(frozen=True, kw_only=True)
class Store:
    """A shop."""

    store_id: str
    domains: tuple[str, ...]
    """Host names, without scheme; `host:port` where the port is not the usual one. A domain stands for its subdomains."""
    name: str | None = None
    locale: str | None = None
    """BCP 47, such as `de-DE`."""
    currency: str | None = None
    strategies: Mapping[str, tuple[Strategy, ...]] = field(default_factory=dict)
    """By field (`price`, `list_price`, `currency`, `availability`, `title`, `image`, `sku`); the first that yields wins."""
    politeness: Politeness = field(default_factory=Politeness)
    fetcher: str = "http"
    """`http`, `impersonate`, `browser`, or `auto`: http, and the browser where a page is an empty shell."""
    browsing: Browsing = field(default_factory=Browsing)
    impersonates: str = "chrome"
    """The browser whose handshake `impersonate` shows: a name that curl_cffi knows."""
    proxies: ProxyPlan = field(default_factory=ProxyPlan)
    when_blocked: tuple[str, ...] = ()
    """Fetchers that may be tried, in this order, on a page that was blocked. Empty: a block is respected."""
    plausibility: PlausibilityBounds = field(default_factory=PlausibilityBounds)
    """Where its prices may move otherwise than those of others."""
    test_urls: tuple[str, ...] = ()
    """Product pages on which its definition is tried out."""


@dataclass(frozen=True, kw_only=True)
class Product:
    """One thing sold in several stores."""

    product_id: str
    title: str | None = None
    tags: tuple[str, ...] = ()
    primary_watch_id: str | None = None
    """The watch that stands for it where one must, as in trends; None: the one with the longest history."""
    is_favourite: bool = False
    pack_size: Decimal | None = None
    """How many `pack_unit` a pack holds, where the page does not say: for unit prices."""
    pack_unit: str | None = None
    """`kg`, `l`, `m`, `m2`, `m3` or `piece`."""
    currency: str | None = None
    """In which its stores are compared; None: the one that all of them have, else the settings'."""
    notes: str | None = None


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What a user asks us to keep an eye on."""

    watch_id: str
    provider: str
    query: Mapping[str, Any]
    """As the provider's query model dumps it (JSON values)."""
    host: str
    """The host whose politeness counts; `host:port` where the port is not the usual one."""
    url: str | None = None
    """The page a person would open, where there is one."""
    title: str | None = None
    schedule: Schedule = field(default_factory=Schedule)
    store_id: str | None = None
    product_id: str | None = None
    tags: tuple[str, ...] = ()
    priority: int = 0
    """-10 to 10; higher is checked first."""
    target_price: Decimal | None = None
    target_currency: str | None = None
    alert_cooldown: timedelta = DEFAULT_ALERT_COOLDOWN
    plausibility: PlausibilityBounds = field(default_factory=PlausibilityBounds)
    """What it says goes before its store's."""
    is_paused: bool = False
    is_matrix: bool = False
    """Its query stands for many: a check of it is a batch of its own (`services/check_batches.py`)."""
    schedule_error: str | None = None
    """Why this watch alone cannot be scheduled (a bad time zone, a cron that never fires); the others go on."""
