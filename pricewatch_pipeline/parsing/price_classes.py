"""What the words of class names say of the amount inside: `price-old`, `unitPrice`, `installment`; general English, and no shop's own."""

from collections.abc import Collection
from functools import lru_cache

from pricewatch_pipeline.parsing.class_words import word_set

_CLASS_LABELS: dict[str, frozenset[str]] = {
    "price": word_set("price prices pricing preis prix precio preco prezzo prijs cena amount money cost fiyat pris hinta pret"),
    "now": word_set("now current final sale sales special actual our selling sell promo promotion discounted offer offers reduced new your today main primary deal"),
    "list": word_set("old was msrp rrp uvp srp mrp compare before strike striked retail original previous crossed recommended"),
    "saving": word_set("save saving savings saved discount off percent percentage reduction rabatt"),
    "unit": word_set("unit per ppu measure baseprice basic grundpreis kilo comparison"),
    "instalment": word_set("installment installments instalment instalments monthly month emi finance financing credit rate leasing loan mo"),
    "shipping": word_set("shipping delivery freight versand ship postage fulfillment"),
    "conditional": word_set("member members club loyalty coupon coupons voucher subscribe subscription subscriber autoship rewards reward cashback promocode"),
    "without_tax": word_set("excl excluding exclusive net netto novat notax untaxed"),
    "with_tax": word_set("incl including inclusive gross brutto taxed"),
    "used": word_set("used refurbished renewed secondhand preowned"),
    "extra": word_set("warranty insurance protection addon addons service services extra extras surcharge deposit option options"),
    "cart": word_set("cart basket subtotal total totals minicart checkout"),
    "from": word_set("from min low lowest starting range"),
    "up_to": word_set("max high highest"),
    "points": word_set("points point bonus"),
    "quantity": word_set("tier tiers bulk quantity qty scale staffel volume"),
    "other_offer": word_set("seller sellers merchant merchants competitor competitors alternative other others"),
}  # fmt: skip
_LARGE = word_set(
    "large larger largest big bigger xl xxl xlarge lg huge main primary highlight display title h1 h2 h3 bold strong hero"
)


_REGULAR = word_set("regular reg normal standard full undiscounted list")
"""A price called so is the price before only where another one beside it is called the one of now."""
_TELLING = _LARGE.union(_REGULAR, *_CLASS_LABELS.values())


def is_called_regular(words: Collection[str]) -> bool:
    """Whether an element's amount is called the usual one."""
    return not _REGULAR.isdisjoint(words)


def is_called_price(words: Collection[str]) -> bool:
    """Whether an element is called a price."""
    return not _CLASS_LABELS["price"].isdisjoint(words)


def is_called_large(words: Collection[str]) -> bool:
    """Whether an element's text is written large."""
    return not _LARGE.isdisjoint(words)


@lru_cache(maxsize=10_000)
def price_words_of(words: tuple[str, ...]) -> frozenset[str]:
    """Those words of an element's names that say something of a price."""
    return _TELLING.intersection(words)


@lru_cache(maxsize=10_000)
def class_traits(prefix: str, words: frozenset[str]) -> tuple[str, ...]:
    """Traits that class words say, such as `class_list`."""
    return tuple(f"{prefix}_{label}" for label, known in _CLASS_LABELS.items() if not known.isdisjoint(words))
