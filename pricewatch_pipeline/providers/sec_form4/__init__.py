"""Insider filings (forms 3, 4 and 5) from the SEC's EDGAR."""

from pricewatch_pipeline.providers.sec_form4.provider import SecForm4Provider

__all__ = ["SecForm4Provider"]
