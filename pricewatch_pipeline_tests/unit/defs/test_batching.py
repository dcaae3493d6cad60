"""How a run tells how far a batch is: when, and in which words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pricewatch_pipeline.defs.batching import is_line_due, is_observation_due, progress_text, time_left
from pricewatch_pipeline.defs.fare_calendar import is_refresh_due
from pricewatch_pipeline.domain.batches import BatchProgress, BatchState
from pricewatch_pipeline.domain.checks import CheckKind
from pricewatch_pipeline.domain.outcomes import Outcome

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
BEGAN = BatchProgress(
    batch_id=1,
    watch_id="lhr-jfk",
    slot_at=NOON,
    kind=CheckKind.SCHEDULED,
    state=BatchState.OPEN,
    combinations=600,
    opened_at=NOON,
    updated_at=NOON,
)
ENDED = {"state": BatchState.DONE, "done": 598, "failed": 2, "outcome": Outcome.OK}


def at(seconds: float, **fields: Any) -> BatchProgress:
    return replace(BEGAN, updated_at=NOON + timedelta(seconds=seconds), **fields)


@pytest.mark.parametrize(
    ("now", "told", "says"),
    [
        (at(0), None, True),
        (at(1, done=59), BEGAN, False),
        (at(1, done=60), BEGAN, True),
        (at(1, done=40, failed=20), BEGAN, True),
        (at(2, done=119), at(1, done=60), False),
        (at(29.9, done=3), BEGAN, False),
        (at(30, done=3), BEGAN, True),
        (at(31, done=4), at(30, done=3), False),
        (at(1, **ENDED), at(1, done=598, failed=2), True),
        (at(1, done=3, state=BatchState.CANCELLED), at(1, done=3), True),
    ],
    ids=[
        *("the first", "less than a tenth", "a tenth", "a tenth, with failures", "not yet the next", "soon after"),
        *("after a silence", "soon after that", "the end", "cancelled"),
    ],
)
def test_a_line_comes_at_each_tenth_and_after_a_silence(
    now: BatchProgress, told: BatchProgress | None, says: bool
) -> None:
    assert is_line_due(now, told) is says


@pytest.mark.parametrize(
    ("now", "observed", "is_due"),
    [
        (at(60, done=59), BEGAN, False),
        (at(1, done=60), BEGAN, True),
        (at(1, done=300), BEGAN, True),
        (at(90, done=119), at(1, done=60), False),
        (at(1, done=600), at(1, done=590), False),
        (at(1, **ENDED), at(1, done=300), False),
    ],
    ids=[
        "however long",
        "a tenth",
        "five at once",
        "not yet the next",
        "all of it",
        "the end: a materialization tells",
    ],
)
def test_an_observation_comes_at_each_tenth_only(now: BatchProgress, observed: BatchProgress, is_due: bool) -> None:
    assert is_observation_due(now, observed) is is_due


@pytest.mark.parametrize(
    ("now", "began", "left"),
    [
        (at(60, done=60), BEGAN, timedelta(minutes=9)),
        (at(60, done=50, failed=10), BEGAN, timedelta(minutes=9)),
        (at(60, done=360), at(0, done=300), timedelta(minutes=4)),
        (at(0, done=0), BEGAN, None),
        (at(0, done=10), BEGAN, None),
        (at(60, **ENDED), BEGAN, None),
    ],
    ids=["from the start", "failed ones took time too", "of a run that went on", "nothing yet", "no time yet", "over"],
)
def test_the_time_left_is_told_by_what_this_run_did(
    now: BatchProgress, began: BatchProgress, left: timedelta | None
) -> None:
    assert time_left(now, began) == left


PRICED = {"price": Decimal("321.0000"), "currency": "GBP", "best_key": "LHR-JFK 2027-01-15"}


@pytest.mark.parametrize(
    ("now", "left", "said"),
    [
        (BEGAN, None, "0 of 600 combinations"),
        (
            at(1, done=237, failed=3, **PRICED),
            timedelta(seconds=372),
            "240 of 600 combinations, 3 failed, lowest 321 GBP (LHR-JFK 2027-01-15), about 6 min left",
        ),
        (at(1, done=590), timedelta(seconds=11), "590 of 600 combinations, about 10 s left"),
        (at(1, done=590), timedelta(seconds=1), "590 of 600 combinations, about 5 s left"),
        (at(1, done=1), timedelta(hours=2), "1 of 600 combinations, about 2.0 h left"),
        (at(1, **ENDED), None, "600 of 600 combinations, 2 failed, ok"),
        (
            at(1, done=7, state=BatchState.CANCELLED, outcome=Outcome.CANCELLED),
            None,
            "7 of 600 combinations, cancelled",
        ),
        (at(1, combinations=2000, done=1500), None, "1,500 of 2,000 combinations"),
    ],
)
def test_a_line_says_how_far_it_is_what_it_found_and_how_long_it_takes(
    now: BatchProgress, left: timedelta | None, said: str
) -> None:
    assert progress_text(now, left) == f"lhr-jfk: {said}"


@pytest.mark.parametrize(
    ("last", "is_due"), [(None, True), (timedelta(minutes=9), False), (timedelta(minutes=10), True)]
)
def test_a_batch_has_the_calendar_recorded_unless_it_just_was(last: timedelta | None, is_due: bool) -> None:
    assert is_refresh_due(None if last is None else NOON - last, NOON) is is_due
