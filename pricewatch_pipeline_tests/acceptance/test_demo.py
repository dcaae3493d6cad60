"""`pricewatch demo` as a stranger meets it: one command, prices within a minute, nothing left at the end."""

import re
import signal
from pathlib import Path

import psycopg

from pricewatch_pipeline.services.open_databases import DATABASE
from pricewatch_pipeline.services.pick_port import is_free
from pricewatch_pipeline.storage.embedded import EmbeddedServer
from pricewatch_pipeline_tests.support.pipeline_process import PipelineProcess, processes_naming


def test_the_demo_stores_prices_of_its_shops_and_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    home = tmp_path / ".pricewatch"
    demo = PipelineProcess(home, "demo", env={}, module="pricewatch_pipeline.cli.main")
    try:
        demo.wait_for_output("  ok  ", timeout=150)
    finally:
        code = demo.end(signal.SIGINT)

    assert code == 0
    assert processes_naming(str(home)) == []
    first_shop = re.search(r"demo shops are at http://127\.0\.0\.1:(\d+)", demo.output)
    assert first_shop
    assert "flight search is at http://127.0.0.1:" in demo.output
    assert "EDGAR is at http://127.0.0.1:" in demo.output
    assert is_free(int(first_shop[1]))
    with EmbeddedServer(home).running() as server, psycopg.connect(server.libpq_url(DATABASE)) as connection:
        row = connection.execute("SELECT count(*) FROM pricewatch.price_snapshots WHERE price > 0").fetchone()
    assert row
    assert row[0] > 0
