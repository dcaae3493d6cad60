"""The retail provider: any shop's product page."""

from pricewatch_pipeline.providers.retail.provider import RetailProvider

__all__ = ["RetailProvider"]
