"""Small pages, and what a reader of them sees of the stock."""

import pytest

from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.stock_choice import choose_stock
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.visible_stock import has_own_button, has_own_statement, visible_signs


def document(body: str) -> Document:
    head = "<head><title>Blue kettle - Example shop</title></head>"
    return Document(
        f"<html>{head}<body><main>{body}</main></body></html>".encode(), url="https://shop.example/p/kettle"
    )


def seen(body: str) -> Availability | None:
    return choose_stock(list(visible_signs(document(body).layout))).availability


TITLE = "<h1>Blue kettle</h1><p class=price>20,00 €</p>"
FAR = "".join(f"<p>Line {number} of a long description</p>" for number in range(300))


@pytest.mark.parametrize(
    ("body", "availability"),
    [
        (TITLE, None),
        (f"{TITLE}<button>Add to cart</button>", Availability.IN_STOCK),
        (f"{TITLE}<button disabled>Add to cart</button>", None),
        (f"{TITLE}<p>Sold out</p><button disabled>Add to cart</button>", Availability.OUT_OF_STOCK),
        (f"{TITLE}<button disabled>Add to cart</button><button>Select a size</button>", None),
        (f"{TITLE}<button class='btn add-to-cart' disabled>Sold out</button>", Availability.OUT_OF_STOCK),
        (f"{TITLE}<p>Nicht auf Lager</p><button>Benachrichtigen</button>", Availability.OUT_OF_STOCK),
        (f"{TITLE}<button>Notify me when available</button>", Availability.OUT_OF_STOCK),
        (f"{TITLE}<a href='#'>Do košíku</a>", Availability.IN_STOCK),
        (f"{TITLE}<button>Pre-order</button>", Availability.PRE_ORDER),
        (f"{TITLE}<p>Auf Lager</p>", Availability.IN_STOCK),
        (f"{TITLE}<p class='stock out-of-stock'>Pole praegu võimalik</p>", Availability.OUT_OF_STOCK),
        (f"{TITLE}<p style='display:none'>Produto indisponível</p><button>Comprar</button>", Availability.IN_STOCK),
        (f"{TITLE}<template><p>Sold out</p></template>", None),
        (f"{TITLE}<select><option>S</option><option>Sold out</option></select>", None),
        (
            f"{TITLE}<button>42 sold out in this colour only, sorry</button><button>Add to cart</button>",
            Availability.IN_STOCK,
        ),
        (f"{TITLE}{FAR}<p>Sold out</p>", None),
        (f"{TITLE}<section class=related-products><p>Sold out</p><button>Add to cart</button></section>", None),
        (f"{TITLE}<div class=reviews><p>Is it in stock</p><p>Out of stock</p></div>", None),
        (f"{TITLE}</main><footer><p>In stock</p></footer>", None),
        (f"<div><button>Add to cart</button><p>In stock</p></div>{TITLE}", Availability.IN_STOCK),
        (f"{TITLE}<table><tr><td>Dishwasher safe</td><td>No</td></tr></table>", None),
        (f"{TITLE}<a class=button>Zum Shop</a>", Availability.IN_STOCK),
    ],
)
def test_what_a_reader_sees_of_the_stock(body: str, availability: Availability | None) -> None:
    assert seen(body) == availability


CARDS = "".join(
    f"<div class=card><h3>Cup {n}</h3><p class=stock>In stock</p><button class=buy>Buy</button></div>" for n in range(6)
)


def test_a_card_s_button_and_statement_are_not_the_page_s_own() -> None:
    cards, own = (
        document(f"<h1>Kettles</h1>{CARDS}").layout,
        document(f"{TITLE}<p>In stock</p><button>Buy</button>").layout,
    )
    assert (has_own_button(cards), has_own_statement(cards)) == (False, False)
    assert (has_own_button(own), has_own_statement(own)) == (True, True)
