"""The demo shops' pages as HTML. Every page holds prices that are not the price, as real ones do."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from html import escape

from pricewatch_pipeline.demo.catalogue import (
    Item,
    Markup,
    Shop,
    availability_at,
    items_of,
    list_price_at,
    price_at,
    true_price,
)
from pricewatch_pipeline.demo.markup import json_ld, meta_tags
from pricewatch_pipeline.demo.words import WORDS, format_money
from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.schedule import stable_hash


def product_page(shop: Shop, item: Item, base_url: str, instant: datetime) -> str:
    """The page on which an item is bought; a variant's page offers its siblings too."""
    variants = [other for other in items_of(shop.shop_id) if other.slug == item.slug]
    head = f'<link rel="canonical" href="{base_url}{item.path}">\n'
    if shop.markup is Markup.JSON_LD:
        head += json_ld(shop, item, variants, base_url, instant)
    elif shop.markup is Markup.META:
        head += meta_tags(shop, item, base_url, instant)
    words = WORDS[shop.locale]
    body = f"""
<article class="item"{_scope(shop, "Product")}>
<div><img src="/image/{item.slug}.svg" alt="{escape(item.title)}" width="640" height="480"{_prop(shop, "image")}></div>
<div>
<p class="brand"{_prop(shop, "brand")}>{escape(item.brand)}</p>
<h1{_prop(shop, "name")}>{escape(item.title)}</h1>
{_variant_links(item, variants)}
{_buy_box(shop, item, instant)}
<p{_prop(shop, "description")}>{escape(item.description)}</p>
<h2>{words.details}</h2>
<table>
<tr><th>SKU</th><td{_prop(shop, "sku")}>{item.sku}</td></tr>
<tr><th>EAN</th><td{_prop(shop, "gtin13")}>{item.gtin}</td></tr>
</table>
</div>
{_related(shop, item, instant)}
</article>"""
    return _page(shop, f"{item.title} - {shop.name}", head, body)


def index_page(shop: Shop, instant: datetime) -> str:
    """The shop's front page: everything it sells."""
    cards = "".join(f"<li>{_card(shop, item, instant)}</li>" for item in items_of(shop.shop_id))
    return _page(shop, shop.name, "", f'<h1>{escape(shop.tagline)}</h1><ul class="grid">{cards}</ul>')


def missing_page(shop: Shop) -> str:
    return _page(shop, "404", "", f"<h1>404</h1><p>{WORDS[shop.locale].not_found}</p>")


def challenge_page(shop: Shop) -> str:
    """What a bot wall shows in place of the page; nothing of the product is in it."""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Just a moment...</title>
<meta name="robots" content="noindex,nofollow"><link rel="stylesheet" href="/style.css"></head>
<body><div class="challenge" id="challenge-stage">
<h1>{escape(shop.name)}</h1>
<h2>Verify you are human</h2>
<p>Checking your browser before you may continue. Enable JavaScript and cookies.</p>
<form id="challenge-form" action="/cdn-cgi/challenge-platform/verify" method="post">
<div class="h-captcha" data-sitekey="demo"></div><noscript>Please complete the captcha.</noscript></form>
<p>Ray ID: {stable_hash("ray", shop.shop_id):016x}</p>
</div></body></html>
"""


def image_svg(shop: Shop, slug: str) -> str:
    """A picture: the shop's colour and a few shapes that are the item's own."""
    shapes = "".join(
        f'<circle cx="{draw % 640}" cy="{draw // 640 % 480}" r="{60 + draw // 307_200 % 110}" fill="#fff" opacity=".{2 + n}"/>'
        for n, draw in enumerate(stable_hash("shape", shop.shop_id, slug, n) for n in range(4))
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 480" width="640" height="480">
<rect width="640" height="480" fill="{shop.accent}"/>{shapes}
<rect x="220" y="150" width="200" height="200" rx="{stable_hash(slug) % 100}" fill="#fff" opacity=".92"/>
<text x="320" y="285" font-family="sans-serif" font-size="96" text-anchor="middle" fill="{shop.accent}">{slug[0].upper()}</text>
</svg>
"""


