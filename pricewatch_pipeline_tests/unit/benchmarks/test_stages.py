import pytest

from benchmarks.stages import ENGINE, IDLE, StageSampler, stage_of

RUNNERS = ["/lib/asyncio/base_events.py:run_forever", "/x/pricewatch_pipeline/services/check_watches.py:check_due"]


@pytest.mark.parametrize(
    ("innermost", "stage"),
    [
        (["/x/pricewatch_pipeline/parsing/documents.py:root"], "decode and parse"),
        (["/x/pricewatch_pipeline/parsing/json_ld.py:read"], "read"),
        (["/site/psycopg/cursor.py:execute", "/x/pricewatch_pipeline/storage/claims.py:claim"], "database client"),
        (["/site/psycopg/cursor.py:execute", "/x/pricewatch_pipeline/defs/events.py:log"], "events in Dagster's log"),
        (["/site/aiohttp/client.py:_request"], "fetch"),
        ([], "event loop and sockets"),
        (["/x/pricewatch_pipeline/services/check_watches.py:begin"], ENGINE),
    ],
)
def test_a_stack_belongs_to_one_stage(innermost: list[str], stage: str) -> None:
    assert stage_of([*innermost, *RUNNERS]) == stage


def test_a_thread_of_a_pool_that_waits_for_work_is_idle() -> None:
    assert stage_of(["/lib/concurrent/futures/thread.py:_worker", "/lib/threading.py:run"]) == IDLE


def test_the_cpu_time_of_a_block_is_given_to_its_stage() -> None:
    with StageSampler() as sampler:
        total = 0
        while sum(sampler.cpu_s.values()) < 0.02:  # until it has been seen at work
            total += 1
    assert set(sampler.cpu_s) <= {ENGINE, "event loop and sockets"}
    assert total
