"""Product pages as shops of many countries make them, small and by hand: the price, its currency, and whether it can be had.

What stands beside the price is the trap: what it cost before, rates, members' prices, taxes, units, deliveries, other products.
"""

from dataclasses import dataclass
from decimal import Decimal

import pytest

from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.providers.retail.query import RetailQuery
from pricewatch_pipeline.providers.retail.reading import read_offer

URL = "https://shop.example/p/steel-kettle-17"
ABOUT = "<p>" + "It boils water and it does so with great care and little noise. " * 8 + "</p>"
BUY = "<button>Add to cart</button>"


@dataclass(frozen=True)
class Shop:
    """A page, and what is due of it: `12.34 EUR InStock`."""

    name: str
    language: str
    main: str
    due: str
    head: str = ""
    after: str = ""


def read(
    language: str, main: str, *, head: str = "", after: str = "", title: str = "Steel kettle"
) -> tuple[Outcome, Offer]:
    heads = f"<head><meta charset=utf-8><title>{title} | A shop</title>{head}</head>"
    body = f"<body><main><h1>{title}</h1>{main.replace('{buy}', BUY)}{ABOUT}</main>{after}</body>"
    text = f'<!doctype html><html lang="{language}">{heads}{body}</html>'
    page = Page(request=PageRequest(url=URL), outcome=Outcome.OK, final_url=URL, body=text.encode())
    reading = read_offer(page, store=None, query=RetailQuery(url=URL))
    return reading.outcome, reading.offer or Offer()


