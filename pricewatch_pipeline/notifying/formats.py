"""Amounts, shares, dates and times as people write them where they live."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision

# Babel writes PLN79.00, as no people do.
_APART = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_PLAIN_AMOUNT = "#,##0.00"
_FINE_BELOW = Decimal("0.1")
"""Shares below it are given to a tenth of a percent."""


@dataclass(frozen=True, kw_only=True)
class Formats:
    """How one audience writes numbers and times."""

    locale: str
    """As Babel writes it: de_DE."""
    timezone: str
    """IANA name."""

    def money(self, amount: Decimal, currency: str | None) -> str:
        """`79,00 €`; all its digits where there are more than the currency has, and a bare number without a currency."""
        return _APART.sub("\u00a0", self._money(tidy(amount, currency), currency))

    def _money(self, amount: Decimal, currency: str | None) -> str:
        if currency is None:
            return str(format_decimal(amount, _PLAIN_AMOUNT, locale=self.locale, decimal_quantization=False))
        if _decimals(amount) <= get_currency_precision(currency):
            return str(format_currency(amount, currency, locale=self.locale))
        return str(
            format_currency(amount, currency, locale=self.locale, currency_digits=False, decimal_quantization=False)
        )

    def share(self, share: Decimal) -> str:
        """0.2 as `20 %`; small ones to a tenth of a percent."""
        # Adding 0 takes the sign off a nothing.
        step = Decimal("0.001") if abs(share) < _FINE_BELOW else Decimal("0.01")
        return str(format_percent(share.quantize(step) + 0, locale=self.locale, decimal_quantization=False))

    def number(self, number: int) -> str:
        return str(format_decimal(number, locale=self.locale))

    def day(self, instant: datetime) -> str:
        return str(format_date(instant.astimezone(ZoneInfo(self.timezone)), "medium", locale=self.locale))

    def time(self, instant: datetime) -> str:
        """Day and time in the audience's zone, which is named when it is UTC."""
        there = instant.astimezone(ZoneInfo(self.timezone))
        clock = format_time(there, "short", locale=self.locale)
        return f"{self.day(instant)}, {clock}{' UTC' if there.tzinfo in (UTC, ZoneInfo('UTC')) else ''}"


def tidy(amount: Decimal, currency: str | None) -> Decimal:
    """The amount with as many decimals as its currency has, or more where they say something: 79.0000 EUR is 79.00."""
    decimals = get_currency_precision(currency) if currency else 2
    if _decimals(amount) > decimals:
        return amount.normalize()
    return amount.quantize(Decimal(1).scaleb(-decimals))


def _decimals(amount: Decimal) -> int:
    """Decimals without the zeros at the end."""
    exponent = amount.normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0
