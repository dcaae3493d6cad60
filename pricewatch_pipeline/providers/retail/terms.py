"""What comes with a price: the delivery's, what a kilogram or a piece costs, and how much one gets. Pure decisions."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from pricewatch_pipeline.domain.lazy import cached_property
from pricewatch_pipeline.domain.offers import Offer, PriceRole
from pricewatch_pipeline.parsing.delivery import delivery_price
from pricewatch_pipeline.parsing.found import FoundAmount, FoundOffer
from pricewatch_pipeline.parsing.labels import Fact, Label
from pricewatch_pipeline.parsing.layout import Line
from pricewatch_pipeline.parsing.measures import SMALLEST, Measure, UnitPrice, fits, measure, packs_in, unit_price_in
from pricewatch_pipeline.providers.retail.seen import Seen, first

_DELIVERY_STEMS = (
    "ship", "deliver", "postage", "p&p", "versand", "liefer", "zustell", "porto", "livraison", "de port", "expédi",
    "envío", "envio", "despacho", "entrega", "frete", "portes", "spedizion", "consegna", "verzend", "bezorg",
    "levering", "dostaw", "wysył", "doprav", "poštov", "doruč", "szállít", "livrare", "transport", "доставк",
    "dostav", "isporuk", "poštnin", "toimitus", "postiku", "frakt", "fragt", "leverans", "kargo", "teslimat",
    "gönderim", "μεταφορ", "αποστολ", "配送", "送料", "運費", "运费", "包邮", "包郵", "免運", "배송", "택배", "จัดส่ง", "ค่าส่ง",
    "ส่งฟรี", "vận chuyển", "giao hàng", "משלוח", "شحن", "توصيل", "ارسال", "डिलीवरी", "शिपिंग", "ongkir",
    "pristatym", "piegād", "tarne", "saatmi",
)  # fmt: skip
"""Of words that lines about a delivery hold: found in the whole text at once, the lines are then read in full."""
_UNIT_MARKS = (
    "/", "=", "≙", " per ", " pro ", " je ", " par ", " por ", " za ", " al ", " au ", " le ", " el ", "за ", "на ",
    "あたり", "当たり", "당", " each",
)  # fmt: skip
_RARE = {
    mark: next((letter for letter in mark if not letter.isascii()), "") for mark in (*_DELIVERY_STEMS, *_UNIT_MARKS)
}
"""A letter of each that most pages do not hold at all, which is found out faster than that they do not hold the mark."""
_MONEY_MARK = re.compile(r"[$€£¥₹₽₴₺₩₫฿₪円元원]|\d ?(?:[a-zа-я]{2,4}\b\.?|zł|kč)|\b[a-z]{3} ?\d")
_ELSEWHERE = frozenset({"header", "navigation", "footer", "related", "reviews", "dialog", "cart"})
_BREAK = re.compile("\n")
_LONGEST = 160
_MOST_LINES = 60
_ABOVE_TITLE = 4_000
_FARTHEST = 12_000
"""Characters from there: what follows is about other things."""
_SMALL_PACK = Decimal(2)
"""Kilograms or litres: what is named with more is mostly no pack but a machine or a bag."""


def with_terms(offer: Offer, seen: Seen, chosen: FoundOffer | None = None) -> Offer:
    """An offer whose price is decided, with what the page says beside it.

    Args:
        offer: with the pack that title and data name, if they do.
        seen: what was found on the page.
        chosen: the offer of the structured data that the price is of.
    """
    if offer.price is None:
        return offer
    lines = _Lines(seen.document.layout.lines, offer.title)
    shipping = _shipping(offer, seen, lines, chosen)
    priced = _unit_price(offer, seen, lines, chosen)
    if priced is None:
        return replace(offer, shipping_price=shipping)
    unit, beside = priced
    pack = next((pack for pack in (*_packs(offer), *beside) if fits(offer.price, unit, pack)), None)
    return replace(
        offer,
        shipping_price=shipping,
        unit_price=unit.amount,
        unit_price_per=unit.per,
        pack_size=pack.amount if pack else None,
        pack_unit=pack.unit if pack else None,
    )


def _packs(offer: Offer) -> list[Measure]:
    """What may be in the pack, by the data and by the title."""
    known = [Measure(amount=offer.pack_size, unit=offer.pack_unit)] if offer.pack_size and offer.pack_unit else []
    return known + packs_in(offer.title or "")


class _Lines:
    """The lines about a product, which begin somewhat above its title, searched as one text."""

    def __init__(self, lines: Sequence[Line], title: str | None) -> None:
        self.lines = [line for line in lines if len(line.text) <= _LONGEST]
        whole = " \n ".join([line.text for line in self.lines]).lower()
        named = whole.find(title.lower()) if title else 0
        start = max(0, named - _ABOVE_TITLE)
        self.before = whole.count("\n", 0, start)
        """Lines above."""
        self.text = whole[start : start + _FARTHEST]

    @cached_property
    def breaks(self) -> list[int]:
        """Where lines end in the text."""
        return [match.start() for match in _BREAK.finditer(self.text)]

    def with_any(self, marks: Iterable[str]) -> list[Line]:
        """Lines that hold one of these, in document order."""
        places = {bisect_left(self.breaks, at) for mark in marks for at in self._places(mark)}
        return [self.lines[self.before + place] for place in sorted(places)]

    def _places(self, mark: str) -> Iterator[int]:
        at = self.text.find(mark) if _RARE[mark] in self.text else -1
        while at >= 0:
            yield at
            at = self.text.find(mark, at + 1)


def _is_of_product(line: Line) -> bool:
    """Whether it stands where a page speaks of its product. This is dear to know: so a line's text is read first."""
    return line.region not in _ELSEWHERE and not line.is_hidden


