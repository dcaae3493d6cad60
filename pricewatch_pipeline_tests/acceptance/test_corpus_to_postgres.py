"""Real product pages, the whole way: from a watch file to prices in PostgreSQL and partitions in Dagster.

The pages and their answers are ../shared/corpus/retail (its README says where they come from). How well we read every
page is measured elsewhere; here are those whose own JSON-LD states the expected price, as most shops' pages do.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import dagster as dg
import pytest

from pricewatch_pipeline_tests.support.dagster_rig import Rig, partitions_by_status
from pricewatch_pipeline_tests.support.loopback import Received, Reply, html, serve

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "retail"
JSON_LD = re.compile(r"ld=(?P<price>[0-9.]+) (?P<currency>[A-Z]{3})")

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.exists(), reason=f"there is no {CORPUS}"),
]


@dataclass(frozen=True, kw_only=True)
class Truth:
    """A page and what it sells for."""

    file: str
    price: Decimal
    currency: str


def stated_in_json_ld() -> dict[str, Truth]:
    """By watch id, the pages whose JSON-LD states the price that a person read."""
    with (CORPUS / "index.csv").open(encoding="utf-8", newline="") as index:
        rows = [
            row for row in csv.DictReader(index) if row["expected_price"] and row["price_checked_by_reading"] == "Y"
        ]
    found = {}
    for number, row in enumerate(rows):
        stated = JSON_LD.match(row["structured_hint"])
        truth = Truth(file=row["file"], price=Decimal(row["expected_price"]), currency=row["expected_currency"])
        if stated and (Decimal(stated["price"]), stated["currency"]) == (truth.price, truth.currency):
            found[f"page-{number}"] = truth
    return found


def shop_of(truths: Mapping[str, Truth]) -> Mapping[str, Reply]:
    return {
        f"/{watch_id}": Reply(headers=[("content-type", "text/html")], body=(CORPUS / truth.file).read_bytes())
        for watch_id, truth in truths.items()
    }


def test_prices_of_real_pages_reach_postgresql_and_dagsters_partitions(rig: Rig) -> None:
    truths = stated_in_json_ld()
    assert len(truths) >= 40, "the rule finds too few pages"
    pages = shop_of(truths)

    def answer(request: Received) -> Reply:
        return pages.get(request.path, html("<h1>gone</h1>", status=404))

    with serve(answer) as server:
        rig.sync(server.base_url, *truths, "never-there")
        result = rig.run("scrape_due")

    assert result.success
    rows = rig.rows("SELECT watch_id, price, currency FROM pricewatch.price_snapshots")
    stored = {row["watch_id"]: (row["price"], row["currency"]) for row in rows}
    wrong = {
        truth.file: (stored.get(watch_id), (truth.price, truth.currency))
        for watch_id, truth in truths.items()
        if stored.get(watch_id) != (truth.price, truth.currency)
    }
    assert wrong == {}
    assert partitions_by_status(rig) == {"materialized": set(stored), "failed": set()}
    assert {record.run_id for record in rig.materializations()} == {result.run_id}
    gone = rig.rows("SELECT outcome FROM pricewatch.checks WHERE watch_id = 'never-there'")
    assert gone == [{"outcome": "not_found"}]
    assert len(server.requests) == len(truths) + 1, "one visit each"
    assert rig.instance.get_latest_materialization_event(dg.AssetKey("scrape_heartbeat"))
