"""An instance of Dagster on PostgreSQL and a shop, per test."""

from pricewatch_pipeline_tests.support.dagster_rig import (  # noqa: F401 - fixtures
    dagster_database_url,
    dagster_template,
    definitions,
    pipeline_settings,
    rig,
)
from pricewatch_pipeline_tests.support.shelf import shelf, shop  # noqa: F401 - fixtures
