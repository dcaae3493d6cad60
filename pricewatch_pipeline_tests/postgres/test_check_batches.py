"""Batches of matrix watches on a real database and a real server: each combination once, one check in the end."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from pricewatch_pipeline.services.check_batches import check_batches
from pricewatch_pipeline.services.check_watches import Engine, check_due
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.loopback import serve
from pricewatch_pipeline_tests.support.matrix import MatrixProvider, matrix, priced
from pricewatch_pipeline_tests.support.shop import engine_on, store_watches

Rows = Callable[..., list[dict[str, Any]]]


def engine(database: Database, **fields: Any) -> Engine:
    return engine_on(database, providers={"matrix": MatrixProvider()}, **fields)


def test_a_batch_ends_as_one_check_with_the_lowest_price(database: Database, rows: Rows) -> None:
    with serve(lambda request: priced(request.path)) as server:
        store_watches(database, [matrix(server.base_url, 30)])
        (before,) = rows("SELECT slot_at FROM pricewatch.watches")
        assert check_due(engine(database)).checks == 0
        report = check_batches(engine(database), run_id="run-1")
        again = check_batches(engine(database), run_id="run-2")
    assert (report.checks, report.snapshots, again.claimed) == (1, 1, 0)
    assert Counter(server.paths) == Counter(f"/{n}" for n in range(30))
    (snapshot,) = rows("SELECT * FROM pricewatch.price_snapshots")
    assert (snapshot["price"], snapshot["currency"], snapshot["title"]) == (Decimal("1.50"), "EUR", "trip /0")
    assert snapshot["reason"] == "lowest of 30 combinations: the only price"
    assert snapshot["slot_at"] == before["slot_at"]
