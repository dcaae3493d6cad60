"""Which product of a page is its own, and which of its offers a buyer gets, as each kind of data tells it."""

from decimal import Decimal

import pytest

from pricewatch_pipeline.domain.offers import Availability, PriceRole
from pricewatch_pipeline.parsing.found import Findings, FoundOffer, FoundProduct
from pricewatch_pipeline.providers.retail.choosing import Clues, choose_offer, main_product, main_products
from pricewatch_pipeline.providers.retail.query import RetailQuery

URL = "https://shop.example/kettle-4711234"


def clues(url: str = URL, heading: str = "Whistling kettle, 2 litres") -> Clues:
    return Clues(query=RetailQuery(url=url), urls=(url,), headings=(heading,))


def product(source: str, amount: str, **fields: object) -> FoundProduct:
    offer = FoundOffer(place="price", raw=amount, amount=Decimal(amount))
    return FoundProduct(source=source, place="x", offers=(offer,), **fields)  # type: ignore[arg-type] # a shorthand


def chosen(*products: FoundProduct, at: Clues | None = None) -> list[str]:
    """Prices of the main products; each of the given is a source of its own, in this order."""
    kinds = dict.fromkeys(p.source for p in products)
    findings = [Findings(products=tuple(p for p in products if p.source == kind)) for kind in kinds]
    return [str(p.offers[0].amount) for p in main_products(findings, at or clues())]


def test_what_scripts_hold_must_be_tied_to_the_page() -> None:
    assert chosen(product("state", "5")) == []
    assert chosen(product("state", "5", title="Whistling kettle")) == ["5"]
    assert chosen(product("state", "5", ids=("4711234",))) == ["5"]
    assert chosen(product("state", "5", url=URL)) == ["5"]
    assert chosen(product("state", "5", is_main=True)) == ["5"]


def test_a_short_name_in_a_long_heading_ties_nothing() -> None:
    assert chosen(product("state", "5", title="2 litres")) == []


def test_a_short_number_ties_nothing() -> None:
    assert chosen(product("state", "5", ids=("42",)), at=clues("https://shop.example/p/42")) == []


def test_a_number_of_the_marked_product_ties_what_scripts_hold() -> None:
    marked = product("json_ld", "5", sku="K-1000", title="Whistling kettle, 2 litres")
    assert chosen(marked, product("state", "9"), product("state", "5", sku="k-1000")) == ["5", "5"]


def test_scripts_are_not_believed_against_what_is_marked() -> None:
    marked = product("json_ld", "5", title="Whistling kettle, 2 litres")
    assert chosen(marked, product("state", "4", title="Whistling kettle, 2 litres")) == ["5"]


def test_of_several_with_one_name_all_offers_are_looked_at() -> None:
    findings = Findings(products=tuple(product("state", amount, title="Whistling kettle") for amount in ("5", "6")))
    (main,) = main_products([findings], clues())
    assert [str(o.amount) for o in main.offers] == ["5", "6"]


def test_variants_told_one_by_one_are_one_product() -> None:
    variants = [product("json_ld", amount, title="Cup", group="g") for amount in ("5", "6")]
    main = main_product(variants, clues())
    assert main is not None
    assert [str(o.amount) for o in main.offers] == ["5", "6"]


def test_of_two_products_that_have_nothing_in_common_none_is_chosen() -> None:
    assert main_product([product("json_ld", "5", title="Cup"), product("json_ld", "6", title="Lid")], clues()) is None


def of(amount: str, **fields: object) -> FoundOffer:
    return FoundOffer(place="price", raw=amount, amount=Decimal(amount), **fields)  # type: ignore[arg-type] # a shorthand


TWO = (of("5", sku="K-5", url=URL + "?variant=5"), of("6", sku="K-6", url=URL + "?variant=6"))


@pytest.mark.parametrize(
    ("offers", "url", "price"),
    [
        ((of("5"),), URL, "5"),
        (TWO, URL, None),
        (TWO, URL + "?variant=6", "6"),
        (TWO, URL + "?utm_source=mail&variant=6", "6"),
        (TWO, URL + "?item=k-6", "6"),
        (TWO, URL + "#sku=K-6", "6"),
        ((of("5"), of("6", is_selected=True)), URL, "6"),
        ((of("5", role=PriceRole.INSTALMENT), of("6")), URL, "6"),
        ((of("5", role=PriceRole.LIST_PRICE),), URL, None),
        ((of("5", condition="UsedCondition"), of("6", condition="NewCondition")), URL, "6"),
        ((of("5", availability=Availability.OUT_OF_STOCK), of("6", availability=Availability.IN_STOCK)), URL, "6"),
        ((of("5", availability=Availability.OUT_OF_STOCK),), URL, "5"),
    ],
)
def test_the_offer_is_the_selected_variant_or_the_only_price(
    offers: tuple[FoundOffer, ...], url: str, price: str | None
) -> None:
    choice = choose_offer(offers, clues(url), frozenset())
    assert (choice.offer.amount if choice.offer else None) == (Decimal(price) if price else None)


@pytest.mark.parametrize("wanted", ["k-6", "6", "blue", "Kettle in blue"])
def test_a_watch_names_its_variant(wanted: str) -> None:
    offers = (TWO[0], of("6", sku="K-6", url=URL + "?variant=6", variant={"color": "Blue"}, name="Kettle in blue"))
    asked = Clues(query=RetailQuery(url=URL, variant=wanted), urls=(URL,), headings=())
    choice = choose_offer(offers, asked, frozenset())
    assert choice.offer is not None
    assert choice.offer.amount == Decimal(6)


def test_where_several_prices_are_left_the_one_that_other_data_gives_is_taken() -> None:
    choice = choose_offer((of("5"), of("6")), clues(), frozenset({Decimal(6)}))
    assert choice.offer is not None
    assert choice.offer.amount == Decimal(6)
