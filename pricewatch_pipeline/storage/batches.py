"""Batches of matrix watches as others see them: how far they are, which wait for a run, and their end by a word.

The steps of the run that makes one are in batch_steps.py.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.batches import (
    BatchCombination,
    BatchProgress,
    BatchState,
    CombinationState,
    cancelled_check,
    plan_cancelled,
)
from pricewatch_pipeline.domain.checks import CheckKind
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.errors import NotFound
from pricewatch_pipeline.storage import completions
from pricewatch_pipeline.storage.batch_claims import FREE, HAS_ROOM, next_attempt
from pricewatch_pipeline.storage.database import clock
from pricewatch_pipeline.storage.rows import AnyRow, watch_of

SOON = timedelta(minutes=1)
"""A host whose next turn is later has no room."""
PROGRESS = """
SELECT b.batch_id, b.watch_id, b.slot_at, b.kind, b.state, b.combinations, b.done, b.failed, b.price, b.currency,
       c.key AS best_key, b.opened_at, b.updated_at, b.finished_at, b.outcome, b.takes, b.run_id, b.cancel_asked_at
FROM pricewatch.batches b
LEFT JOIN pricewatch.batch_combinations c ON c.batch_id = b.batch_id AND c.number = b.best_number
"""


def due(connection: Connection, *, at_most: int) -> int:
    """How many matrix watches a run could take up now, counted no further than `at_most`; those of a host that may not be
    asked do not count."""
    found: int = connection.execute(
        text(f"""
            SELECT count(*) FROM (
                SELECT FROM pricewatch.watches w LEFT JOIN pricewatch.batches b ON b.watch_id = w.watch_id AND b.state = 'open'
                WHERE {FREE} AND {HAS_ROOM} LIMIT :at_most
            ) due
        """),
        {"at_most": at_most, "budget_s": SOON.total_seconds(), "token": None},
    ).scalar_one()
    return found


def progress_of(connection: Connection, name: str) -> BatchProgress | None:
    """The newest batch of a watch, or the batch with this number; None: the watch has had none.

    Raises:
        NotFound: there is neither such a watch nor such a batch.
    """
    row = connection.execute(
        text(f"{PROGRESS} WHERE b.watch_id = :name ORDER BY (b.state = 'open') DESC, b.batch_id DESC LIMIT 1"),
        {"name": name},
    ).one_or_none()
    if row is None and name.isascii() and name.isdecimal() and len(name) < 19:
        row = connection.execute(text(f"{PROGRESS} WHERE b.batch_id = :id"), {"id": int(name)}).one_or_none()
    if row:
        return progress_from(row)
    is_watch = connection.execute(
        text("SELECT FROM pricewatch.watches WHERE watch_id = :name"), {"name": name}
    ).rowcount
    if not is_watch:
        raise NotFound(f"there is no watch and no batch {name!r}; `pricewatch batch list` shows the batches there are")
    return None


def progress(connection: Connection, batch_id: int) -> BatchProgress:
    """How far this batch is; it must exist."""
    return progress_from(connection.execute(text(f"{PROGRESS} WHERE b.batch_id = :id"), {"id": batch_id}).one())


def recent(connection: Connection, *, limit: int) -> list[BatchProgress]:
    """Open batches first, then the newest ones."""
    rows = connection.execute(
        text(f"{PROGRESS} ORDER BY (b.state = 'open') DESC, b.batch_id DESC LIMIT :limit"), {"limit": limit}
    )
    return [progress_from(row) for row in rows]


def combinations_of(
    connection: Connection, batch_id: int, *, state: CombinationState | None = None, limit: int | None = None
) -> list[BatchCombination]:
    """The combinations of a batch: those with a price first, the lowest before others; then by number."""
    rows = connection.execute(
        text("""
            SELECT number, key, query, url, state, attempts, outcome, error, price, currency, finished_at
            FROM pricewatch.batch_combinations
            WHERE batch_id = :batch_id AND (cast(:state AS text) IS NULL OR state = :state)
            ORDER BY price NULLS LAST, number LIMIT :limit
        """),
        {"batch_id": batch_id, "state": state, "limit": limit},
    )
    return [combination_from(row) for row in rows]


def outcomes_of(connection: Connection, batch_id: int) -> dict[Outcome, int]:
    """How many of its combinations ended in which way, the most frequent first."""
    rows = connection.execute(
        text("""
            SELECT outcome, count(*) AS n FROM pricewatch.batch_combinations
            WHERE batch_id = :batch_id AND state <> 'waiting' GROUP BY outcome ORDER BY n DESC, outcome
        """),
        {"batch_id": batch_id},
    )
    return {Outcome(row.outcome): row.n for row in rows}


def held_by_a_run(connection: Connection, watch_ids: Sequence[str]) -> list[str]:
    """Which of these watches are being checked at this moment."""
    rows = connection.execute(
        text("SELECT watch_id FROM pricewatch.watches WHERE watch_id = ANY(:ids) AND claimed_until > now() ORDER BY 1"),
        {"ids": list(watch_ids)},
    )
    return list(rows.scalars())


def matrix_watches(connection: Connection, watch_ids: Sequence[str]) -> list[str]:
    """Which of these watches are checked as batches."""
    rows = connection.execute(
        text("SELECT watch_id FROM pricewatch.watches WHERE watch_id = ANY(:ids) AND is_matrix ORDER BY 1"),
        {"ids": list(watch_ids)},
    )
    return list(rows.scalars())


def ask_cancel(connection: Connection, watch_id: str) -> BatchProgress | None:
    """End the open batch of a watch; what was read is kept, and the schedule goes on. None: there is none open.

    The run that makes it hears of it within seconds; where none does, it ends at once.

    Raises:
        NotFound: there is no such watch.
    """
    row = connection.execute(
        text(
            "SELECT *, claimed_until > now() AS is_held FROM pricewatch.watches WHERE watch_id = :id FOR NO KEY UPDATE"
        ),
        {"id": watch_id},
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no watch {watch_id!r}; `pricewatch watch list` shows those there are")
    asked = connection.execute(
        text("""
            UPDATE pricewatch.batches SET cancel_asked_at = coalesce(cancel_asked_at, now())
            WHERE watch_id = :id AND state = 'open'
        """),
        {"id": watch_id},
    ).rowcount
    if not asked:
        return None
    found = progress_of(connection, watch_id)
    if found and not row.is_held:
        _end_unheld(connection, row, found)
        return progress(connection, found.batch_id)
    return found


def _end_unheld(connection: Connection, row: AnyRow, open_batch: BatchProgress) -> None:
    """End a batch that no run makes, as one would: under a claim of its own."""
    token = uuid4()
    connection.execute(
        text("UPDATE pricewatch.watches SET claim_token = :token WHERE watch_id = :id"),
        {"token": token, "id": open_batch.watch_id},
    )
    watch, now = watch_of(row), clock(connection)
    plan = None
    if open_batch.kind is CheckKind.SCHEDULED:
        plan = plan_cancelled(
            watch,
            open_batch.slot_at,
            now=now,
            failures=row.consecutive_failures,
            is_quarantined=row.quarantined_at is not None,
        )
    attempt = next_attempt(connection, watch_id=open_batch.watch_id, slot_at=open_batch.slot_at)
    check = cancelled_check(watch, open_batch, attempt=attempt, now=now, plan=plan)
    completions.complete(connection, token, [check], run_id=None)
    close(connection, open_batch.batch_id, BatchState.CANCELLED, Outcome.CANCELLED)


_DOUBT_LOWEST = text("""
UPDATE pricewatch.flight_searches s SET outcome = 'implausible'
FROM pricewatch.batches b
WHERE b.batch_id = :batch_id AND b.state = 'open' AND s.watch_id = b.watch_id AND s.slot_at = b.slot_at
  AND s.combination = b.best_number AND s.outcome = 'ok'
