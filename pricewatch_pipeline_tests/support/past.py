"""Products and watches with a past: snapshots as checks would have left them, written straight into the tables."""

from datetime import datetime
from typing import Any

from sqlalchemy import text

from pricewatch_pipeline.domain.watches import Product
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.definitions import Sourced, upsert_products


class Past:
    """Makes the past of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.run("INSERT INTO pricewatch.hosts (host) VALUES ('shop.test') ON CONFLICT DO NOTHING")

    def run(self, statement: str, **parameters: Any) -> None:
        with self._database.transaction() as connection:
            connection.execute(text(statement), parameters)

    def product(self, product_id: str, **fields: Any) -> None:
        product = Product(product_id=product_id, **fields)
        self._database.run(lambda connection: upsert_products(connection, [(product, Sourced())]))

    def watch(self, watch_id: str, product_id: str | None = None, *, every_s: int = 3600) -> None:
        self.run(
            "INSERT INTO pricewatch.watches (watch_id, provider, query, host, url, product_id, every_s) "
            "VALUES (:id, 'retail', '{}', 'shop.test', 'https://shop.test/' || :id, :product, :every)",
            id=watch_id,
            product=product_id,
            every=every_s,
        )

    def saw(
        self,
        watch_id: str,
        at: datetime,
        price: str | None,
        currency: str | None = "EUR",
        availability: str | None = "InStock",
        **offer: Any,
    ) -> None:
        """A check that ended well; the newest one is what stands."""
        columns = {"price": price, "currency": currency, "availability": availability, **offer}
        self.run("SELECT pricewatch.ensure_months(:at, :at)", at=at)
        self.run(
            f"INSERT INTO pricewatch.price_snapshots (watch_id, slot_at, observed_at, {', '.join(columns)}) "
            f"VALUES (:id, :at, :at, {', '.join(f':{name}' for name in columns)})",
            id=watch_id,
            at=at,
            **columns,
        )
        self.run("SELECT pricewatch.rebuild_price_changes(ARRAY[:id])", id=watch_id)
        self.run(
            "UPDATE pricewatch.watches SET last_slot_at = :at, last_success_at = :at, last_price = :price, "
            "last_currency = :currency, last_availability = :availability "
            "WHERE watch_id = :id AND coalesce(last_slot_at, '-infinity') <= :at",
            id=watch_id,
            at=at,
            price=price,
            currency=currency,
            availability=availability,
        )

    def rate(self, day: datetime, currency: str, per_eur: str) -> None:
        self.run(
            "INSERT INTO pricewatch.exchange_rates (day, currency, per_eur, source) VALUES (:day, :currency, :rate, 'test')",
            day=day.date(),
            currency=currency,
            rate=per_eur,
        )
