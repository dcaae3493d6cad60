"""Puts the engine together from the settings."""

from datetime import timedelta
from functools import partial

from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.check_watches import Engine
from pricewatch_pipeline.services.make_check import CheckRules
from pricewatch_pipeline.services.open_fetchers import fetchers_for
from pricewatch_pipeline.settings import Settings
from pricewatch_pipeline.storage.database import Database


def engine_for(settings: Settings, database: Database, *, moves_schedule: bool = True) -> Engine:
    """The engine as the settings say."""
    return Engine(
        database=database,
        providers=providers(),
        open_fetchers=partial(fetchers_for, settings),
        rules=CheckRules(
            quarantine_after=settings.quarantine_after,
            materialization_events=settings.materialization_events,
            moves_schedule=moves_schedule,
        ),
        batch_size=settings.batch_size,
        concurrency=settings.concurrency,
        browser_pages=settings.browser_pages,
        lease=settings.lease,
        budget=timedelta(seconds=settings.run_budget_s),
        user_agent=settings.user_agent,
        pages_url=settings.pages_url,
    )
