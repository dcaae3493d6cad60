"""When a message that failed is tried again, and when it is given up."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.domain.alert_rules import Digest, RuleKind
from pricewatch_pipeline.domain.deliveries import (
    FIRST_RETRY,
    LONGEST_REST,
    LONGEST_RETRY,
    MOST_ATTEMPTS,
    Delivery,
    plan_failure,
    rest_after,
)
from pricewatch_pipeline.domain.messages import AlertRecord, SendResult

NOW = datetime(2026, 5, 1, tzinfo=UTC)
DOWN = SendResult(is_sent=False, error="down")


def delivery(attempts: int, *, key: str = "k") -> Delivery:
    alert = AlertRecord(
        key=key, rule_id="target", rule_kind=RuleKind.AT_TARGET, subject="w", slot_at=NOW, fired_at=NOW, reason="why"
    )
    return Delivery(delivery_id=7, channel="phone", digest=Digest.NONE, attempts=attempts, alert=alert)


def test_attempts_come_ever_more_slowly_and_span_most_of_a_day() -> None:
    waits = [plan_failure(delivery(attempt), DOWN).wait for attempt in range(1, MOST_ATTEMPTS)]
    assert all(first < second for first, second in pairwise(waits[:-1]))
    assert FIRST_RETRY <= waits[0] <= 1.2 * FIRST_RETRY
    assert waits[-1] >= LONGEST_RETRY
    assert timedelta(hours=20) < sum(waits, timedelta(0)) < timedelta(hours=30)


@pytest.mark.parametrize(
    ("attempts", "result", "error"),
    [
        (1, SendResult(is_sent=False, error="HTTP 404", is_permanent=True), "HTTP 404"),
        (MOST_ATTEMPTS, DOWN, "down (given up after 8 attempts)"),
        (MOST_ATTEMPTS + 3, DOWN, "down (given up after 11 attempts)"),
        (1, SendResult(is_sent=False, is_permanent=True), "it failed without a reason"),
    ],
)
def test_what_cannot_succeed_or_was_tried_often_enough_is_given_up(
    attempts: int, result: SendResult, error: str
) -> None:
    failure = plan_failure(delivery(attempts), result)
    assert (failure.delivery_id, failure.is_dead, failure.error) == (7, True, error)


def test_a_receiver_that_asks_for_patience_gets_at_least_that() -> None:
    patient = SendResult(is_sent=False, error="HTTP 429", retry_after=timedelta(hours=3))
    assert plan_failure(delivery(1), patient).wait >= timedelta(hours=3)
    assert rest_after(1, patient) == timedelta(hours=3)
    hasty = SendResult(is_sent=False, error="HTTP 429", retry_after=timedelta(seconds=1))
    assert plan_failure(delivery(1), hasty).wait >= FIRST_RETRY


def test_what_failed_together_does_not_come_back_together() -> None:
    waits = {plan_failure(delivery(1, key=str(n)), DOWN).wait for n in range(50)}
    assert len(waits) > 30


@given(st.integers(min_value=0, max_value=10**6))
def test_a_channel_is_never_left_alone_for_longer_than_a_quarter_of_an_hour_unless_it_asks(failures: int) -> None:
    assert timedelta(seconds=30) <= rest_after(failures, DOWN) <= LONGEST_REST
