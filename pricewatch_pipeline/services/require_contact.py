"""Who asks: whether there are watches of hosts that want to know, and nobody is named."""

from collections.abc import Iterable, Mapping

from pricewatch_pipeline.domain.fair_access import NO_CONTACT
from pricewatch_pipeline.domain.providers import Provider, fair_access_of
from pricewatch_pipeline.domain.watches import Watch
from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.settings import Settings
from pricewatch_pipeline.storage import watches
from pricewatch_pipeline.storage.database import Connection, Database

_MOST_NAMED = 3


def wanting_contact(known: Mapping[str, Provider]) -> tuple[str, ...]:
    """The providers whose hosts want to know who asks, by name."""
    found = {name: fair_access_of(provider) for name, provider in known.items()}
    return tuple(name for name, access in found.items() if access and access.wants_contact)


def unanswered(named: Iterable[Watch], known: Mapping[str, Provider]) -> tuple[str, ...]:
    """What to say of these watches where nobody is named: one sentence, or none."""
    wanting = wanting_contact(known)
    ids = sorted(watch.watch_id for watch in named if watch.provider in wanting)
    return (_sentence(ids, len(ids), known),) if ids else ()


def unanswered_in_table(connection: Connection, settings: Settings) -> str | None:
    """The same of all active watches; None: there are none, or somebody is named."""
    if settings.contact:
        return None
    count, ids = watches.active_of(connection, wanting_contact(providers()), most_named=_MOST_NAMED)
    return _sentence(ids, count, providers()) if count else None


def who_asks(database_url: str, settings: Settings) -> str | None:
    """The same, of a database that is open elsewhere. Where somebody is named, what failed for want of it is due at once: it may have
    failed so often that it would be looked at once a day."""
    database = Database(database_url, pool_size=1)
    try:
        if settings.contact:
            database.run(lambda connection: watches.resume_failed(connection, NO_CONTACT))
        return database.run(lambda connection: unanswered_in_table(connection, settings))
    finally:
        database.close()


def require_contact(settings: Settings) -> None:
    """Do nothing when somebody is named who asks.

    Raises:
        ConfigurationError: nobody is; says how to set it.
    """
    if settings.contact is None:
        said = _no_contact(providers())
        raise ConfigurationError(said[0].upper() + said[1:])


def _sentence(ids: list[str], count: int, known: Mapping[str, Provider]) -> str:
    named = ", ".join(ids[:_MOST_NAMED]) + (f" and {count - _MOST_NAMED:,} more" if count > _MOST_NAMED else "")
    return f"{named}: {_no_contact(known)}"


def _no_contact(known: Mapping[str, Provider]) -> str:
    """With the site's name, where there is one that wants to know."""
    wanting = [access for access in map(fair_access_of, known.values()) if access and access.wants_contact]
    return wanting[0].no_contact if len(wanting) == 1 else NO_CONTACT
