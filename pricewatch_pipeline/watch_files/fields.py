"""The kinds of values a watch file may hold: how each is written, how it is checked, and what editors are told."""

import re
from collections.abc import Callable
from datetime import time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, TypeVar

from babel import Locale, UnknownLocaleError
from babel.numbers import list_currencies
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from pricewatch_pipeline.domain.hosts import USUAL_PORTS, site_of, split_url
from pricewatch_pipeline.domain.watches import WATCH_ID_PATTERN
from pricewatch_pipeline.errors import PricewatchError, UnsafePattern
from pricewatch_pipeline.parsing.css_syntax import check_css
from pricewatch_pipeline.parsing.measures import Measure, packs_in
from pricewatch_pipeline.watch_files.calendars import ALL_DAYS, parse_clock, parse_cron, parse_days
from pricewatch_pipeline.watch_files.durations import PATTERN, parse_cooldown, parse_duration, parse_interval

T = TypeVar("T")


class Entry(BaseModel):
    """Anything in a watch file: unknown fields are refused, values do not change, null means "not said"."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _only_what_is_said(cls, value: Any) -> Any:
        return {name: said for name, said in value.items() if said is not None} if isinstance(value, dict) else value


_AMOUNT = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,4})?", re.ASCII)
_LONGEST_DELAY = timedelta(hours=1)
_PACK = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,4})?) (kg|l|m|m2|m3|piece)", re.ASCII)
"""As we write packs ourselves."""


def _from_text(parse: Callable[[str], T]) -> Callable[[Any], T]:
    """A pydantic validator from a parser of texts whose errors are ours."""

    def validate(value: Any) -> T:
        if not isinstance(value, str):
            raise ValueError(f"{_shown(value)} is not a text")
        try:
            return parse(value)
        except PricewatchError as error:
            raise ValueError(str(error)) from error

    return validate


def _shown(value: Any) -> str:
    match value:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case list():
            return "a list"
        case dict():
            return "a mapping"
        case _:
            return repr(value)


def as_list(value: Any) -> Any:
    """One value stands for a list of it."""
    return [value] if isinstance(value, str | dict) else value


@lru_cache(maxsize=1024)
def _currency(text: str) -> str:
    if text in list_currencies():
        return text
    hint = f"; did you mean {text.upper()}?" if text.upper() in list_currencies() else ""
    raise ValueError(f"{text!r} is not a currency{hint} (allowed: ISO 4217 codes, such as EUR)")


@lru_cache(maxsize=1024)
def _locale(text: str) -> str:
    try:
        return str(Locale.parse(text.replace("_", "-"), sep="-")).replace("_", "-")
    except (ValueError, UnknownLocaleError) as error:
        raise ValueError(f"{text!r} is not a locale (allowed: language and country, such as de-DE)") from error


def _domain(text: str) -> str:
    written = text.strip().lower().rstrip(".")
    if "/" in written or "://" in written:
        raise ValueError(f"{text!r} is not a host name: leave out the scheme and the path, such as shop.de")
    try:
        parts = split_url(f"http://{written}")
    except PricewatchError as error:
        raise ValueError(f"{text!r} is not a host name (allowed: shop.de, or with a port 127.0.0.1:8801)") from error
    if parts.query or parts.fragment or "*" in written:
        raise ValueError(f"{text!r} is not a host name (shop.de stands for all its subdomains)")
    return written.removesuffix(":443") if parts.port == USUAL_PORTS["https"] else site_of(f"http://{written}")


def _delay(text: str) -> timedelta:
    delay = parse_duration(text)
    if delay > _LONGEST_DELAY:
        raise ValueError(f"{text} is too long between two requests (allowed: 0s to 1h)")
    if delay % timedelta(milliseconds=1):
        raise ValueError(f"{text} is finer than a millisecond (0.001s)")
    return delay


def _css(text: str) -> str:
    try:
        check_css(text)
    except UnsafePattern as error:
        raise ValueError(str(error)) from error
    return text


def _amount(text: str) -> Decimal:
    if not _AMOUNT.fullmatch(text):
        hint = "; write the decimals with a point" if "," in text else ""
        raise ValueError(
            f"{text!r} is not an amount{hint} (allowed: a positive number with up to 4 decimals, such as 99.90)"
        )
    amount = Decimal(text)
    if not amount:
        raise ValueError("an amount must be above 0")
    return amount


def _pack(text: str) -> Measure:
    own = _PACK.fullmatch(text.strip())
    found = [Measure(amount=Decimal(own[1]), unit=own[2])] if own else packs_in(text)
    if len(found) != 1 or not found[0].amount:
        raise ValueError(f"{text!r} is not the size of a pack (allowed: such as 500 g, 6 x 0.33 l, 20 pieces)")
    return found[0]


def pack_text(amount: Decimal | None, unit: str | None) -> str | None:
    """A pack as a watch file may say it: `0.5 kg`; None where it is not known."""
    if amount is None or unit is None:
        return None
    digits = f"{amount:f}"
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits} {unit}"


_DurationText = Annotated[str, Field(pattern=PATTERN, examples=["90s", "6h", "1h30m", "2d"])]
_ClockText = Annotated[str, Field(pattern=r"^(([01]?\d|2[0-3]):[0-5]\d|24:00)$", examples=["22:00"])]
_DaysText = Annotated[str, Field(examples=["mon-fri", "sat,sun", "fri-mon"])]

Id = Annotated[str, StringConstraints(pattern=WATCH_ID_PATTERN)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Notes = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]
Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4096)]
Timezone = Annotated[str, StringConstraints(min_length=1, max_length=64)]
"""Whether there is such a zone is looked at per watch: a bad one does not make the file invalid."""

Cooldown = Annotated[timedelta, BeforeValidator(_from_text(parse_cooldown), json_schema_input_type=_DurationText)]
Interval = Annotated[timedelta, BeforeValidator(_from_text(parse_interval), json_schema_input_type=_DurationText)]
Delay = Annotated[timedelta, BeforeValidator(_from_text(_delay), json_schema_input_type=_DurationText)]
Cron = Annotated[str, BeforeValidator(_from_text(parse_cron), json_schema_input_type=str)]
Clock = Annotated[time, BeforeValidator(_from_text(parse_clock), json_schema_input_type=_ClockText)]
Currency = Annotated[
    str,
    BeforeValidator(_from_text(_currency), json_schema_input_type=Annotated[str, Field(pattern="^[A-Z]{3}$")]),
]
Pack = Annotated[
    Measure,
    BeforeValidator(
        _from_text(_pack), json_schema_input_type=Annotated[str, Field(examples=["500 g", "6 x 0.33 l", "20 pieces"])]
    ),
]
LocaleName = Annotated[str, BeforeValidator(_from_text(_locale), json_schema_input_type=str)]
Css = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000), AfterValidator(_css)]
Domain = Annotated[str, BeforeValidator(_from_text(_domain), json_schema_input_type=str)]
Amount = Annotated[
    Decimal,
    BeforeValidator(
        _from_text(_amount), json_schema_input_type=float | Annotated[str, Field(pattern=r"^\d+(\.\d+)?$")]
    ),
]


def _days(value: Any) -> frozenset[int]:
    parts = as_list(value)
    if not isinstance(parts, list) or not parts or not all(isinstance(part, str) for part in parts):
        raise ValueError(f"{_shown(value)} is not a list of weekdays (allowed: mon-fri, or [mon, wed])")
    return _from_text(parse_days)(",".join(parts))


Days = Annotated[frozenset[int], BeforeValidator(_days, json_schema_input_type=_DaysText | list[_DaysText])]


class WindowEntry(Entry):
    """A time of the week."""

    days: Days = Field(
        default=ALL_DAYS, description="Weekdays on which the window opens: mon-fri, sat,sun or [mon, wed]."
    )
    start: Clock = Field(alias="from", description="When it opens, HH:MM in the time zone said beside.")
    end: Clock = Field(alias="to", description="When it closes; at or before `from` means the next day.")
