from pathlib import Path

from pricewatch_pipeline.defs.commands import dagster_instance, run_checks
from pricewatch_pipeline.services.check_watches import SilentObserver
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.settings import load_settings
from pricewatch_pipeline_tests.postgres.cli.conftest import Run


def test_a_run_that_fails_says_why_in_one_sentence(synced: Path, run: Run) -> None:
    with opened_pipeline(load_settings()) as pipeline, dagster_instance(pipeline) as instance:
        made = run_checks(instance, ["lampe"], SilentObserver())
    assert not made.is_success
    assert made.error == "no such watch: lampe. Did you mean lamp? `pricewatch watch list` shows those there are."
