"""Which checks are worth a materialization although they have no price."""

from typing import Any

import pytest

from pricewatch_pipeline.domain.materializations import tells_of_filings
from pricewatch_pipeline.domain.providers import Detail


@pytest.mark.parametrize(
    ("table", "row", "is_told"),
    [
        ("filing_checks", {"read": 3, "gone": 0}, True),
        ("filing_checks", {"read": 0, "gone": 1}, True),
        ("filing_checks", {"read": 0, "unreadable": 1}, True),
        ("filing_checks", {"listed": 40, "found": 0, "read": 0, "gone": 0, "unreadable": 0}, False),
        ("filing_checks", {"listed": 40, "read": None}, False),
        ("flight_searches", {"read": 1}, False),
    ],
)
def test_a_check_that_read_filings_or_could_not_is_told_of(table: str, row: dict[str, Any], is_told: bool) -> None:
    assert tells_of_filings([Detail(table=table, row=row)]) is is_told
    assert not tells_of_filings([])
