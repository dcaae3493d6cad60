"""What a text says that a delivery costs: `zzgl. 5,95 € Versand`, `free shipping`; not from which amount it is free."""

import re
from decimal import Decimal
from enum import Enum

from pricewatch_pipeline.parsing.currencies import find_currencies
from pricewatch_pipeline.parsing.phrases import Phrases, as_written, folded
from pricewatch_pipeline.parsing.price_text import read_price


class _Word(Enum):
    SHIPPING = "shipping"
    FREE = "free"
    FREE_SHIPPING = "free shipping"
    FROM = "from"
    """An order above an amount, or members only."""
    NOT_HERE = "not here"
    """Returns, and what is fetched at a shop."""


_WORDS = Phrases(
    {
        _Word.SHIPPING: """
            shipping|delivery|postage|p&p|shipping fee*|delivery fee*|versand*|lieferung|lieferkosten|liefergebuhr*|
            zustellung|porto*|livraison|frais de port|frais d'envoi|frais de livraison|expedition|envio|
            gastos de envio|costo de envio|despacho|entrega|frete|portes|custos de envio|spedizione|
            spese di spedizione|consegna|costi di spedizione|verzending|verzendkosten|bezorging|bezorgkosten|
            levering|leveringskosten|leveringsomkostninger|dostaw*|wysylk*|koszt dostawy|doprav*|postovne|doruceni*|
            dorucenie|szallitas*|kiszallitas*|livrare*|transport*|доставк*|dostav*|isporuk*|postnina|toimitus*|
            postikulu*|frakt*|fragt*|leverans|kargo*|teslimat*|gonderim*|μεταφορικα|αποστολη|εξοδα αποστολης|配送*|
            送料*|運費*|运费*|快递|배송*|택배*|จัดส่ง|ค่าส่ง|ค่าจัดส่ง|phi van chuyen|van chuyen|giao hang|משלוח*|شحن|الشحن|
            توصيل|التوصيل|ارسال|डिलीवरी|शिपिंग|ongkir|pristatym*|piegad*|tarne*|saatmi*
            """,
        _Word.FREE: """
            free|free of charge|no charge|kostenlos*|kostenfrei*|gratis|frei|gratuit*|offert|offerte|offerts|
            gratuito*|gratuita*|gratuiti|darmow*|bezplatn*|zdarma|zadarmo|ingyenes*|бесплатн*|безплатн*|безкоштовн*|
            besplatn*|brezplacn*|ilmai*|ucretsiz|bedava|δωρεαν|無料|免费|免費|무료|ฟรี|mien phi|חינם|مجاني*|مجانا|مجانية|
            رایگان|मुफ्त|फ्री|nemokam*|bezmaksas|tasuta|kostnadsfri*|fritt|frit
            """,
        _Word.FREE_SHIPPING: """
            free shipping|free delivery|free uk delivery|free standard delivery|free standard shipping|
            versandkostenfrei*|portofrei*|kostenloser versand|kostenlose lieferung|gratis versand|gratisversand|
            gratis lieferung|livraison gratuite|livraison offerte|port offert|frais de port offerts|envio gratis|
            frete gratis|portes gratis|entrega gratis|entrega gratuita|spedizione gratuita|consegna gratuita|
            gratis verzending|gratis bezorging|gratis verzonden|darmowa dostawa|darmowa wysylka|doprava zdarma|
            doprava zadarmo|postovne zdarma|ingyenes szallitas|ingyenes kiszallitas|livrare gratuita|
            transport gratuit|бесплатная доставка|безплатна доставка|безкоштовна доставка|besplatna dostava|
            brezplacna dostava|brezplacna postnina|ilmainen toimitus|ucretsiz kargo|kargo bedava|δωρεαν μεταφορικα|
            δωρεαν αποστολη|送料無料|送料込み|包邮|包郵|免運費|免运费|免運|무료배송|무료 배송|ส่งฟรี|จัดส่งฟรี|mien phi van chuyen|freeship|
            משלוח חינם|شحن مجاني|توصيل مجاني|ارسال رایگان|मुफ्त डिलीवरी|fri frakt|fraktfritt|gratis frakt|fri fragt|
            gratis fragt|gratis levering|gratis ongkir|nemokamas pristatymas|bezmaksas piegade|tasuta tarne|
            tasuta transport
            """,
        _Word.FROM: """
            orders over|orders above|or more|upgrade|orders of|over|above|from|when you spend|spend|minimum|min|
            more than|ab|uber|mindestbestellwert|bestellwert|a partir de|des|superieur*|plus de|d'achat|desde|
            mas de|superior*|compras|partir|oltre|superiori|sopra|da|vanaf|boven|od|nad|powyzej|pri nakupu|felett|
            tol|peste|от|свыше|при заказе|при покупке|над|від|понад|iznad|preko|fra|kop over|fran|yli|vahintaan|
            uzeri|uzerinde|και ανω|ανω των|以上|满|滿|이상|ขั้นต่ำ|tu|tren|מעל|בקנייה|فوق|للطلبات|بالای|se|nuo|virs|
            alates|flat|flatrate|abo|member*|mitglied*|abonn*|membre*|socio*|subscri*
            """,
        _Word.NOT_HERE: """
            return*|ruckversand*|rucksendung*|retour*|devolucion*|devoluc*|reso|resi|zwrot*|vracen*|visszakuld*|
            retur*|возврат*|povrat*|palautu*|iade|επιστροφ*|返品|退货|退貨|반품|pickup|pick up|collect*|collection|abholung|
            selbstabholung|retrait|recogida|ritiro|afhalen|ophalen|odbior*|osobni odber|самовывоз|store|filiale*|
            magasin|tienda|negozio|winkel
            """,
    }
)
_MONEY = re.compile(
    r"(?:[^\W\d]{1,3}[$€£]?\.? ?|[$€£¥₹₽₴₺₩₫฿₪] ?)?(?<![\d.,])\d[\d.,]*(?:,-)?(?: ?(?:[$€£¥₹₽₴₺₩₫฿₪]|[^\W\d]{1,4}\b))?(?! ?%)"
)
_WITH_IT = re.compile(
    r"(?:incl|inkl|including|included|inclus|incluido|incluida|inclusa|incluso|compris|vcetne|w tym|z|с|כולל|شامل)\W*$"
)
"""Before the word: the amount is of both."""
_LONGEST = 120
_FARTHEST = 30
"""Characters between the word and the amount."""


