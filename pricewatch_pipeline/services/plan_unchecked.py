"""Whether a watch that was claimed is looked at at all: not outside its windows, nor too soon after its last good check."""

from datetime import datetime

from pricewatch_pipeline.domain.backoff import Plan, plan_deferred, plan_too_soon, plan_unschedulable
from pricewatch_pipeline.domain.checks import OpenCheck
from pricewatch_pipeline.domain.schedule import is_active
from pricewatch_pipeline.errors import ScheduleError
from pricewatch_pipeline.services.make_check import schedule_state


def plan_unchecked(check: OpenCheck, quarantine_after: int, *, now: datetime) -> Plan | None:
    """How the schedule goes on for a watch that must not be looked at now; None for all others."""
    state = schedule_state(check, quarantine_after)
    try:
        if not is_active(check.watch.schedule, now):
            return plan_deferred(state, now=now)
        return plan_too_soon(state, now=now, answered_at=check.answered_at)
    except ScheduleError:
        return plan_unschedulable(state, now=now)
