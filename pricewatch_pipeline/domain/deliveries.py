"""Alerts on their way to channels: what is tried again, when, and what is given up. Values and pure decisions."""

from dataclasses import dataclass
from datetime import timedelta

from pricewatch_pipeline.domain.alert_rules import Digest
from pricewatch_pipeline.domain.messages import AlertRecord, SendResult
from pricewatch_pipeline.domain.schedule import stable_hash

MOST_ATTEMPTS = 8
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=12)
RETRY_FACTOR = 4
"""30 s, 2 min, 8 min, half an hour, 2 h, 9 h, 12 h: a receiver may be away for a day before anything is given up."""
FIRST_REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=15)
_JITTER = 0.2
_MOST_STEPS = 20


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One alert for one channel, claimed by who tries to send it."""

    delivery_id: int
    channel: str
    digest: Digest
    attempts: int
    """This one included."""
    alert: AlertRecord


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What becomes of a delivery that could not be made."""

    delivery_id: int
    error: str
    is_dead: bool
    """Not tried again, unless somebody asks for it."""
    wait: timedelta = timedelta(0)
    """Until the next attempt."""


def plan_failure(delivery: Delivery, result: SendResult) -> Failure:
    """The next attempt after one that failed, or none."""
    error = result.error or "it failed without a reason"
    if result.is_permanent:
        return Failure(delivery_id=delivery.delivery_id, error=error, is_dead=True)
    if delivery.attempts >= MOST_ATTEMPTS:
        tried = f"{error} (given up after {delivery.attempts} attempts)"
        return Failure(delivery_id=delivery.delivery_id, error=tried, is_dead=True)
    wait = max(_grown(FIRST_RETRY, RETRY_FACTOR, delivery.attempts, LONGEST_RETRY), result.retry_after or timedelta(0))
    # So that what failed together does not all come back at once. By a hash: the same alert, the same moment.
    share = stable_hash(f"{delivery.alert.key}|{delivery.channel}|{delivery.attempts}") % 1000 / 1000
    return Failure(delivery_id=delivery.delivery_id, error=error, is_dead=False, wait=wait * (1 + _JITTER * share))


def rest_after(failures: int, result: SendResult) -> timedelta:
    """How long a channel is left alone that failed so often in a row: what waits for it does not pay for that."""
    return max(_grown(FIRST_REST, 2, failures, LONGEST_REST), result.retry_after or timedelta(0))


def _grown(first: timedelta, factor: int, times: int, longest: timedelta) -> timedelta:
    steps = min(max(times, 1) - 1, _MOST_STEPS)
    return min(first * int(factor**steps), longest)