""")


def close(connection: Connection, batch_id: int, state: BatchState, outcome: Outcome | None) -> bool:
    """End an open batch; whether it was open. Where its lowest price is not believed, the search that found it is not, too."""
    if outcome is Outcome.IMPLAUSIBLE:
        connection.execute(_DOUBT_LOWEST, {"batch_id": batch_id})
    ended = connection.execute(
        text("""
            UPDATE pricewatch.batches SET state = :state, outcome = :outcome, finished_at = now(), updated_at = now()
            WHERE batch_id = :batch_id AND state = 'open'
        """),
        {"batch_id": batch_id, "state": state, "outcome": outcome},
    )
    return ended.rowcount == 1


def supersede_left_behind(connection: Connection) -> None:
    """End the open batches of watches that are archived, or are one query by now."""
    connection.execute(
        text("""
            UPDATE pricewatch.batches b SET state = 'superseded', finished_at = now(), updated_at = now()
            FROM pricewatch.watches w
            WHERE b.state = 'open' AND w.watch_id = b.watch_id AND (w.archived_at IS NOT NULL OR NOT w.is_matrix)
        """)
    )


def progress_from(row: AnyRow) -> BatchProgress:
    """A row of PROGRESS as a value."""
    return BatchProgress(
        batch_id=row.batch_id,
        watch_id=row.watch_id,
        slot_at=row.slot_at,
        kind=CheckKind(row.kind),
        state=BatchState(row.state),
        combinations=row.combinations,
        done=row.done,
        failed=row.failed,
        price=row.price,
        currency=row.currency,
        best_key=row.best_key,
        opened_at=row.opened_at,
        updated_at=row.updated_at,
        finished_at=row.finished_at,
        outcome=Outcome(row.outcome) if row.outcome else None,
        takes=row.takes,
        run_id=row.run_id,
        cancel_asked_at=row.cancel_asked_at,
    )


def combination_from(row: AnyRow) -> BatchCombination:
    """A row of `batch_combinations` as a value."""
    return BatchCombination(
        number=row.number,
        key=row.key,
        query=row.query,
        url=row.url,
        state=CombinationState(row.state),
        attempts=row.attempts,
        outcome=Outcome(row.outcome) if row.outcome else None,
        error=row.error,
        price=row.price,
        currency=row.currency,
        finished_at=row.finished_at,
    )
