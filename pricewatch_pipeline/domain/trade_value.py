"""What a transaction is worth: shares x price, only where that is a value."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum

from pricewatch_pipeline.domain.insiders import OPEN_MARKET_CODES, OwnershipRow, OwnershipTable


class NoValue(StrEnum):
    """Why shares x price is no value."""

    DERIVATIVE = "derivative"
    """The price is that of an option, the shares are what it stands for, or the other way round."""
    NOT_OPEN_MARKET = "not_open_market"
    """Neither bought nor sold: granted, withheld, given, exercised."""
    EQUITY_SWAP = "equity_swap"
    """No share may have changed hands."""
    NO_SHARES = "no_shares"
    NO_PRICE = "no_price"
    """None, or zero."""
    PRICE_PER_ADS = "price_per_ads"
    """Ordinary shares, at the price of a depositary share that stands for several of them."""
    PRICE_IS_TOTAL = "price_is_total"
    """A footnote says that the price is what all of them cost together: no price of a share either, and so none of a watch."""
    ABSURD = "absurd"
    """More than any company is worth, or any share costs: likewise."""


# The dearest share there is costs below a million; the largest trades of insiders were of some billions, and no company is worth
# five trillion to one of its holders.
_HIGHEST_PRICE = Decimal(5_000_000)
_LARGEST_VALUE = Decimal(50_000_000_000)
_LARGEST_HOLDING = Decimal(5_000_000_000_000)

_DEPOSITARY = re.compile(r"\bAD[SR]s?\b|\b(?i:american\s+depositary)")
_IS_DEPOSITARY = re.compile(r"\W*(?:(?:sponsored|unsponsored)\s+)?(?:ADS|ADR|american\s+depositary)", re.IGNORECASE)
_TOTAL = re.compile(
    r"\b(?:aggregate|total)\s+(?:(?:purchase|sale|sales|selling|gross|net|cash|dollar)\s+)*"
    r"(?:price|consideration|proceeds|amount|value|cost)\b",
    re.IGNORECASE,
)
_TOTAL_OF = re.compile(_TOTAL.pattern + r"[^.;$]{0,80}\$\s?(?P<amount>\d[\d,]*(?:\.\d+)?)", re.IGNORECASE)
_UNIT = re.compile(r"\bper\s+(?:\w+\s+)?(?:share|unit|ADS)\b|\baverage\b", re.IGNORECASE)


def value_of(row: OwnershipRow, footnotes: Mapping[str, str]) -> tuple[Decimal | None, NoValue | None]:
    """Shares x price in USD, or why that is no value. `footnotes`: those of the filing, by id.

    It is meant to be too careful: a row without a value is shown as such, a wrong value is in every sum. What it cannot tell is a
    price in another currency, or a total, that no footnote speaks of and that a share might cost.
    """
    if reason := _unfit(row):
        return None, reason
    if row.shares is None or row.shares <= 0:
        return None, NoValue.NO_SHARES
    if row.price is None or row.price <= 0:
        return None, NoValue.NO_PRICE
    if reason := _misleading_price(row, row.price, footnotes):
        return None, reason
    value = row.shares * row.price
    if value > _LARGEST_VALUE or row.price > _HIGHEST_PRICE or (row.owned_after or 0) * row.price > _LARGEST_HOLDING:
        return None, NoValue.ABSURD
    return value, None


def _unfit(row: OwnershipRow) -> NoValue | None:
    if row.table is not OwnershipTable.NON_DERIVATIVE:
        return NoValue.DERIVATIVE
    if row.code not in OPEN_MARKET_CODES:
        return NoValue.NOT_OPEN_MARKET
    return NoValue.EQUITY_SWAP if row.is_equity_swap else None


def _misleading_price(row: OwnershipRow, price: Decimal, footnotes: Mapping[str, str]) -> NoValue | None:
    if not row.footnotes and not _DEPOSITARY.search(row.security or ""):
        return None
    of_row = [text for ids in row.footnotes.values() for text in _texts(ids, footnotes)]
    security = row.security or ""
    if not _IS_DEPOSITARY.match(security) and any(_DEPOSITARY.search(text) for text in (security, *of_row)):
        return NoValue.PRICE_PER_ADS
    of_price = _texts(row.footnotes.get("price", ()), footnotes)
    return NoValue.PRICE_IS_TOTAL if any(_says_total(text, price) for text in of_price) else None


def _texts(ids: Iterable[str], footnotes: Mapping[str, str]) -> list[str]:
    return [footnotes[each] for each in ids if each in footnotes]


def _says_total(text: str, price: Decimal) -> bool:
    """Whether a footnote at a price says that it is a total. A weighted average is a price per share, and so is one that the text
    calls so, unless the very amount is named as the total."""
    if any(Decimal(found["amount"].replace(",", "")) == price for found in _TOTAL_OF.finditer(text)):
        return True
    return bool(_TOTAL.search(text)) and not _UNIT.search(text)
