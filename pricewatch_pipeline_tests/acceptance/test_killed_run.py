"""`kill -9` on a run of `scrape_due` in the middle of its batch: nothing is lost, nothing is doubled, in Dagster neither."""

import signal
import subprocess
import sys
import threading
from collections import Counter

from pricewatch_pipeline.services.dagster_home import environment_for_dagster
from pricewatch_pipeline_tests.support.dagster_rig import Rig
from pricewatch_pipeline_tests.support.loopback import Answer, Received, drip, serve
from pricewatch_pipeline_tests.support.shop import product
from pricewatch_pipeline_tests.support.waiting import wait_until

WATCHES = [f"w{number}" for number in range(8)]
HELD = "w5"
LEASE_S = 10
EXECUTE = ("dagster", "job", "execute", "-m", "pricewatch_pipeline.definitions", "-j", "scrape_due")


class HoldingShop:
    """Answers at once, but for one page whose first visitor waits for ever."""

    def __init__(self) -> None:
        self.is_holding = threading.Event()

    def __call__(self, request: Received) -> Answer:
        if request.path == f"/{HELD}" and not self.is_holding.is_set():
            self.is_holding.set()
            return drip(every_s=0.5)
        return product("7.50")


def test_what_a_killed_run_held_is_checked_after_its_lease_and_nothing_twice(rig: Rig) -> None:
    shop = HoldingShop()
    with serve(shop) as server:
        rig.sync(server.base_url, *WATCHES)
        slots = {
            row["watch_id"]: row["slot_at"] for row in rig.rows("SELECT watch_id, slot_at FROM pricewatch.watches")
        }
        environment = environment_for_dagster({"PRICEWATCH_LEASE_S": str(LEASE_S)})
        run = subprocess.Popen(
            [sys.executable, "-m", *EXECUTE], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            assert shop.is_holding.wait(90)
            wait_until(lambda: len(rig.materializations()) == len(WATCHES) - 1, what="the others in Dagster's log")
            # A kill between the log and this is made up for by `reconcile`, but not before two minutes have gone by.
            wait_until(lambda: not rig.rows("SELECT FROM pricewatch.pending_events"), what="the log is complete")
        finally:
            run.send_signal(signal.SIGKILL)
            run.wait(timeout=10)

        assert rig.rows("SELECT watch_id FROM pricewatch.watches WHERE claim_token IS NOT NULL") == [{"watch_id": HELD}]
        due = "SELECT FROM pricewatch.watches WHERE next_due_at <= now() AND claimed_until < now()"
        wait_until(lambda: rig.rows(due), LEASE_S + 20, what="the end of the lease")
        assert rig.run("scrape_due").success
        assert rig.run("reconcile").success

    snapshots = rig.rows("SELECT watch_id, slot_at FROM pricewatch.price_snapshots")
    assert sorted((row["watch_id"], row["slot_at"]) for row in snapshots) == sorted(slots.items())
    assert Counter(record.partition_key for record in rig.materializations()) == Counter(WATCHES)
    assert Counter(server.paths) == Counter({f"/{name}": 1 for name in WATCHES}) + Counter([f"/{HELD}"])
    outcomes = rig.rows(f"SELECT outcome FROM pricewatch.checks WHERE watch_id = '{HELD}' ORDER BY attempt")
    assert [row["outcome"] for row in outcomes] == ["abandoned", "ok"]
    assert rig.rows("SELECT FROM pricewatch.pending_events") == []