def _amounts(seen: Seen, chosen: FoundOffer | None, role: PriceRole) -> list[FoundAmount]:
    """What the structured data says of a role: of the chosen offer, then where a kind of data has one offer only."""
    alone = [o for s in seen.sources for o in s.product.offers if len(s.product.offers) == 1]
    return [amount for offer in ([chosen] if chosen else []) + alone for amount in offer.amounts if amount.role is role]


def _shipping(offer: Offer, seen: Seen, lines: _Lines, chosen: FoundOffer | None) -> Decimal | None:
    stated = first(amount.amount for amount in _amounts(seen, chosen, PriceRole.SHIPPING))
    if stated is not None:
        return stated
    hint = seen.market.hint
    for line in lines.with_any(_DELIVERY_STEMS)[:_MOST_LINES]:
        said = delivery_price(line.text, price=offer.price, locale=hint, currency_hint=offer.currency)
        if said is not None and _is_of_product(line):
            return said
    return None


def _unit_price(
    offer: Offer, seen: Seen, lines: _Lines, chosen: FoundOffer | None
) -> tuple[UnitPrice, list[Measure]] | None:
    """What a unit costs, and the packs that the same text names; where several texts say so, the one that fits the price."""
    for amount in _amounts(seen, chosen, PriceRole.UNIT_PRICE):
        stated = _stated(amount)
        if stated is not None:
            return stated, []
    found: list[tuple[UnitPrice, list[Measure]]] = []
    hint = seen.market.hint
    with_money = [line for line in lines.with_any(_UNIT_MARKS) if _MONEY_MARK.search(line.text.lower())]
    for line in with_money[:_MOST_LINES]:
        unit = unit_price_in(line.text, locale=hint, currency_hint=offer.currency)
        if unit is not None and unit.currency in (None, offer.currency) and _is_of_product(line):
            found.append((unit, packs_in(line.text)))
    price, packs = offer.price or Decimal(0), _packs(offer)
    fitting = (pair for pair in found if any(fits(price, pair[0], pack) for pack in (*pair[1], *packs)))
    return next(fitting, None) or next(iter(found), None)


def _stated(amount: FoundAmount) -> UnitPrice | None:
    size = measure(str(amount.per or 1), amount.per_unit or "")
    if size is None:
        size = first(packs_in(amount.per_unit or ""))
    if size is None or not size.amount:
        return None
    return UnitPrice(
        amount=(amount.amount / size.amount).quantize(SMALLEST), per=size.unit, currency=amount.currency, raw=amount.raw
    )


def pack_of(seen: Seen, facts: Sequence[Fact], title: str | None) -> Measure | None:
    """How much one gets: as the data says, as the page labels it, as the title names it."""
    products = [source.product for source in seen.sources]
    stated = [measure(str(p.pack_size), p.pack_unit) for p in products if p.pack_size and p.pack_unit]
    labelled = [pack for fact in facts if fact.label is Label.CONTENT for pack in packs_in(fact.value)]
    return first([*stated, *labelled[:1], _only_pack(packs_in(title or ""))])


def _only_pack(named: Sequence[Measure]) -> Measure | None:
    """The pack that a title names, where it names one and that can be one."""
    sizes = [pack for pack in named if pack.unit in ("kg", "l")]
    if len(sizes) == 1 and (sizes[0].is_written_small or sizes[0].amount <= _SMALL_PACK):
        return sizes[0]
    pieces = [pack for pack in named if pack.unit == "piece"]
    return pieces[0] if len(pieces) == 1 and not sizes else None
