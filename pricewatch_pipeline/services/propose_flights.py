"""What a flight watch would stand for, before it is added: searches, time and how often. Nothing is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pricewatch_pipeline.domain.providers import Provider, combinations_of, in_words, remarks_on
from pricewatch_pipeline.domain.schedule import checks_per_day
from pricewatch_pipeline.domain.watches import Politeness, Watch
from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.registry import google_flights
from pricewatch_pipeline.services.steer_watches import proposed_watch
from pricewatch_pipeline.storage import definitions, host_views
from pricewatch_pipeline.storage.database import Connection, Database


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A watch that could be added."""

    watch: Watch
    looks_for: str | None
    """In words."""
    searches: int
    """That one check makes."""
    delay: timedelta
    """Between two requests to its host."""
    checks_per_day: float
    remarks: tuple[str, ...]
    """What its provider has to say of the query."""

    @property
    def check_takes(self) -> timedelta:
        """At least."""
        return self.delay * self.searches

    @property
    def is_slower_than_its_interval(self) -> bool:
        """Whether the next check is due before one can be over."""
        return self.check_takes * self.checks_per_day > timedelta(days=1)


def propose_flights(database: Database, entry: Mapping[str, Any], *, providers: Mapping[str, Provider]) -> Proposal:
    """Validate an entry of a watch file, and see what it stands for.

    Raises:
        WatchFileError, ConfigurationError: it cannot be added, or its days have gone by. In a file such a trip is normal;
            whoever types one has slipped.
    """
    watch = proposed_watch(database, entry, providers=providers)
    provider = providers[watch.provider]
    query = provider.query_model.model_validate(dict(watch.query))
    if gone := google_flights().day_gone_by(query):
        raise ConfigurationError(f"{gone} has gone by: there is nothing to look for, so {watch.watch_id} is not added")
    now = database.now()
    return Proposal(
        watch=watch,
        looks_for=in_words(provider, query),
        searches=len(combinations_of(provider, query)) or 1,
        delay=database.run(lambda connection: _delay(connection, watch)),
        checks_per_day=checks_per_day(watch.schedule, watch.watch_id, now),
        remarks=remarks_on(provider, query),
    )


def _delay(connection: Connection, watch: Watch) -> timedelta:
    """As its host is asked now, or as its store asks for."""
    stores, _ = definitions.known(connection)
    politeness = next((store.politeness for store, _ in stores if store.store_id == watch.store_id), Politeness())
    learnt = [timedelta(seconds=float(host["delay_s"])) for host in host_views.paces(connection, [watch.host])]
    return max([politeness.min_delay, *learnt])
