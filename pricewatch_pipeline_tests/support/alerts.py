"""Alerts as they are stored, for what turns them into messages."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pricewatch_pipeline.domain.alert_rules import RuleKind
from pricewatch_pipeline.domain.messages import AlertRecord

FIRED_AT = datetime(2026, 11, 22, 14, 3, tzinfo=UTC)
KEY = "0123456789abcdef0123"
KETTLE: Mapping[str, Any] = {
    "title": "Kettle 1.7 l, steel",
    "url": "https://laden.example/p/kettle",
    "store_id": "laden",
    "store_name": "laden.example",
    "availability": "InStock",
    "shipping_price": "4.90",
    "unit_price": "46.47",
    "unit_price_per": "l",
    "list_price": "109.0000",
    "lowest_price": "75.0000",
    "lowest_at": "2026-03-12T10:00:00+00:00",
}


def kettle_alert(
    kind: RuleKind = RuleKind.AT_TARGET, *, facts: Mapping[str, Any] | None = None, **fields: Any
) -> AlertRecord:
    """A kettle that fell from 99 to 79 EUR, with other fields and further facts."""
    usual: dict[str, Any] = {
        "key": KEY,
        "rule_id": "my-rule",
        "rule_kind": kind,
        "subject": "kettle",
        "watch_id": "kettle",
        "slot_at": FIRED_AT,
        "fired_at": FIRED_AT,
        "price": Decimal("79.0000"),
        "currency": "EUR",
        "was_price": Decimal("99.0000"),
        "threshold": Decimal("80.0000"),
        "reason": "79 EUR is at or below the target of 80 EUR",
    }
    return AlertRecord(**(usual | fields), facts={**KETTLE, **(facts or {})})
