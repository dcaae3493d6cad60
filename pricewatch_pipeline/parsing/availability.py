"""Availability: what schema.org values and the usual spellings of shops mean."""

import re

from pricewatch_pipeline.domain.offers import Availability

_MEANINGS = {
    Availability.IN_STOCK: "instock instoreonly onlineonly available availableinstore inventory lieferbar auflager verfuegbar verfügbar "
    "skladem enstock disponible disponibile disponivel disponível naskladě dostupne dostępny paalager ilager preferorder 1 true",
    Availability.OUT_OF_STOCK: "outofstock soldout unavailable notavailable oos ausverkauft nichtlieferbar nichtverfügbar épuisé "
    "agotado esgotado esaurito vyprodáno niedostępny slutsåld udsolgt reserved 0 false",
    Availability.PRE_ORDER: "preorder presale availableforpreorder vorbestellbar",
    Availability.BACK_ORDER: "backorder backordered madetoorder",
    Availability.DISCONTINUED: "discontinued",
    Availability.LIMITED_AVAILABILITY: "limitedavailability limited lowstock lowinstock",
}
_BY_WORD = {word: availability for availability, words in _MEANINGS.items() for word in words.split()}
_NOISE = re.compile(r"[\s_\-.!]+")


def read_availability(raw: object) -> Availability | None:
    """`https://schema.org/InStock`, `in stock`, `Sold out`; None for missing and for what nobody taught us."""
    if not isinstance(raw, str) or len(raw) > 200:
        return None
    word = raw.strip().rstrip("/").rsplit("/", 1)[-1].rsplit("#", 1)[-1].rsplit(":", 1)[-1]
    return _BY_WORD.get(_NOISE.sub("", word).casefold())
