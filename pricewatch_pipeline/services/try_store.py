"""Reads a store's pages by the very path of a check, and says what would be read without its strategies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.domain.watches import Store
from pricewatch_pipeline.errors import ConfigurationError, ForbiddenAddress, NotFound
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.look_alone import look_again, watch_of
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.sample_store import sample_pages
from pricewatch_pipeline.services.steer_stores import find_stores, pages_of
from pricewatch_pipeline.services.try_page import store_for
from pricewatch_pipeline.settings import Settings
from pricewatch_pipeline.watch_files.read import read_folder

MOST_PAGES = 5
"""Of a store's watches, where nobody says which pages."""


@dataclass(frozen=True, kw_only=True)
class TriedPage:
    """A page of a store, and what is read from it."""

    url: str
    reading: Reading
    alone: Reading | None
    """What would be read without the store's strategies; None where it has none, or there is no page."""

    @property
    def is_right(self) -> bool:
        """Whether a check would have ended with an offer."""
        return self.reading.outcome.is_success


def find_store(settings: Settings, store_id: str) -> tuple[Store, tuple[str, ...]]:
    """A store and the pages on which it can be tried: as the database knows it, else as a watch file says.

    Raises:
        NotFound: neither knows it.
    """
    with opened_pipeline(settings) as pipeline:
        try:
            (known,) = find_stores(pipeline.database, [store_id])
        except NotFound:
            if store := _of_files(settings, store_id):
                return store, store.test_urls
            raise
        return known.store, pages_of(pipeline.database, known.store, limit=MOST_PAGES)


def _of_files(settings: Settings, store_id: str) -> Store | None:
    """A store that was not synced yet."""
    try:
        found = read_folder(settings.watches, providers=providers())
    except ConfigurationError:
        return None
    return next((store for store in found.stores if store.store_id == store_id), None)


def try_store(
    settings: Settings, store: Store, urls: Sequence[str], *, on_look: Callable[[str], None] = lambda _: None
) -> tuple[TriedPage, ...]:
    """Look at these pages as at pages of the store.

    Raises:
        ForbiddenAddress: one is no address of a page, or of none of the store's domains; nothing was asked for.
    """
    for url in urls:
        watch_of(url)
        if store_for(url, (store,)) is None:
            raise ForbiddenAddress(
                f"{url} is at none of the domains of {store.store_id!r} ({', '.join(store.domains)})"
            )
    return tuple(
        TriedPage(url=sample.url, reading=sample.reading, alone=_alone(sample.url, sample.reading, store))
        for sample in sample_pages(settings, urls, store, on_look=on_look)
    )


def _alone(url: str, reading: Reading, store: Store) -> Reading | None:
    if not store.strategies or not reading.pages:
        return None
    return look_again(reading.pages[-1], url, replace(store, strategies={}))
