"""The demo never sets a user's own watches aside."""

from pathlib import Path

import pytest

from pricewatch_pipeline.demo.shop import ports_from
from pricewatch_pipeline.demo.watches import write_demo_watches
from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.keep_apart import require_no_other_watches
from pricewatch_pipeline.services.sync_watches import sync_watches
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.shop import store_watches, watch


def test_an_empty_home_and_one_that_the_demo_used_are_the_demos(database: Database, tmp_path: Path) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    files = {path.name for path in write_demo_watches(tmp_path, ports_from(8801))}
    require_no_other_watches(url, files)
    sync_watches(database, tmp_path, providers=providers())
    require_no_other_watches(url, files)


def test_a_home_with_watches_of_the_users_own_is_left_alone(database: Database) -> None:
    store_watches(database, [watch("mine", "https://shop.example/1")])
    url = database.engine.url.render_as_string(hide_password=False)
    with pytest.raises(ConfigurationError, match=r"holds 1 watches of your own.*PRICEWATCH_HOME"):
        require_no_other_watches(url, {"demo-harbor.yaml"})
