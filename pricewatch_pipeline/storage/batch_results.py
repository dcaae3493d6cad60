"""What a batch came to so far: how its combinations ended, and the one with the lowest price."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.batches import BatchCombination, BatchTally
from pricewatch_pipeline.domain.checks import StoredPage
from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.storage import batches, offer_rows, pages

# The lowest of those in the currency that most of them have: others are not compared. Of several at one price that whose page
# is kept: the first that was found.
LOWEST = """
    SELECT number FROM pricewatch.batch_combinations
    WHERE batch_id = :batch_id AND price IS NOT NULL AND currency = (
        SELECT currency FROM pricewatch.batch_combinations WHERE batch_id = :batch_id AND price IS NOT NULL
        GROUP BY currency ORDER BY count(*) DESC, currency LIMIT 1)
    ORDER BY price, page_sha256 IS NULL, number LIMIT 1
"""


@dataclass(frozen=True, kw_only=True)
class Best:
    """The combination with the lowest price."""

    combination: BatchCombination
    offer: Offer
    signals: Mapping[str, str]
    page: StoredPage | None


@dataclass(frozen=True, kw_only=True)
class Results:
    """What a batch came to."""

    tally: BatchTally
    best: Best | None
    wire_bytes: int
    body_bytes: int
    fetch_time: timedelta
    page_count: int


def results_of(connection: Connection, batch_id: int) -> Results:
    """What a batch came to so far."""
    rows = connection.execute(
        text("""
            SELECT outcome, count(*) AS n, (array_agg(key || ': ' || error ORDER BY number) FILTER (WHERE error IS NOT NULL))[1]
                   AS example FROM pricewatch.batch_combinations
            WHERE batch_id = :batch_id AND state <> 'waiting' GROUP BY outcome
        """),
        {"batch_id": batch_id},
    ).all()
    sums = connection.execute(
        text("""
            SELECT count(*) AS combinations, coalesce(sum(wire_bytes), 0)::bigint AS wire_bytes,
                   coalesce(sum(body_bytes), 0)::bigint AS body_bytes, coalesce(sum(fetch_ms), 0)::bigint AS fetch_ms,
                   coalesce(sum(page_count), 0)::int AS page_count
            FROM pricewatch.batch_combinations WHERE batch_id = :batch_id
        """),
        {"batch_id": batch_id},
    ).one()
    tally = BatchTally(combinations=sums.combinations, outcomes={Outcome(row.outcome): row.n for row in rows})
    examples = {Outcome(row.outcome): row.example for row in rows}
    return Results(
        tally=replace(tally, example=examples[tally.worst] if tally.worst else None),
        best=_best(connection, batch_id),
        wire_bytes=sums.wire_bytes,
        body_bytes=sums.body_bytes,
        fetch_time=timedelta(milliseconds=sums.fetch_ms),
        page_count=sums.page_count,
    )


def _best(connection: Connection, batch_id: int) -> Best | None:
    row = connection.execute(
        text(f"""
            SELECT c.number, c.key, c.query, c.url, c.state, c.attempts, c.outcome, c.error, c.finished_at, c.signals,
                   c.page_sha256, {offer_rows.columns("o.")}
            FROM pricewatch.batch_combinations c,
                 LATERAL jsonb_to_record(c.offer) AS o({offer_rows.typed_columns()})
            WHERE c.batch_id = :batch_id AND c.number = ({LOWEST})
        """),
        {"batch_id": batch_id},
    ).one_or_none()
    if row is None:
        return None
    return Best(
        combination=batches.combination_from(row),
        offer=offer_rows.offer_of(row._asdict()),
        signals=row.signals or {},
        page=pages.load(connection, bytes(row.page_sha256)) if row.page_sha256 else None,
    )
