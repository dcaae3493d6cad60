"""The kinds of trades that the demo's insiders report, as rows with the footnotes that agents write to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pricewatch_pipeline.domain.insiders import OwnershipRow, OwnershipTable, ReportingOwner, RowKind

_CENT = Decimal("0.01")
_PLAN = "Made under a trading plan that the reporting person adopted to meet the conditions of Rule 10b5-1(c)."
_AVERAGE = "A weighted average price: the shares were traded in several transactions at prices within one dollar of it."
_TRUST = "By a family trust"
_CHAIN = "Held by the fund. The manager and who controls it may be deemed to own it, and disclaim that."


@dataclass(frozen=True, kw_only=True)
class Told:
    """What one filing tells, before it has a number."""

    form: str = "4"
    owners: tuple[ReportingOwner, ...]
    period: date
    rows: tuple[OwnershipRow, ...] = ()
    footnotes: Mapping[str, str] = field(default_factory=dict)
    is_10b5_1: bool | None = False
    original_filed_on: date | None = None
    remarks: str | None = None


def sale(security: str, owners: tuple[ReportingOwner, ...], day: date, price: Decimal, seed: int) -> Told:
    """Under a plan, in one to three tranches; what a trust has beside it is a holding."""
    owned = Decimal(40_000 + seed % 90_000)
    rows: list[OwnershipRow] = []
    for number in range(1 + seed % 3):
        shares = Decimal(500 + (seed >> (4 * number)) % 9_500)
        owned -= shares
        rows.append(
            _row(
                len(rows) + 1,
                security,
                day,
                "S",
                shares=shares,
                price=price + number * Decimal("0.35"),
                owned_after=owned,
                footnotes={"code": ("F1",), "price": ("F2",)},
            )
        )
    rows.append(_held(len(rows) + 1, security, Decimal(12_000 + seed % 5_000), nature=_TRUST))
    return Told(owners=owners, period=day, rows=tuple(rows), footnotes={"F1": _PLAN, "F2": _AVERAGE}, is_10b5_1=True)


def purchase(
    security: str,
    owners: tuple[ReportingOwner, ...],
    day: date,
    price: Decimal,
    seed: int,
    *,
    is_indirect: bool | None = None,
) -> Told:
    """By a person, who has shares in a trust too; or one block by a fund, and again by who stands above it."""
    shares = Decimal(1_000 + seed % 24_000)
    bought = _row(1, security, day, "P", shares=shares, price=price, owned_after=shares * 11)
    if is_indirect is None:
        held = _held(2, security, Decimal(3_000 + seed % 900), nature=_TRUST)
        timeliness = "L" if seed % 11 == 0 else None
        return Told(owners=owners, period=day, rows=(replace(bought, timeliness=timeliness), held))
    block = replace(bought, shares=shares * 10, owned_after=shares * 400)
    if is_indirect:
        block = replace(block, direct_indirect="I", nature="See footnote", footnotes={"nature": ("F1",)})
    return Told(owners=owners, period=day, rows=(block,), footnotes={"F1": _CHAIN} if is_indirect else {})


def option_sale(security: str, owners: tuple[ReportingOwner, ...], day: date, price: Decimal, seed: int) -> Told:
    """An option is exercised, and what it gave is sold: three rows in two tables, of which one is a sale."""
    shares, strike = Decimal(2_000 + seed % 8_000), (price / 3).quantize(_CENT)
    owned = Decimal(25_000 + seed % 30_000)
    option = _row(
        1,
        "Stock Option (right to buy)",
        day,
        "M",
        table=OwnershipTable.DERIVATIVE,
        acquired_disposed="D",
        shares=shares,
        price=Decimal(0),
        owned_after=shares * 2,
        exercise_price=strike,
        expiration_date=day + timedelta(days=900),
        underlying=security,
        underlying_shares=shares,
        footnotes={"exercise_date": ("F1",)},
    )
    rows = (
        _row(1, security, day, "M", shares=shares, price=strike, owned_after=owned + shares, acquired_disposed="A"),
        _row(2, security, day, "S", shares=shares, price=price, owned_after=owned, footnotes={"price": ("F2",)}),
        option,
    )
    notes = {"F1": "The option is fully vested.", "F2": _AVERAGE}
    return Told(owners=owners, period=day, rows=rows, footnotes=notes)


def grant(security: str, owners: tuple[ReportingOwner, ...], day: date, _price: Decimal, seed: int) -> Told:
    """Of restricted stock units: for nothing, and no purchase."""
    units = Decimal(1_000 + seed % 6_000)
    row = _row(
        1,
        "Restricted Stock Units",
        day,
        "A",
        table=OwnershipTable.DERIVATIVE,
        acquired_disposed="A",
        shares=units,
        price=Decimal(0),
        owned_after=units,
        underlying=security,
        underlying_shares=units,
        footnotes={"exercise_price": ("F1",), "exercise_date": ("F2",), "expiration_date": ("F2",)},
    )
    notes = {"F1": "Each unit is a right to one share.", "F2": "The units vest over four years and do not expire."}
    return Told(owners=owners, period=day, rows=(row,), footnotes=notes)


def withheld(security: str, owners: tuple[ReportingOwner, ...], day: date, price: Decimal, seed: int) -> Told:
    """Shares kept back for taxes: a price, and no sale on the market. Fractions of a share are usual here."""
    shares = Decimal(300 + seed % 2_000) + Decimal(seed % 1000) / 1000
    row = _row(1, security, day, "F", acquired_disposed="D", shares=shares, price=price, owned_after=Decimal(31_000))
    return Told(owners=owners, period=day, rows=(row,))


def gift(security: str, owners: tuple[ReportingOwner, ...], day: date, _price: Decimal, seed: int) -> Told:
    """Without a price: a footnote stands in its place."""
    shares = Decimal(100 + seed % 4_000)
    row = _row(
        1,
        security,
        day,
        "G",
        acquired_disposed="D",
        shares=shares,
        owned_after=Decimal(18_000),
        footnotes={"price": ("F1",)},
    )
    return Told(owners=owners, period=day, rows=(row,), footnotes={"F1": "A gift. No price was paid."})


def new_director(security: str, owner: ReportingOwner, day: date, *, has_shares: bool) -> Told:
    """The first report of somebody: what is held, or that nothing is."""
    rows = (_held(1, security, Decimal(1_500), nature=None),) if has_shares else ()
    return Told(form="3", owners=(owner,), period=day, rows=rows, is_10b5_1=None)


def _row(row: int, security: str, day: date, code: str, **fields: Any) -> OwnershipRow:
    chosen: dict[str, Any] = {
        "table": OwnershipTable.NON_DERIVATIVE,
        "form_type": "4",
        "acquired_disposed": "A" if code == "P" else "D",
        "direct_indirect": "D",
        **fields,
    }
    return OwnershipRow(kind=RowKind.TRANSACTION, row=row, security=security, traded_on=day, code=code, **chosen)


def _held(row: int, security: str, owned: Decimal, *, nature: str | None) -> OwnershipRow:
    return OwnershipRow(
        table=OwnershipTable.NON_DERIVATIVE,
        kind=RowKind.HOLDING,
        row=row,
        security=security,
        owned_after=owned,
        direct_indirect="D" if nature is None else "I",
        nature=nature,
    )
