"""Garbage collection for the time of a run."""

import gc

import pytest

from pricewatch_pipeline.services.collect_rarely import rare_collections


def failing_run() -> None:
    with rare_collections():
        assert gc.get_freeze_count() > 0
        raise RuntimeError(str(gc.get_threshold()[0]))


def test_what_was_set_before_is_set_again_also_after_an_error() -> None:
    before = gc.get_threshold()
    with pytest.raises(RuntimeError, match="20000"):
        failing_run()
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


def test_cycles_made_meanwhile_are_collected() -> None:
    class Node:
        def __init__(self) -> None:
            self.me = self

    with rare_collections():
        for _ in range(60_000):
            Node()
        assert sum(isinstance(each, Node) for each in gc.get_objects()) < 30_000
