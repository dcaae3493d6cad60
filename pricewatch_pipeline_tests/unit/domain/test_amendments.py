"""What an amendment amends, and which transactions it restates."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.domain.amendments import FilingHead, Trade, amended, superseded

DAY = date(2026, 3, 2)


def head(name: str, form: str = "4", *, day: int = 0, owners: str = "a", **fields: Any) -> FilingHead:
    said = {"period": DAY, **fields}
    return FilingHead(accession=name, form=form, filed_on=DAY + timedelta(days=day), owners=frozenset(owners), **said)


def row(
    name: str, number: int, shares: str | None, price: str | None, after: int | None = None, **fields: Any
) -> Trade:
    said = {
        "table": "non_derivative",
        "security": "Common Stock",
        "traded_on": DAY,
        "code": "S",
        "acquired_disposed": "D",
        "direct_indirect": "D",
        **fields,
    }
    return Trade(
        accession=name,
        row=number,
        shares=None if shares is None else Decimal(shares),
        price=None if price is None else Decimal(price),
        owned_after=None if after is None else Decimal(after),
        **said,
    )  # fmt: skip


AMENDMENT = head("A", "4/A", day=5, original_filed_on=DAY)
LATER = head("later", day=1)


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([head("O"), LATER], "O"),
        ([LATER, head("O", period=None)], "O"),
        ([head("other-owner", owners="b"), LATER], "later"),
        ([head("joint", owners="ab")], "joint"),
        ([head("three", "3")], None),
        ([head("other-period", day=1, period=DAY + timedelta(days=9))], None),
        ([head("after", day=6)], None),
        ([head("O", day=1), head("P", day=2)], "P"),
        ([head("O"), head("B", "4/A", day=2)], "O"),
        ([head("B", "4/A", day=2)], "B"),
        ([], None),
    ],
)
def test_an_amendment_is_of_the_filing_of_its_date_or_else_of_its_period(
    others: list[FilingHead], expected: str | None
) -> None:
    assert amended(AMENDMENT, [AMENDMENT, *others]) == expected


def test_what_is_no_amendment_amends_nothing() -> None:
    assert amended(head("O", day=9), [head("P")]) is None


def test_an_amendment_of_the_same_day_comes_after_its_original() -> None:
    amendment = head("A", "4/A", original_filed_on=DAY)
    assert amended(amendment, [amendment, head("Z")]) == "Z"
    early = head("B", "4/A", accepted_at=datetime(2026, 3, 2, 9, tzinfo=UTC))
    late = head("A", "4/A", accepted_at=datetime(2026, 3, 2, 17, tzinfo=UTC))
    assert (amended(late, [early]), amended(early, [late])) == ("B", None)


def test_of_several_filings_of_one_day_it_is_the_one_with_trades_like_its_own() -> None:
    parts = [head("P1"), head("P2"), head("P3")]
    trades = [row("P1", 1, "5", "9"), row("P2", 1, "6", "9"), row("P3", 1, "6", "9", code="P"), row("A", 1, "5", "9")]
    assert amended(AMENDMENT, parts, trades) == "P1"
    assert amended(AMENDMENT, parts, [*trades[:3], row("A", 1, "7", "9")]) == "P2"
    assert amended(AMENDMENT, parts) == "P3"


TRANCHES = [row("O", 1, "100", "10", 900), row("O", 2, "100", "11", 800), row("O", 3, "50", "12", 750)]


@pytest.mark.parametrize(
    ("original", "amending", "replaced"),
    [
        (TRANCHES, [], []),
        (TRANCHES, [row("A", n, "1", "1") for n in range(3)], [1, 2, 3]),
        (TRANCHES, [row("A", n, "1", "1") for n in range(4)], [1, 2, 3]),
        (TRANCHES, [row("A", 1, "100", "11")], [2]),
        (TRANCHES, [row("A", 1, "50", "13", 750)], [3]),
        (TRANCHES, [row("A", 1, "60", "12", 740)], [3]),
        (TRANCHES, [row("A", 1, "100", "13", 650)], []),
        (TRANCHES, [row("A", 1, "25", "12", 725)], []),
        (TRANCHES, [row("A", 1, "25", "12")], [3]),
        (TRANCHES, [row("A", 1, "100", "13"), row("A", 2, "100", "10")], [1, 2]),
        (TRANCHES, [row("A", 1, "70", "13")], []),
        (TRANCHES, [row("A", 1, "100", "10", code="P")], []),
        (TRANCHES, [row("A", 1, "100", "10", 900, code="P")], [1]),
        (TRANCHES, [row("A", 1, "100", "10", 900, traded_on=DAY - timedelta(days=1))], [1]),
        (TRANCHES, [row("A", 1, "100", "10", 900, table="derivative")], []),
        # Each alike row restates one of those that it is alike to.
        (
            [row("O", n, "5", "9", 100) for n in (1, 2, 3)],
            [row("A", n, "5", "9", 100, code="P") for n in (1, 2)],
            [1, 2],
        ),
        (TRANCHES, [row("A", 1, "100", "10", direct_indirect="I")], []),
        (TRANCHES, [row("A", 1, "100", "10", security="  common  STOCK ")], [1]),
        (TRANCHES, [row("A", 1, None, None)], []),
        ([row("O", 1, None, None)], [row("A", 1, "5", "9")], [1]),
        (TRANCHES[:1], [row("A", 1, "80", "11", 820)], []),
        (TRANCHES[:1], [row("A", 1, "80", "11", 920)], [1]),
        (TRANCHES[:1], [row("A", 1, "80", "11", 700)], [1]),
        ([row("O", 1, "5", "0"), row("O", 2, "6", "0")], [row("A", 1, "7", "0")], []),
    ],
)
def test_an_amendment_replaces_what_it_restates_and_nothing_else(
    original: list[Trade], amending: list[Trade], replaced: list[int]
) -> None:
    restated = superseded([AMENDMENT, head("O")], [*original, *amending])
    assert restated == {("O", "non_derivative", number): "A" for number in replaced}


def test_each_amendment_replaces_what_still_stands_of_those_before_it() -> None:
    filings = [head("O"), AMENDMENT, head("B", "4/A", day=9, original_filed_on=DAY)]
    trades = [*TRANCHES, row("A", 1, "100", "11", 800), row("B", 1, "99", "11")]
    assert superseded(filings, trades) == {("O", "non_derivative", 2): "A", ("A", "non_derivative", 1): "B"}


def test_without_its_original_an_amendment_stands_by_itself() -> None:
    assert superseded([AMENDMENT], [row("A", 1, "1", "1")]) == {}


def test_of_two_originals_each_amendment_touches_its_own() -> None:
    other = head("P", day=1, period=DAY + timedelta(days=1))
    amendment = head("B", "4/A", day=7, original_filed_on=DAY + timedelta(days=1), period=DAY + timedelta(days=1))
    trades = [row("O", 1, "1", "1"), row("P", 1, "1", "1"), row("B", 1, "2", "1")]
    assert superseded([head("O"), other, amendment], trades) == {("P", "non_derivative", 1): "B"}


_ROWS = st.tuples(st.sampled_from("OPAB"), st.sampled_from(["1", "2", None]), st.sampled_from(["1", "2", None]))


@given(st.lists(_ROWS, max_size=12), st.randoms(use_true_random=False))
def test_what_is_restated_does_not_depend_on_what_was_read_first(
    said: list[tuple[str, str | None, str | None]], chance: random.Random
) -> None:
    filings = [head("O"), head("P", day=1), AMENDMENT, head("B", "4/A", day=6)]
    trades = [row(name, number, shares, price) for number, (name, shares, price) in enumerate(said)]
    first = superseded(filings, trades)
    chance.shuffle(filings)
    chance.shuffle(trades)
    assert superseded(filings, trades) == first
    assert all(name in "OPAB" and by in "AB" and name != by for (name, _, _), by in first.items())
