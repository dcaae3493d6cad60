"""Availability as data gives it: schema.org values, the usual spellings of shops, numbers and booleans."""

import re

from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.parsing.stock_words import stated_availability

_MEANINGS = {
    Availability.IN_STOCK: "instock instoreonly onlineonly available availableinstore availableonline availabletoorder inventory "
    "madetoorder purchasable orderable buyable onstock ready enabled active true yes y in",
    Availability.OUT_OF_STOCK: "outofstock soldout unavailable notavailable oos nostock notinstock reserved temporarilyunavailable "
    "notpurchasable false no n out nonavailable",
    Availability.PRE_ORDER: "preorder presale availableforpreorder comingsoon prelaunch",
    Availability.BACK_ORDER: "backorder backordered availableforbackorder onbackorder",
    Availability.DISCONTINUED: "discontinued endoflife eol obsolete",
    Availability.LIMITED_AVAILABILITY: "limitedavailability limited lowstock lowinstock limitedstock",
}
_BY_WORD = {word: availability for availability, words in _MEANINGS.items() for word in words.split()}
_NOISE = re.compile(r"[\s_\-.!]+")
_QUANTITY = re.compile(r"\d{1,9}(?:[.,]0+)?")
_LONGEST = 200


def read_availability(raw: object) -> Availability | None:
    """`https://schema.org/InStock`, `in stock`, `Sold out`, `nicht lieferbar`, a quantity, whether it is; None for missing and for
    what nobody taught us."""
    if isinstance(raw, (bool, int, float)):
        return Availability.IN_STOCK if raw > 0 else Availability.OUT_OF_STOCK
    if not isinstance(raw, str) or len(raw) > _LONGEST:
        return None
    text = raw.strip()
    word = text.rstrip("/").rsplit("/", 1)[-1].rsplit("#", 1)[-1].rsplit(":", 1)[-1]
    known = _BY_WORD.get(_NOISE.sub("", word).casefold())
    if known or not text:
        return known
    if _QUANTITY.fullmatch(text):
        return Availability.IN_STOCK if text.strip("0.,") else Availability.OUT_OF_STOCK
    return stated_availability(text)
