"""What a watch file may say of how far prices may move before they are doubted: read, and written."""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from pricewatch_pipeline.domain.plausibility import PlausibilityBounds
from pricewatch_pipeline.watch_files.fields import Entry

ANY = "any"
_ANY_FALL = Decimal(1)
_ANY_RISE = Decimal("Infinity")
_PERCENT = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,2})?)\s*%", re.ASCII)
_PercentText = Annotated[str, Field(pattern=rf"^({ANY}|{_PERCENT.pattern})$", examples=["60%", ANY])]


def _share(value: Any) -> Decimal:
    found = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    share = Decimal(found[1]) / 100 if found else None
    if not share:
        raise ValueError(
            f"{value!r} is not a share of the price (allowed: a percentage above 0, such as 60%, or {ANY})"
        )
    return share


def _fall(value: Any) -> Decimal:
    share = _ANY_FALL if value == ANY else _share(value)
    if share > _ANY_FALL:
        raise ValueError(f"{value} is more than a price can fall (allowed: up to 100%, or {ANY})")
    return share


def _rise(value: Any) -> Decimal:
    return _ANY_RISE if value == ANY else _share(value)


Fall = Annotated[Decimal, BeforeValidator(_fall, json_schema_input_type=_PercentText)]
Rise = Annotated[Decimal, Field(allow_inf_nan=True), BeforeValidator(_rise, json_schema_input_type=_PercentText)]


class PlausibilityEntry(Entry):
    """How far prices may move before another look must confirm them."""

    max_fall: Fall | None = Field(
        default=None, description="Furthest fall below the median of the last prices; 50% when nothing is said."
    )
    max_rise: Rise | None = Field(
        default=None, description="Furthest rise above the median of the last prices; 50% when nothing is said."
    )
    currency: Literal["same", "any"] | None = Field(
        default=None, description="any: a price in another currency is believed at once; same by default."
    )
    title: Literal["same", "any"] | None = Field(
        default=None, description="any: a page with another title is believed at once; same by default."
    )
    checked: bool = Field(default=True, description="false, or `plausibility: off`: whatever is read is believed.")

    def to_bounds(self) -> PlausibilityBounds:
        """What is said here; saying anything turns the check on, where an outer level turned it off."""
        return PlausibilityBounds(
            is_on=self.checked,
            max_fall=self.max_fall,
            max_rise=self.max_rise,
            checks_currency=None if self.currency is None else self.currency == "same",
            checks_title=None if self.title is None else self.title == "same",
        )


def _as_entry(value: Any) -> Any:
    if isinstance(value, str | bool):
        if value not in ("on", "off", True, False):
            raise ValueError(f"{value!r} is not known here (allowed: on, off, or bounds such as {{max_fall: 60%}})")
        return {"checked": value in ("on", True)}
    return value


Plausibility = Annotated[
    PlausibilityEntry,
    BeforeValidator(_as_entry, json_schema_input_type=Literal["on", "off"] | bool | PlausibilityEntry),
]


def bounds_entry(bounds: PlausibilityBounds) -> str | dict[str, Any] | None:
    """Bounds as a watch file would say them; None where they say nothing."""
    said = {
        "max_fall": _percent(bounds.max_fall, anything=_ANY_FALL),
        "max_rise": _percent(bounds.max_rise, anything=_ANY_RISE),
        "currency": _sameness(bounds.checks_currency),
        "title": _sameness(bounds.checks_title),
    }
    entry: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    if bounds.is_on is False:
        return {**entry, "checked": False} if entry else "off"
    return entry or ("on" if bounds.is_on else None)


def _percent(share: Decimal | None, *, anything: Decimal) -> str | None:
    if share is None:
        return None
    return ANY if share == anything else f"{(share * 100).normalize():f}%"


def _sameness(is_checked: bool | None) -> str | None:
    return None if is_checked is None else "same" if is_checked else ANY
