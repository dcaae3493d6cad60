"""What the names of fields and attributes say of the value they hold: `salePrice`, `data-old-price`, `price_cents`."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import lru_cache

from pricewatch_pipeline.domain.offers import PriceRole
from pricewatch_pipeline.parsing.currencies import decimals_of

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_GLUED = re.compile(
    r"(list|original|orig|old|regular|reg|was|base|compare|retail|sale|sales|special|current|final|discounted?|promo|offer|now|sell|selling"
    r"|product|item|unit|net|gross|min|max|low|high|total|member|full|display|web|single|actual)(prices?)|(prices?)(\w+)"
)

_PRICE = frozenset({"price", "prices", "pricing", "mrp", "msrp", "rrp", "uvp", "srp"})
_ROLES: dict[PriceRole, frozenset[str]] = {
    role: frozenset(words.split())
    for role, words in {
        PriceRole.SHIPPING: "shipping delivery freight postage",
        PriceRole.INSTALMENT: "installment installments instalment instalments monthly month months emi finance financing weekly week",
        PriceRole.EXTRA: "warranty insurance protection addon addons gift wrap deposit surcharge fee tip accessory accessories assembly engraving trade tradein",
        PriceRole.CONDITIONAL: "member members membership club loyalty reward rewards subscriber subscription subscribe coupon card vip student business b2b "
        "bulk tier tiers tiered wholesale group voucher employee points coins",
        PriceRole.WITHOUT_TAX: "net netto excl excluding ex pretax untaxed without notax extax exvat exclusive",
        PriceRole.UNIT_PRICE: "kg kilo litre liter ml meter metre sqm measure unit per",
        PriceRole.LIST_PRICE: "list original orig old regular reg was base compare comparison msrp rrp mrp uvp srp retail strike striked strikethrough crossed before "
        "previous prev full standard normal recommended suggested undiscounted initial manufacturer ticket",
        PriceRole.SAVING: "saving savings save saved discount off reduction cashback rebate difference drop",
        PriceRole.USED: "used refurbished renewed preowned secondhand",
        PriceRole.RANGE_HIGH: "max maximum high highest",
        PriceRole.RANGE_LOW: "min minimum low lowest from starting start",
        PriceRole.OTHER: "history lowest30 omnibus cost supplier purchase buying dealer threshold alert target filter bucket step cart order basket shipped "
        "tax vat count competitor market average avg prior30 valid until date time timestamp id index position sort level version",
    }.items()
}
_CURRENT = frozenset(
    {
        *("sale", "sales", "special", "current", "final", "discounted", "reduced", "promo", "promotion", "promotional"),
        *("offer", "now", "selling", "sell", "actual", "today", "deal", "buy"),
    }
)
_CENTS = frozenset({"cent", "cents", "minor", "pence", "micros", "micro", "kopeks"})
_VALUES = frozenset(
    {
        *("amount", "value", "raw", "number", "numeric", "numeral", "float", "decimal", "gross", "inclusive", "incl"),
        *("including", "inc", "with", "ttc"),
    }
)
_NOT_AMOUNTS = frozenset(
    {
        *(
            "currency",
            "symbol",
            "code",
            "format",
            "formatted",
            "label",
            "text",
            "prefix",
            "suffix",
            "type",
            "html",
            "class",
        ),
        *("template", "sign", "locale", "pattern", "desc", "description", "has", "is", "show", "hide", "enable"),
    }
)
_KNOWN = (
    _PRICE | _CURRENT | _CENTS | _VALUES | frozenset().union(*_ROLES.values()) | {"range", "default", "at", "in", "per"}
)


class Unit(Enum):
    """In what a field counts money."""

    WHOLE = 1
    MINOR = 2
    """The currency's smallest: cents, where it has such."""
    MICROS = 3


@dataclass(frozen=True)
class PriceKey:
    """What a field with such a name holds."""

    role: PriceRole
    is_current: bool
    """Said to be what is paid now, as `salePrice` is."""
    unit: Unit = Unit.WHOLE

    def in_whole(self, amount: Decimal, currency: str | None) -> Decimal:
        """An amount of such a field in whole units of its currency, which need not have a hundred parts."""
        if self.unit is Unit.MINOR:
            return amount / int(10 ** decimals_of(currency or ""))
        return amount / 1_000_000 if self.unit is Unit.MICROS else amount


@lru_cache(maxsize=4_096)
def words_of(key: str) -> tuple[str, ...]:
    """`salePrice`, `sale_price`, `data-saleprice` are sale and price."""
    words = [word.lower() for word in _WORD.findall(key[:80])]
    apart: list[str] = []
    for word in words:
        match = _GLUED.fullmatch(word) if len(word) > 6 else None
        apart.extend(part for part in match.groups() if part) if match else apart.append(word)
    return tuple(apart)


@lru_cache(maxsize=4_096)
def price_key(key: str, *, within: str = "") -> PriceKey | None:
    """What a field holds, by its name and by those of the objects it stands in; None when it is no price's."""
    words = words_of(f"{within} {key}")
    named = frozenset(words)
    if not named & _PRICE or named & _NOT_AMOUNTS or not _is_about_price(words_of(key)):
        return None
    unit = Unit.MICROS if named & {"micros", "micro"} else Unit.MINOR if named & _CENTS else Unit.WHOLE
    is_current = bool(named & _CURRENT) or _is_reduced(words, named)
    for role, marks in _ROLES.items():
        if named & marks and not (is_current and role in (PriceRole.SAVING, PriceRole.LIST_PRICE)):
            return PriceKey(_without_tax(role, named), is_current, unit)
    return PriceKey(PriceRole.PRICE, is_current, unit)


def _is_reduced(words: tuple[str, ...], named: frozenset[str]) -> bool:
    """`discountPrice` and `priceAfterDiscount` are what is paid; `priceDiscount` is what is saved."""
    return "discount" in named and (bool(named & {"after", "with"}) or "discount price" in " ".join(words))


def _without_tax(role: PriceRole, named: frozenset[str]) -> PriceRole:
    """`excludingDiscount` and the like say nothing of taxes."""
    if role is PriceRole.WITHOUT_TAX and named & {"discount", "discounts", "shipping", "promotion"}:
        return PriceRole.LIST_PRICE
    return role


def _is_about_price(own: tuple[str, ...]) -> bool:
    """A field of a price object may be called `value` or `now`; `quantity` is none of its amounts."""
    return bool(_PRICE.intersection(own)) or (bool(own) and _KNOWN.issuperset(own))
