"""The retail provider: fetches one product page and reads the offer on it."""

import asyncio
from typing import ClassVar

from pydantic import BaseModel

from pricewatch_pipeline.domain.hosts import host_key
from pricewatch_pipeline.domain.pages import Fetch, PageRequest
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.domain.watches import Store, Watch
from pricewatch_pipeline.providers.retail.query import RetailQuery
from pricewatch_pipeline.providers.retail.reading import read_offer


class RetailProvider:
    """Any shop's product page."""

    name: ClassVar[str] = "retail"
    query_model: ClassVar[type[BaseModel]] = RetailQuery

    def host_of(self, query: BaseModel) -> str:
        return host_key(_retail(query).url)

    def url_of(self, query: BaseModel) -> str | None:
        return _retail(query).url

    async def check(self, watch: Watch, store: Store | None, fetch: Fetch) -> Reading:
        query = RetailQuery.model_validate(watch.query)
        page = await fetch(PageRequest(url=query.url, may_be_unchanged=True))
        # In a thread: a page that keeps the parser busy must not stop the others of its batch, nor the lease's renewal.
        return await asyncio.to_thread(read_offer, page, store=store, query=query)


def _retail(query: BaseModel) -> RetailQuery:
    return query if isinstance(query, RetailQuery) else RetailQuery.model_validate(query.model_dump())