SHOPS = [
    Shop("shopify sale then compare-at", "en", (
        '<div class="price price--on-sale"><span class="price-item price-item--regular visually-hidden">'
        'Regular price</span><s class="price-item price-item--regular">$89.00 CAD</s><span '
        'class="visually-hidden">Sale price</span><span class="price-item price-item--sale">$59.00 CAD</span>'
        "<span class=badge>Sale</span></div>{buy}"
    ), "59.00 CAD InStock"),
    Shop("woocommerce del ins", "en-GB", (
        '<p class="price"><del aria-hidden="true"><span class="woocommerce-Price-amount amount"><bdi><span>'
        '£</span>120.00</bdi></span></del> <span class="screen-reader-text">Original price was: '
        '£120.00.</span><ins aria-hidden="true"><span class="amount"><bdi><span>£</span>90.00</bdi></span>'
        '</ins><span class="screen-reader-text">Current price is: £90.00.</span></p><p class="stock '
        'in-stock">12 in stock</p>{buy}'
    ), "90.00 GBP InStock"),
    Shop("magento special and old", "en-US", (
        '<div class="price-box price-final_price"><span class="special-price"><span class="price-label">'
        'Special Price</span><span data-price-amount="45.5" data-price-type="finalPrice" '
        'class="price-wrapper"><span class="price">$45.50</span></span></span><span class="old-price"><span '
        'class="price-label">Regular Price</span><span data-price-amount="65" data-price-type="oldPrice" '
        'class="price-wrapper"><span class="price">$65.00</span></span></span></div><div class="stock '
        'available"><span>In stock</span></div>{buy}'
    ), "45.50 USD InStock", head='<meta property="product:price:currency" content="USD">'),
    Shop("lowest price of 30 days", "pl", (
        "<div class=price-box><span class=price>129,00 zł</span><p class=omnibus>Najniższa cena z 30 dni "
        "przed obniżką: 119,00 zł</p><p>Cena regularna: <span>179,00 zł</span></p></div><button>Dodaj do "
        "koszyka</button><p>Dostępny</p>"
    ), "129.00 PLN InStock"),
    Shop("french lowest price first", "fr", (
        "<p class=small>Prix le plus bas des 30 derniers jours : 39,99 €</p><p class=prix><s>59,99 €</s> "
        "<strong>44,99 €</strong></p><button>Ajouter au panier</button><p>En stock</p>"
    ), "44.99 EUR InStock"),
    Shop("was text without markup, after", "en-GB", "<div class=buybox><div>£24.99 <small>Was £39.99</small></div>{buy}</div>", "24.99 GBP InStock"),
    Shop("swedish ord pris", "sv", (
        "<div><span class=rea>399 kr</span><span>Ord. pris 599 kr</span></div><button>Lägg i "
        "varukorgen</button><p>I lager</p>"
    ), "399 SEK InStock"),
    Shop("russian discount", "ru", (
        "<div class=p><span>3 490 ₽</span> <span>4 990 ₽</span> <span>−30%</span></div><button>В "
        "корзину</button><p>В наличии</p>"
    ), "3490 RUB InStock"),
    Shop("korean sale", "ko", (
        "<dl><dt>정가</dt><dd><del>45,000원</del></dd><dt>판매가</dt><dd><strong>32,000원</strong></dd><dt>배송비</dt>"
        "<dd>3,000원 (50,000원 이상 구매 시 무료)</dd></dl><a href=# class=btn>장바구니</a><a class=btn href=#>구매하기</a>"
    ), "32000 KRW InStock"),
    Shop("japanese list and sale", "ja", (
        "<dl><dt>メーカー希望小売価格</dt><dd>5,500円（税込）</dd><dt>販売価格</dt><dd>4,180円（税込）</dd></dl><p>ポイント：41pt</p>"
        "<button>カートに入れる</button><p>在庫あり</p>"
    ), "4180 JPY InStock"),
    Shop("chinese promo", "zh-CN", (
        "<div>促销价 <em>¥</em><span>299.00</span></div><div>市场价 <del>¥599.00</del></div><div>月销量 2000+</div><a "
        "class=btn href=#>立即购买</a><a class=btn href=#>加入购物车</a>"
    ), "299.00 CNY InStock"),
    Shop("taiwan", "zh-TW", "<p>建議售價 NT$1,280</p><p>優惠價 <b>NT$990</b></p><button>加入購物車</button>", "990 TWD InStock"),
    Shop("arabic", "ar", (
        "<div class=price><span>٢٤٩٫٠٠ ر.س</span> <del>٣٩٩٫٠٠ ر.س</del></div><button>أضف إلى السلة</button>"
        "<p>متوفر</p>"
    ), "249.00 SAR InStock"),
    Shop("arabic dirham", "ar", (
        "<div class=price>149.00 د.إ <span>شامل ضريبة القيمة المضافة</span></div><p>أو 4 دفعات بقيمة 37.25 "
        "د.إ مع تابي</p><button>أضف إلى العربة</button>"
    ), "149.00 AED InStock"),
    Shop("india mrp and emi", "en-IN", (
        "<div>MRP: <s>₹2,49,999</s></div><div class=price>₹1,89,999 <span>(24% OFF)</span></div><div>EMI "
        "starts at ₹9,211/month</div><div>Inclusive of all taxes</div><button>Buy Now</button>"
    ), "189999 INR InStock"),
    Shop("hindi", "hi", "<div>₹499 <del>₹999</del> 50% छूट</div><button>कार्ट में डालें</button>", "499 INR InStock"),
    Shop("brazil sem juros and pix", "pt-BR", (
        "<div class=price><span>R$ 319,44</span><p>12x de R$ 26,62 sem juros</p><p>ou R$ 303,47 à vista no "
        "Pix (5% de desconto)</p></div><button>Comprar</button>"
    ), "319.44 BRL InStock"),
    Shop("brazil instalment in price block first", "pt-BR", (
        '<div class="price-box"><p>12x de <b>R$ 26,62</b> sem juros</p><p class=total>R$ 319,44 no cartão</p>'
        "</div><button>Adicionar ao carrinho</button>"
    ), "319.44 BRL InStock"),
    Shop("german monthly from", "de", (
        "<p class=price>799,00 €</p><p>ab 12,34 €/Monat finanzieren</p><p>inkl. MwSt. zzgl. Versand 4,99 "
        "€</p><button>In den Warenkorb</button><p>sofort lieferbar</p>"
    ), "799.00 EUR InStock"),
    Shop("klarna 4 payments", "en-US", "<p class=price>$120.00</p><p>or 4 interest-free payments of $30.00 with Klarna</p>{buy}", "120.00 USD InStock"),
    Shop("afterpay before", "en-AU", "<p>4 payments of $24.99 with Afterpay</p><p class=price>$99.95</p>{buy}", "99.95 AUD InStock", head='<meta property="og:locale" content="en_AU">'),
    Shop("mexico msi", "es-MX", (
        "<p class=precio>$2,499.00</p><p>18 MSI de $138.83</p><p>Precio anterior $3,199.00</p><button>"
        "Agregar al carrito</button>"
    ), "2499.00 MXN InStock"),
    Shop("unit price larger", "de", "<p class=price>1,99 €</p><p class=grundpreis>1 kg = 19,90 €</p><button>In den Warenkorb</button>", "1.99 EUR InStock"),
    Shop("unit price first", "en-GB", "<p class=unit>£2.50 per 100g</p><p>£5.00</p><button>Add to basket</button>", "5.00 GBP InStock"),
    Shop("loyalty price", "en-GB", "<p class=price>£6.50</p><p class=club>£4.00 with Clubcard</p><button>Add to trolley</button>", "6.50 GBP InStock"),
    Shop("app only", "en-IE", "<div>€89.00</div><div>App-only price: €79.00</div>{buy}", "89.00 EUR InStock"),
    Shop("coupon", "en-IE", "<div>€49.95</div><div>€39.96 with code SAVE20</div>{buy}", "49.95 EUR InStock"),
    Shop("german coupon", "de", "<div class=price>49,95 €</div><div>39,96 € mit Code SAVE20</div><button>In den Warenkorb</button>", "49.95 EUR InStock"),
    Shop("range", "en-US", "<p class=price>$12.00 – $18.00</p><select><option>Choose an option</option></select>{buy}", "12.00 USD InStock"),
    Shop("from price", "en-US", "<p class=price>From $35.00</p>{buy}", "35.00 USD InStock"),
    Shop("variant selected with own price", "en-US", (
        "<p class=price id=p>$25.00</p><label><input type=radio name=s> S - $20.00</label><label><input "
        "type=radio name=s checked> M - $25.00</label><label><input type=radio name=s> L - $30.00</label>"
        "{buy}"
    ), "25.00 USD InStock"),
    Shop("bundle offer beside", "en-US", (
        "<p class=price>$80.00</p>{buy}<section class=bundle><h2>Frequently bought together</h2><p>Total "
        "price: $143.97</p><button>Add all to cart</button></section>"
    ), "80.00 USD InStock"),
    Shop("subscribe and save first", "en-US", (
        "<fieldset><label><input type=radio checked name=b> Subscribe &amp; save 15% <b>$25.49</b></label>"
        "<label><input type=radio name=b> One-time purchase <b>$29.99</b></label></fieldset>{buy}"
    ), "29.99 USD InStock"),
    Shop("b2b net first", "de", (
        "<div class=price><span>119,00 €</span> <small>netto</small></div><div><span>141,61 €</span> <small>"
        "brutto (inkl. 19% MwSt.)</small></div><button>In den Warenkorb</button>"
    ), "141.61 EUR InStock"),
    Shop("ex vat first uk", "en-GB", (
        "<div><span class=ex>£50.00 <small>ex VAT</small></span> <span class=inc>£60.00 <small>inc "
        "VAT</small></span></div><button>Add to basket</button><p>In Stock</p>"
    ), "60.00 GBP InStock"),
    Shop("comparison table", "en-US", (
        "<span class=price>$39.00</span>{buy}<h2>Compare with similar items</h2><table><tr><th></th><th>This "
        "item</th><th>Other A</th><th>Other B</th></tr><tr><td>Price</td><td>$39.00</td><td>$29.00</td><td>"
        "$59.00</td></tr></table>"
    ), "39.00 USD InStock"),
    Shop("tiered", "en-US", (
        "<p class=price>$10.00</p><table><tr><th>Quantity</th><th>Price each</th></tr><tr><td>10+</td><td>"
        "$9.00</td></tr><tr><td>50+</td><td>$8.00</td></tr></table>{buy}"
    ), "10.00 USD InStock"),
    Shop("tiered from 1", "de", (
        "<table><tr><th>Menge</th><th>Stückpreis</th></tr><tr><td>ab 1</td><td>4,50 €</td></tr><tr><td>ab "
        "10</td><td>4,10 €</td></tr><tr><td>ab 100</td><td>3,60 €</td></tr></table><button>In den "
        "Warenkorb</button><p>Lieferbar</p>"
    ), "4.50 EUR InStock"),
    Shop("rental beside sale", "en-US", "<p>Buy: <b>$499.00</b></p><p>Rent: $29.00 / day</p>{buy}", "499.00 USD InStock"),
    Shop("preorder", "en-US", "<p class=price>$59.99</p><button>Pre-order now</button><p>Releases on March 12</p>", "59.99 USD PreOrder"),
    Shop("sold out", "en-US", "<p class=price>$45.00</p><button disabled>Sold out</button>", "45.00 USD OutOfStock"),
    Shop("sold out greek", "el", "<p class=price>45,00 €</p><p>Εξαντλημένο</p><button>Ενημέρωσέ με όταν είναι διαθέσιμο</button>", "45.00 EUR OutOfStock"),
    Shop("shipping in price block", "en-GB", (
        "<div class=price-block><span class=shipping-price>+ £3.99 delivery</span><span class=price>"
        "£15.00</span></div>{buy}"
    ), "15.00 GBP InStock"),
    Shop("split cents", "en-US", "<div class=price><span>$</span><span>1,299</span><sup>00</sup></div>{buy}", "1299.00 USD InStock"),
    Shop("vietnam", "vi", "<div><del>450.000₫</del> <b>389.000₫</b></div><button>Thêm vào giỏ hàng</button><p>Còn hàng</p>", "389000 VND InStock"),
    Shop("indonesia", "id", (
        "<div class=harga>Rp1.250.000</div><p>Cicilan mulai Rp 104.166 x 12 bulan</p><button>Tambah ke "
        "Keranjang</button><p>Stok tersedia</p>"
    ), "1250000 IDR InStock"),
    Shop("thai", "th", (
        "<div>ราคาปกติ <s>฿1,290</s></div><div>ราคาพิเศษ ฿990</div><button>หยิบใส่ตะกร้า</button><p>"
        "มีสินค้า</p>"
    ), "990 THB InStock"),
    Shop("hungarian", "hu", "<div>Bruttó ár: 24 990 Ft</div><div>Nettó ár: 19 677 Ft</div><button>Kosárba</button><p>Raktáron</p>", "24990 HUF InStock"),
    Shop("romanian", "ro", (
        "<p>PRP: <s>349,99 Lei</s></p><p class=pret>279<sup>99</sup> Lei</p><button>Adaugă în coș</button><p>"
        "În stoc</p>"
    ), "279.99 RON InStock"),
    Shop("bulgarian dual", "bg", "<p class=price>51,13 € / 100,00 лв.</p><button>Добави в количката</button><p>В наличност</p>", "51.13 EUR InStock"),
    Shop("czech", "cs", (
        "<p>Běžná cena 1 299 Kč</p><p><b>999 Kč</b></p><p>825,62 Kč bez DPH</p><button>Do košíku</button><p>"
        "Skladem &gt; 5 ks</p>"
    ), "999 CZK InStock"),
    Shop("ukrainian", "uk", "<p class=cina>2 199 ₴</p><p>від 183 ₴/міс</p><button>Купити</button><p>Є в наявності</p>", "2199 UAH InStock"),
    Shop("finnish", "fi", "<p class=hinta>59,90 €</p><p>Alk. 5,00 €/kk</p><button>Lisää ostoskoriin</button><p>Varastossa</p>", "59.90 EUR InStock"),
    Shop("swiss", "de-CH", "<p class=preis>CHF 1'299.–</p><p>statt CHF 1'499.–</p><button>In den Warenkorb</button>", "1299 CHF InStock"),
    Shop("new and refurbished", "en-US", "<ul><li>New <b>$399.00</b></li><li>Refurbished <b>$289.00</b></li></ul>{buy}", "399.00 USD InStock"),
    Shop("warranty checkbox", "en-US", "<p>$399.00</p><label><input type=checkbox> 3-year warranty $49.99</label>{buy}", "399.00 USD InStock"),
    Shop("trade in", "en-US", "<p>$799.00</p><p>As low as $399.00 with eligible trade-in</p>{buy}", "799.00 USD InStock"),
    Shop("deposit", "de", "<p>0,99 €</p><p>zzgl. 0,25 € Pfand</p><button>In den Warenkorb</button>", "0.99 EUR InStock"),
    Shop("phone with contract", "de", "<p>Einmalpreis <b>899,00 €</b></p><p>mit Vertrag ab 1,00 €</p><button>In den Warenkorb</button>", "899.00 EUR InStock"),
    Shop("cashback", "nl", "<p>€ 649,00</p><p>Na cashback € 549,00</p><button>In winkelwagen</button>", "649.00 EUR InStock"),
    Shop("savings amount larger font", "en-US", "<p class=save>Save $150</p><p>$349.99</p><p>Comp. value $499.99</p>{buy}", "349.99 USD InStock"),
    Shop("price in js state only is absent", "nl", "<p>€ 12,50</p><p>per 3 stuks € 30,00</p><button>In winkelmand</button>", "12.50 EUR InStock"),
    Shop("ld older than page", "en-IE", "<p class=price><s>€100.00</s> <b>€80.00</b></p>{buy}", "80.00 EUR InStock", head=(
        '<script type="application/ld+json">{"@context":"https://schema.org","@type":"Product","name":"Steel '
        'kettle","offers":{"@type":"Offer","price":"100.00","priceCurrency":"EUR",'
        '"availability":"https://schema.org/InStock"}}</script>'
    )),
    Shop("ld aggregate", "en-IE", "<p class=price>From €20.00</p>{buy}", "20 EUR InStock", head=(
        '<script type="application/ld+json">{"@type":"Product","name":"Steel kettle",'
        '"offers":{"@type":"AggregateOffer","lowPrice":"20","highPrice":"40","priceCurrency":"EUR",'
        '"offerCount":3,"availability":"InStock"}}</script>'
    )),
    Shop("ld cents integer", "en-US", "<p class=price>$59.00</p>{buy}", "59.00 USD InStock", head=(
        '<script type="application/ld+json">{"@context":"https://schema.org","@type":"Product","name":"Steel '
        'kettle","offers":{"@type":"Offer","price":"5900","priceCurrency":"USD",'
        '"availability":"https://schema.org/InStock"}}</script>'
    )),
    Shop("ld comma", "de", "<p class=price>1.299,00 €</p><button>In den Warenkorb</button>", "1299.00 EUR InStock", head=(
        '<script type="application/ld+json">{"@context":"https://schema.org","@type":"Product","name":"Steel '
        'kettle","offers":{"@type":"Offer","price":"1.299,00","priceCurrency":"EUR",'
        '"availability":"https://schema.org/InStock"}}</script>'
    )),
    Shop("ld price with currency sign", "de", "<button>In den Warenkorb</button>", "1299.00 EUR InStock", head=(
        '<script type="application/ld+json">{"@context":"https://schema.org","@type":"Product","name":"Steel '
        'kettle","offers":{"@type":"Offer","price":"€ 1.299,00","priceCurrency":"EUR",'
        '"availability":"https://schema.org/InStock"}}</script>'
    )),
    Shop("ld member price spec", "en-IE", "<p class=price>€49.99</p><p>Members €39.99</p>{buy}", "49.99 EUR InStock", head=(
        '<script type="application/ld+json">{"@type":"Product","name":"Steel kettle",'
        '"offers":{"@type":"Offer","priceCurrency":"EUR","price":49.99,'
        '"availability":"http://schema.org/InStock","priceSpecification":[{"@type":"UnitPriceSpecification",'
        '"price":39.99,"priceCurrency":"EUR","validForMemberTier":{"@type":"MemberProgramTier",'
        '"name":"gold"}},{"@type":"UnitPriceSpecification",'
        '"priceType":"https://schema.org/StrikethroughPrice","price":59.99,"priceCurrency":"EUR"}]}}</script>'
    )),
    Shop("ld only spec with list first", "en-IE", "{buy}", "49.99 EUR InStock", head=(
        '<script type="application/ld+json">{"@type":"Product","name":"Steel kettle",'
        '"offers":{"@type":"Offer","priceSpecification":[{"@type":"UnitPriceSpecification",'
        '"priceType":"https://schema.org/ListPrice","price":59.99,"priceCurrency":"EUR"},'
        '{"@type":"UnitPriceSpecification","price":49.99,"priceCurrency":"EUR"}]}}</script>'
    )),
    Shop("ld unit price spec", "en-IE", "<p>€4.00</p>{buy}", "4.00 EUR InStock", head=(
        '<script type="application/ld+json">{"@type":"Product","name":"Steel kettle",'
        '"offers":{"@type":"Offer","priceSpecification":[{"@type":"UnitPriceSpecification","price":4.00,'
        '"priceCurrency":"EUR"},{"@type":"UnitPriceSpecification","price":16.00,"priceCurrency":"EUR",'
        '"referenceQuantity":{"@type":"QuantitativeValue","value":1,"unitCode":"KGM"}}]}}</script>'
    )),
    Shop("ld related products as ItemList", "en-IE", "<p class=price>€39.00</p>{buy}", "39.00 EUR InStock", head=(
        '<script type="application/ld+json">{"@type":"ItemList","itemListElement":[{"@type":"ListItem",'
        '"position":1,"item":{"@type":"Product","name":"Lid","offers":{"price":"9.00",'
        '"priceCurrency":"EUR"}}},{"@type":"ListItem","position":2,"item":{"@type":"Product","name":"Mug",'
        '"offers":{"price":"7.00","priceCurrency":"EUR"}}}]}</script>'
    )),
    Shop("ld in @graph with breadcrumb", "en-IE", "{buy}", "39 EUR InStock", head=(
        '<script type="application/ld+json">{"@context":"https://schema.org",'
        '"@graph":[{"@type":"BreadcrumbList"},{"@type":["Product","Thing"],"@id":"#p","name":"Steel kettle",'
        '"offers":[{"@id":"#o"}]},{"@type":"Offer","@id":"#o","price":39,"priceCurrency":"EUR",'
        '"availability":"InStock"}]}</script>'
    )),
    Shop("ld broken trailing comma", "en-IE", "{buy}", "39.00 EUR InStock", head=(
        '<script type="application/ld+json">{"@type":"Product","name":"Steel "kettle"",'
        '"offers":{"price":"39.00","priceCurrency":"EUR",},}</script>'
    )),
    Shop("ld many sellers", "en-IE", "<p class=price>€39.00</p>{buy}<p>Other sellers from €31.00</p>", "39 EUR InStock", head=(
        '<script type="application/ld+json">{"@type":"Product","name":"Steel kettle",'
        '"offers":[{"@type":"Offer","price":39,"priceCurrency":"EUR","seller":{"name":"A shop"}},'
        '{"@type":"Offer","price":31,"priceCurrency":"EUR","itemCondition":"UsedCondition",'
        '"seller":{"name":"B"}}]}</script>'
    )),
    Shop("og only", "sv", "<button>Köp</button>", "399.00 SEK InStock", head=(
        '<meta property="og:type" content="product"><meta property="product:price:amount" content="399,00">'
        '<meta property="product:price:currency" content="SEK"><meta property="product:availability" '
        'content="in stock">'
    )),
    Shop("og sale", "en", "{buy}", "29.00 EUR InStock", head=(
        '<meta property="product:price:amount" content="39.00"><meta property="product:price:currency" '
        'content="EUR"><meta property="product:sale_price:amount" content="29.00"><meta '
        'property="product:sale_price:currency" content="EUR">'
    )),
    Shop("shopify variants json cents", "en-US", "<p class=price>$45.00</p>{buy}", "45.00 USD InStock", after=(
        '<script>var meta={"product":{"id":1,"vendor":"A","type":"Kettle","variants":[{"id":11,"price":4500,'
        '"name":"Steel kettle","public_title":null,"sku":"K1"}]}};</script><script type="application/json" '
        'data-product-json>{"id":1,"title":"Steel kettle","price":4500,"compare_at_price":6000,'
        '"variants":[{"id":11,"price":4500,"available":true}]}</script>'
    )),
    Shop("wc variations attr", "en-GB", (
        "<p class=price>£20.00 – £30.00</p><form class=variations_form "
        'data-product_variations="[{&quot;variation_id&quot;:1,&quot;display_price&quot;:20,'
        "&quot;display_regular_price&quot;:25,&quot;is_in_stock&quot;:true},{&quot;variation_id&quot;:2,"
        '&quot;display_price&quot;:30,&quot;display_regular_price&quot;:30,&quot;is_in_stock&quot;:true}]">'
        "<button>Add to basket</button></form>"
    ), "20.00 GBP InStock"),
    Shop("datalayer", "en", "{buy}", "39 EUR InStock", after=(
        '<script>dataLayer.push({"event":"view_item","ecommerce":{"currency":"EUR","value":39.0,'
        '"items":[{"item_id":"K1","item_name":"Steel kettle","price":39.0,"quantity":1}]}});</script>'
    )),
    Shop("canadian french dollar", "fr-CA", "<p class=prix>39,99 $</p><button>Ajouter au panier</button>", "39.99 CAD InStock"),
    Shop("singapore S$", "en", "<p>S$39.90</p>{buy}", "39.90 SGD InStock"),
    Shop("chile pesos", "es-CL", "<p class=precio>$ 39.990</p><button>Agregar al carro</button>", "39990 CLP InStock"),
    Shop("colombia", "es-CO", "<p class=precio>$ 1.239.900</p><p>Cuotas desde $ 51.662</p><button>Agregar al carrito</button>", "1239900 COP InStock"),
    Shop("argentina", "es-AR", (
        "<p><s>$ 159.999,00</s></p><p>$ 119.999<sup>00</sup></p><p>Precio sin impuestos nacionales: $ 99.172,"
        "73</p><button>Comprar</button>"
    ), "119999.00 ARS InStock"),
    Shop("dk kr comma dash", "da", "<p class=pris>1.299,- kr.</p><button>Læg i kurv</button><p>Forventet leveringstid 1-2 dage</p>", "1299 DKK InStock"),
    Shop("serbia", "sr", "<p><s>12.990,00 RSD</s> 9.990,00 RSD</p><button>Dodaj u korpu</button>", "9990.00 RSD InStock"),
    Shop("pakistan", "en-PK", "<p>Rs. 4,500</p>{buy}", "4500 PKR InStock"),
    Shop("nigeria", "en-NG", "<p>₦ 45,500</p>{buy}", "45500 NGN InStock"),
    Shop("south africa", "en-ZA", "<p>R 1 299.00</p>{buy}", "1299.00 ZAR InStock"),
    Shop("newsletter 10 off", "en-US", "<p>$35.00</p>{buy}<div>Sign up and get $10 off</div><div>Earn 35 points</div>", "35.00 USD InStock"),
]  # fmt: skip


