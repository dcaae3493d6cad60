"""Which `dagster` commands need to be told where our definitions are."""

import os
import sys

import pytest

from pricewatch_pipeline.cli.env import has_target, run_in_foreground


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["asset", "list"], False),
        (["asset", "materialize", "--select", "price_snapshots", "--partition", "kettle"], False),
        (["asset", "list", "-m", "some.module"], True),
        (["definitions", "validate", "--workspace=workspace.yaml"], True),
        (["dev", "-w", "workspace.yaml"], True),
        (["job", "execute", "-f", "file.py"], True),
    ],
)
def test_a_target_of_the_users_own_is_seen(arguments: list[str], expected: bool) -> None:
    assert has_target(arguments) is expected


def test_the_commands_exit_code_is_ours() -> None:
    assert run_in_foreground([sys.executable, "-c", "raise SystemExit(7)"], dict(os.environ)) == 7
