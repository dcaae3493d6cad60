"""Stores in the table: all that a file says comes back, and what was learnt stays as long as it counts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pricewatch_pipeline.domain.browsing import Action, Blockable, Browsing, Step, WaitUntil
from pricewatch_pipeline.domain.plausibility import PlausibilityBounds
from pricewatch_pipeline.domain.watches import Politeness, ProxyPlan, Store, Strategy
from pricewatch_pipeline.storage import definitions
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.definitions import Sourced

Rows = Callable[..., list[dict[str, Any]]]

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
STEPS = st.builds(
    Step, action=st.sampled_from(Action), selector=st.none() | TEXTS, value=st.none() | TEXTS, is_optional=st.booleans()
)
STORES = st.builds(
    Store,
    store_id=st.just("shop"),
    domains=st.lists(TEXTS, min_size=1, max_size=3).map(tuple),
    name=st.none() | TEXTS,
    locale=st.none() | TEXTS,
    currency=st.sampled_from([None, "EUR", "CZK"]),
    strategies=st.dictionaries(
        st.sampled_from(["price", "title"]),
        st.lists(st.builds(Strategy, kind=TEXTS, expression=TEXTS, prepend=TEXTS, append=TEXTS)).map(tuple),
    ),
    politeness=st.builds(
        Politeness,
        min_delay=st.integers(0, 3_600_000).map(lambda ms: timedelta(milliseconds=ms)),
        burst=st.integers(1, 100),
        concurrency=st.integers(1, 64),
        obeys_robots=st.booleans(),
    ),
    fetcher=st.sampled_from(["http", "impersonate", "browser", "auto"]),
    browsing=st.builds(
        Browsing,
        wait_until=st.sampled_from(WaitUntil),
        wait_for=st.none() | TEXTS,
        steps=st.lists(STEPS, max_size=3).map(tuple),
        blocked=st.frozensets(st.sampled_from(Blockable)),
        has_screenshot=st.booleans(),
    ),
    impersonates=st.sampled_from(["chrome", "firefox", "chrome131"]),
    proxies=st.builds(
        ProxyPlan, names=st.lists(TEXTS, max_size=3).map(tuple), rotates=st.booleans(), also_when_blocked=st.booleans()
    ),
    when_blocked=st.lists(st.sampled_from(["impersonate", "browser"]), max_size=2).map(tuple),
    plausibility=st.builds(
        PlausibilityBounds,
        is_on=st.none() | st.booleans(),
        max_fall=st.none() | st.sampled_from([Decimal("0.6"), Decimal(1)]),
        max_rise=st.none() | st.sampled_from([Decimal("0.25"), Decimal("Infinity")]),
        checks_currency=st.none() | st.booleans(),
        checks_title=st.none() | st.booleans(),
    ),
    test_urls=st.lists(TEXTS, max_size=3).map(tuple),
)
PLAIN = Store(store_id="shop", domains=("shop.de",))


def write(database: Database, store: Store) -> int:
    return database.run(lambda connection: definitions.upsert_stores(connection, [(store, Sourced())]))


def read(database: Database) -> Store:
    (store,) = database.run(lambda connection: definitions.stores_named(connection, "shop"))
    return store


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STORES)
def test_a_store_comes_back_from_its_row_as_it_was(database: Database, store: Store) -> None:
    write(database, store)
    assert read(database) == store
    assert write(database, store) == 0


def test_a_store_that_says_nothing_of_fetching_leaves_its_column_empty(database: Database, rows: Rows) -> None:
    write(database, PLAIN)
    assert rows("SELECT fetching FROM pricewatch.stores") == [{"fetching": {}}]


@pytest.mark.parametrize(
    ("changed", "is_kept"),
    [
        (replace(PLAIN, fetcher="auto", name="Another name"), True),
        (replace(PLAIN, fetcher="auto", politeness=Politeness(burst=5)), True),
        (replace(PLAIN, fetcher="browser"), False),
        (replace(PLAIN, fetcher="auto", browsing=Browsing(wait_for=".price")), False),
        (replace(PLAIN, fetcher="auto", proxies=ProxyPlan(names=("home",))), False),
    ],
)
def test_what_was_learnt_counts_until_the_way_of_fetching_changes(
    database: Database, rows: Rows, changed: Store, is_kept: bool
) -> None:
    write(database, replace(PLAIN, fetcher="auto"))
    rows("UPDATE pricewatch.stores SET learned_fetcher = 'browser', learned_at = now()")
    assert write(database, replace(PLAIN, fetcher="auto")) == 0
    assert write(database, changed) == 1
    (row,) = rows("SELECT learned_fetcher, learned_at IS NOT NULL AS has_time FROM pricewatch.stores")
    assert row == {"learned_fetcher": "browser" if is_kept else None, "has_time": is_kept}
