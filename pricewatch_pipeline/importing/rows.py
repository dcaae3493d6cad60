"""What an import is made of: rows, each with its place and what it says, or why it is skipped."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pricewatch_pipeline.domain.alert_rules import AlertRule

Entry = dict[str, Any]
"""As a watch file says it; scalars are texts, as they are there."""

LONGEST_ROW = 1024 * 1024
"""Characters of a line or a record; what is longer is refused, never held."""


class What(StrEnum):
    """What a row is about: a section of a watch file."""

    WATCH = "watch"
    STORE = "store"
    PRODUCT = "product"
    ALERT = "alert"
    UNKNOWN = "row"


@dataclass(frozen=True, kw_only=True)
class PastPrice:
    """A price that another tool saw."""

    at: datetime
    price: Decimal
    currency: str | None = None


@dataclass(frozen=True, kw_only=True)
class ImportRow:
    """One row of what is imported."""

    place: str
    """Where in the file: `line 3`, `products[2].urls[0]`."""
    what: What = What.WATCH
    entry: Mapping[str, Any] = field(default_factory=dict)
    """Without `id` where one is to be made up."""
    history: tuple[PastPrice, ...] = ()
    history_from: str | None = None
    """The tool that saw it."""
    rules: tuple[AlertRule, ...] = ()
    """Of this watch or product; id and scope are given to them when they are stored."""
    is_muted: bool = False
    notes: tuple[str, ...] = ()
    """What does not come along."""
    problem: str | None = None
    """Why there is nothing to import."""
    is_fault: bool = True
    """Whether somebody should put the problem right; not where a row is simply none of ours."""


def refused(place: str, problem: str, *, what: What = What.UNKNOWN, shown: str | None = None) -> ImportRow:
    """A row that is wrong; `shown`: its beginning, for people."""
    return ImportRow(place=place, what=what, problem=problem, entry={"url": shown} if shown else {})


def passed_over(place: str, why: str, *, what: What = What.WATCH, entry: Entry | None = None) -> ImportRow:
    """A row that is none of ours."""
    return ImportRow(place=place, what=what, problem=why, is_fault=False, entry=entry or {})


def said(entry: Mapping[str, Any]) -> Entry:
    """Without what says nothing."""
    return {name: value for name, value in entry.items() if value not in (None, False, "", [], {}, ())}


def shortened(value: object, most: int = 80) -> str:
    """The beginning of what somebody wrote, for a message."""
    text = str(value)
    return repr(text if len(text) <= most else text[: most - 3] + "...")
