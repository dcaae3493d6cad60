"""Pages by hand on which a wrong amount stands close to the price: the traps that price trackers are known to fall into."""

from decimal import Decimal

import pytest

from pricewatch_pipeline.domain.offers import Offer, PriceRole
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.providers.retail.query import RetailQuery
from pricewatch_pipeline.providers.retail.reading import read_offer

URL = "https://shop.example/kettle"
ABOUT = "<p>" + "It boils water and it does so with great care and little noise. " * 12 + "</p>"
HEAD = "<head><title>Steel kettle | A shop</title></head>"
RELATED = "".join(
    f"<li class=card><a href=/p/{n}><img src=/{n}.jpg>Other kettle {n}</a><span class=price>{n}9,95 €</span></li>"
    for n in range(1, 6)
)


def page(prices: str, *, after: str = "", head: str = HEAD, button: str = "<button>Add to cart</button>") -> bytes:
    body = f"<main><h1>Steel kettle</h1>{prices}{button}{ABOUT}</main>{after}"
    return f"<html lang=en>{head}<body>{body}</body></html>".encode()


def read(body: bytes, url: str = URL) -> tuple[Outcome, Offer]:
    got = Page(request=PageRequest(url=url), outcome=Outcome.OK, final_url=url, body=body)
    reading = read_offer(got, store=None, query=RetailQuery(url=url))
    return reading.outcome, reading.offer or Offer()


TRAPS = [
    ("a price alone", "<p class=price>$59.99</p>", "59.99"),
    ("an instalment", "<p class=price>6 290 Kč</p><p>or 202 Kč per month</p>", "6290"),
    ("an instalment before", "<p>ab 24,90 € mtl.</p><p class=price>599,00 €</p>", "599.00"),
    ("a shipping threshold", "<p>Free delivery on orders over £50</p><p class=price>£35.00</p>", "35.00"),
    ("a delivery's price", "<p class=price>35,00 €</p><p>Versand: 4,95 €</p>", "35.00"),
    ("cents in an element of their own", "<p class=price><span>1.299</span><sup>99</sup> €</p>", "1299.99"),
    ("a struck price", "<p class=price><del>100,00 €</del> <ins>80,00 €</ins></p>", "80.00"),
    ("a price called old", "<p><span class=old-price>100,00 €</span><span class=new-price>80,00 €</span></p>", "80.00"),
    ("a recommended price", "<p>RRP £100.00</p><p class=price>£80.00</p>", "80.00"),
    ("a recommended price in another language", "<p>UVP 100,00 €</p><p class=price>80,00 €</p>", "80.00"),
    ("two labelled prices in one line", "<p class=price>Was $199 now $149</p>", "149"),
    ("a saving", "<p class=price>$80.00</p><p>You save $20.00 (20%)</p>", "80.00"),
    ("a saving before", "<p>-20% <span class=price>80,00 €</span></p>", "80.00"),
    ("a price per kilogram", "<p class=price>3,49 €</p><p>13,96 € / kg</p>", "3.49"),
    ("a base price in brackets", "<p class=price>49,95 € (4,99 € / 100 g)</p>", "49.95"),
    ("a used offer", "<p class=price>$80.00</p><p>Used from $45.00</p>", "80.00"),
    ("a member's price", "<p class=price>$80.00</p><p>Members only: $72.00</p>", "80.00"),
    ("without tax", "<p class=price>100,00 €</p><p>bez DPH: 82,64 €</p>", "100.00"),
    ("an insurance", "<p class=price>$80.00</p><p>2-year protection plan $9.99</p>", "80.00"),
    ("the same price in two formats", "<p class=price>2879.20 €</p><p class=price>2.879,20 €</p>", "2879.20"),
    ("a price for screen readers too", "<p class=price><span class=sr-only>$59.99</span><span aria-hidden=true>$<b>59</b><sup>99</sup></span></p>", "59.99"),
    ("a price without a currency", "<p class=product-price>136.00</p>", "136.00"),
    ("a surcharge for an option", "<p class=price>$80.00</p><label>XL (+$5.00)</label>", "80.00"),
    ("yen", "<p class=price>¥12,800(税込)</p>", "12800"),
    ("crowns without cents", "<p class=pris>1 299:-</p><p>Delbetala 49 kr/mån</p>", "1299"),
    (
        "class names regular and sale",
        '<span class="regular">199,90 €</span><span class="sale">149,90 €</span>',
        "149.90",
    ),
    (
        "class names list and final",
        '<span class="list-price">199 €</span> <span class="final-price">149 €</span>',
        "149",
    ),
    ("without and with tax in Japanese", "<p>本体価格3,800円<br>税込価格4,180円</p>", "4180"),
    ("a was between two amounts", "<p><span>£74.50</span> was <span>£99.00</span></p>", "74.50"),
    ("a statt between two amounts", "<p><span>74,50 €</span> statt <span>99,00 €</span></p>", "74.50"),
    ("van ... voor", "<p>Van € 249 voor € 199</p>", "199"),
    ("de ... por", "<p>De R$ 249 por R$ 199</p>", "199"),
    ("a percentage between two amounts", "<p>100,00 €</p><p>-20%</p><p>80,00 €</p>", "80.00"),
    ("free delivery behind the price", "<div class=price>3,980円 <span>送料無料</span></div>", "3980"),
    ("a saving in percent behind the price", "<p class=price>$79.92 <span>Save 20%</span></p>", "79.92"),
    ("elements without blanks", "<span>Momentálně nedostupné</span><strong>1 890 Kč</strong><a>Hlídat</a>", "1890"),
    ("a currency that few shops have", "<p>KSh 1,275</p>", "1275"),
]  # fmt: skip


