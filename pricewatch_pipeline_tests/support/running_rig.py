"""`pricewatch up` with our own definitions on the databases of a rig, and a shop that it checks."""

import signal
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from pricewatch_pipeline_tests.support.dagster_rig import Rig
from pricewatch_pipeline_tests.support.loopback import Server
from pricewatch_pipeline_tests.support.pipeline_process import PipelineProcess
from pricewatch_pipeline_tests.support.shelf import Shelf
from pricewatch_pipeline_tests.support.shop import product
from pricewatch_pipeline_tests.support.waiting import wait_until

PRICES = {"chair": "149.00", "kettle": "39.95", "lamp": "19.90"}


@dataclass(frozen=True, kw_only=True)
class RunningRig:
    """A pipeline that runs by itself."""

    rig: Rig
    process: PipelineProcess
    shelf: Shelf

    def wait_for_materializations(self, count: int) -> None:
        """So many partitions show their price in Dagster."""
        wait_until(lambda: len(self.rig.materializations()) >= count, 120, what=f"{count} materializations")


@pytest.fixture
def running(rig: Rig, shelf: Shelf, shop: Server) -> Iterator[RunningRig]:
    """Everything is up, and the prices of three watches have just been stored; a fourth watch has no page."""
    shelf.pages = {name: product(price, name=f"A {name}") for name, price in PRICES.items()}
    rig.write_watches(shop.base_url, [*PRICES, "gone"])
    process = PipelineProcess(rig.settings.home, "up", env={}, module="pricewatch_pipeline.cli.main")
    try:
        process.wait_for_output("Ctrl-C")
        up = RunningRig(rig=rig, process=process, shelf=shelf)
        up.wait_for_materializations(len(PRICES))
        yield up
    finally:
        process.end(signal.SIGINT)
