from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pricewatch_pipeline.services.diagnose_insiders import judge_insiders
from pricewatch_pipeline.storage.insider_troubles import FilingTroubles

NOW = datetime(2026, 11, 23, tzinfo=UTC)
FINE = FilingTroubles(read=1000)
RESTS = {"state": "resting", "state_until": NOW + timedelta(minutes=8), "state_reason": "asked to slow down (403)"}


def row(outcome: str | None, watches: int, **fields: Any) -> dict[str, Any]:
    host = {"host": "sec.gov", "state": "ok", "state_until": None, "state_reason": None}
    return {"outcome": outcome, "watches": watches, "example": "aapl", **(host | fields)}


@pytest.mark.parametrize(
    ("found", "troubles", "nobody", "says"),
    [
        ([], FINE, "aapl: nobody", []),
        ([row("ok", 20), row(None, 5)], FINE, None, [("ok", "25 watches, 1,000 filings read, none missing")]),
        ([row(None, 2)], FINE, "aapl: set PRICEWATCH_CONTACT", [("fail", "aapl: set PRICEWATCH_CONTACT")]),
        (
            [row("ok", 3), row("not_found", 1, example="aple")],
            FINE,
            None,
            [("warn", "1 of 4 watches at sec.gov ended with not_found, such as aple")],
        ),
        (
            [row("ok", 3, **RESTS), row("no_offers", 1, **RESTS)],
            FINE,
            None,
            [("warn", "sec.gov rests for 8m: asked to slow down (403)")],
        ),
        (
            [row("ok", 1)],
            FilingTroubles(
                read=9,
                gone=2,
                newest_gone="0000320193-26-000002",
                unreadable=1,
                newest_unreadable="0000320193-26-000003",
                missing_parts=1,
                a_missing_part="CIK0000320193-submissions-001.json",
            ),
            None,
            [
                ("warn", "2 filings are listed and their documents are not there, such as 0000320193-26-000002"),
                ("warn", "1 filings could not be read, such as 0000320193-26-000003"),
                ("warn", "1 older files of lists could not be had, such as CIK0000320193-submissions-001.json"),
            ],
        ),
    ],
)
def test_what_keeps_filings_from_coming_in_is_found(
    found: list[dict[str, Any]], troubles: FilingTroubles, nobody: str | None, says: list[tuple[str, str]]
) -> None:
    assert [(f.verdict, f.what) for f in judge_insiders(found, troubles, nobody, now=NOW)] == says
