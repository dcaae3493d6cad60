"""What a file says of products, beside their watches."""

from collections.abc import Callable
from decimal import Decimal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.domain.watches import Product, Watch
from pricewatch_pipeline.watch_files.fields import pack_text
from pricewatch_pipeline.watch_files.loader import load
from pricewatch_pipeline.watch_files.parse import parse_document
from pricewatch_pipeline.watch_files.write import product_entry

FULL = """
products:
  - id: coffee
    title: Coffee
    tags: [kitchen]
    favourite: true
    pack: 500 g
    currency: CZK
    notes: |
      Arabica only.
      Not the decaf.
    urls:
      - https://one.de/coffee
      - {url: "https://two.de/coffee", primary: true}
"""


def only_product(read: Callable, text: str) -> Product:
    (found,) = read(shop=text).files
    assert found.issues == ()
    (product,) = found.definitions.products
    return product


def issues(read: Callable, text: str) -> list[str]:
    (found,) = read(shop=text).files
    return [str(issue) for issue in found.issues]


def test_a_product_says_how_it_is_sold_and_which_page_stands_for_it(read: Callable) -> None:
    assert only_product(read, FULL) == Product(
        product_id="coffee",
        title="Coffee",
        tags=("kitchen",),
        primary_watch_id="coffee-two-de",
        is_favourite=True,
        pack_size=Decimal("0.5"),
        pack_unit="kg",
        currency="CZK",
        notes="Arabica only.\nNot the decaf.",
    )


@pytest.mark.parametrize(
    "text",
    [
        "products: [{id: lamp, primary: at-two, urls: [{id: at-two, url: https://two.de/lamp}]}]",
        "{products: [{id: lamp, primary: at-two}], watches: [{id: at-two, url: https://two.de/lamp, product: lamp}]}",
    ],
)
def test_the_primary_watch_may_be_named_by_its_id(read: Callable, text: str) -> None:
    assert only_product(read, text).primary_watch_id == "at-two"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("products: [{id: lamp, primary: lamb, urls: [https://two.de/lamp]}]", "no watch 'lamb' of this product"),
        (
            "products: [{id: lamp, primary: other}]\nwatches: [{id: other, url: https://two.de/lamp}]",
            "no watch 'other' of this product",
        ),
        (
            "products: [{id: lamp, urls: [{url: https://a.de/1, primary: true}, {url: https://b.de/1, primary: true}]}]",
            "a product has one primary watch: remove one",
        ),
        ("products: [{id: lamp, pack: many}]", "'many' is not the size of a pack"),
        ("products: [{id: lamp, pack: 0 kg}]", "'0 kg' is not the size of a pack"),
        ("products: [{id: lamp, pack: 500 g or 2 l}]", "is not the size of a pack"),
        ("products: [{id: lamp, currency: eur}]", "did you mean EUR?"),
        ("products: [{id: lamp, favourite: often}]", "favourite"),
    ],
)
def test_a_mistake_is_said(read: Callable, text: str, message: str) -> None:
    assert any(message in issue for issue in issues(read, text))


@pytest.mark.parametrize(
    ("written", "amount", "unit"),
    [
        ("500 g", "0.5", "kg"),
        ("6 x 0.33 l", "1.98", "l"),
        ("20 pieces", "20", "piece"),
        ("1 piece", "1", "piece"),
        ("0.0005 kg", "0.0005", "kg"),
        ("2 m2", "2", "m2"),
    ],
)
def test_packs_are_read_as_people_write_them(read: Callable, written: str, amount: str, unit: str) -> None:
    product = only_product(read, f"products: [{{id: lamp, pack: {written}}}]")
    assert (product.pack_size, product.pack_unit) == (Decimal(amount), unit)


@given(
    product=st.builds(
        Product,
        product_id=st.just("lamp"),
        title=st.none() | st.sampled_from(["Lamp", "no", "12:30", "ä: #"]),
        tags=st.sampled_from([(), ("light",), ("light", "true")]),
        primary_watch_id=st.none() | st.just("lamp-one"),
        is_favourite=st.booleans(),
        pack_size=st.just(Decimal("0.1000")) | st.decimals("0.0001", 10**9 - 1, places=4),
        pack_unit=st.sampled_from(["kg", "l", "m", "m2", "m3", "piece"]),
        currency=st.none() | st.just("EUR"),
        notes=st.none() | st.just("two\nlines"),
    )
)
def test_what_is_written_of_a_product_is_read_back_as_that_product(product: Product) -> None:
    watch = Watch(watch_id="lamp-one", provider="retail", query={}, host="one.de", product_id="lamp")
    document = yaml.safe_dump({"products": [product_entry(product, [watch])]}, allow_unicode=True)
    assert parse_document("products.yaml", load(document.encode()), {}).products == (product,)


def test_a_primary_watch_that_is_not_in_the_document_is_not_named() -> None:
    assert product_entry(Product(product_id="lamp", primary_watch_id="elsewhere")) == {"id": "lamp"}


def test_a_pack_is_written_without_the_zeros_that_a_column_adds() -> None:
    assert [pack_text(Decimal(n), "kg") for n in ("0.5000", "10.0000", "100")] == ["0.5 kg", "10 kg", "100 kg"]