def _page(shop: Shop, title: str, head: str, body: str) -> str:
    words = WORDS[shop.locale]
    return f"""<!doctype html>
<html lang="{shop.locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="/image/icon.svg">
{head}</head>
<body style="--accent: {shop.accent}">
<header class="top"><a class="name" href="/">{escape(shop.name)}</a><span class="tagline">{escape(shop.tagline)}</span>
<a class="basket" href="/">{words.basket} <span class="basket-total">{_money(shop, Decimal(0))}</span></a></header>
<main>{body}</main>
<footer>{escape(shop.name)} - {words.delivery.format(amount=_money(shop, Decimal(50)))}. A demo shop: nothing here is for sale.</footer>
</body></html>
"""


def _buy_box(shop: Shop, item: Item, instant: datetime) -> str:
    words = WORDS[shop.locale]
    availability = availability_at(item, instant)
    is_sold_out = availability is Availability.OUT_OF_STOCK
    return f"""<div class="buy-box"{_prop(shop, "offers")}{_scope(shop, "Offer")}>
{_price_line(shop, item, instant)}
{_hidden_offer(shop, availability)}
<p class="stock {availability}" data-stock="{availability}">{words.stock[availability]}</p>
<button{" disabled" if is_sold_out else ""}>{words.stock[availability] if is_sold_out else words.buy}</button>
</div>"""


def _price_line(shop: Shop, item: Item, instant: datetime) -> str:
    words = WORDS[shop.locale]
    price, list_price = true_price(item, instant), list_price_at(item, instant)
    if price is None:
        return f'<p class="small">{words.on_request}</p>'
    content = f' content="{price}"' if shop.markup is Markup.MICRODATA else ""
    now = f'<span class="now"{_prop(shop, "price")}{content}>{_money(shop, price)}</span>'
    was = f'<span class="was">{words.before.format(amount=_money(shop, list_price))}</span>' if list_price else ""
    rate = (price / 12).quantize(price)
    return f'{now}{was}<p class="small">{words.instalments.format(amount=_money(shop, rate))}</p>'


def _hidden_offer(shop: Shop, availability: Availability) -> str:
    if shop.markup is not Markup.MICRODATA:
        return ""
    return (
        f'<meta itemprop="priceCurrency" content="{shop.currency}">'
        f'<link itemprop="availability" href="https://schema.org/{availability}">'
    )


def _variant_links(item: Item, variants: Sequence[Item]) -> str:
    if item.variant is None:
        return ""
    links = "".join(
        f'<li><a href="{variant.path}"{" class=chosen" if variant == item else ""}>{escape(variant.variant or "")}</a></li>'
        for variant in variants
    )
    return f'<ul class="variants">{links}</ul>'


def _related(shop: Shop, item: Item, instant: datetime) -> str:
    others = {other.slug: other for other in items_of(shop.shop_id) if other.slug != item.slug}
    cards = "".join(
        f"<li{_prop(shop, 'isRelatedTo')}{_scope(shop, 'Product')}>{_card(shop, other, instant)}</li>"
        for other in others.values()
    )
    return f'<section style="grid-column: 1 / -1"><h2>{WORDS[shop.locale].related}</h2><ul class="grid">{cards}</ul></section>'


def _card(shop: Shop, item: Item, instant: datetime) -> str:
    title = item.title if item.variant is None else f"{item.title}, {item.variant}"
    price = price_at(item, instant)
    content = f' content="{price}"' if shop.markup is Markup.MICRODATA else ""
    offer = f"{_prop(shop, 'offers')}{_scope(shop, 'Offer')}"
    return (
        f'<a class="card" href="{item.path}"><img src="/image/{item.slug}.svg" alt="" width="640" height="480">'
        f"<span{_prop(shop, 'name')}>{escape(title)}</span>"
        f'<span class="card-price"{offer}><b{_prop(shop, "price")}{content}>{_money(shop, price)}</b></span></a>'
    )


def _money(shop: Shop, amount: Decimal) -> str:
    digits = Decimal(1) if shop.currency == "JPY" else Decimal("0.01")
    return format_money(amount.quantize(digits), shop.locale)


def _prop(shop: Shop, name: str) -> str:
    return f' itemprop="{name}"' if shop.markup is Markup.MICRODATA else ""


def _scope(shop: Shop, kind: str) -> str:
    return f' itemscope itemtype="https://schema.org/{kind}"' if shop.markup is Markup.MICRODATA else ""
