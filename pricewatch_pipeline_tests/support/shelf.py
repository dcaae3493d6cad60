"""A shop on loopback whose pages a test puts up and takes down."""

from collections.abc import Iterator

import pytest

from pricewatch_pipeline_tests.support.loopback import Received, Reply, Server, html, serve


class Shelf:
    """What the shop shows at /NAME; anything else is not found."""

    def __init__(self) -> None:
        self.pages: dict[str, Reply] = {}

    def __call__(self, request: Received) -> Reply:
        return self.pages.get(request.path.removeprefix("/"), html("not found", status=404))


@pytest.fixture
def shelf() -> Shelf:
    """Empty."""
    return Shelf()


@pytest.fixture
def shop(shelf: Shelf) -> Iterator[Server]:
    """The server that shows the shelf."""
    with serve(shelf) as server:
        yield server
