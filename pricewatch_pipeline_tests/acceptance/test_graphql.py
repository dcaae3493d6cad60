"""Dagster's API, asked as a client would: the webserver of a running pipeline, over HTTP."""

from typing import Any

from pricewatch_pipeline_tests.support.flight_site import serve_flights
from pricewatch_pipeline_tests.support.flight_watches import write_flights
from pricewatch_pipeline_tests.support.running_rig import PRICES, RunningRig
from pricewatch_pipeline_tests.support.shop import product
from pricewatch_pipeline_tests.support.waiting import wait_until

ASSETS = """
{ assetNodes { assetKey { path } groupName description kinds
    partitionStats { numPartitions numMaterialized numFailed } internalFreshnessPolicy { ... on TimeWindowFreshnessPolicy { failWindowSeconds } } } }
"""
RUNS = """
{ runsOrError(filter: {pipelineName: "scrape_due"}) { ... on Runs { results { status tags { key value } } } } }
"""
AUTOMATION = """
query($repository: String!) {
  sensorsOrError(repositorySelector: {repositoryLocationName: "pricewatch_pipeline", repositoryName: $repository}) {
    ... on Sensors { results { name sensorState { status } } } }
  schedulesOrError(repositorySelector: {repositoryLocationName: "pricewatch_pipeline", repositoryName: $repository}) {
    ... on Schedules { results { name scheduleState { status } } } }
}
"""
LAUNCH = """
mutation($partition: String!) {
  launchRun(executionParams: {
    selector: {repositoryLocationName: "pricewatch_pipeline", repositoryName: "__repository__",
               jobName: "__ASSET_JOB", assetSelection: [{path: ["price_snapshots"]}]},
    executionMetadata: {tags: [{key: "dagster/partition", value: $partition}]}}) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } }
}
"""
RUN = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
TERMINATE = "mutation($id: String!) { terminateRun(runId: $id) { __typename } }"
MATERIALIZATION = """
query($partition: [String!]) {
  assetNodeOrError(assetKey: {path: ["price_snapshots"]}) { ... on AssetNode {
    assetMaterializations(partitions: $partition, limit: 1) {
      runId partition metadataEntries { label ... on TextMetadataEntry { text } ... on UrlMetadataEntry { url } } } } }
}
"""


def newest(running: RunningRig, partition: str) -> dict[str, Any]:
    answer = running.process.graphql(MATERIALIZATION, partition=[partition])
    return dict(answer["assetNodeOrError"]["assetMaterializations"][0])


def texts(materialization: dict[str, Any]) -> dict[str, str]:
    return {entry["label"]: entry["text"] for entry in materialization["metadataEntries"] if "text" in entry}


def test_a_client_sees_assets_health_runs_and_prices_and_can_have_a_watch_checked_now(running: RunningRig) -> None:
    assets = {node["assetKey"]["path"][0]: node for node in running.process.graphql(ASSETS)["assetNodes"]}
    assert set(assets) == {
        *("watches", "price_snapshots", "latest_prices", "daily_prices", "scrape_heartbeat"),
        *("alerts", "product_prices", "exchange_rates", "flight_offers", "fare_calendar"),
        *("insider_filings", "insider_transactions", "insider_summary"),
    }
    assert assets["price_snapshots"]["partitionStats"] == {"numPartitions": 4, "numMaterialized": 3, "numFailed": 0}
    assert assets["scrape_heartbeat"]["internalFreshnessPolicy"] == {"failWindowSeconds": 3600.0}

    runs = running.process.graphql(RUNS)["runsOrError"]["results"]
    assert {"QUEUED", "STARTING", "STARTED", "SUCCESS"} >= {run["status"] for run in runs}
    assert any({"key": "dagster/sensor_name", "value": "due_watches"} in run["tags"] for run in runs)
    automation = running.process.graphql(AUTOMATION, repository="__repository__")
    states = [sensor["sensorState"]["status"] for sensor in automation["sensorsOrError"]["results"]]
    states += [schedule["scheduleState"]["status"] for schedule in automation["schedulesOrError"]["results"]]
    assert states == ["RUNNING"] * 14

    assert texts(newest(running, "lamp"))["price_exact"] == f"{PRICES['lamp']} EUR"

    running.shelf.pages["lamp"] = product("17.49", name="A lamp")
    launched = running.process.graphql(LAUNCH, partition="lamp")["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run_id = launched["run"]["runId"]
    ended = {"SUCCESS", "FAILURE", "CANCELED"}
    status = wait_until(
        lambda: {running.process.graphql(RUN, id=run_id)["runOrError"]["status"]} & ended, 120, what="the run's end"
    )
    assert status == {"SUCCESS"}
    assert newest(running, "lamp")["runId"] == run_id
    assert texts(newest(running, "lamp"))["price_exact"] == "17.49 EUR"
    (snapshot,) = running.rig.rows("SELECT price FROM pricewatch.price_snapshots WHERE run_id = :id", id=run_id)
    assert str(snapshot["price"]) == "17.4900"

    cancel_a_batch_in_the_ui(running)


def cancel_a_batch_in_the_ui(running: RunningRig) -> None:
    """A batch that the sensor had started is terminated in the middle: it is over, and what was read of it is kept."""
    batch = "SELECT state, done FROM pricewatch.batches"
    with serve_flights(delay_s=0.5) as site:
        write_flights(running.rig, site.base_url, departs="2027-01-10..2027-01-31")
        wait_until(lambda: running.rig.rows(f"{batch} WHERE done > 0"), 120, what="progress of a batch")
        # On a busy machine the sensor starts a second run before the first has taken the batch: it finds nothing to do.
        ((run_id,),) = (row.values() for row in running.rig.rows("SELECT run_id FROM pricewatch.batches"))
        answer = running.process.graphql(TERMINATE, id=run_id)["terminateRun"]
        assert answer == {"__typename": "TerminateRunSuccess"}
        wait_until(
            lambda: running.process.graphql(RUN, id=run_id)["runOrError"]["status"] == "CANCELED",
            60,
            what="the end of the run",
        )
        ((state, done),) = (row.values() for row in running.rig.rows(batch))
    assert state == "cancelled"
    assert 0 < done < 88
    assert running.rig.rows("SELECT count(*)::int AS n FROM pricewatch.flight_searches WHERE combination > 0") == [
        {"n": done}
    ]
