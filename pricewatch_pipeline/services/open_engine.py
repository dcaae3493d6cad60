"""Puts the engine together from the settings."""

import logging
from datetime import timedelta
from functools import partial

from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.check_watches import Engine
from pricewatch_pipeline.services.make_check import CheckRules
from pricewatch_pipeline.services.open_channels import channel_names
from pricewatch_pipeline.services.open_fetchers import fetchers_for
from pricewatch_pipeline.services.word_alerts import Alerting
from pricewatch_pipeline.settings import Settings
from pricewatch_pipeline.storage.database import Database

log = logging.getLogger(__name__)


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
        alerting=alerting_for(settings),
    )


def alerting_for(settings: Settings) -> Alerting:
    """How alerts are told, as the settings and the file of channels say.

    With a file that cannot be understood prices are read all the same, and what fires then is kept without being sent.
    """
    try:
        channels = channel_names(settings)
    except ConfigurationError as error:
        log.error("alerts that fire now are kept and not sent, unless their rules name channels: %s", error)
        channels = ()
    return Alerting(default_channels=channels, timezone=settings.timezone)
