"""Lists the proxies of the settings, and fetches a page through each. Stores nothing; no database is needed."""

import asyncio
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from pricewatch_pipeline.domain.hosts import split_url
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.domain.proxies import DIRECT
from pricewatch_pipeline.domain.watches import Store
from pricewatch_pipeline.errors import ConfigurationError, NotFound
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.open_fetchers import fetchers_for
from pricewatch_pipeline.settings import Settings
from pricewatch_pipeline.watch_files.issues import did_you_mean
from pricewatch_pipeline.watch_files.read import WatchFolder, read_folder

_LONGEST_ADDRESS = 64


@dataclass(frozen=True, kw_only=True)
class NamedProxy:
    """A proxy of the settings, without its password."""

    name: str
    url: str
    stores: tuple[str, ...]
    """Those of the watch files that use it."""


@dataclass(frozen=True, kw_only=True)
class ProxyTrial:
    """What a fetch through a proxy gave."""

    name: str
    url: str
    """The page that was fetched."""
    outcome: Outcome
    http_status: int | None
    elapsed_ms: int
    reported: str | None
    """The address from which the page says that we came, where it says nothing else."""
    error: str | None


def list_proxies(settings: Settings) -> list[NamedProxy]:
    """Every proxy by name."""
    stores = _folder(settings).stores if settings.proxies else ()
    return [
        NamedProxy(name=name, url=proxy.shown, stores=_users(name, stores))
        for name, proxy in sorted(settings.proxies.items())
    ]


def try_proxies(settings: Settings, names: Sequence[str], *, url: str | None = None) -> list[ProxyTrial]:
    """Fetch a page through each proxy, one after the other: all of them where no names are given.

    Args:
        settings: name the proxies.
        names: of proxies; `direct` is a way too.
        url: the page; that of a watch whose store uses the proxy when not given, else of any watch.

    Raises:
        NotFound: there is no such proxy.
        ConfigurationError: there are no proxies, or no page to fetch.
        ForbiddenAddress: the URL makes no sense.
    """
    if not settings.proxies:
        raise ConfigurationError("there are no proxies: set PRICEWATCH_PROXIES to name=http://user:password@host:port")
    known = {*settings.proxies, DIRECT}
    for name in names:
        if name not in known:
            raise NotFound(f"unknown proxy {name!r}{did_you_mean(name, known)}; there are: {', '.join(sorted(known))}")
    wanted = tuple(dict.fromkeys(names)) or tuple(sorted(settings.proxies))
    if url is not None:
        split_url(url)
    pages = {name: url or _page_for(name, _folder(settings)) for name in wanted}
    return asyncio.run(_fetch(settings, pages))


async def _fetch(settings: Settings, pages: dict[str, str]) -> list[ProxyTrial]:
    async with fetchers_for(settings) as fetchers:
        return [_trial(name, await fetchers.fetch(_request(name, url))) for name, url in pages.items()]


def _request(name: str, url: str) -> PageRequest:
    return PageRequest(url=url, proxy=None if name == DIRECT else name)


def _trial(name: str, page: Page) -> ProxyTrial:
    return ProxyTrial(
        name=name,
        url=page.request.url,
        outcome=page.outcome,
        http_status=page.status,
        elapsed_ms=round(page.elapsed.total_seconds() * 1000),
        reported=_address_in(page),
        error=page.error,
    )


def _address_in(page: Page) -> str | None:
    if len(page.body) > _LONGEST_ADDRESS:
        return None
    try:
        return str(ipaddress.ip_address(page.text.strip()))
    except ValueError:
        return None


def _page_for(name: str, folder: WatchFolder) -> str:
    users = _users(name, folder.stores)
    pages = sorted((watch.store_id not in users, watch.url) for watch in folder.watches if watch.url)
    if not pages:
        raise ConfigurationError(f"no watch file in {folder.folder} has a page to fetch; name one with --url")
    return pages[0][1]


def _users(name: str, stores: Sequence[Store]) -> tuple[str, ...]:
    return tuple(sorted(store.store_id for store in stores if name in store.proxies.names))


def _folder(settings: Settings) -> WatchFolder:
    """The watch files that are valid; none where there is no folder."""
    try:
        return read_folder(settings.watches, providers=providers())
    except ConfigurationError:
        if settings.watches_dir:
            raise
        return WatchFolder(folder=settings.watches, files=())
