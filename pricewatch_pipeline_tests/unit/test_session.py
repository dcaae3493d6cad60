"""Whether the `up` that wrote a session file still runs."""

import json
import os
from pathlib import Path

import pytest

from pricewatch_pipeline.settings import load_settings, read_session, start_of


@pytest.mark.parametrize(
    ("step", "is_alive"),
    [
        ({}, True),
        ({"started": -3600}, True),  # the clock was set after it had started
        ({"started_after_boot": 3600}, True),
        ({"started": -3600, "started_after_boot": -3600}, False),  # the number belongs to another process now
    ],
)
def test_a_session_outlives_a_step_of_the_clock_and_not_its_process(
    tmp_path: Path, step: dict[str, float], is_alive: bool
) -> None:
    started = {clock: at + step.get(clock, 0) for clock, at in start_of(os.getpid()).items()}
    home = tmp_path / ".pricewatch"
    home.mkdir()
    (home / "session.json").write_text(json.dumps({"pid": os.getpid(), **started, "settings": {"batch_size": 7}}))
    assert (read_session(home / "session.json") is not None) is is_alive
    assert (load_settings().batch_size == 7) is is_alive
