"""Products as rows: what is written is read back."""

from dataclasses import replace
from decimal import Decimal

from sqlalchemy import text

from pricewatch_pipeline.domain.watches import Product
from pricewatch_pipeline.storage import product_rows
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.definitions import Sourced, upsert_products

PLAIN = Product(product_id="lamp")
FULL = Product(
    product_id="coffee",
    title="Coffee",
    tags=("kitchen", "a"),
    primary_watch_id="coffee-shop-de",
    is_favourite=True,
    pack_size=Decimal("0.5000"),
    pack_unit="kg",
    currency="CZK",
    notes="Arabica\nonly",
)


def write(database: Database, *products: Product) -> int:
    return database.run(lambda connection: upsert_products(connection, [(each, Sourced()) for each in products]))


def test_every_field_of_a_product_comes_back(database: Database) -> None:
    assert write(database, PLAIN, FULL) == 2
    read = database.run(lambda connection: product_rows.products_named(connection, ["coffee", "lamp", "nothing"]))
    assert read == [replace(FULL, tags=("a", "kitchen")), PLAIN]


def test_what_is_written_again_changes_nothing_and_what_differs_does(database: Database) -> None:
    write(database, PLAIN, FULL)
    assert write(database, PLAIN, FULL) == 0
    assert write(database, replace(PLAIN, is_favourite=True)) == 1
    assert write(database, replace(FULL, pack_unit="l"), PLAIN) == 2


def test_archived_products_are_left_out_unless_they_are_named(database: Database) -> None:
    write(database, PLAIN, FULL)
    with database.transaction() as connection:
        connection.execute(
            text("UPDATE pricewatch.products SET archived_at = now() WHERE product_id = :id"), {"id": "lamp"}
        )
    assert [p.product_id for p in database.run(product_rows.live_products)] == ["coffee"]
