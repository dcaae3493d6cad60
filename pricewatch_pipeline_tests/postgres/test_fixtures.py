"""The fixtures other tests stand on."""

import os
from pathlib import Path

import psycopg
import pytest

from pricewatch_pipeline.settings import load_settings
from pricewatch_pipeline.storage.servers import url_for

_COUNT = "SELECT count(*) FROM pg_tables WHERE schemaname = 'pricewatch'"


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_has_a_migrated_database_of_its_own(database_url: str, turn: int) -> None:
    with psycopg.connect(url_for(database_url, driver=None)) as connection:
        count = connection.execute(_COUNT).fetchone()
        assert count
        assert count[0] > 5
        connection.execute("CREATE TABLE mine AS SELECT %s AS turn", [turn])


def test_an_empty_database_has_no_schema(empty_database_url: str) -> None:
    with psycopg.connect(url_for(empty_database_url, driver=None)) as connection:
        assert connection.execute(_COUNT).fetchone() == (0,)


def test_the_developers_settings_do_not_reach_a_test(tmp_path: Path) -> None:
    assert [name for name in os.environ if name.startswith("DAGSTER_")] == []
    assert load_settings().home == tmp_path / ".pricewatch"
    assert load_settings().database_url is None
