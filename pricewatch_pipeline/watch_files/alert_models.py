"""What a watch file may say of alerts: one entry per rule. What an entry means is in alert_entries.py."""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from pricewatch_pipeline.domain.alert_rules import RULE_ID_PATTERN, Baseline, Digest, RuleKind
from pricewatch_pipeline.domain.flights import FareLevel
from pricewatch_pipeline.errors import ScheduleError, TemplateError
from pricewatch_pipeline.watch_files.durations import parse_duration
from pricewatch_pipeline.watch_files.fields import (
    Amount,
    Cooldown,
    Currency,
    Entry,
    Id,
    Tag,
    Timezone,
    WindowEntry,
    as_list,
)

EVER = "ever"
NEVER = "never"
MOST_DAYS = 3660
_PERCENT = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,4})?)\s*%", re.ASCII)
_SUM = re.compile(
    r"(?P<amount>[0-9.,]+)\s*(?P<currency>[A-Za-z]{3})|(?P<before>[A-Za-z]{3})\s*(?P<after>[0-9.,]+)", re.ASCII
)
_WINDOWED = re.compile(r"(?P<days>\S+)\s+(?P<what>median|low)", re.ASCII)
_ALONE = {
    "previous": Baseline.PREVIOUS,
    "first": Baseline.FIRST,
    "last alert": Baseline.LAST_ALERTED,
    "last_alerted": Baseline.LAST_ALERTED,
}
BASELINES = "previous, first, 30d median, 30d low, or last alert"


def _share(value: Any) -> Decimal:
    found = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        raise ValueError(f"{value!r} is not a share of the price (allowed: a percentage, such as 10%)")
    return Decimal(found[1]) / 100


def _move(value: Any) -> Decimal:
    share = _share(value)
    if not share:
        raise ValueError("0% is no move (allowed: a percentage above 0, such as 10%)")
    return share


def _again(value: Any) -> Decimal | str:
    return NEVER if value == NEVER else _share(value)


def _days(text: str) -> int:
    try:
        duration = parse_duration(text)
    except ScheduleError as error:
        raise ValueError(str(error)) from error
    if not duration.days or duration.seconds or duration.microseconds:
        raise ValueError(f"{text!r} is not a number of days (allowed: such as 30d, 4w)")
    return duration.days


def _lowest(value: Any) -> int:
    """Days; 0 for ever."""
    if not isinstance(value, str):
        raise ValueError(f"say over which time: {EVER}, or a number of days such as 90d")
    return 0 if value == EVER else _days(value)


def _baseline(value: Any) -> tuple[Baseline, int | None]:
    written = " ".join(value.lower().split()) if isinstance(value, str) else ""
    if written in _ALONE:
        return _ALONE[written], None
    if found := _WINDOWED.fullmatch(written):
        return Baseline(found["what"]), _days(found["days"])
    if written in ("median", "low"):
        raise ValueError(f"{written} of how many days? Such as 30d {written}")
    raise ValueError(f"{value!r} is nothing to measure from (allowed: {BASELINES})")


