"""What the history of a watch or of a product says, and a product with its stores side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from pricewatch_pipeline.domain.insights import Insights, insights, is_price
from pricewatch_pipeline.domain.price_changes import PriceChange
from pricewatch_pipeline.domain.products import best_history
from pricewatch_pipeline.errors import NotFound
from pricewatch_pipeline.services.find_watches import not_found_text
from pricewatch_pipeline.services.open_pipeline import Pipeline
from pricewatch_pipeline.services.refresh_products import refresh
from pricewatch_pipeline.storage import insight_rows, watches
from pricewatch_pipeline.storage.database import Connection, clock
from pricewatch_pipeline.watch_files.issues import did_you_mean

Record = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class InsightsView:
    """Insights, and what they are of."""

    kind: str
    """`watch` or `product`."""
    id: str
    title: str | None
    insights: Insights


@dataclass(frozen=True, kw_only=True)
class ProductView:
    """One product."""

    state: Record
    """Its definition, and what it costs."""
    offers: list[Record]
    """What each of its stores asks: the cheapest first, then those that cannot be compared."""
    insights: Insights
    """Of its best price over time."""


def list_products(pipeline: Pipeline, *, tag: str | None = None, is_favourite: bool = False) -> list[Record]:
    """Products with what they cost now, by id; those with news are refreshed first."""
    refresh(pipeline.database, pipeline.settings)
    return pipeline.database.run(
        lambda connection: insight_rows.listed_products(connection, tag=tag, is_favourite=is_favourite)
    )


def show_product(pipeline: Pipeline, product_id: str) -> ProductView:
    """A product with its stores side by side.

    Raises:
        NotFound: says what it may stand for.
    """
    refresh(pipeline.database, pipeline.settings, [product_id])

    def work(connection: Connection) -> ProductView:
        state = _required(connection, product_id)
        offers = insight_rows.offers_side_by_side(connection, [product_id])
        return ProductView(state=state, offers=offers, insights=_of_product(connection, state))

    return pipeline.database.run(work)


def show_insights(pipeline: Pipeline, name: str, *, is_product: bool = False) -> InsightsView:
    """Insights of the watch of this id; where there is none, or `is_product`, of the product.

    Raises:
        NotFound: there is neither.
    """
    if not is_product:
        record = pipeline.database.run(lambda connection: watches.one(connection, name))
        if record is not None:
            found = pipeline.database.run(lambda connection: _of_watch(connection, record))
            return InsightsView(kind="watch", id=name, title=record["title"], insights=found)
    refresh(pipeline.database, pipeline.settings, [name])

    def work(connection: Connection) -> InsightsView:
        state = insight_rows.product_record(connection, name)
        if state is None and not is_product:
            raise NotFound(f"{not_found_text([name], watches.live_ids(connection))} There is no such product either.")
        state = state or _required(connection, name)
        return InsightsView(kind="product", id=name, title=state["title"], insights=_of_product(connection, state))

    return pipeline.database.run(work)


def currency_of_history(changes: Sequence[PriceChange]) -> str | None:
    """Of the newest price."""
    return next((change.currency for change in reversed(changes) if is_price(change, change.currency)), None)


def _required(connection: Connection, product_id: str) -> Record:
    state = insight_rows.product_record(connection, product_id)
    if state is None:
        names = [row["product_id"] for row in insight_rows.listed_products(connection)]
        hint = did_you_mean(product_id, names) if names else ""
        raise NotFound(f"there is no product {product_id!r}{hint}. `pricewatch product list` shows those there are.")
    return state


def _of_watch(connection: Connection, record: Record) -> Insights:
    changes = insight_rows.history_of(connection, record["watch_id"])
    currency = currency_of_history(changes)
    return insights(
        changes,
        now=clock(connection),
        until=record["last_success_at"],
        currency=currency,
        target=_target(record["target_price"], record["target_currency"] or currency, currency),
    )


def _of_product(connection: Connection, state: Record) -> Insights:
    currency = state["currency"]
    changes = best_history(insight_rows.histories_of(connection, state["product_id"], currency), currency)
    now: datetime = clock(connection)
    return insights(changes, now=now, currency=currency)


def _target(amount: Decimal | None, currency: str | None, history_currency: str | None) -> Decimal | None:
    """A target in another currency says nothing of this history."""
    return amount if currency == history_currency else None
