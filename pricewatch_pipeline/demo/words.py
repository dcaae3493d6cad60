"""How each demo shop speaks: its words, and how it writes an amount of money."""

from dataclasses import dataclass
from decimal import Decimal

from pricewatch_pipeline.domain.offers import Availability


@dataclass(frozen=True, kw_only=True)
class Words:
    """The texts of one language."""

    basket: str
    buy: str
    related: str
    instalments: str
    """With `{amount}`: a price that is not the price."""
    delivery: str
    """With `{amount}`: another one."""
    before: str
    """With `{amount}`: the list price."""
    on_request: str
    details: str
    not_found: str
    stock: dict[Availability, str]
    money: str
    """With `{amount}`."""
    thousands: str
    decimals: str


_NO_BREAK = "\N{NO-BREAK SPACE}"
_NARROW = "\N{NARROW NO-BREAK SPACE}"


def _stock(in_stock: str, limited: str, sold_out: str, pre_order: str) -> dict[Availability, str]:
    return {
        Availability.IN_STOCK: in_stock,
        Availability.LIMITED_AVAILABILITY: limited,
        Availability.OUT_OF_STOCK: sold_out,
        Availability.PRE_ORDER: pre_order,
    }


def _english(symbol: str) -> Words:
    return Words(
        basket="Basket",
        buy="Add to basket",
        related="You may also like",
        instalments="or {amount} a month for 12 months",
        delivery="Free delivery on orders over {amount}",
        before="Was {amount}",
        on_request="Price on request",
        details="Details",
        not_found="We do not have this page.",
        stock=_stock("In stock", "Only a few left", "Sold out", "Pre-order"),
        money=symbol + "{amount}",
        thousands=",",
        decimals=".",
    )


WORDS: dict[str, Words] = {
    "en-GB": _english("£"),
    "en-US": _english("$"),
    "de-DE": Words(
        basket="Warenkorb",
        buy="In den Warenkorb",
        related="Das könnte Ihnen auch gefallen",
        instalments="oder 12 Raten zu je {amount}",
        delivery="Versandkostenfrei ab {amount}",
        before="Statt {amount}",
        on_request="Preis auf Anfrage",
        details="Einzelheiten",
        not_found="Diese Seite haben wir nicht.",
        stock=_stock("Auf Lager", "Nur noch wenige da", "Ausverkauft", "Vorbestellbar"),
        money="{amount}" + _NO_BREAK + "€",
        thousands=".",
        decimals=",",
    ),
    "pl-PL": Words(
        basket="Koszyk",
        buy="Dodaj do koszyka",
        related="Może Ci się spodobać",
        instalments="lub 12 rat po {amount}",
        delivery="Darmowa dostawa od {amount}",
        before="Poprzednio {amount}",
        on_request="Cena na zapytanie",
        details="Szczegóły",
        not_found="Nie mamy takiej strony.",
        stock=_stock("Dostępny", "Ostatnie sztuki", "Wyprzedane", "Przedsprzedaż"),
        money="{amount}" + _NO_BREAK + "zł",
        thousands=_NO_BREAK,
        decimals=",",
    ),
    "ja-JP": Words(
        basket="カート",
        buy="カートに入れる",
        related="こちらもおすすめ",
        instalments="または月々{amount}(12回払い)",
        delivery="{amount}以上で送料無料",
        before="通常価格 {amount}",
        on_request="価格はお問い合わせください",
        details="商品の詳細",
        not_found="ページが見つかりません。",
        stock=_stock("在庫あり", "残りわずか", "売り切れ", "予約受付中"),
        money="¥{amount}",
        thousands=",",
        decimals=".",
    ),
    "fr-FR": Words(
        basket="Panier",
        buy="Ajouter au panier",
        related="Vous aimerez aussi",
        instalments="ou {amount} par mois pendant 12 mois",
        delivery="Livraison offerte dès {amount}",
        before="Au lieu de {amount}",
        on_request="Prix sur demande",
        details="Détails",
        not_found="Cette page n'existe pas.",
        stock=_stock("En stock", "Derniers exemplaires", "Épuisé", "Précommande"),
        money="{amount}" + _NO_BREAK + "€",
        thousands=_NARROW,
        decimals=",",
    ),
}


def format_money(amount: Decimal, locale: str) -> str:
    """An amount as the shop writes it: `1.299,00 €`, `¥12,800`. Its decimals are the amount's own."""
    words = WORDS[locale]
    whole, _, fraction = f"{amount:,}".partition(".")
    text = whole.replace(",", words.thousands) + (words.decimals + fraction if fraction else "")
    return words.money.format(amount=text)