@pytest.mark.parametrize("shop", SHOPS, ids=[shop.name for shop in SHOPS])
def test_what_a_buyer_pays_now_is_read(shop: Shop) -> None:
    price, currency, availability = shop.due.split()
    outcome, offer = read(shop.language, shop.main, head=shop.head, after=shop.after)
    assert (outcome, offer.price) == (Outcome.OK, Decimal(price))
    assert (offer.currency, offer.availability) == (currency, availability)


ON_REQUEST = {
    "fr": "Prix sur demande", "es": "Precio a consultar", "it": "Prezzo su richiesta", "pl": "Cena na zapytanie",
    "cs": "Cena na dotaz", "ru": "Цена по запросу", "ja": "価格はお問い合わせください", "zh": "价格面议", "ko": "가격문의",
    "tr": "Fiyat için arayın", "pt-BR": "Preço sob consulta", "sv": "Pris på förfrågan", "hu": "Ár egyeztetés alapján",
    "ar": "السعر عند الطلب", "vi": "Giá liên hệ", "en": "Call for price", "de": "Preis auf Anfrage", "nl": "Prijs op aanvraag",
}  # fmt: skip
WITH_LOGIN = {
    "en": "Please log in to see prices", "de": "Preise erst nach Login sichtbar", "fr": "Connectez-vous pour voir les prix",
    "es": "Inicia sesión para ver los precios", "pl": "Zaloguj się, aby zobaczyć cenę",
}  # fmt: skip
NO_PRICE = [
    *((language, text, Outcome.NOT_PRICED) for language, text in ON_REQUEST.items()),
    *((language, text, Outcome.LOGIN) for language, text in WITH_LOGIN.items()),
]
ZERO = (
    '<script type="application/ld+json">{"@type":"Product","name":"Steel kettle","offers":'
    '{"price":"0.00","priceCurrency":"USD","availability":"InStock"}}</script>'
)
ACCESSORIES = [
    ("", ""),
    ("", "<h3>Zubehör</h3><p><a href=/p/lid>Deckel</a> 12,00 €</p>"),
    ("", "<section><h2>Similar items</h2><p>Lid <span class=price>£12.00</span></p></section>"),
    (ZERO, ""),
]