@pytest.mark.parametrize(("prices", "due"), [trap[1:] for trap in TRAPS], ids=[trap[0] for trap in TRAPS])
def test_the_price_is_what_a_buyer_pays_now(prices: str, due: str) -> None:
    outcome, offer = read(page(prices))
    assert (outcome, offer.price) == (Outcome.OK, Decimal(due))


@pytest.mark.parametrize(("prices", "due"), [trap[1:] for trap in TRAPS[:6]], ids=[trap[0] for trap in TRAPS[:6]])
def test_related_products_carts_and_menus_change_nothing(prices: str, due: str) -> None:
    around = (
        f"<section class=related><h2>You may also like</h2><ul>{RELATED}</ul></section>"
        "<div class=mini-cart>Total: 0,00 €</div><footer>Gift cards from 10,00 €</footer>"
    )
    assert read(page(prices, after=around))[1].price == Decimal(due)


NONE = [
    ("only related products have prices", "<p>Sold out</p>", f"<ul class=related-products>{RELATED}</ul>"),
    ("only a cart has an amount", "<p>Ask us</p>", "<div class=mini-cart>Total: 0,00 €</div>"),
    ("only a shipping threshold", "<p>Free delivery on orders over £50</p>", ""),
    ("only an instalment", "<p>from 24,90 € per month</p>", ""),
    ("no amount", "<p>Price on request</p>", ""),
    ("one product below a heading", "<h2>You may also like</h2><a href=/p/1>Machine <b>$1354.00</b></a>", ""),
    ("the same in French", "<h2>Vous aimerez aussi</h2><a href=/p/1>Machine <b>1354,00 €</b></a>", ""),
]


@pytest.mark.parametrize(("prices", "after"), [case[1:] for case in NONE], ids=[case[0] for case in NONE])
def test_no_amount_from_elsewhere_becomes_the_price(prices: str, after: str) -> None:
    assert read(page(prices, after=after, button=""))[1].price is None


def test_the_ends_of_a_range_are_kept_and_the_lower_is_the_price() -> None:
    offer = read(page("<p class=price>£49.00 - £70.00</p>"))[1]
    assert (offer.price, offer.price_high, offer.currency) == (Decimal("49.00"), Decimal("70.00"), "GBP")


def test_the_struck_price_beside_is_the_list_price() -> None:
    offer = read(page("<p class=price><del>100,00 €</del> <ins>80,00 €</ins></p>"))[1]
    assert offer.list_price == Decimal("100.00")


LINKED = (
    '<script type="application/ld+json">{"@type":"Product","name":"Steel kettle","offers":'
    '{"price":"%s","priceCurrency":"EUR"}}</script>'
)


@pytest.mark.parametrize(
    ("data", "prices", "due"),
    [
        ("100.00", "<p class=price>100,00 €</p>", "100.00"),
        ("100.00", "<p><del>100,00 €</del> <b class=price>80,00 €</b></p>", "80.00"),
        ("43.90", "<p class=price>53,12 €</p><p>inkl. MwSt.</p>", "53.12"),
        ("1299.00", "<p class=price>1.299</p>", "1299.00"),
        ("59.99", "<p>Nothing here</p>", "59.99"),
    ],
    ids=["agree", "reduced in the text only", "without tax in the data", "ambiguous in the text", "in the data only"],
)
def test_what_the_page_shows_wins_over_data_that_says_otherwise(data: str, prices: str, due: str) -> None:
    assert read(page(LINKED % data + prices))[1].price == Decimal(due)


def test_candidates_say_what_they_are_and_why_and_one_is_chosen() -> None:
    offer = read(page("<p class=price><del>100,00 €</del> <ins>80,00 €</ins></p><p>12,50 € per month</p>"))[1]
    roles = {candidate.amount: candidate.role for candidate in offer.candidates}
    assert roles[Decimal("100.00")] is PriceRole.LIST_PRICE
    assert roles[Decimal("12.50")] is PriceRole.INSTALMENT
    assert [candidate.amount for candidate in offer.candidates if candidate.is_chosen] == [Decimal("80.00")]
    assert offer.candidates[0].is_chosen
    assert all(candidate.why for candidate in offer.candidates)
    assert offer.method == "text"
    assert offer.confidence is not None
    assert offer.reason


@pytest.mark.parametrize(
    ("prices", "url", "currency"),
    [
        ("<p class=price>$80.00</p>", "https://shop.example/kettle", None),
        ("<p class=price>$80.00</p>", "https://shop.com.au/kettle", "AUD"),
        ("<p class=price>80,00 €</p>", "https://shop.example/kettle", "EUR"),
        ("<p class=price>CHF 80.00</p>", "https://shop.de/kettle", "CHF"),
    ],
)
def test_the_currency_is_the_one_written_else_the_markets_and_never_guessed(
    prices: str, url: str, currency: str | None
) -> None:
    head = "<head><title>Steel kettle | A shop</title></head>"
    body = page(prices, head=head).replace(b"<html lang=en>", b"<html>")
    assert read(body, url)[1].currency == currency


def test_a_presumed_currency_is_said_to_be_presumed() -> None:
    _, offer = read(page("<p class=price>$59.99</p>"), url="https://shop.com/kettle")
    assert offer.currency == "USD"
    assert "`$` is taken for USD" in (offer.reason or "")