_SHIPPING = (_Word.SHIPPING, _Word.FREE_SHIPPING)


def delivery_price(
    text: str, *, price: Decimal | None = None, locale: str | None = None, currency_hint: str | None = None
) -> Decimal | None:
    """What a text says that a delivery of the product costs, 0 when it is free; None where it does not say.

    Args:
        text: a line of a page.
        price: the product's own, which may stand in the same line.
        locale: of the page.
        currency_hint: of the page.
    """
    if len(text) > _LONGEST:
        return None
    plain = folded(text)
    found = list(_WORDS.find(plain))
    kinds = {word for _, _, word in found}
    if kinds.isdisjoint(_SHIPPING) or _Word.NOT_HERE in kinds:
        return None
    source = as_written(text, plain)
    amounts = [
        (match.start(), match.end(), amount)
        for match in _MONEY.finditer(source)
        if (amount := _amount(match[0], locale, currency_hint)) is not None and amount != price
    ]
    if _Word.FROM in kinds:
        return None
    words = [
        (at, end) for at, end, word in found if word in _SHIPPING and not _WITH_IT.search(plain[max(0, at - 12) : at])
    ]
    near = [(_gap(word, at), at[2]) for at in amounts for word in words if _gap(word, at) <= _FARTHEST]
    if _Word.FREE_SHIPPING in kinds:
        return Decimal(0)
    if near:
        return min(near)[1]
    return Decimal(0) if _Word.FREE in kinds and not amounts else None


def _amount(text: str, locale: str | None, currency_hint: str | None) -> Decimal | None:
    """A money's amount; a number without a currency is a number of days."""
    if not find_currencies(text):
        return None
    price = read_price(text, locale=locale, currency_hint=currency_hint)
    return price.amount if price.currency else None


def _gap(word: tuple[int, int], amount: tuple[int, int, Decimal]) -> int:
    return max(amount[0] - word[1], word[0] - amount[1], 0)
