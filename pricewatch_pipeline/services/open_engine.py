"""Puts the engine together from the settings."""

from datetime import timedelta

from pricewatch_pipeline.fetching.fetchers import open_fetchers
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.check_watches import Engine
from pricewatch_pipeline.services.make_check import CheckRules
from pricewatch_pipeline.settings import Settings, parse_allowed_address
from pricewatch_pipeline.storage.database import Database


def engine_for(settings: Settings, database: Database, *, moves_schedule: bool = True) -> Engine:
    """The engine as the settings say."""
    allowed = [parse_allowed_address(entry) for entry in settings.allowed_addresses]
    return Engine(
        database=database,
        providers=providers(),
        open_fetchers=lambda: open_fetchers(
            user_agent=settings.user_agent, allowed_addresses=allowed, max_connections=settings.concurrency * 2
        ),
        rules=CheckRules(
            quarantine_after=settings.quarantine_after,
            materialization_events=settings.materialization_events,
            moves_schedule=moves_schedule,
        ),
        batch_size=settings.batch_size,
        concurrency=settings.concurrency,
        lease=settings.lease,
        budget=timedelta(seconds=settings.run_budget_s),
    )
