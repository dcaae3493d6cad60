"""Prices that were not believed, as operators see and decide them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pricewatch_pipeline_tests.postgres.cli.conftest import Json, Run
from pricewatch_pipeline_tests.support.loopback import Received, Reply, Server, serve
from pricewatch_pipeline_tests.support.shop import product

Rows = Callable[..., list[dict[str, Any]]]


class Page:
    """One page whose price a test changes."""

    def __init__(self) -> None:
        self.price = "6290.00"

    def __call__(self, request: Received) -> Reply:
        return product(self.price)


PAGE = Page()


@pytest.fixture
def shop() -> Iterator[Server]:
    """Shows whatever PAGE says."""
    PAGE.price = "6290.00"
    with serve(PAGE) as server:
        yield server


@pytest.fixture
def doubtful(run: Run, shop: Server) -> None:
    """A watch whose second price is not believed."""
    run("watch", "add", shop.url("/tv"), "--id", "tv")
    run("check", "tv")
    PAGE.price = "202.00"
    result = run("check", "tv")
    assert result.exit_code == 1
    assert "implausible" in result.stdout


@pytest.mark.usefixtures("doubtful")
def test_status_and_show_say_what_waits_and_why(run: Run, ask: Json) -> None:
    (price,) = ask("status")["doubted"]
    assert (price["watch_id"], price["price"]) == ("tv", "202")
    assert price["doubt"] == "202.00 is 97% below the last price, 6290.00."
    assert "Prices not believed yet" in run("status").stdout
    shown = run("watch", "show", "tv").stdout
    assert "97% below the last price" in shown
    assert "`pricewatch watch confirm tv` or `pricewatch watch dismiss tv`" in shown
    (of_watch,) = ask("watch", "show", "tv")["doubted"]
    assert (of_watch["state"], of_watch["price"]) == ("waiting", "202")


@pytest.mark.usefixtures("doubtful")
def test_a_price_is_confirmed_by_command(run: Run, ask: Json) -> None:
    assert run("watch", "confirm", "tv").stdout == "Stored 202 EUR for tv.\n"
    assert [row["price"] for row in ask("history", "tv")] == ["202", "6290"]
    assert ask("watch", "show", "tv")["state"]["price"] == "202"
    seen = ask("history", "tv")[0]["observed_at"]
    assert ask("watch", "show", "tv")["state"]["last_success_at"] == seen  # when it was read, not when it was decided
    assert ask("status")["doubted"] == []
    assert run("check", "tv").exit_code == 0


@pytest.mark.usefixtures("doubtful")
def test_a_price_is_dismissed_by_command_and_that_can_be_undone(run: Run, ask: Json) -> None:
    assert run("watch", "dismiss", "tv").stdout.startswith("Dismissed 202 EUR for tv; `pricewatch watch confirm tv`")
    assert ask("status")["doubted"] == []
    again = run("watch", "dismiss", "tv")
    assert (again.exit_code, "no price of tv waits" in again.stderr) == (1, True)
    assert run("check", "tv").exit_code == 1
    assert run("watch", "confirm", "tv").exit_code == 0


def test_what_does_not_wait_cannot_be_decided(run: Run, shop: Server) -> None:
    run("watch", "add", shop.url("/tv"), "--id", "tv")
    for verb in ("confirm", "dismiss"):
        assert "no price of tv waits for confirmation" in run("watch", verb, "tv").stderr
        assert "no such watch: radio" in run("watch", verb, "radio").stderr
