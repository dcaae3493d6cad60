"""Looks at one page and says what would be read from it. Nothing is stored; no database is needed."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from pricewatch_pipeline.domain.hosts import is_within, site_of, split_url
from pricewatch_pipeline.domain.lazy import cached_property
from pricewatch_pipeline.domain.pages import Page
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.domain.watches import Store, Strategy
from pricewatch_pipeline.errors import ConfigurationError, NotFound, UnsafePattern
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.selectors import read_strategy
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.look_alone import look_with, opened_looker
from pricewatch_pipeline.services.read_pages import UNKNOWN_URL, fetch_from
from pricewatch_pipeline.settings import Settings
from pricewatch_pipeline.watch_files.issues import did_you_mean
from pricewatch_pipeline.watch_files.read import read_folder


@dataclass(frozen=True, kw_only=True)
class StrategyTried:
    """One of the store's strategies, tried by itself: also one that a check left out, for an earlier one had read something."""

    field: str
    strategy: Strategy
    read: str | None
    """None: it found nothing."""
    error: str | None = None
    """Why it was refused."""

    @property
    def text(self) -> str:
        """As a watch file says it."""
        return f"{self.strategy.kind}:{self.strategy.expression}"


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a look at a page gave."""

    url: str | None
    """None: a saved page of which nobody knows the address."""
    file: Path | None
    store: Store | None
    reading: Reading
    notes: tuple[str, ...] = ()
    """What the user should know of how it was read."""

    @property
    def page(self) -> Page | None:
        """The one that was read last."""
        return self.reading.pages[-1] if self.reading.pages else None

    @property
    def error(self) -> str | None:
        """What is wrong; None where nothing is."""
        reading = self.reading
        return None if reading.outcome.is_success else (reading.error or reading.outcome.verdict.meaning)

    @cached_property
    def document(self) -> Document | None:
        """The page, where one came; also one that was not read, being a wall or the like."""
        page = self.page
        return Document(page.utf8, url=page.final_url) if page is not None and page.body else None

    @cached_property
    def strategies(self) -> tuple[StrategyTried, ...]:
        """What each of the store's strategies reads from the page."""
        document = self.document
        if self.store is None or document is None or document.refusal:
            return ()
        ways = [(field, strategy) for field, given in self.store.strategies.items() for strategy in given]
        return tuple(_tried(document, field, strategy) for field, strategy in ways)


def try_page(settings: Settings, target: str, *, url: str | None = None, store_id: str | None = None) -> Trial:
    """Read a page as a check would: `target` is a saved page where such a file exists, else an address.

    Raises:
        NotFound: there is no such file or store.
        ConfigurationError, ForbiddenAddress: what was asked for makes no sense; says why.
    """
    file = _file(target)
    if file is None:
        url = _address(target, url)
    elif url is not None:
        split_url(url)
    store, notes = _store(settings, url, store_id)
    if file:
        reading = look_with(fetch_from(file), url or UNKNOWN_URL, store)
    else:
        reading = asyncio.run(_look(settings, target, store))
    said = tuple(page.note for page in reading.pages if page.note)
    return Trial(url=url, file=file, store=store, reading=reading, notes=(*notes, *said))


def _tried(document: Document, field: str, strategy: Strategy) -> StrategyTried:
    try:
        return StrategyTried(field=field, strategy=strategy, read=read_strategy(document, strategy))
    except UnsafePattern as error:
        return StrategyTried(field=field, strategy=strategy, read=None, error=str(error))


def _file(target: str) -> Path | None:
    path = Path(target)
    try:
        if path.is_dir():
            raise ConfigurationError(f"{target} is a folder; name one saved page, or use `pricewatch extract` for many")
        return path if path.exists() else None
    except (OSError, ValueError):  # too long for a path, or holds what no path may hold
        return None


def _address(target: str, url: str | None) -> str:
    if "://" not in target:
        raise NotFound(f"there is no file {target}, and it is no address either: those begin with http:// or https://")
    if url is not None:
        raise ConfigurationError("--url says where a saved page came from; with an address it has no meaning")
    split_url(target)
    return target


async def _look(settings: Settings, url: str, store: Store | None) -> Reading:
    async with opened_looker(settings) as looker:
        return await looker.look(url, store)


def _store(settings: Settings, url: str | None, store_id: str | None) -> tuple[Store | None, tuple[str, ...]]:
    """The store whose ways of reading apply, out of the watch files that are valid."""
    try:
        found = read_folder(settings.watches, providers=providers())
    except ConfigurationError as error:
        if store_id:
            raise ConfigurationError(f"{error}. {_made_by_command(store_id, url)}") from error
        return None, (str(error),) if settings.watches_dir else ()
    broken = ", ".join(sorted(found.broken_files))
    notes = (f"left out, for their errors (`pricewatch config check`): {broken}",) if broken else ()
    if store_id is None:
        return (store_for(url, found.stores) if url else None), notes
    by_id = {store.store_id: store for store in found.stores}
    if store_id not in by_id:
        left_out = f"; {notes[0]}" if notes else ""
        raise NotFound(
            f"--store: unknown store {store_id!r} in {settings.watches}{did_you_mean(store_id, by_id)}{left_out}. "
            + _made_by_command(store_id, url)
        )
    return by_id[store_id], notes


def _made_by_command(store_id: str, url: str | None) -> str:
    """`try` reads no database, so it cannot know whether there is one."""
    return f"A store that was made by a command is tried by `pricewatch store test {store_id} {url or 'URL'}`"


def store_for(url: str, stores: tuple[Store, ...]) -> Store | None:
    """The store with the longest domain that the URL's site is within."""
    site = site_of(url)
    matching = [(len(domain), store) for store in stores for domain in store.domains if is_within(site, domain)]
    return max(matching, key=lambda found: found[0])[1] if matching else None
