"""Batches on a database of a test: a site with a matrix watch, how far it is, and a lease that is over."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pricewatch_pipeline.domain.batches import BatchProgress
from pricewatch_pipeline.services.check_watches import Engine
from pricewatch_pipeline.storage import batches
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.loopback import Answer, Server, serve
from pricewatch_pipeline_tests.support.matrix import MatrixProvider, matrix, priced
from pricewatch_pipeline_tests.support.shop import engine_on, store_watches

Rows = Callable[..., list[dict[str, Any]]]


def engine(database: Database, **fields: Any) -> Engine:
    return engine_on(database, **{"providers": {"matrix": MatrixProvider()}, **fields})


@contextmanager
def site(database: Database, pages: int, reply: Callable[[str], Answer] = priced) -> Iterator[Server]:
    """A server with so many pages, and a watch on them that is due."""
    with serve(lambda request: reply(request.path)) as server:
        store_watches(database, [matrix(server.base_url, pages)])
        yield server


def progress_of(database: Database, name: str = "sweep") -> BatchProgress:
    found = database.run(lambda connection: batches.progress_of(connection, name))
    assert found
    return found


def end_lease(rows: Rows) -> None:
    rows("UPDATE pricewatch.watches SET claimed_until = now() WHERE claim_token IS NOT NULL")
    rows("UPDATE pricewatch.host_places SET held_until = now() - interval '1 second'")


def let_ask(rows: Rows) -> None:
    rows(
        "UPDATE pricewatch.hosts SET rests_until = NULL, breaker_until = NULL, adaptive_delay_s = 0, next_slot_at = now()"
    )
    rows("UPDATE pricewatch.watches SET next_due_at = now()")
