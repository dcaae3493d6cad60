"""Looks at one page and says what would be read from it. Nothing is stored; no database is needed."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from pricewatch_pipeline.domain.hosts import is_within, site_of, split_url
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.domain.watches import Store
from pricewatch_pipeline.errors import ConfigurationError, NotFound
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.look_alone import opened_looker
from pricewatch_pipeline.services.read_pages import read_saved_page
from pricewatch_pipeline.settings import Settings
from pricewatch_pipeline.watch_files.issues import did_you_mean
from pricewatch_pipeline.watch_files.read import read_folder


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
    reading = read_saved_page(file, url, store) if file else asyncio.run(_look(settings, target, store))
    said = tuple(page.note for page in reading.pages if page.note)
    return Trial(url=url, file=file, store=store, reading=reading, notes=(*notes, *said))


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
            raise
        return None, (str(error),) if settings.watches_dir else ()
    broken = ", ".join(sorted(found.broken_files))
    notes = (f"left out, for their errors (`pricewatch config check`): {broken}",) if broken else ()
    if store_id is None:
        return (store_for(url, found.stores) if url else None), notes
    by_id = {store.store_id: store for store in found.stores}
    if store_id not in by_id:
        left_out = f"; {notes[0]}" if notes else ""
        raise NotFound(
            f"--store: unknown store {store_id!r} in {settings.watches}{did_you_mean(store_id, by_id)}{left_out}"
        )
    return by_id[store_id], notes


def store_for(url: str, stores: tuple[Store, ...]) -> Store | None:
    """The store with the longest domain that the URL's site is within."""
    site = site_of(url)
    matching = [(len(domain), store) for store in stores for domain in store.domains if is_within(site, domain)]
    return max(matching, key=lambda found: found[0])[1] if matching else None