def _sum(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    found = _SUM.fullmatch(value.strip())
    if not found:
        return {"amount": value}
    return {"amount": found["amount"] or found["after"], "currency": found["currency"] or found["before"]}


def _by(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return {"share": value} if "%" in value else {"amount": value}


def _lowered(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


def _template(value: Any) -> str:
    from pricewatch_pipeline.notifying.templates import check_template  # noqa: PLC0415  Jinja: only for who has templates

    if not isinstance(value, str):
        raise ValueError("must be a text")
    try:
        check_template(value)
    except TemplateError as error:
        raise ValueError(str(error)) from error
    return value


_PercentText = Annotated[str, Field(pattern=rf"^{_PERCENT.pattern}$", examples=["10%"])]
_SumText = float | Annotated[str, Field(examples=["80", "80 EUR"])]
_DaysText = Annotated[str, Field(examples=[EVER, "90d"])]
_BaselineText = Annotated[str, Field(examples=["previous", "first", "30d median", "30d low", "last alert"])]

Share = Annotated[Decimal, BeforeValidator(_share, json_schema_input_type=_PercentText)]
Move = Annotated[Decimal, BeforeValidator(_move, json_schema_input_type=_PercentText)]
Again = Annotated[
    Decimal | Literal["never"], BeforeValidator(_again, json_schema_input_type=_PercentText | Literal["never"])
]
From = Annotated[tuple[Baseline, int | None], BeforeValidator(_baseline, json_schema_input_type=_BaselineText)]
Lowest = Annotated[int, Field(ge=0, le=MOST_DAYS), BeforeValidator(_lowest, json_schema_input_type=_DaysText)]
Template = Annotated[str, BeforeValidator(_template, json_schema_input_type=str)]
RuleId = Annotated[str, StringConstraints(pattern=RULE_ID_PATTERN)]
Indicator = Annotated[FareLevel, BeforeValidator(_lowered, json_schema_input_type=FareLevel)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Words = Annotated[tuple[Word, ...], BeforeValidator(as_list, json_schema_input_type=Word | tuple[Word, ...])]
Windows = Annotated[
    tuple[WindowEntry, ...], BeforeValidator(as_list, json_schema_input_type=WindowEntry | tuple[WindowEntry, ...])
]


class SumEntry(Entry):
    """An amount of money."""

    amount: Amount = Field(description="Such as 80 or 79.90.")
    currency: Currency | None = Field(default=None, description="ISO 4217; the watch's own when nothing is said.")


Sum = Annotated[SumEntry, BeforeValidator(_sum, json_schema_input_type=_SumText | SumEntry)]


class ByEntry(Entry):
    """How far a price must move; where both are said, both must be met."""

    share: Move | None = Field(default=None, description="Of what it is measured from, such as 10%.")
    amount: Sum | None = Field(default=None, description="Such as 5 EUR.")


By = Annotated[ByEntry, BeforeValidator(_by, json_schema_input_type=_PercentText | _SumText | ByEntry)]


class AlertEntry(Entry):
    """One rule: when to be told. A word alone stands for `when`, such as back_in_stock."""

    id: RuleId | None = Field(
        default=None, description="The rule's name for good; made from what it is about when nothing is said."
    )
    when: RuleKind | None = Field(default=None, description="What to be told of.")
    below: Sum | None = Field(default=None, description="When the price is at or below this amount: 80 EUR.")
    lowest: Lowest | None = Field(default=None, description="When the price is lower than ever, or than in 90d.")
    failing: int | None = Field(
        default=None, ge=1, le=1000, description="When this many checks in a row failed; again after each cooldown."
    )
    by: By | None = Field(default=None, description="For drop and rise, how far: 10%, 5 EUR, or share and amount.")
    from_: From | None = Field(
        default=None, alias="from", description=f"For drop and rise, measured from what: {BASELINES}."
    )
    indicator: Indicator | None = Field(
        default=None, description="For price_indicator: what the provider must call the price: low, typical or high."
    )
    above: Sum | None = Field(default=None, description="For insider_trade: worth this amount or more.")
    cooldown: Cooldown | None = Field(
        default=None, description="No second alert of one watch within this time; the watch's alert_cooldown otherwise."
    )
    rearm: Share | None = Field(
        default=None, description="How far the price must leave the threshold before the rule can fire anew; 1%."
    )
    rearm_after: Cooldown | None = Field(
        default=None, description="For stock: how long it must have been otherwise before it can fire anew; 1h."
    )
    again_after: Again | None = Field(
        default=None, description="A further move by this share is worth another alert; 5%. Or never."
    )
    confirm: Move | None = Field(
        default=None, description="A move this big since the check before must be seen by a second check first."
    )
    max_per_day: int | None = Field(default=None, ge=1, le=1000, description="Alerts of one watch within 24 hours.")
    quiet: Windows | None = Field(
        default=None, description="Times at which nothing is sent; what fires then is sent when they end."
    )
    timezone: Timezone | None = Field(
        default=None, description="IANA time zone for `quiet` and `digest`; PRICEWATCH_TIMEZONE otherwise."
    )
    to: Words | None = Field(default=None, description="Names of channels; the default ones when nothing is said.")
    digest: Digest | None = Field(default=None, description="daily or weekly: alerts come together.")
    title: Template | None = Field(default=None, description="A template for the message's first line.")
    message: Template | None = Field(default=None, description="A template for the message's text.")
    enabled: bool | None = Field(default=None, description="false: the rule rests.")


class ForEntry(Entry):
    """Whom a rule is about: one of these."""

    watch: Id | None = Field(default=None, description="A watch's id.")
    product: Id | None = Field(default=None, description="A product's id: all watches of it.")
    tag: Tag | None = Field(default=None, description="All watches with this tag, and those of products with it.")


class FileAlertEntry(AlertEntry):
    """One rule of a file; without `for` about every watch there is, whatever file it is in."""

    for_: ForEntry | None = Field(
        default=None, alias="for", description="About whom; about every watch when nothing is said."
    )


def as_alert(value: Any) -> Any:
    """A word alone stands for `when`."""
    return {"when": value} if isinstance(value, str) else value


_Kind = Literal["at_target", "lowest", "change", "back_in_stock", "out_of_stock", "blocked", "quarantined"]
_FileKind = _Kind | Literal["run_failed"]
Alert = Annotated[AlertEntry, BeforeValidator(as_alert, json_schema_input_type=_Kind | AlertEntry)]
FileAlert = Annotated[FileAlertEntry, BeforeValidator(as_alert, json_schema_input_type=_FileKind | FileAlertEntry)]
Alerts = Annotated[tuple[Alert, ...], BeforeValidator(as_list, json_schema_input_type=Alert | tuple[Alert, ...])]
FileAlerts = Annotated[
    tuple[FileAlert, ...], BeforeValidator(as_list, json_schema_input_type=FileAlert | tuple[FileAlert, ...])
]
