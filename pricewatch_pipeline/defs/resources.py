"""The resource that loads settings and opens the database. A thin loader: ops and assets work with plain objects."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from pricewatch_pipeline.services.check_watches import Observer, SilentObserver
from pricewatch_pipeline.services.open_databases import PATIENCE_S
from pricewatch_pipeline.services.open_pipeline import Pipeline, opened_pipeline
from pricewatch_pipeline.settings import Settings, load_settings


class PricewatchResource(dg.ConfigurableResource["PricewatchResource"]):
    """Our settings and database, from the environment (`PRICEWATCH_*`). Nothing is read before it is opened."""

    def settings(self) -> Settings:
        """The settings as they are now."""
        return load_settings()

    @contextmanager
    def opened(self, *, patience_s: float = PATIENCE_S) -> Iterator[Pipeline]:
        """The pipeline for one run or tick."""
        with opened_pipeline(self.settings(), patience_s=patience_s) as pipeline:
            yield pipeline


def observer_resource(observer: Observer | None = None) -> dg.ResourceDefinition:
    """Who is told how a check goes on: nobody, or the progress bar of a command."""
    return dg.ResourceDefinition.hardcoded_resource(observer or SilentObserver())
