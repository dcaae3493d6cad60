"""Finds watches of one page: two of them ask the shop twice and tell everything twice."""

from collections.abc import Collection

from pricewatch_pipeline.domain.hosts import host_key
from pricewatch_pipeline.importing.same_page import watch_key
from pricewatch_pipeline.storage import imports
from pricewatch_pipeline.storage.database import Connection, Database


def twins_of(database: Database, watch_ids: Collection[str]) -> dict[str, str]:
    """For those of these watches whose page another live watch has too: its id."""

    def work(connection: Connection) -> dict[str, str]:
        own = imports.watches_called(connection, watch_ids)
        urls = [url for watch in own if isinstance(url := watch.query.get("url"), str)]
        others = imports.watches_at(connection, {host_key(url) for url in urls})
        by_key = {
            watch_key(each.provider, each.query): each.watch_id for each in others if each.watch_id not in watch_ids
        }
        return {w.watch_id: twin for w in own if (twin := by_key.get(watch_key(w.provider, w.query)))}

    return database.run(work)
