"""Alerts as people look at them: what fired, and how each message fared; and dead letters sent again."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pricewatch_pipeline.errors import NotFound
from pricewatch_pipeline.notifying.senders import problem_of
from pricewatch_pipeline.services.find_watches import require_watches
from pricewatch_pipeline.services.open_channels import ChannelsFile, channel_names, read_channels_file
from pricewatch_pipeline.services.open_pipeline import Pipeline
from pricewatch_pipeline.storage import alert_views, outbox
from pricewatch_pipeline.storage.database import Connection

Record = dict[str, Any]
_MOST_ALIKE = 5


@dataclass(frozen=True, kw_only=True)
class AlertView:
    """One alert."""

    alert: Record
    """As `analytics.alerts` has it, and its facts."""
    deliveries: list[Record]


@dataclass(frozen=True, kw_only=True)
class ChannelView:
    """A channel, and nothing of its address."""

    channel: str
    kind: str | None
    """The service; None: the file does not name this channel (any more)."""
    is_default: bool
    problem: str | None
    pending: int
    dead: int
    failures: int
    """In a row."""
    rests_until: datetime | None
    last_sent_at: datetime | None
    last_failed_at: datetime | None
    last_error: str | None


def list_alerts(
    pipeline: Pipeline,
    *,
    watch_id: str | None = None,
    state: str | None = None,
    since: datetime | None = None,
    limit: int = 50,
) -> list[Record]:
    """Alerts with the state of their delivery, newest first.

    Raises:
        NotFound: there is no such watch.
    """

    def work(connection: Connection) -> list[Record]:
        found = alert_views.listed(connection, watch_id=watch_id, state=state, since=since, limit=limit)
        if watch_id and not found:
            require_watches(connection, [watch_id])
        return found

    return pipeline.database.run(work)


def show_alert(pipeline: Pipeline, key: str) -> AlertView:
    """All that is known of an alert, named by its key or how that begins.

    Raises:
        NotFound: there is none, or there are several.
    """

    def work(connection: Connection) -> AlertView:
        whole = _whole_key(connection, key)
        record = alert_views.one(connection, whole)
        return AlertView(alert=record or {}, deliveries=alert_views.deliveries(connection, whole))

    return pipeline.database.run(work)


def retry_alerts(pipeline: Pipeline, keys: Sequence[str]) -> int:
    """Make these alerts due now where they are dead or wait for another attempt, and send those that were to reach nobody
    to the channels that are default now; how many deliveries that makes.

    Raises:
        NotFound: there is no such alert; nothing is changed.
        ConfigurationError: the file of channels cannot be understood.
    """
    channels = channel_names(pipeline.settings)

    def work(connection: Connection) -> int:
        whole = [_whole_key(connection, key) for key in keys]
        return outbox.retry(connection, whole) + outbox.address(connection, whole, channels)

    return pipeline.database.run(work)


def retry_dead(pipeline: Pipeline) -> int:
    """Make everything due now that was given up; how many deliveries that are."""
    return pipeline.database.run(outbox.retry)


def list_channels(pipeline: Pipeline) -> tuple[ChannelsFile, list[ChannelView]]:
    """The file of channels, and how each of them fares; also those that only the outbox still knows.

    Raises:
        ConfigurationError: the file cannot be understood.
    """
    file = read_channels_file(pipeline.settings)
    known = pipeline.database.run(alert_views.channels)
    return file, [_channel_view(name, file, known.get(name, {})) for name in dict.fromkeys((*file.channels, *known))]


def _channel_view(name: str, file: ChannelsFile, record: Mapping[str, Any]) -> ChannelView:
    channel = file.channels.get(name)
    return ChannelView(
        channel=name,
        kind=channel.kind if channel else None,
        is_default=channel is not None and channel.is_default,
        problem=problem_of(channel) if channel else "the file does not name it",
        pending=int(record.get("pending", 0)),
        dead=int(record.get("dead", 0)),
        failures=record.get("failures", 0),
        rests_until=record.get("rests_until"),
        last_sent_at=record.get("last_sent_at"),
        last_failed_at=record.get("last_failed_at"),
        last_error=record.get("last_error"),
    )


def _whole_key(connection: Connection, start: str) -> str:
    # A key is hexadecimal; anything else cannot be the start of one.
    found = alert_views.keys_beginning(connection, start, limit=_MOST_ALIKE) if re.fullmatch("[0-9a-f]+", start) else []
    if len(found) == 1:
        return found[0]
    if found:
        raise NotFound(f"several alerts have a key that begins with {start}: {', '.join(found)}")
    raise NotFound(f"there is no alert {start!r}; `pricewatch alerts list` shows those there are")
