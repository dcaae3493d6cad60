"""Bounds for changes to their column and back; what they do not say is left out."""

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from pricewatch_pipeline.domain.plausibility import PlausibilityBounds


def bounds_record(bounds: PlausibilityBounds) -> dict[str, Any]:
    """Bounds as the column `plausibility` of stores and watches holds them."""
    said = {name: value for name, value in asdict(bounds).items() if value is not None}
    return {name: f"{value:f}" if isinstance(value, Decimal) else value for name, value in said.items()}


def bounds_from(record: Mapping[str, Any]) -> PlausibilityBounds:
    """Bounds from that column."""
    said: dict[str, Any] = {n: Decimal(value) if isinstance(value, str) else value for n, value in record.items()}
    return PlausibilityBounds(**said)
