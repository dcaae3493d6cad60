"""Puts the Definitions together, and nothing else. Loading them reads no environment, no file and no database."""

from typing import Any

import dagster as dg

from pricewatch_pipeline.defs import (
    assets,
    checks,
    flight_checks,
    flights,
    insider_checks,
    insider_jobs,
    insiders,
    jobs,
    schedules,
    sensors,
)
from pricewatch_pipeline.defs.resources import PricewatchResource, observer_resource


def build_definitions(**resource_overrides: Any) -> dg.Definitions:
    """The pipeline's Definitions; tests and commands may put resources of their own in place."""
    return dg.Definitions(
        assets=[*assets.ALL, *flights.ALL, *insiders.ALL],
        asset_checks=[*checks.ALL, *flight_checks.ALL, *insider_checks.ALL],
        jobs=[*jobs.ALL, *schedules.JOBS, *insider_jobs.JOBS],
        sensors=sensors.ALL,
        schedules=[*schedules.ALL, *insider_jobs.SCHEDULES],
        resources={"pricewatch": PricewatchResource(), "observer": observer_resource(), **resource_overrides},
        executor=dg.in_process_executor,
    )
