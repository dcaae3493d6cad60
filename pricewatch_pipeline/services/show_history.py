"""What became of a watch over time: its snapshots and its checks."""

from datetime import datetime
from typing import Any

from pricewatch_pipeline.errors import ConfigurationError, ScheduleError
from pricewatch_pipeline.services.open_pipeline import Pipeline
from pricewatch_pipeline.services.show_watches import require_known
from pricewatch_pipeline.storage import ledger, price_history
from pricewatch_pipeline.watch_files.durations import FORMS, parse_duration

Record = dict[str, Any]


def prices_of(pipeline: Pipeline, watch_id: str, *, since: datetime | None = None, limit: int = 100) -> list[Record]:
    """The newest snapshots, newest first.

    Raises:
        NotFound: there never was such a watch.
    """
    pipeline.database.run(lambda connection: require_known(connection, watch_id))
    return pipeline.database.run(
        lambda connection: price_history.newest(connection, watch_id, since=since, limit=limit)
    )


def checks_of(pipeline: Pipeline, watch_id: str, *, since: datetime | None = None, limit: int = 100) -> list[Record]:
    """The newest checks of the ledger, newest first, also those that failed.

    Raises:
        NotFound: there never was such a watch.
    """
    pipeline.database.run(lambda connection: require_known(connection, watch_id))
    return pipeline.database.run(
        lambda connection: ledger.recent_checks(connection, since=since, watch_id=watch_id, limit=limit)
    )


def instant_of(text: str, *, now: datetime, option: str = "--since") -> datetime:
    """The instant that `30d` ago, or a day or time in ISO 8601, means.

    Raises:
        ConfigurationError: it is none of these.
    """
    try:
        return now - parse_duration(text)
    except ScheduleError as not_a_duration:
        try:
            instant = datetime.fromisoformat(text.strip())
            return instant if instant.tzinfo else instant.astimezone()
        except (ValueError, OverflowError):  # years without a local time, too
            raise ConfigurationError(
                f"{option}: {text!r} is neither a time span ({FORMS}) nor a day such as 2026-05-01"
            ) from not_a_duration
