"""A store's own strategies on a page, and what is shown of a page without a price."""

from decimal import Decimal

import pytest

from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.watches import Store, Strategy
from pricewatch_pipeline_tests.unit.providers.retail.test_reading import KETTLE, PROSE, ld, offer, product, read


def store(**strategies: Strategy) -> Store:
    return Store(
        store_id="s",
        domains=("shop.example",),
        locale="de-DE",
        currency="EUR",
        strategies={k: (s,) for k, s in strategies.items()},
    )


def test_the_stores_own_strategies_win() -> None:
    own = store(
        price=Strategy(kind="css", expression=".now"),
        list_price=Strategy(kind="css", expression=".was"),
        availability=Strategy(kind="css", expression=".stock"),
        title=Strategy(kind="css", expression="h1"),
    )
    body = ld(KETTLE) + '<b class="now">1.299</b><s class="was">1.499,00</s><i class="stock">in stock</i>'
    offer_ = read(body, store=own).offer
    assert offer_ is not None
    assert (offer_.price, offer_.currency, offer_.list_price) == (Decimal(1299), "EUR", Decimal("1499.00"))
    assert (offer_.method, offer_.availability, offer_.title) == ("strategy:css", Availability.IN_STOCK, "Kettle")
    assert {c.source for c in offer_.candidates} == {"strategy", "json_ld"}


def test_a_strategy_that_reads_nothing_is_named_and_costs_confidence() -> None:
    offer_ = read(ld(KETTLE), store=store(price=Strategy(kind="css", expression=".gone"))).offer
    assert offer_ is not None
    assert offer_.price == 499
    assert "own price strategies read no price" in (offer_.reason or "")
    assert (offer_.confidence or 1) < 0.8


def test_a_refused_strategy_is_unreadable_and_says_which() -> None:
    reading = read(ld(KETTLE), store=store(price=Strategy(kind="xpath", expression="document('/etc/passwd')")))
    assert reading.outcome is Outcome.UNREADABLE
    assert "document()" in (reading.error or "")


def test_an_own_price_keeps_the_list_price_that_the_page_says_of_it() -> None:
    listed = {"priceType": "https://schema.org/ListPrice", "price": 599}
    body = (
        ld(product(offers=offer("499.00", priceSpecification=listed)))
        + "<b class=now>499,00 €</b><b class=other>9 €</b>"
    )
    own, other = (store(price=Strategy(kind="css", expression=expression)) for expression in (".now", ".other"))
    offer_ = read(body, store=own).offer
    assert offer_ is not None
    assert (offer_.list_price, offer_.reason) == (Decimal(599), "the store's own strategy (css) read it")
    corrected = read(body, store=other).offer
    assert corrected is not None
    assert (corrected.price, corrected.list_price) == (Decimal(9), None)


@pytest.mark.parametrize(
    ("body", "own"),
    [
        (ld(product(offers=offer("0.00"))), None),
        (PROSE + "<b class=now>0,00 €</b>", store(price=Strategy(kind="css", expression=".now"))),
        ("<h1>Kettle</h1><p class=price>€ 12.50</p><p>Price on request. Out of print.</p>" + PROSE, None),
    ],
    ids=["a zero", "a zero of a strategy", "on request"],
)
def test_without_a_price_nothing_is_marked_as_chosen(body: str, own: Store | None) -> None:
    reading = read(body, store=own)
    assert reading.offer is not None
    assert reading.offer.price is None
    assert reading.offer.candidates
    assert not any(candidate.is_chosen for candidate in reading.offer.candidates)
