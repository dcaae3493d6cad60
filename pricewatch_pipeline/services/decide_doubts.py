"""An operator's word on a price that was not believed: it is right and becomes a snapshot, or it is wrong."""

from datetime import UTC
from typing import Any

from pricewatch_pipeline.errors import NotFound
from pricewatch_pipeline.services.find_watches import require_watches
from pricewatch_pipeline.services.raise_alerts import Alerting, confirmed
from pricewatch_pipeline.storage import quarantine
from pricewatch_pipeline.storage.database import Connection, Database
from pricewatch_pipeline.storage.offer_rows import offer_of

Record = dict[str, Any]


def confirm_price(database: Database, watch_id: str, *, alerting: Alerting) -> Record:
    """Store what waits (or was dismissed last) as the snapshot that it would have been; alert rules look at it as at any.

    Raises:
        NotFound: there is no such watch, or nothing of it waits.
    """

    from pricewatch_pipeline.services.summarise_days import summarise_again  # noqa: PLC0415 - brings pandas: 56 MB

    def work(connection: Connection) -> Record:
        require_watches(connection, [watch_id])
        found = _found(quarantine.confirm(connection, watch_id), watch_id)
        if found["is_newest"]:
            at = {"slot_at": found["slot_at"], "observed_at": found["observed_at"]}
            confirmed(connection, watch_id, offer_of(found), alerting=alerting, **at)
        summarise_again(connection, [(watch_id, found["observed_at"].astimezone(UTC).date())])
        return found

    return database.run(work)


def dismiss_price(database: Database, watch_id: str) -> Record:
    """Take what waits for wrong: looks that show it again do not confirm it.

    Raises:
        NotFound: there is no such watch, or nothing of it waits.
    """

    def work(connection: Connection) -> Record:
        require_watches(connection, [watch_id])
        return _found(quarantine.dismiss(connection, watch_id), watch_id)

    return database.run(work)


def _found(decided: Record | None, watch_id: str) -> Record:
    if decided is None:
        raise NotFound(f"no price of {watch_id} waits for confirmation; `pricewatch status` shows those that do")
    return decided
