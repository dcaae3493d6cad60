"""A backfill with the tag `pricewatch/replay`, launched as the UI does, on a pipeline that runs."""

from pricewatch_pipeline.defs.events import PRICE_SNAPSHOTS
from pricewatch_pipeline.defs.replaying import REPLAY
from pricewatch_pipeline_tests.support.running_rig import PRICES, RunningRig
from pricewatch_pipeline_tests.support.waiting import wait_until

LAUNCH = """
mutation($partitions: [String!]!, $tags: [ExecutionTag!]!) {
  launchPartitionBackfill(backfillParams: {
    assetSelection: [{path: ["price_snapshots"]}], partitionNames: $partitions, tags: $tags, fromFailure: false}) {
    __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } }
}
"""
STATUS = "query($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }"
MISREAD = """
INSERT INTO pricewatch.snapshot_corrections (watch_id, slot_at, outcome, price, currency, title, reader_version)
SELECT DISTINCT ON (watch_id) watch_id, slot_at, 'ok', 199, currency, title, 'old' FROM pricewatch.price_snapshots
WHERE watch_id IN ('chair', 'lamp') ORDER BY watch_id, slot_at
"""
CORRECTED = """
SELECT watch_id, price::numeric(18, 2)::text AS price, run_id FROM analytics.snapshot_corrections
WHERE reader_version <> 'old' ORDER BY watch_id
"""


def test_a_backfill_over_some_watches_corrects_what_was_misread_and_ends(running: RunningRig) -> None:
    running.rig.rows(MISREAD)
    logged = len(running.rig.materializations())

    launched = running.process.graphql(LAUNCH, partitions=sorted(PRICES), tags=[{"key": REPLAY, "value": "apply"}])[
        "launchPartitionBackfill"
    ]
    assert launched["__typename"] == "LaunchBackfillSuccess", launched
    ended = {"COMPLETED_SUCCESS", "COMPLETED_FAILED", "FAILED", "CANCELED"}

    def status() -> set[str]:
        answer = running.process.graphql(STATUS, id=launched["backfillId"])
        return {answer["partitionBackfillOrError"]["status"]} & ended

    assert wait_until(status, 180, what="the backfill's end") == {"COMPLETED_SUCCESS"}
    corrected = running.rig.rows(CORRECTED)
    assert [(row["watch_id"], row["price"]) for row in corrected] == [
        ("chair", PRICES["chair"]),
        ("lamp", PRICES["lamp"]),
    ]
    runs = {row["run_id"] for row in corrected}
    replayed = [record for record in running.rig.materializations()[logged:] if record.run_id in runs]
    assert {record.partition_key for record in replayed} >= {"chair", "lamp"}
    assert {record.asset_key for record in replayed} == {PRICE_SNAPSHOTS}
