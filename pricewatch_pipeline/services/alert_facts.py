"""What an alert knew as it fired, as values: stored facts are JSON, and old ones may lack what newer ones have."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from pricewatch_pipeline.domain.messages import AlertRecord
from pricewatch_pipeline.domain.offers import Availability, is_amount
from pricewatch_pipeline.notifying.plain_text import one_line

_LONGEST_NAME = 90
_LONGEST_STORE = 60
_LONGEST_ERROR = 300
_LONGEST_URL = 2_000
_FINEST = Decimal("0.000001")


@dataclass(frozen=True, kw_only=True)
class AlertFacts:
    """The facts of one alert. Texts are one harmless line each."""

    name: str
    """Of what it is about: the product's title, the page's, or an id."""
    title: str | None = None
    """On the page."""
    product_id: str | None = None
    store: str | None = None
    provider: str | None = None
    seller: str | None = None
    url: str | None = None
    availability: Availability | None = None
    list_price: Decimal | None = None
    shipping_price: Decimal | None = None
    unit_price: Decimal | None = None
    unit_price_per: str | None = None
    lowest_price: Decimal | None = None
    lowest_at: datetime | None = None
    baseline: str | None = None
    days: int | None = None
    outcome: str | None = None
    error: str | None = None
    host: str | None = None
    indicator: str | None = None
    times: int | None = None
    """Failures in a row."""
    last_success_at: datetime | None = None
    run_id: str | None = None
    job: str | None = None


def facts_of(alert: AlertRecord) -> AlertFacts:
    """The facts; what is missing, or not what it should be, is None."""
    facts = alert.facts
    kind, _, subject = alert.subject.rpartition(":")
    product, title = _text(facts, "product_title", _LONGEST_NAME), _text(facts, "title", _LONGEST_NAME)
    host = _text(facts, "host", _LONGEST_STORE) or (one_line(subject, _LONGEST_STORE) if kind == "host" else None)
    return AlertFacts(
        name=product or title or alert.watch_id or one_line(subject, _LONGEST_NAME),
        title=title,
        product_id=_text(facts, "product_id", _LONGEST_NAME),
        store=_text(facts, "store_name", _LONGEST_STORE) or _text(facts, "store_id", _LONGEST_STORE) or host,
        provider=_text(facts, "provider", _LONGEST_NAME),
        seller=_text(facts, "seller", _LONGEST_NAME),
        url=_url(facts.get("url")),
        availability=_availability(facts.get("availability")),
        list_price=_amount(facts.get("list_price")),
        shipping_price=_amount(facts.get("shipping_price")),
        unit_price=_amount(facts.get("unit_price")),
        unit_price_per=_text(facts, "unit_price_per", 20),
        lowest_price=_amount(facts.get("lowest_price")),
        lowest_at=_instant(facts.get("lowest_at")),
        baseline=_text(facts, "baseline", 20),
        days=_count(facts.get("days")),
        outcome=_text(facts, "outcome", 40),
        error=_text(facts, "error", _LONGEST_ERROR),
        host=host,
        indicator=_text(facts, "indicator", 40),
        times=_count(facts.get("times")),
        last_success_at=_instant(facts.get("last_success_at")),
        run_id=_text(facts, "run_id", 60),
        job=_text(facts, "job", 80),
    )


def _text(facts: Mapping[str, object], name: str, longest: int) -> str | None:
    value = facts.get(name)
    return one_line(value, longest) or None if isinstance(value, str) else None


def _url(value: object) -> str | None:
    """Only what a reader may click on."""
    if not isinstance(value, str) or len(value) > _LONGEST_URL or not value.isprintable() or " " in value:
        return None
    return value if value.startswith(("https://", "http://")) else None


def _amount(value: object) -> Decimal | None:
    try:
        amount = Decimal(value) if isinstance(value, str | int) else None
    except InvalidOperation:
        return None
    return amount.quantize(_FINEST) if amount is not None and is_amount(amount) else None


def _instant(value: object) -> datetime | None:
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return instant.replace(tzinfo=instant.tzinfo or UTC) if instant else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _availability(value: object) -> Availability | None:
    return next((known for known in Availability if known == value), None)
