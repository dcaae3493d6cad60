"""Says in words why a watch is not being checked at this moment. Pure: a record of the watch and the time in, a sentence out."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pricewatch_pipeline.domain.schedule import is_active
from pricewatch_pipeline.storage.rows import schedule_of

Record = Mapping[str, Any]
"""A watch as `storage.watches` lists it."""

_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def why_it_waits(watch: Record, *, now: datetime, is_running: bool) -> str:
    """Why the watch waits, for how long, and what to do about it where something can be done."""
    return _why_off(watch) or _why_busy(watch, now) or _why_later(watch, now) or _why_now(watch, now, is_running)


def is_held_back(watch: Record, *, now: datetime) -> bool:
    """Whether something else than its own time keeps the watch from being checked."""
    return bool(_why_off(watch)) or watch["quarantined_at"] is not None or _is_outside(watch, now)


def roughly(span: timedelta) -> str:
    """A span of time in its two largest units: `2d 3h`, `1m 20s`."""
    rest = max(round(span.total_seconds()), 0)
    parts = []
    for unit, seconds in _UNITS:
        count, rest = divmod(rest, seconds)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or "0s"


def _why_off(watch: Record) -> str | None:
    watch_id = watch["watch_id"]
    if watch["archived_at"]:
        return "removed: it vanished from its file or was taken out by command; its history stays"
    if watch["schedule_error"]:
        return f"it cannot be scheduled: {watch['schedule_error']}"
    if watch["paused_at"]:
        return f"paused by command; `pricewatch watch resume {watch_id}` ends it"
    if watch["is_paused"] and watch["source_file"]:
        return f"paused by its file ({watch['source_file']}, line {watch['source_line']})"
    if watch["is_paused"]:
        return f"paused by its definition; `pricewatch watch edit {watch_id} --no-paused` ends it"
    return None


def _why_busy(watch: Record, now: datetime) -> str | None:
    if watch["claimed_until"] is None or watch["claimed_until"] <= now:
        return None
    left = roughly(watch["claimed_until"] - now)
    return f"being checked by {watch['claimed_by']}; when that dies, it is due again in {left}"


def _why_later(watch: Record, now: datetime) -> str | None:
    if watch["next_due_at"] <= now:
        return None
    in_time = f"in {roughly(watch['next_due_at'] - now)}"
    if watch["quarantined_at"]:
        failures = watch["consecutive_failures"]
        return (
            f"quarantined after {failures} failures: looked at once a day, next {in_time}; "
            f"`pricewatch watch resume {watch['watch_id']}` ends it"
        )
    if _is_outside(watch, now):
        return f"outside its active windows; next {in_time}"
    if watch["consecutive_failures"]:
        return f"failed {watch['consecutive_failures']} in a row; next {in_time}"
    return f"next {in_time}"


def _why_now(watch: Record, now: datetime, is_running: bool) -> str:
    if not is_running:
        return "due, and nothing runs here that checks: start `pricewatch up`, or `pricewatch check --due`"
    if watch["host_free_at"] > now:
        wait = roughly(watch["host_free_at"] - now)
        return f"due, and waits for its turn at {watch['host']} (one request every {watch['min_delay_s']:g} s): {wait}"
    return f"due for {roughly(now - watch['next_due_at'])}; the next run takes it"


def _is_outside(watch: Record, now: datetime) -> bool:
    schedule = schedule_of(watch["every_s"], watch["cron"], watch["timezone"], watch["active_windows"])
    return not watch["schedule_error"] and not is_active(schedule, now)
