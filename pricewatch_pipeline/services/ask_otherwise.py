"""Checks by hand that ask for something else than their watches: some fields of their queries, replaced for this once."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from pydantic import ValidationError

from pricewatch_pipeline.domain.providers import Provider
from pricewatch_pipeline.domain.watches import Watch
from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.storage import watches
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.watch_files.issues import message_of

Query = Mapping[str, Any]


def queries_asked(
    database: Database, providers: Mapping[str, Provider], watch_ids: Sequence[str], asked: Mapping[str, Any]
) -> dict[str, Query]:
    """The queries of these watches with what is asked for in place of what they say, by watch.

    Raises:
        ConfigurationError: a watch's provider knows no such field, or not this value of it.
    """
    if not asked:
        return {}
    found = database.run(partial(watches.definitions, watch_ids=watch_ids))
    return {watch.watch_id: query_asked(watch, providers, asked) for watch in found}


def query_asked(watch: Watch, providers: Mapping[str, Provider], asked: Mapping[str, Any]) -> Query:
    """A watch's query with what is asked for in place of what it says.

    Raises:
        ConfigurationError: its provider knows no such field, or not this value of it.
    """
    provider = providers.get(watch.provider)
    if provider is None:
        raise ConfigurationError(f"{watch.watch_id}: no provider {watch.provider!r} is installed here")
    model = provider.query_model
    if unknown := sorted(asked.keys() - model.model_fields.keys()):
        raise ConfigurationError(
            f"{watch.watch_id} is a watch of {watch.provider}, whose queries have no {', '.join(unknown)}: leave that out, or "
            "name watches of a provider that has it, such as sec_form4"
        )
    try:
        query = model.model_validate({**watch.query, **asked})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = f"{first['loc'][0]}: " if first["loc"] else ""
        raise ConfigurationError(f"{watch.watch_id}: {field}{message_of(first, model)}") from error
    return query.model_dump(mode="json", exclude_none=True)
