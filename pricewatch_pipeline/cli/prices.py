"""Amounts that were converted or divided, for a person."""

from decimal import Decimal

from pricewatch_pipeline.cli.output import money
from pricewatch_pipeline.domain.exchange import rounded


def price_text(amount: Decimal | None, currency: str | None) -> str | None:
    """`79.95 EUR`, rounded to the currency's minor unit; None where there is no amount."""
    return money(rounded(amount, currency) if amount is not None and currency else amount, currency)
