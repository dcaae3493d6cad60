"""One block of shares, reported by several entities."""

import random
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pricewatch_pipeline.domain.amendments import Key, Trade
from pricewatch_pipeline.domain.ownership_chains import ChainFiling, repeated

DAY = date(2026, 3, 2)


def filed(name: str, *, day: int = 0, owners: str | None = None, is_of_insiders: bool = False) -> ChainFiling:
    return ChainFiling(
        accession=name,
        filed_on=DAY + timedelta(days=day),
        owners=frozenset(owners or name),
        is_of_insiders=is_of_insiders,
    )


def row(name: str, number: int = 1, **fields: Any) -> Trade:
    said = {
        "table": "non_derivative",
        "security": "Common Stock",
        "traded_on": DAY,
        "code": "P",
        "acquired_disposed": "A",
        "shares": Decimal(1_000),
        "price": Decimal(20),
        "owned_after": Decimal(5_000),
        "direct_indirect": "I",
        **fields,
    }
    return Trade(accession=name, row=number, **said)


def names(found: Mapping[Key, str]) -> dict[str, str]:
    return {name: first for (name, _, _), first in found.items()}


def test_what_was_filed_first_is_the_trade_and_the_others_repeat_it() -> None:
    filings = [filed("b", day=1), filed("c", day=1), filed("z")]
    assert names(repeated(filings, map(row, "bcz"))) == {"b": "z", "c": "z"}
    assert names(repeated([filed("b"), filed("a")], map(row, "ba"))) == {"b": "a"}


@pytest.mark.parametrize(
    "difference",
    [
        {"table": "derivative"}, {"security": "Preferred Stock"}, {"traded_on": DAY - timedelta(days=1)}, {"code": "S"},
        {"acquired_disposed": "D"}, {"shares": Decimal(999)}, {"price": Decimal("20.01")}, {"owned_after": Decimal(4_000)},
    ],
)  # fmt: skip
def test_rows_that_differ_are_no_chain(difference: dict[str, Any]) -> None:
    assert repeated([filed("a"), filed("b")], [row("a"), row("b", **difference)]) == {}


@pytest.mark.parametrize("unknown", ["traded_on", "code", "shares", "price", "owned_after"])
def test_rows_of_which_too_little_is_known_are_no_chain(unknown: str) -> None:
    nothing: dict[str, Any] = {unknown: None}
    rows = [row(name, **nothing) for name in "ab"]
    assert repeated([filed("a"), filed("b")], rows) == {}


@pytest.mark.parametrize(
    ("one", "other", "direct", "is_chain"),
    [
        ({"owners": "x"}, {"owners": "x"}, "I", False),
        ({"owners": "xy"}, {"owners": "yz"}, "D", True),
        ({"owners": "x"}, {"owners": "xy"}, "D", True),
        ({"is_of_insiders": True}, {"is_of_insiders": True}, "D", False),
        ({"is_of_insiders": True}, {"is_of_insiders": True}, "I", True),
        ({"is_of_insiders": True}, {}, "D", True),
        ({"owners": "xy", "is_of_insiders": True}, {"owners": "x", "is_of_insiders": True}, "D", True),
    ],
)
def test_who_files_says_whether_it_is_a_chain(
    one: dict[str, Any], other: dict[str, Any], direct: str, is_chain: bool
) -> None:
    rows = [row(name, direct_indirect=direct) for name in "ab"]
    assert names(repeated([filed("a", **one), filed("b", **other)], rows)) == ({"b": "a"} if is_chain else {})


def test_tranches_of_one_filing_never_repeat_each_other_and_are_repeated_one_by_one() -> None:
    assert repeated([filed("a")], [row("a", 1), row("a", 2)]) == {}
    rows = [row("a", 1), row("a", 2), row("b", 1), row("b", 2), row("b", 3)]
    found = repeated([filed("a"), filed("b")], rows)
    assert found == {("b", "non_derivative", 1): "a", ("b", "non_derivative", 2): "a"}


def test_what_is_repeated_does_not_depend_on_what_was_read_first() -> None:
    filings = [filed(name, day=day) for day, name in enumerate("dcba")]
    rows = [row(name, number) for name in "abcd" for number in (1, 2)]
    first = repeated(filings, rows)
    assert set(first.values()) == {"d"}
    random.Random(7).shuffle(rows)
    assert repeated(reversed(filings), rows) == first


HEIRS = [
    ("the owned number of one that repeats", "m", {"owned_after": Decimal(6_100)}, {"M": "q"}),
    ("the price of the first", "q", {"price": Decimal(21)}, {"m": "Q"}),
    ("the shares of the first", "q", {"shares": Decimal(999)}, {"m": "Q"}),
    ("nothing", "q", {}, {"m": "Q"}),
    ("the security of the first, by its numbers", "q", {"security": "Class A"}, {"m": "Q"}),
    ("the security and the price of the first, which nothing tells from another trade", "q",
     {"security": "Class A", "price": Decimal(21)}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("_", "amended", "put_right", "expected"), HEIRS)
def test_an_amendment_is_of_the_block_of_what_it_restates(
    _: str, amended: str, put_right: dict[str, Any], expected: dict[str, str]
) -> None:
    filings = [filed("q", owners="x"), filed("m", day=1, owners="y")]
    amendment = amended.upper()
    filings.append(filed(amendment, day=9, owners="x" if amended == "q" else "y"))
    rows = [row("q"), row("m"), row(amendment, **put_right)]
    found = repeated(filings, rows, {(amended, "non_derivative", 1): amendment})
    assert names(found) == expected


def test_an_amendment_of_an_amendment_and_one_of_each_report_are_one_block() -> None:
    filings = [filed(name, day=day, owners=name.lower()) for day, name in enumerate("qmQM")]
    filings.append(filed("z", day=7, owners="q"))
    rows = [row("q"), row("m"), row("Q", price=Decimal(21)), row("M", price=Decimal(22)), row("z", price=Decimal(23))]
    restated = {(name, "non_derivative", 1): by for name, by in (("q", "Q"), ("m", "M"), ("Q", "z"))}
    assert names(repeated(filings, rows, restated)) == {"M": "z"}


def test_tranches_keep_their_counterparts_when_one_is_put_right() -> None:
    filings = [filed("q", owners="x"), filed("m", day=1, owners="y"), filed("Q", day=9, owners="x")]
    rows = [row(name, number) for name in "qm" for number in (1, 2)]
    rows += [row("Q", 1), row("Q", 2, price=Decimal(21))]
    restated = {("q", "non_derivative", number): "Q" for number in (1, 2)}
    found = repeated(filings, rows, restated)
    assert found == {("m", "non_derivative", number): "Q" for number in (1, 2)}
