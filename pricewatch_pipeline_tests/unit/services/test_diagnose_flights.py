from datetime import UTC, datetime
from typing import Any

import pytest

from pricewatch_pipeline.services.diagnose_flights import judge_flights

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def row(outcome: str | None, watches: int, **fields: Any) -> dict[str, Any]:
    host = {"host": "www.google.com", "state": "ok", "state_until": None, "state_reason": None}
    return {"outcome": outcome, "watches": watches, "example": "ny", **(host | fields)}


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ([], []),
        ([row("ok", 3), row("no_offers", 1), row(None, 2)], [("ok", "6 watches, none of them refused")]),
        (
            [row("ok", 3), row("consent", 1)],
            [("warn", "1 of 4 watches at www.google.com ended with consent, such as ny")],
        ),
        (
            [row("blocked", 2, host="shop.de", state="paused")],
            [
                (
                    "warn",
                    "2 of 2 watches at shop.de ended with blocked, such as ny; shop.de is paused by command: `pricewatch host resume shop.de` ends it",
                )
            ],
        ),
    ],
)
def test_what_refuses_flight_searches_is_found(found: list[dict[str, Any]], says: list[tuple[str, str]]) -> None:
    assert [(finding.verdict, finding.what) for finding in judge_flights(found, now=NOW)] == says
