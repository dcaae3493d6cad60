"""Looks at a few pages of a shop: those that are named, and more product pages that these lead to."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.domain.watches import Store
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.page_links import links_alike
from pricewatch_pipeline.services.look_alone import Looker, opened_looker
from pricewatch_pipeline.settings import Settings

_TRIES = 2
"""Links that are followed for each page more that is wanted: some lead to other things than products."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A page that was looked at."""

    url: str
    reading: Reading
    is_found: bool = False
    """Nobody named it: another page led to it."""

    @property
    def page(self) -> Page | None:
        return self.reading.pages[-1] if self.reading.pages else None

    def document(self) -> Document | None:
        """The page, where there is one to be read."""
        page = self.page
        if page is None or page.outcome is not Outcome.OK:
            return None
        document = Document(page.utf8, url=page.final_url)
        return None if document.refusal else document


def sample_pages(
    settings: Settings,
    urls: Sequence[str],
    store: Store | None,
    *,
    at_least: int = 0,
    on_look: Callable[[str], None] = lambda _: None,
) -> tuple[Sample, ...]:
    """Look at pages one after the other, and at more that the first ones lead to until there are `at_least` so many.

    Raises:
        ForbiddenAddress: one is no address of a page.
    """
    return asyncio.run(_sampled(settings, urls, store, at_least, on_look))


async def _sampled(
    settings: Settings, urls: Sequence[str], store: Store | None, at_least: int, on_look: Callable[[str], None]
) -> tuple[Sample, ...]:
    async with opened_looker(settings) as looker:
        named = []
        for url in dict.fromkeys(urls):
            on_look(url)
            named.append(Sample(url=url, reading=await looker.look(url, store)))
        more = await _more(looker, named, store, at_least - len(named), on_look)
        return (*named, *more)


async def _more(
    looker: Looker, named: Sequence[Sample], store: Store | None, wanted: int, on_look: Callable[[str], None]
) -> list[Sample]:
    """Other pages on which a price is read. That a link leads to something else says nothing of the shop."""
    documents = [document for sample in named if sample.reading.outcome.is_success and (document := sample.document())]
    if wanted < 1 or not documents:
        return []
    seen = {sample.url for sample in named} | {sample.page.final_url for sample in named if sample.page}
    links = [url for document in documents for url in links_alike(document, at_most=wanted * _TRIES + len(seen))]
    found: list[Sample] = []
    for url in [url for url in dict.fromkeys(links) if url not in seen][: wanted * _TRIES]:
        if len(found) < wanted:
            on_look(url)
            reading = await looker.look(url, store)
            if reading.outcome.is_success and reading.offer and reading.offer.price is not None:
                found.append(Sample(url=url, reading=reading, is_found=True))
    return found
