"""Decisions about batches, by tables."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from pricewatch_pipeline.domain.backoff import NEVER
from pricewatch_pipeline.domain.batches import (
    BatchProgress,
    BatchState,
    BatchTally,
    cancelled_check,
    error_of,
    gives_up,
    is_answer,
    is_asked_again,
    is_hopeless,
    lowest_text,
    may_go_on,
    most_in_hand,
    outcome_of,
    plan_cancelled,
    wait_before,
    worded,
)
from pricewatch_pipeline.domain.checks import CheckKind
from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.watches import Schedule, Watch

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OK, EMPTY, OVER, PRICELESS = Outcome.OK, Outcome.NO_OFFERS, Outcome.FINISHED, Outcome.NOT_PRICED
UNREADABLE, TIMEOUT, ROBOTS = Outcome.UNREADABLE, Outcome.TIMEOUT, Outcome.ROBOTS


def watch() -> Watch:
    return Watch(watch_id="w", provider="p", query={}, host="h", schedule=Schedule(every=timedelta(hours=1)))


def tally(**outcomes: int) -> BatchTally:
    return BatchTally(combinations=sum(outcomes.values()), outcomes={Outcome(name): n for name, n in outcomes.items()})


OUTCOMES = [
    (tally(ok=600), OK),
    (tally(ok=598, timeout=2), OK),
    (tally(ok=1, no_offers=599), OK),
    (tally(ok=300, timeout=300), OK),
    (tally(ok=299, timeout=301), TIMEOUT),
    (tally(ok=1, timeout=5, unreadable=4), TIMEOUT),
    (tally(no_offers=599, timeout=1), TIMEOUT),
    (tally(no_offers=600), EMPTY),
    (tally(no_offers=1, finished=599), EMPTY),
    (tally(no_offers=599, not_priced=1), PRICELESS),
    (tally(finished=600), OVER),
    (tally(finished=599, ok=1), OK),
    (tally(finished=500, ok=50, timeout=50), OK),
    (tally(finished=500, ok=49, timeout=51), TIMEOUT),
    (tally(finished=599, unreadable=1), UNREADABLE),
    (tally(robots=600), ROBOTS),
]


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES)
def test_the_outcome_of_a_batch_follows_from_those_of_its_combinations(found: BatchTally, outcome: Outcome) -> None:
    assert outcome_of(found) is outcome


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (tally(ok=600), "lowest of 600 combinations"),
        (tally(ok=598, timeout=2), "lowest of 598 of 600 combinations; 2 failed"),
        (tally(ok=1, no_offers=597, unreadable=1, timeout=1), "lowest of 598 of 600 combinations; 2 failed"),
        (tally(finished=500, ok=99, timeout=1), "lowest of 99 of 100 combinations; 1 failed"),
        (tally(finished=500, ok=100), "lowest of 100 combinations"),
    ],
)
def test_a_price_says_what_it_is_the_lowest_of(found: BatchTally, text: str) -> None:
    assert lowest_text(found) == text
    assert worded(Offer(price=Decimal(7), reason="why"), found).reason == f"{text}: why"
    assert worded(Offer(price=Decimal(7)), found) == Offer(price=Decimal(7), reason=text)


def test_a_batch_without_a_price_says_why() -> None:
    found = BatchTally(combinations=10, outcomes={OK: 1, TIMEOUT: 5, UNREADABLE: 4}, example="LHR-JFK: too slow")
    assert error_of(found, TIMEOUT) == "9 of 10 combinations failed, 5 of them with timeout, as: LHR-JFK: too slow"
    assert error_of(tally(no_offers=10), EMPTY) == "10 combinations: The site says that nothing is on offer."
    assert error_of(tally(ok=10), OK) is None


def test_what_passes_is_asked_again_and_the_rest_is_not() -> None:
    again = {outcome for outcome in Outcome if is_asked_again(outcome, attempts=1)}
    assert again == {Outcome.TRANSPORT, TIMEOUT, Outcome.RATE_LIMITED, Outcome.BLOCKED}
    assert not any(is_asked_again(outcome, attempts=3) for outcome in Outcome)
    assert {outcome for outcome in Outcome if is_answer(outcome)} == {OK, PRICELESS, EMPTY, OVER}


def test_waits_grow_with_the_pace_of_the_host() -> None:
    assert [wait_before(n, timedelta(seconds=2)).total_seconds() for n in (1, 2, 3)] == [2, 8, 32]
    assert timedelta(0) < wait_before(1, timedelta(0)) < timedelta(seconds=1)


@pytest.mark.parametrize(("concurrency", "places", "most"), [(2, 16, 4), (1, 16, 3), (100, 16, 18), (0, 16, 3)])
def test_few_combinations_are_in_hand(concurrency: int, places: int, most: int) -> None:
    assert most_in_hand(concurrency, places) == most


@pytest.mark.parametrize(
    ("asks", "age", "goes_on"),
    [
        ({"to": "JFK"}, timedelta(hours=23), True),
        ({"to": "JFK"}, timedelta(hours=24), False),
        ({"to": "EWR"}, timedelta(0), False),
    ],
)
def test_a_batch_goes_on_while_it_is_the_same_question_of_the_same_day(
    asks: dict[str, str], age: timedelta, goes_on: bool
) -> None:
    assert may_go_on(asked={"to": "JFK"}, asks=asks, found_at=NOW - age, now=NOW) is goes_on


@pytest.mark.parametrize(
    ("found", "hopeless"),
    [
        (tally(unreadable=19), False),
        (tally(unreadable=20), True),
        (tally(unreadable=20, finished=100), True),
        (tally(unreadable=100, timeout=1), False),
        (tally(unreadable=100, no_offers=1), False),
        (tally(no_offers=100), False),
        (tally(), False),
    ],
)
def test_what_is_shown_to_all_need_not_be_asked_for_by_each(found: BatchTally, hopeless: bool) -> None:
    assert is_hopeless(found.outcomes) is hopeless


@pytest.mark.parametrize(
    ("attempts", "done", "gives"),
    [
        ([], 6, False),
        ([1, 1], 6, False),
        ([2, 0], 6, False),
        ([2], 6, True),
        ([1, 2, 1], 3, True),
        ([1, 2, 1], 2, False),  # the lowest of a few is no price: there is time for the others
    ],
)
def test_what_was_asked_in_vain_and_again_is_given_up_where_nothing_else_is_left(
    attempts: list[int], done: int, gives: bool
) -> None:
    assert gives_up(attempts, done=done, combinations=6) is gives


def test_a_cancelled_batch_is_a_row_of_the_ledger_and_no_failure() -> None:
    progress = BatchProgress(
        batch_id=1, watch_id="w", slot_at=NOW, kind=CheckKind.SCHEDULED, state=BatchState.OPEN, combinations=600,
        done=238, failed=2, opened_at=NOW, updated_at=NOW,
    )  # fmt: skip
    assert progress.share == 0.4
    check = cancelled_check(watch(), progress, attempt=2, now=NOW, plan=None)
    assert check.error == "cancelled after 240 of 600 combinations; what was read of them is kept"
    assert (check.outcome, check.attempt, check.offer, check.plan) == (Outcome.CANCELLED, 2, None, None)


@pytest.mark.parametrize(("failures", "is_quarantined"), [(0, False), (3, False), (9, True)])
def test_after_a_cancelled_batch_the_schedule_goes_on_and_no_failure_is_forgotten(
    failures: int, is_quarantined: bool
) -> None:
    plan = plan_cancelled(watch(), NOW, now=NOW, failures=failures, is_quarantined=is_quarantined)
    assert plan
    assert NOW < plan.next_due_at < NEVER
    assert (plan.consecutive_failures, plan.is_quarantined) == (failures, is_quarantined)


def test_a_batch_is_cancelled_whatever_its_watchs_schedule() -> None:
    never = Schedule(cron="0 0 30 2 *")
    plan = plan_cancelled(replace(watch(), schedule=never), NOW, now=NOW, failures=0, is_quarantined=False)
    assert plan
    assert plan.is_quarantined
    odd = replace(watch(), schedule_error="no such zone")
    assert plan_cancelled(odd, NOW, now=NOW, failures=0, is_quarantined=False) is None
