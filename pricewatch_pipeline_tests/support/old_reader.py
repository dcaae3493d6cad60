"""Readers of yesterday: they read as today's do, and then get it wrong, as a test says. What they store, a replay corrects."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Fetch
from pricewatch_pipeline.domain.providers import Provider, Reading
from pricewatch_pipeline.domain.watches import Store, Watch
from pricewatch_pipeline.providers.retail.provider import RetailProvider
from pricewatch_pipeline.services.check_watches import check_due
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.shop import engine_on

Mistake = Callable[[Reading], Reading]


class OldReader(RetailProvider):
    """Reads, and makes a mistake."""

    def __init__(self, mistake: Mistake) -> None:
        self._mistake = mistake

    async def check(self, watch: Watch, store: Store | None, fetch: Fetch) -> Reading:
        reading = await super().check(watch, store, fetch)
        return reading if reading.outcome is Outcome.NOT_MODIFIED else self._mistake(reading)


def saying(**fields: object) -> Mistake:
    """Gets these fields of the offer wrong."""

    def mistake(reading: Reading) -> Reading:
        return replace(reading, outcome=Outcome.OK, offer=replace(reading.offer or Offer(), **fields))  # type: ignore[arg-type]

    return mistake


def failing(outcome: Outcome = Outcome.UNREADABLE) -> Mistake:
    """Reads nothing at all."""
    return lambda reading: replace(reading, outcome=outcome, offer=None, error="no price found")


TEN_TIMES = saying(price=Decimal(199), currency="EUR")


def check_with(
    database: Database, mistake: Mistake = TEN_TIMES, *, times: int = 1, ids: Sequence[str] | None = None
) -> None:
    """Check all watches (or these) as the scheduler would, with a reader that makes this mistake."""
    readers: dict[str, Provider] = {"retail": OldReader(mistake)}
    for _ in range(times):
        with database.transaction() as connection:
            connection.exec_driver_sql(
                "UPDATE pricewatch.watches SET next_due_at = now(), slot_at = now() WHERE %s::text[] IS NULL OR watch_id = ANY(%s)",
                (ids, ids),
            )
        check_due(engine_on(database, providers=readers))
