"""Offers to rows and back, for every table that holds them: snapshots, corrections, quarantined offers."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pricewatch_pipeline.domain.offers import Availability, Candidate, Offer, PriceRole

OFFER_TYPES = {
    "price": "numeric",
    "currency": "text",
    "price_text": "text",
    "price_high": "numeric",
    "list_price": "numeric",
    "shipping_price": "numeric",
    "unit_price": "numeric",
    "unit_price_per": "text",
    "pack_size": "numeric",
    "pack_unit": "text",
    "availability": "text",
    "title": "text",
    "brand": "text",
    "sku": "text",
    "gtin": "text",
    "mpn": "text",
    "variant": "jsonb",
    "image_url": "text",
    "seller": "text",
    "condition": "text",
    "method": "text",
    "confidence": "real",
    "reason": "text",
    "candidates": "jsonb",
}
"""The columns of an offer, and what `jsonb_to_recordset` is to take them for."""
_DEFAULTS = {"variant": "'{}'", "candidates": "'[]'"}


def columns(prefix: str = "") -> str:
    """The columns as SQL lists them: `price, currency, ...`."""
    return ", ".join(f"{prefix}{name}" for name in OFFER_TYPES)


def typed_columns() -> str:
    """For the column list of `jsonb_to_recordset`."""
    return ", ".join(f"{name} {kind}" for name, kind in OFFER_TYPES.items())


def values(prefix: str) -> str:
    """The columns of a recordset, with what stands where an offer says nothing."""
    return ", ".join(
        f"coalesce({prefix}{name}, {_DEFAULTS[name]})" if name in _DEFAULTS else f"{prefix}{name}"
        for name in OFFER_TYPES
    )


def offer_record(offer: Offer | None) -> dict[str, Any]:
    """An offer as its columns."""
    if offer is None:
        return {}
    record = {name: getattr(offer, name) for name in OFFER_TYPES}
    return record | {"variant": dict(offer.variant), "candidates": [_candidate_record(c) for c in offer.candidates]}


def _candidate_record(candidate: Candidate) -> dict[str, Any]:
    record: dict[str, Any] = {
        "source": candidate.source,
        "place": candidate.place,
        "raw": candidate.raw,
        "amount": candidate.amount,
        "currency": candidate.currency,
        "role": candidate.role,
        "is_chosen": candidate.is_chosen or None,
        "score": candidate.score,
        "why": candidate.why,
    }
    return {name: value for name, value in record.items() if value is not None}


def offer_of(row: Mapping[str, Any]) -> Offer:
    """An offer from a mapping with its columns."""
    known = {name: row[name] for name in OFFER_TYPES}
    availability = known["availability"]
    return Offer(
        **known
        | {
            "availability": Availability(availability) if availability else None,
            "candidates": tuple(map(_candidate_of, known["candidates"] or ())),
            "variant": known["variant"] or {},
        }
    )


def _candidate_of(record: Mapping[str, Any]) -> Candidate:
    amount = record.get("amount")
    return Candidate(
        source=record["source"],
        place=record["place"],
        raw=record["raw"],
        amount=None if amount is None else Decimal(amount),
        currency=record.get("currency"),
        role=PriceRole(record.get("role", PriceRole.PRICE)),
        is_chosen=record.get("is_chosen", False),
        score=record.get("score"),
        why=record.get("why"),
    )
