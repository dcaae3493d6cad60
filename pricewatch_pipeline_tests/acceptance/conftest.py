"""An instance of Dagster on PostgreSQL, per test."""

from pricewatch_pipeline_tests.support.dagster_rig import (  # noqa: F401 - fixtures
    dagster_database_url,
    dagster_template,
    definitions,
    pipeline_settings,
    rig,
)
