"""Says in words why a watch is not being checked, or a host not asked, at this moment. Pure: records and the time in,
sentences out."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pricewatch_pipeline.domain.backoff import NEVER
from pricewatch_pipeline.domain.schedule import is_active
from pricewatch_pipeline.storage.rows import schedule_of

Record = Mapping[str, Any]
"""A watch as `storage.watches` lists it, or a host as `storage.host_views` does."""

SOON = timedelta(minutes=2)
"""What is due so soon is worth waiting for."""
_PACES = {
    "store": "",
    "robots": ", as its robots.txt asks",
    "adaptive": ", for it is slow to answer or refused us",
}
_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def why_it_waits(watch: Record, *, now: datetime, is_running: bool, is_half_done: bool = False) -> str:
    """Why the watch waits, for how long, and what to do about it where something can be done. A batch that is half done waits
    for no slot."""
    later = None if is_half_done else _why_later(watch, now)
    return _why_off(watch) or _why_busy(watch, now) or later or _why_now(watch, now, is_running, is_half_done)


def why_left_alone(host: Record, *, now: datetime) -> str | None:
    """Why a host is not asked as its pace would allow, until when, and what ends it; None: it is."""
    name, reason, state = host["host"], host["state_reason"], host["state"]
    left = roughly(host["state_until"] - now) if host["state_until"] else None
    said = f" ({reason})" if reason else ""
    match state:
        case "paused":
            ends = f"for {left} more; " if left else ""
            return f"{name} is paused by command{said}: {ends}`pricewatch host resume {name}` ends it"
        case "resting":
            return f"{name} rests for {left}: {reason}"
        case "breaker_open":
            return f"{name} is left alone: {reason}; next probe in {left}"
        case "half_open":
            return f"{name} was left alone ({reason}): one probe is asked next"
        case _:
            return None


def pace_text(host: Record) -> str:
    """How often a host is asked, and why not more often."""
    if not host["delay_s"]:
        return "as often as it answers"
    return f"one request every {host['delay_s']:g} s{_PACES[host['pace_reason']]}"


def begins_soon(watch: Record, *, now: datetime, is_running: bool) -> bool:
    """Whether a run has taken the watch, or one that goes on here will within minutes."""
    if _why_off(watch):
        return False
    if _why_busy(watch, now):
        return True
    return is_running and watch["next_due_at"] <= now + SOON and why_left_alone(_host_of(watch), now=now) is None


def is_held_back(watch: Record, *, now: datetime) -> bool:
    """Whether something else than its own time keeps the watch from being checked."""
    if watch["next_due_at"] >= NEVER:
        return False
    return bool(_why_off(watch)) or watch["quarantined_at"] is not None or _is_outside(watch, now)


def finished_text(watch: Record) -> str | None:
    """Why a watch is never looked at again; None: it is."""
    if watch["next_due_at"] < NEVER:
        return None
    return f"finished: {watch['last_error'] or 'there is nothing left to watch'}".rstrip(".")


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
    if finished := finished_text(watch):
        return finished
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


def _why_now(watch: Record, now: datetime, is_running: bool, is_half_done: bool) -> str:
    head = "left half done" if is_half_done else "due"
    if why := why_left_alone(_host_of(watch), now=now):
        return f"{head}, but {why}"
    if not is_running:
        return f"{head}, and nothing runs here that checks: start `pricewatch up`, or `pricewatch check --due`"
    if watch["host_free_at"] > now:
        wait = roughly(watch["host_free_at"] - now)
        return f"{head}, and waits for its turn at {watch['host']} ({pace_text(watch)}): {wait}"
    if is_half_done:
        return f"{head}; the next run goes on with it"
    return f"{head} for {roughly(now - watch['next_due_at'])}; the next run takes it"


def _host_of(watch: Record) -> Record:
    return {"host": watch["host"], **{name: watch[f"host_{name}"] for name in ("state", "state_until", "state_reason")}}


def _is_outside(watch: Record, now: datetime) -> bool:
    schedule = schedule_of(watch["every_s"], watch["cron"], watch["timezone"], watch["active_windows"])
    return not watch["schedule_error"] and not is_active(schedule, now)
