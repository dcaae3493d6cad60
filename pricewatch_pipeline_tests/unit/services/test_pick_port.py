"""Choosing ports on loopback, with real sockets in the way."""

import socket
from collections.abc import Iterator

import pytest

from pricewatch_pipeline.errors import PortTaken
from pricewatch_pipeline.services.pick_port import is_free, pick_port, pick_ports


@pytest.fixture(params=["127.0.0.1", "0.0.0.0"], ids=["on loopback", "on all addresses"])  # noqa: S104 - what we must notice
def taken(request: pytest.FixtureRequest) -> Iterator[int]:
    with socket.create_server((request.param, 0)) as server:
        yield server.getsockname()[1]


def test_a_port_in_use_is_not_free(taken: int) -> None:
    assert not is_free(taken)


def test_the_next_free_port_is_taken_when_the_wanted_one_is_in_use(taken: int) -> None:
    port = pick_port(taken, is_exact=False)

    assert port > taken
    assert is_free(port)


def test_a_port_that_must_be_this_one_is_an_error_when_it_is_in_use(taken: int) -> None:
    with pytest.raises(PortTaken, match=f"port {taken} is in use by another program; ask for another one"):
        pick_port(taken, is_exact=True)


def test_ports_in_a_row_avoid_the_one_in_use(taken: int) -> None:
    ports = pick_ports(taken - 1, 4, is_exact=False)

    assert len(ports) == 4
    assert taken not in ports
