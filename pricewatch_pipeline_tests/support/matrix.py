"""A provider whose watches stand for many queries, each a page with a price on the loopback server; and watches of it."""

import asyncio
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import BaseModel

from pricewatch_pipeline.domain.hosts import host_key
from pricewatch_pipeline.domain.offers import Availability, Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Fetch, PageRequest
from pricewatch_pipeline.domain.providers import Combination, Detail, Reading
from pricewatch_pipeline.domain.watches import Schedule, Store, Watch
from pricewatch_pipeline_tests.support.loopback import Reply
from pricewatch_pipeline_tests.support.shop import EVERY_HOUR


class MatrixQuery(BaseModel):
    """Pages 0, 1, ... of a site; or one of them."""

    site: str
    pages: int = 0
    path: str | None = None


class MatrixProvider:
    """Reads `{"price": ..., "currency": ...}`, or `{"outcome": ...}`."""

    name: ClassVar[str] = "matrix"
    query_model: ClassVar[type[BaseModel]] = MatrixQuery

    def __init__(self, seen: Callable[[str], None] = lambda _: None) -> None:
        self._seen = seen

    def host_of(self, query: BaseModel) -> str:
        return host_key(MatrixQuery.model_validate(query).site)

    def url_of(self, query: BaseModel) -> str | None:
        asked = MatrixQuery.model_validate(query)
        return asked.site + (asked.path or "/")

    def is_matrix(self, query: BaseModel) -> bool:
        return MatrixQuery.model_validate(query).pages > 0

    def combinations_of(self, query: BaseModel) -> tuple[Combination, ...]:
        asked = MatrixQuery.model_validate(query)
        return tuple(
            Combination(
                number=n + 1, key=f"page {n}", query={"site": asked.site, "path": f"/{n}"}, url=f"{asked.site}/{n}"
            )
            for n in range(asked.pages)
        )

    async def check(self, watch: Watch, store: Store | None, fetch: Fetch) -> Reading:
        assert watch.url
        assert not watch.is_matrix
        page = await fetch(PageRequest(url=watch.url))
        self._seen(watch.url)
        if not page.outcome.is_success:
            return Reading(outcome=page.outcome, pages=(page,), error=page.error)
        said = await asyncio.to_thread(json.loads, page.body)
        if outcome := said.get("outcome"):
            return Reading(outcome=Outcome(outcome), pages=(page,), details=_details(said))
        offer = Offer(
            price=Decimal(said["price"]),
            currency=said.get("currency", "EUR"),
            availability=Availability.IN_STOCK,
            title=f"trip {watch.query['path']}",
            reason="the only price",
        )
        return Reading(
            outcome=Outcome.OK,
            offer=offer,
            pages=(page,),
            signals={"price_indicator": f"of {watch.query['path']}"},
            details=_details(said),
        )


def _details(said: dict[str, Any]) -> tuple[Detail, ...]:
    row = {
        "origins": ["LHR"],
        "destinations": ["JFK"],
        "departs_on": date(2027, 1, 15),
        "outcome": said.get("outcome", "ok"),
        "price": Decimal(said["price"]) if "price" in said else None,
        "currency": said.get("currency", "EUR") if said.get("price") else None,
    }
    return (Detail(table="flight_searches", row=row | said.get("row", {})),)


def answer(price: str | None = None, **said: Any) -> Reply:
    """A page of a combination."""
    found = said if price is None else {"price": price, **said}
    return Reply(headers=[("content-type", "application/json")], body=json.dumps(found).encode())


def priced(path: str) -> Reply:
    """A page whose price is its number and a half, from 1.50 on: `/0` is the cheapest."""
    return answer(f"{int(path.strip('/')) + 1}.50")


def matrix(site: str, pages: int, *, watch_id: str = "sweep", schedule: Schedule = EVERY_HOUR, **fields: Any) -> Watch:
    """A watch on so many pages of a site."""
    return Watch(
        watch_id=watch_id,
        provider="matrix",
        query={"site": site, "pages": pages},
        host=host_key(site),
        url=f"{site}/",
        schedule=schedule,
        is_matrix=True,
        **fields,
    )