@pytest.mark.parametrize(
    ("head", "beside"), ACCESSORIES, ids=["alone", "an accessory", "a similar item", "0 in the data"]
)
@pytest.mark.parametrize(("language", "text", "due"), NO_PRICE, ids=[f"{case[0]} {case[2]}" for case in NO_PRICE])
def test_a_page_that_says_it_shows_no_price_has_none(
    language: str, text: str, due: Outcome, head: str, beside: str
) -> None:
    outcome, offer = read(language, f"<p>{text}</p>{beside}", head=head)
    assert (outcome, offer.price) == (due, None)


MISSING = {
    "de": "Seite nicht gefunden", "fr": "Page introuvable", "es": "Página no encontrada", "it": "Pagina non trovata",
    "nl": "Pagina niet gevonden", "pl": "Nie znaleziono strony", "pt": "Página não encontrada", "sv": "Sidan hittades inte",
    "da": "Siden blev ikke fundet", "fi": "Sivua ei löytynyt", "cs": "Stránka nenalezena", "tr": "Sayfa bulunamadı",
    "ru": "Страница не найдена", "ja": "ページが見つかりません", "ko": "페이지를 찾을 수 없습니다", "zh": "页面不存在", "ar": "الصفحة غير موجودة",
    "he": "הדף לא נמצא", "el": "Η σελίδα δεν βρέθηκε", "hu": "Az oldal nem található", "ro": "Pagina nu a fost găsită",
    "uk": "Сторінку не знайдено", "vi": "Không tìm thấy trang", "th": "ไม่พบหน้าที่คุณต้องการ", "no": "Siden finnes ikke",
}  # fmt: skip
BESTSELLERS = "".join(f"<li><a href=/p/{n}>Kettle {n}</a> <span class=price>{n}9,90 €</span></li>" for n in range(1, 9))


@pytest.mark.parametrize(("language", "title"), MISSING.items(), ids=MISSING)
def test_a_page_that_is_none_is_not_found_whatever_it_proposes_instead(language: str, title: str) -> None:
    proposed = f"<section><h2>Bestsellers</h2><ul>{BESTSELLERS}</ul></section>"
    assert read(language, "<p>404</p>", title=title, after=proposed)[0] is Outcome.NOT_FOUND
