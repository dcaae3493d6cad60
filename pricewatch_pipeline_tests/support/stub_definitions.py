"""Small definitions for tests of the processes around Dagster: one partitioned asset, and a job that blocks."""

import os

import dagster as dg


@dg.asset(
    partitions_def=dg.StaticPartitionsDefinition(["kettle", "toaster"]), description="Prices of two stub watches."
)
def stub_prices(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    context.log.info("read a price")
    return dg.MaterializeResult(metadata={"price": 12.5})


@dg.op
def block(context: dg.OpExecutionContext) -> None:
    """Say that we are here, then wait for what never comes."""
    with open(os.environ["STUB_RUN_PIPE"], "w") as pipe:  # noqa: PTH123 - a FIFO: blocks until the test reads it
        pipe.write(f"{os.getpid()}\n")
    reader, _ = os.pipe()
    os.read(reader, 1)


@dg.job(executor_def=dg.in_process_executor)
def blocking() -> None:
    block()


defs = dg.Definitions(assets=[stub_prices], jobs=[blocking])
