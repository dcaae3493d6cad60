"""Small product pages as shop systems of the world render them: price and stock, with the usual traps."""

from decimal import Decimal

import pytest

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.providers.retail.query import RetailQuery
from pricewatch_pipeline.providers.retail.reading import read_offer

URL = "https://shop.example/p/1"
# fmt: off
PAGES = [
    ("en", "129.00", "InStock", "Oak Chair – Nordhome",
     ('<main><product-info><h1>Oak Chair</h1><div class="price"><span class="visually-hidden">Regular '
     'price</span><span class="price-item price-item--regular">£129.00 GBP</span></div><form '
     'action="/cart/add"><variant-selects><label>Color</label><select><option>Black</option>'
     '<option>White - Unavailable</option></select></variant-selects><button type="submit" name="add" '
     'class="product-form__submit button"><span>Add to cart</span></button></form><div>Pickup '
     "currently unavailable at High Street Shop</div></product-info></main><section "
     'class="related-products"><h2>You may also like</h2><div class="card"><h3><a href="/a">Lamp A</a>'
     '</h3><span class="price">£20.00 GBP</span><button>Add to cart</button></div><div class="card">'
     '<h3><a href="/b">Lamp B</a></h3><span class="price">£30.00 GBP</span><span>Sold out</span></div>'
     "</section>")),
    ("en", "129.00", "OutOfStock", "Oak Chair – Nordhome",
     ('<main><h1>Oak Chair</h1><div class="price price--sold-out"><span class="price-item '
     'price-item--regular">£129.00 GBP</span><span class="badge price__badge-sold-out">Sold out</span>'
     '</div><form action="/cart/add"><button type="submit" name="add" disabled '
     'class="product-form__submit button"><span>Sold out</span></button></form></main><section '
     'class="related-products"><h2>You may also like</h2><div class="card"><h3><a href="/a">Lamp A</a>'
     '</h3><span class="price">£20.00 GBP</span><button>Add to cart</button></div><div class="card">'
     '<h3><a href="/b">Lamp B</a></h3><span class="price">£30.00 GBP</span><span>Save 10%</span></div>'
     "</section>")),
    ("en", "129.00", "InStock", "Oak Chair – Nordhome",
     ('<main><h1>Oak Chair</h1><div class="price price--on-sale"><s class="price-item '
     'price-item--regular">£159.00</s><span class="price-item price-item--sale">£129.00</span><span '
     'class="badge price__badge-sale">Sale</span><span class="badge price__badge-sold-out">Sold '
     'out</span></div><form action="/cart/add"><button type="submit" name="add" '
     'class="product-form__submit button"><span>Add to cart</span></button></form></main>')),
    ("de", "11.90", "OutOfStock", "Mug – Shop",
     ('<div class="product type-product outofstock"><h1 class="product_title entry-title">Blue Mug</h1>'
     '<p class="price"><span class="woocommerce-Price-amount amount"><bdi>11,90&nbsp;€</bdi></span>'
     '</p><p class="stock out-of-stock">Nicht vorrätig</p></div><section class="related products">'
     '<h2>Ähnliche Produkte</h2><ul><li><h2>Tasse rot</h2><span class="price">9,90 €</span><a '
     'class="button add_to_cart_button" href="?add-to-cart=3">In den Warenkorb</a></li></ul></section>')),
    ("en", "11.90", "BackOrder", "Mug",
     ('<div class="product"><h1 class="product_title">Blue Mug</h1><p class="price">$11.90</p><p '
     'class="stock available-on-backorder">Available on backorder</p><form class="cart"><button '
     'name="add-to-cart" class="single_add_to_cart_button">Add to cart</button></form></div>')),
    ("en", "34.00", "OutOfStock", "Yoga mat",
     ('<main><h1 class="page-title">Yoga mat</h1><span class="price">$34.00</span><div class="stock '
     'unavailable" title="Availability"><span>Out of stock</span></div><div class="product alert '
     'stock"><a class="action alert" href="/x">Notify me when this product is in stock</a></div>'
     "</main>")),
    ("es", "29.90", "OutOfStock", "Cuadro",
     ('<section id="main"><h1 class="h1">Cuadro montaña</h1><div class="current-price"><span>29,90 '
     '€</span></div><button class="btn btn-primary add-to-cart" type="submit" disabled>Añadir al '
     'carrito</button><span id="product-availability"><i class="material-icons '
     'product-unavailable">block</i> Fuera de stock</span><div class="js-mailalert"><input '
     'type="email"><button>Notificarme cuando esté disponible</button></div></section>')),
    ("es", "29.90", "OutOfStock", "Cuadro",
     ('<section id="main"><h1>Cuadro montaña</h1><div class="current-price">29,90 €</div><button '
     'class="btn add-to-cart" disabled>Añadir al carrito</button><span id="product-availability">No '
     "hay suficientes productos en stock</span></section>")),
    ("de", "189.00", "InStock", "Stuhl",
     ('<main><h1 class="product-detail-name">Stuhl Eiche</h1><p class="product-detail-price">189,'
     '00&nbsp;€*</p><p class="product-detail-tax">Preise inkl. MwSt. zzgl. Versandkosten</p><p '
     'class="delivery-information delivery-available">Sofort verfügbar, Lieferzeit: 2-5 Tage</p>'
     '<button class="btn btn-primary btn-buy">In den Warenkorb</button></main>')),
    ("en", "49.00", "OutOfStock", "Planter",
     ('<div class="productView"><h1 class="productView-title">Brass Planter</h1><div '
     'class="productView-price"><span class="price">$49.00</span></div><p class="alertBox-column '
     'alertBox-message">Sorry, this item is currently unavailable.</p><div '
     'class="form-field--stock">Current Stock: 0</div></div>')),
    ("en", "180.00", "OutOfStock", "Ring",
     ('<main><section data-hook="product-page"><h1 data-hook="product-title">Silver Ring</h1><span '
     'data-hook="formatted-primary-price">₪180.00</span><button data-hook="add-to-cart" disabled '
     'aria-disabled="true"><span>Out of Stock</span></button><button data-hook="notify">Notify When '
     "Available</button></section></main>")),
    ("en", "12.00", "OutOfStock", "Tea",
     ('<main><article class="ProductItem"><h1 class="ProductItem-details-title">Green Tea</h1><div '
     'class="product-price">$12.00</div><div class="product-mark sold-out">sold out</div><div '
     'class="sqs-add-to-cart-button-wrapper"><div class="sqs-add-to-cart-button '
     'sqs-button-element--primary" role="button"><div class="sqs-add-to-cart-button-inner">Add To '
     "Cart</div></div></div></article></main>")),
    ("en", "110.00", "InStock", "Phone",
     ('<div id="content"><h1>Phone X2</h1><ul class="list-unstyled"><li>Brand: Acme</li><li>Product '
     'Code: PX2</li><li>Availability: In Stock</li></ul><ul class="list-unstyled"><li><span '
     'class="price-old">$123.20</span></li><li><h2><span class="price-new">$110.00</span></h2></li>'
     '<li>Ex Tax: $90.00</li></ul><button type="button" id="button-cart" class="btn btn-primary">Add '
     "to Cart</button></div>")),
    ("ru", "2490", "OutOfStock", "Чайник",
     ('<div id="content"><h1>Чайник А1</h1><ul><li>Производитель: Acme</li><li>Наличие: Нет в '
     'наличии</li></ul><ul><li><h2>2 490 р.</h2></li></ul><button id="button-cart" '
     "disabled>Купить</button></div>")),
    ("ru", "4199", "OutOfStock", "Дрель",
     ('<div id="root"><div><h1>Дрель ударная 600 Вт</h1><div>4 199 ₽</div><div>Товар закончился</div>'
     '<button>Сообщить о поступлении</button></div><div class="similar"><h2>Похожие товары</h2>'
     "<div>Дрель Б <b>3 999 ₽</b><button>В корзину</button></div></div></div>")),
    ("uk", "1250", "InStock", "Плед",
     ('<main><h1>Плед вовняний</h1><p class="status">Закінчується</p><p class="product-price">1 250 '
     '₴</p><button class="buy-button">Купити</button></main>')),
    ("tr", "1199.90", "OutOfStock", "Kulaklık",
     ('<main><h1>Kablosuz Kulaklık</h1><div class="price">1.199,90 TL</div><button '
     "disabled>Tükendi</button><a>Gelince Haber Ver</a></main>")),
    ("pl", "349.00", "InStock", "Lampa",
     ('<main><h1>Lampa stojąca</h1><div class="projector_prices"><strong>349,00 zł</strong>'
     '<span>Najniższa cena z 30 dni: 399,00 zł</span></div><div class="availability">Dostępność: '
     "<b>duża ilość</b></div><div>Wysyłka w: 24 godziny</div><button "
     'id="projector_button_basket">Dodaj do koszyka</button></main>')),
    ("cs", "1890", "InStock", "Vrtačka",
     ('<main><h1>Vrtačka aku</h1><span class="availability-label">Skladem (&gt;5 ks)</span><div>Můžeme '
     'doručit do: 25.11.2026</div><strong class="price-final">1 890 Kč</strong><span>1 562 Kč bez '
     'DPH</span><button class="add-to-cart-button">Přidat do košíku</button></main>')),
    ("sk", "79.90", "InStock", "Vŕtačka",
     ("<main><h1>Vŕtačka aku</h1><span>Skladom u dodávateľa</span><strong>79,90 €</strong><button>Do "
     "košíka</button></main>")),
    ("hu", "24990", "OutOfStock", "Szék",
     ("<main><h1>Tölgy szék</h1><div>24 990 Ft</div><div>Raktárkészlet: Elfogyott</div>"
     "<button>Értesítést kérek</button></main>")),
    ("ro", "499.99", "OutOfStock", "Scaun",
     ("<main><h1>Scaun stejar</h1><p>499,99 Lei</p><span>Stoc epuizat</span><button>Anunta-ma cand "
     "revine in stoc</button></main>")),
    ("ja", "3980", "OutOfStock", "やかん",
     ('<main><h1>電気ケトル 1.0L</h1><div class="price">3,980円（税込）</div>'
     "<div>この商品は売り切れです</div><button disabled>SOLD OUT</button><a>再入荷お知らせ</a></main>")),
    ("ko", "39800", "InStock", "주전자",
     ("<main><h1>전기 주전자 1L</h1><dl><dt>판매가</dt><dd>39,800원</dd><dt>배송비</dt><dd>3,000원</dd>"
     "</dl><button>바로구매</button><button>장바구니</button></main>")),
    ("ko", "39800", "OutOfStock", "주전자",
     ("<main><h1>전기 주전자 1L</h1><strong>39,800원</strong><p>현재 품절된 상품입니다</p>"
     "<button>재입고 알림 신청</button></main>")),
    ("zh-TW", "1290", "InStock", "水壺",
     ('<main><h1>電熱水壺</h1><span class="price">NT$ 1,290</span><button>加入購物車</button>'
     "<button>立即結帳</button></main>")),
    ("no", "1299", "OutOfStock", "Stol",
     ('<main><h1>Stol i eik</h1><div class="price">1 299,-</div><div>Ikke på lager</div><button>Gi meg '
     "beskjed</button></main>")),
    ("fi", "129.00", "InStock", "Tuoli",
     ('<main><h1>Tammituoli</h1><span class="price">129,00 €</span><div>Varastossa 5 kpl</div>'
     "<button>Lisää ostoskoriin</button></main>")),
    ("fi", "129.00", "OutOfStock", "Tuoli",
     ('<main><h1>Tammituoli</h1><span class="price">129,00 €</span><div>Tuote on tilapäisesti '
     "loppunut</div></main>")),
    ("nl", "129", "OutOfStock", "Stoel",
     ('<main><h1>Eiken stoel</h1><span class="price">€ 129,-</span><div>Dit artikel is momenteel niet '
     "leverbaar</div><button>Mail mij bij voorraad</button></main>")),
    ("pt-BR", "499.90", "OutOfStock", "Cadeira",
     ("<main><h1>Cadeira de carvalho</h1><p>Produto indisponível</p><form>Avise-me quando chegar "
     '<input><button>Avise-me</button></form><span class="price">R$ 499,90</span></main>')),
    ("it", "129.90", "OutOfStock", "Sedia",
     ('<main><h1>Sedia rovere</h1><span class="price">€ 129,90</span><p>Prodotto non disponibile</p>'
     "<button>Avvisami quando disponibile</button></main>")),
    ("fr", "129.90", "InStock", "Chaise",
     ('<main><h1>Chaise en chêne</h1><span class="price">129,90 €</span><p>Disponible - Livré chez '
     "vous dès le 26 novembre</p><button>Ajouter au panier</button></main>")),
    ("fr", "129.90", "OutOfStock", "Chaise",
     ('<main><h1>Chaise en chêne</h1><span class="price">129,90 €</span><p>Momentanément '
     "indisponible</p><button disabled>Ajouter au panier</button></main>")),
    ("de", "4.50", "InStock", "Schraube",
     ("<main><h1>Schraube M8x40</h1><table><tr><th>ab 1</th><td>4,50 €</td></tr><tr><th>ab 100</th>"
     '<td>3,90 €</td></tr></table><p>Einzelpreis netto: <b class="price">4,50 €</b></p><p>Bestand: '
     "1.240 Stück</p><button>In den Warenkorb</button></main>")),
    ("en", "89.00", "InStock", "Shoe",
     ('<main><h1>Runner Shoe</h1><span class="price">$89.00</span><ul class="sizes"><li class="size '
     'sold-out">40 <span>Sold out</span></li><li class="size">41</li><li class="size sold-out">42 '
     "<span>Sold out</span></li></ul><button>Add to bag</button></main>")),
    ("en", "89.00", "OutOfStock", "Shoe",
     ('<script type="application/ld+json">{"@context":"https://schema.org","@type":"Product",'
     '"name":"Runner Shoe","offers":{"@type":"Offer","price":"89.00","priceCurrency":"USD",'
     '"availability":"https://schema.org/InStock"}}</script><main><h1>Runner Shoe</h1><span '
     'class="price">$89.00</span><div class="stock">Out of stock</div><button disabled>Sold '
     "out</button></main>")),
    ("en", "89.00", "OutOfStock", "Shoe",
     ('<script type="application/ld+json">{"@context":"https://schema.org","@type":"Product",'
     '"name":"Runner Shoe","offers":{"@type":"Offer","price":"89.00","priceCurrency":"USD"}}</script>'
     '<main><h1>Runner Shoe</h1><span class="price">$89.00</span><form><input type=email>'
     "<button>Notify me when available</button></form></main>")),
    ("en", "69.99", "PreOrder", "Game",
     ('<main><h1>Space Game 2</h1><span class="price">$69.99</span><p>Release date: March 3, 2027</p>'
     "<button>Pre-order now</button></main>")),
    ("en", "69.99", "Discontinued", "Game",
     ('<main><h1>Space Game 2</h1><span class="price">$69.99</span><p>This product has been '
     "discontinued.</p></main>")),
    ("ar", "129.00", "OutOfStock", "كرسي",
     ('<main><h1>كرسي خشب</h1><span class="price">129.00 ر.س</span><p>نفدت الكمية</p><button>أعلمني '
     "عند التوفر</button></main>")),
    ("en", "89.00", "OutOfStock", "Chair",
     '<main><h1>Oak Chair</h1><span class="price">$89.00</span><p>Stock: 0</p></main>'),
    ("en", "89", "OutOfStock", "Chair",
     ('<div id="__next"><main class="mx-auto max-w-7xl"><h1 class="text-3xl font-bold">Oak Chair</h1>'
     '<p class="text-2xl">$89</p><p class="text-red-600">Currently out of stock</p><button '
     'class="w-full rounded disabled:opacity-50" disabled>Add to cart</button></main></div>')),
    ("en", "89.00", "InStock", "Chair",
     ('<main><h1>Oak Chair</h1><span class="price">$89.00</span><div class="out-of-stock-message" '
     'style="display:none">Out of stock</div><button>Add to cart</button></main>')),
    ("en", "89.00", "InStock", "Chair",
     ('<main><h1>Oak Chair</h1><p>Price: $89.00</p><input type="image" src="/buy.gif" alt="Add to '
     'cart"></main>')),
    ("en", "89.00", "InStock", "Chair",
     ('<main><h1>Oak Chair</h1><p>$89.00</p><button aria-label="Add Oak Chair to cart"><svg></svg>'
     "</button></main>")),
    ("en", "89.00", "InStock", "Chair",
     ('<main><h1>Oak Chair</h1><p>$89.00</p><button>Add to cart</button><div class="stores">'
     "<h3>Availability in stores</h3><ul><li>Berlin: out of stock</li><li>Hamburg: in stock</li>"
     "<li>Munich: out of stock</li></ul></div></main>")),
    ("en", "89.00", "InStock", "Chair",
     ("<main><h1>Oak Chair</h1><p>$89.00</p><select><option>Small - Sold out</option>"
     "<option>Large</option></select><button>Add to cart</button></main>")),
    ("en", "89.00", "OutOfStock", "Chair",
     ('<div class="recently-viewed"><h2>Recently viewed</h2><div>Desk <b>$20.00</b> <button>Add to '
     "cart</button></div></div><main><h1>Oak Chair</h1><p>$89.00</p><p>Sold out</p></main>")),
    ("en", "89.00", "InStock", "Chair",
     ('<main><h1>Oak Chair</h1><p>$89.00</p><button>Add to cart</button><div class="reviews"><p>Was '
     "sold out for months!</p><p>Out of stock again</p></div></main>")),
    ("en", "89.00", "InStock", "Chair",
     ('<main><h1>Oak Chair</h1><p>$89.00</p><div class="hidden">Sold out</div><template><p>Out of '
     'stock</p></template><button>Add to cart</button><button class="d-none">Notify me</button></main>')),
    ("en", "89.00", "OutOfStock", "Chair",
     ("<main><h1>Oak Chair</h1><p>$89.00</p><p>Back in stock soon. Leave your email and we will let "
     "you know.</p><button>Email me when available</button></main>")),
    ("en", "19.00", "OutOfStock", "Tee",
     ('<script type="application/ld+json">{"@context":"https://schema.org","@type":"ProductGroup",'
     '"name":"Cotton Tee","hasVariant":[{"@type":"Product","name":"Cotton Tee S",'
     '"offers":{"@type":"Offer","price":19,"priceCurrency":"USD",'
     '"availability":"https://schema.org/OutOfStock"}},{"@type":"Product","name":"Cotton Tee M",'
     '"offers":{"@type":"Offer","price":19,"priceCurrency":"USD",'
     '"availability":"https://schema.org/OutOfStock"}}]}</script><main><h1>Cotton Tee</h1>'
     "<p>$19.00</p><button disabled>Sold out</button></main>")),
    ("de", "129.00", "OutOfStock", "Stuhl",
     "<main><h1>Stuhl</h1><p>129,00 €</p><p>Derzeit ausverkauft - Nachschub ist unterwegs</p></main>"),
    ("de", "129.00", "OutOfStock", "Stuhl",
     ("<main><h1>Stuhl</h1><p>129,00 €</p><p>Dieser Artikel steht derzeit nicht zur Verfügung!</p>"
     "</main>")),
    ("ja", "1980", "PreOrder", "本",
     ("<main><h1>新しい本</h1><p>1,980円(税込)</p><p>2027年3月発売予定</p><button>予約する</button>"
     "</main>")),
    ("ru", "4990", "OutOfStock", "Стул",
     ("<main><h1>Стул дуб</h1><b>4 990 ₽</b><p>Временно отсутствует</p><button>Уведомить о "
     "поступлении</button></main>")),
    ("uk", "4990", "OutOfStock", "Стілець",
     "<main><h1>Стілець дуб</h1><b>4 990 грн</b><p>Тимчасово відсутній</p></main>"),
    ("tr", "4990.00", "OutOfStock", "Sandalye",
     ("<main><h1>Meşe sandalye</h1><b>4.990,00 TL</b><p>Bu ürün geçici olarak temin "
     "edilememektedir.</p></main>")),
]
# fmt: on


@pytest.mark.parametrize(("lang", "price", "availability", "title", "html"), PAGES)
def test_small_pages_of_many_shop_systems_are_read(
    lang: str, price: str, availability: str, title: str, html: str
) -> None:
    page = f"<!doctype html><html lang={lang}><head><title>{title}</title></head><body>{html}</body></html>"
    reading = read_offer(
        Page(request=PageRequest(url=URL), outcome=Outcome.OK, final_url=URL, body=page.encode()),
        store=None,
        query=RetailQuery(url=URL),
    )
    assert reading.offer is not None
    assert reading.offer.price == Decimal(price)
    assert reading.offer.availability is not None
    assert reading.offer.availability.value == availability
