"""Prices among the fields of one object, by their names: what is paid, what was paid, per month, per kilogram."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pricewatch_pipeline.domain.offers import PriceRole
from pricewatch_pipeline.parsing.currencies import iso_code
from pricewatch_pipeline.parsing.embedded_json import Json
from pricewatch_pipeline.parsing.found import FoundAmount
from pricewatch_pipeline.parsing.price_keys import PriceKey, price_key, words_of
from pricewatch_pipeline.parsing.price_text import read_amount

_DEEPEST = 3
_MOST_AMOUNTS = 30
_LONGEST_AMOUNT = 40
_CURRENCIES = ("currency", "currencyCode", "currency_code", "currencyIso", "currencyISO", "priceCurrency")
_KINDS = ("type", "priceType", "price_type", "kind")


@dataclass(frozen=True, kw_only=True)
class Prices:
    """What one object says of prices."""

    place: str
    raw: str | None
    amount: Decimal | None
    currency: str | None
    low: Decimal | None = None
    high: Decimal | None = None
    list_price: Decimal | None = None
    others: tuple[FoundAmount, ...] = ()
    taken: frozenset[str] = frozenset()
    """Fields that are used up."""


@dataclass(frozen=True)
class _Amount:
    key: PriceKey
    place: str
    raw: str
    amount: Decimal
    currency: str | None


def prices_of(node: dict[str, Any], place: str, currency: str | None, locale: str | None) -> Prices | None:
    """The prices of an object; None when it names none."""
    found: list[_Amount] = []
    taken = set()
    for key, value in node.items():
        before = len(found)
        if len(found) < _MOST_AMOUNTS:
            found.extend(_amounts(key, value, "", f"{place}.{key[:40]}", currency, locale, 0))
        if len(found) > before:
            taken.add(key)
    paid = _paid(found)
    low, high = (_of(found, role) for role in (PriceRole.RANGE_LOW, PriceRole.RANGE_HIGH))
    if paid is None and low is None:
        return None
    listed = max((a.amount for a in found if a.key.role is PriceRole.LIST_PRICE or _is_plain(a)), default=None)
    return Prices(
        place=paid.place if paid else place,
        raw=paid.raw if paid else None,
        amount=paid.amount if paid else None,
        currency=paid.currency if paid else next((a.currency for a in found), None),
        low=low if paid is None else None,
        high=high if paid is None else None,
        list_price=listed if paid and listed and listed > paid.amount else None,
        others=tuple(_other(a) for a in found if a is not paid and a.key.role not in _NOT_SHOWN),
        taken=frozenset(taken),
    )


_NOT_SHOWN = frozenset(
    {PriceRole.PRICE, PriceRole.LIST_PRICE, PriceRole.RANGE_LOW, PriceRole.RANGE_HIGH, PriceRole.OTHER}
)


def _is_plain(amount: _Amount) -> bool:
    return amount.key.role is PriceRole.PRICE and not amount.key.is_current


def _paid(found: list[_Amount]) -> _Amount | None:
    """What is said to be paid now; else the plain price; else a `regularPrice` that stands alone."""
    current = [a for a in found if a.key.role is PriceRole.PRICE and a.key.is_current]
    if current:
        return min(current, key=lambda a: a.amount)
    plain = [a for a in found if _is_plain(a)]
    if plain:
        return min(plain, key=lambda a: len(a.place))
    return next((a for a in found if a.key.role is PriceRole.LIST_PRICE), None)


def _of(found: list[_Amount], role: PriceRole) -> Decimal | None:
    return next((a.amount for a in found if a.key.role is role), None)


def _other(amount: _Amount) -> FoundAmount:
    return FoundAmount(
        role=amount.key.role,
        place=amount.place,
        raw=amount.raw,
        amount=amount.amount,
        currency=amount.currency,
    )


def _amounts(
    key: str, value: Json, within: str, place: str, currency: str | None, locale: str | None, depth: int
) -> Iterator[_Amount]:
    """The amounts that a field holds, by itself or in an object that tells one price in parts."""
    if value is None or isinstance(value, bool):
        return
    told = price_key(key, within=within)
    if told is None or told.role is PriceRole.OTHER:
        return
    if isinstance(value, dict):
        if depth < _DEEPEST and len(value) <= 50:
            yield from _parts(key, value, within, place, currency, locale, depth)
    elif isinstance(value, list):
        if len(value) == 1 or (0 < len(value) <= 5 and isinstance(value[0], dict)):
            for item in value:
                yield from _amounts("price", item, within, place, currency, locale, depth + 1)
    elif (amount := read_amount(_short(value), currency=currency, locale=locale)) is not None and amount > 0:
        yield _Amount(told, place, str(value), told.in_whole(amount, currency), currency)


def _parts(
    key: str, value: dict[str, Any], within: str, place: str, currency: str | None, locale: str | None, depth: int
) -> Iterator[_Amount]:
    own = next((iso_code(text) for name in _CURRENCIES if isinstance(text := value.get(name), str)), None)
    kind = next((text for name in _KINDS if isinstance(text := value.get(name), str)), "")
    said = " ".join((within, key, kind if len(words_of(kind)) < 4 else ""))
    for name, inner in value.items():
        yield from _amounts(name, inner, said, f"{place}.{name[:40]}", own or currency, locale, depth + 1)


def _short(value: Json) -> Json:
    return value if not isinstance(value, str) or len(value) <= _LONGEST_AMOUNT else None
