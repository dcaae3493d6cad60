"""An instance of Dagster on PostgreSQL, a shop, and a pipeline that runs on them."""

from pricewatch_pipeline_tests.support.dagster_rig import (  # noqa: F401 - fixtures
    dagster_database_url,
    dagster_template,
    definitions,
    pipeline_settings,
    rig,
)
from pricewatch_pipeline_tests.support.running_rig import running  # noqa: F401 - fixtures
from pricewatch_pipeline_tests.support.shelf import shelf, shop  # noqa: F401 - fixtures
