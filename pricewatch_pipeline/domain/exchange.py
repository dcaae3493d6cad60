"""Amounts in another currency, by daily reference rates. For comparing stores only: no alert depends on a rate."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from babel.numbers import get_currency_precision

from pricewatch_pipeline.domain.offers import LARGEST_AMOUNT

EURO = "EUR"
LONGEST_USE = timedelta(days=31)
"""A rate older than this says nothing of a day: holidays and some days offline are bridged, a currency that is no longer quoted is not."""
LARGEST_RATE = Decimal(10) ** 9
"""Units for one euro; beyond it, and below its inverse, a rate is a mistake."""


@dataclass(frozen=True, kw_only=True)
class Rate:
    """How many units of a currency one euro buys, on a day."""

    day: date
    currency: str
    per_eur: Decimal


@dataclass(frozen=True, kw_only=True)
class Rates:
    """What one euro buys, by currency: for each the newest rate at or before one day."""

    per_eur: Mapping[str, Decimal] = field(default_factory=dict)
    """Without the euro itself."""
    day: date | None = None
    """Of the newest one among them."""


def convert(amount: Decimal, source: str, target: str, rates: Rates) -> Decimal | None:
    """The amount in another currency, by way of the euro and not rounded; None where a rate is missing.

    An amount too large to be stored is None too.
    """
    converted: Decimal | None = amount
    if source != target:
        per_source, per_target = _per_euro(source, rates), _per_euro(target, rates)
        converted = None if per_source is None or per_target is None else amount * per_target / per_source
    return converted if converted is not None and converted < LARGEST_AMOUNT else None


def _per_euro(currency: str, rates: Rates) -> Decimal | None:
    return Decimal(1) if currency == EURO else rates.per_eur.get(currency)


def minor_unit(currency: str) -> Decimal:
    """The smallest amount that one can pay: 0.01 EUR, 1 JPY. Of a currency that nobody knows: 0.01."""
    return Decimal(1).scaleb(-get_currency_precision(currency))


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the currency's minor unit, for people; comparisons take what is not rounded."""
    return amount.quantize(minor_unit(currency))
