"""The rows of an ownership document's two tables: transactions and holdings, in the order of the document."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from pricewatch_pipeline.domain.filing_dates import date_flags
from pricewatch_pipeline.domain.insiders import KNOWN_CODES, OwnershipRow, OwnershipTable, RowKind
from pricewatch_pipeline.providers.sec_form4.cells import (
    Element,
    day_of,
    distinct,
    mark_of,
    number_of,
    text_of,
    unknown,
)

_TEXTS = {
    "securityTitle": "security",
    "transactionFormType": "form_type",
    "transactionCode": "code",
    "transactionTimeliness": "timeliness",
    "transactionAcquiredDisposedCode": "acquired_disposed",
    "directOrIndirectOwnership": "direct_indirect",
    "natureOfOwnership": "nature",
    "underlyingSecurityTitle": "underlying",
}
_NUMBERS = {
    "transactionShares": "shares",
    "transactionTotalValue": "total_value",
    "transactionPricePerShare": "price",
    "sharesOwnedFollowingTransaction": "owned_after",
    "valueOwnedFollowingTransaction": "value_owned_after",
    "conversionOrExercisePrice": "exercise_price",
    "underlyingSecurityShares": "underlying_shares",
    "underlyingSecurityValue": "underlying_value",
}
_DATES = {
    "transactionDate": "traded_on",
    "deemedExecutionDate": "deemed_on",
    "exerciseDate": "exercise_date",
    "expirationDate": "expiration_date",
}
_FIELDS = _TEXTS | _NUMBERS | _DATES | {"equitySwapInvolved": "is_equity_swap"}
_GROUPS = {
    "transactionCoding": "code",
    "transactionAmounts": "row",
    "postTransactionAmounts": "row",
    "ownershipNature": "row",
    "underlyingSecurity": "underlying",
}
"""What holds fields, and where a footnote on the whole of it belongs."""
_KINDS = {
    "nonDerivativeTransaction": (OwnershipTable.NON_DERIVATIVE, RowKind.TRANSACTION),
    "nonDerivativeHolding": (OwnershipTable.NON_DERIVATIVE, RowKind.HOLDING),
    "derivativeTransaction": (OwnershipTable.DERIVATIVE, RowKind.TRANSACTION),
    "derivativeHolding": (OwnershipTable.DERIVATIVE, RowKind.HOLDING),
}
_CHOICES = {"acquired_disposed": ("A", "D"), "direct_indirect": ("D", "I"), "timeliness": ("E", "L")}
_SIDES = {"P": "A", "S": "D"}
_NUMBER_NAMES = frozenset(_NUMBERS.values())
_DATE_NAMES = frozenset(_DATES.values())
_FLAG_NAMES = {"traded_on": "date"}


@dataclass(slots=True)
class _Cells:
    """What a row says, by the name of the field."""

    texts: dict[str, str | None] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    odd: set[str] = field(default_factory=set)

    def put(self, name: str, text: str | None) -> None:
        """A field that is there twice is believed where both say the same."""
        if name in self.texts and text != self.texts[name]:
            self.flag(name, "contradicts_itself")
            text = None
        self.texts[name] = text

    def note(self, name: str, footnote: str | None) -> None:
        if footnote:
            self.notes.setdefault(name, []).append(footnote.strip())

    def flag(self, name: str, what: str) -> None:
        self.odd.add(name)
        self.flags.append(f"{_FLAG_NAMES.get(name, name)}_{what}")


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a row is judged by."""

    footnotes: Mapping[str, str]
    period: date | None
    filed_on: date | None


def read_rows(elements: Iterable[Element], around: Surroundings) -> Iterator[OwnershipRow]:
    """Every transaction and holding, numbered from 1 on in its table. What is neither is passed over."""
    numbers: Counter[OwnershipTable] = Counter()
    for element in elements:
        if kinds := _KINDS.get(element.tag):
            numbers[kinds[0]] += 1
            yield _row(element, kinds, numbers[kinds[0]], around)


def is_row(element: Element) -> bool:
    """Whether it is a transaction or a holding."""
    return element.tag in _KINDS


def _row(element: Element, kinds: tuple[OwnershipTable, RowKind], number: int, around: Surroundings) -> OwnershipRow:
    cells = _Cells()
    _collect(element, "row", cells)
    values = dict(_values(cells))
    table, kind = kinds
    row = OwnershipRow(
        table=table,
        kind=kind,
        row=number,
        footnotes={name: distinct(ids) for name, ids in cells.notes.items()},
        **values,
    )
    flags = (
        *cells.flags,
        *(_oddities(row, cells.odd | cells.notes.keys()) if kind is RowKind.TRANSACTION else ()),
        *date_flags(row, period=around.period, filed_on=around.filed_on),
        *(
            ["footnote_missing"]
            if any(one not in around.footnotes for ids in cells.notes.values() for one in ids)
            else []
        ),
    )
    return replace(row, flags=distinct(flags)) if flags else row


def _collect(parent: Element, where: str, cells: _Cells) -> None:
    for element in parent:
        tag = element.tag
        if name := _FIELDS.get(tag):
            _cell(element, name, cells)
        elif group := _GROUPS.get(tag):
            _collect(element, group, cells)
        elif tag == "footnoteId":
            cells.note(where, element.get("id"))
        else:
            cells.flags.append(unknown(tag))


def _cell(element: Element, name: str, cells: _Cells) -> None:
    """A field: its text in `value`, or by itself; its footnotes beside it."""
    has_value = False
    for part in element:
        tag = part.tag
        if tag == "footnoteId":
            cells.note(name, part.get("id"))
        elif tag == "value":
            has_value = True
            _put(part, name, cells)
        else:
            cells.flag(name, "not_readable")
            has_value = True
    if not has_value:
        cells.put(name, (element.text or "").strip() or None)


def _put(value: Element, name: str, cells: _Cells) -> None:
    if len(value):
        cells.flag(name, "not_readable")
    else:
        cells.put(name, text_of(value))


def _values(cells: _Cells) -> Iterator[tuple[str, Any]]:
    for name, text in cells.texts.items():
        if text is None:
            continue
        value: Any
        if name in _NUMBER_NAMES:
            value, odd = number_of(text)
            if odd:
                cells.flag(name, odd)
        else:
            value = _other(name, text)
            if value is None:
                cells.flag(name, "not_readable")
        if value is not None:
            yield name, value


def _other(name: str, text: str) -> Any:
    """A day, a mark, one of a few letters, or a text."""
    if name in _DATE_NAMES:
        return day_of(text)
    if name == "is_equity_swap":
        return mark_of(text)
    choices = _CHOICES.get(name)
    return text if choices is None or text in choices else None


def _oddities(row: OwnershipRow, explained: AbstractSet[str]) -> Iterator[str]:
    """Of a transaction. What a footnote or a flag stands for is not missing."""
    if row.code is not None and row.code not in KNOWN_CODES:
        yield "code_unknown"
    if row.acquired_disposed != _SIDES.get(row.code or "", row.acquired_disposed):
        yield "code_contradicts_acquired_disposed"
    if row.code is None and "code" not in explained:
        yield "code_missing"
    if row.traded_on is None and "traded_on" not in explained:
        yield "date_missing"
    if row.shares is None and row.total_value is None and not explained & {"shares", "total_value"}:
        yield "shares_missing"
