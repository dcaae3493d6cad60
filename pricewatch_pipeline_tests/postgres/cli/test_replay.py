"""`pricewatch replay`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.postgres.cli.conftest import Json, Run
from pricewatch_pipeline_tests.support.old_reader import check_with


@pytest.fixture
def opened(database_url: str, synced: Path) -> Iterator[Database]:
    """With a check of each watch that read 199 EUR; behind that of `gone` there is no page."""
    database = Database(database_url)
    check_with(database)
    yield database
    database.close()


def prices(database: Database) -> dict[str, str]:
    with database.transaction() as connection:
        rows = connection.execute(text("SELECT watch_id, price::text FROM analytics.price_snapshots"))
        return {row.watch_id: row.price for row in rows}


def test_it_shows_old_and_new_and_what_to_do(opened: Database, run: Run) -> None:
    shown = run("replay", "lamp", "kettle")
    assert shown.exit_code == 0
    assert "price: 199 -> 19.99" in shown.stdout
    assert "price: 199 -> 35" in shown.stdout
    assert "2 have another price" in shown.stdout
    assert "2 would be corrected: the same again with --apply writes that down." in shown.stdout
    assert prices(opened)["lamp"] == "199.0000"


def test_applied_history_shows_both_prices(opened: Database, run: Run) -> None:
    assert "2 corrections written" in run("replay", "--store", "shop", "--apply").stdout
    assert prices(opened) == {"lamp": "19.9900", "kettle": "35.0000", "gone": "199.0000"}
    assert "19.99 EUR (was 199 EUR)" in run("history", "lamp").stdout
    again = run("replay", "--all", "--apply")
    assert (again.exit_code, "2 read the same" in again.stdout) == (0, True)


def test_scripts_get_everything(opened: Database, ask: Json) -> None:
    document = ask("replay", "lamp", "--since", "1d")
    assert (document["is_applied"], document["checks"], document["counts"]["price"]) == (False, 1, 1)
    (difference,) = document["differences"]
    assert difference["changes"] == {"price": {"before": "199", "now": "19.99"}}
    assert (difference["watch_id"], difference["kind"], difference["outcome"]) == ("lamp", "price", "ok")


def test_checks_that_come_to_the_same_share_a_row(opened: Database, run: Run) -> None:
    check_with(opened, times=3, ids=["lamp"])
    (row,) = [line for line in run("replay", "lamp").stdout.splitlines() if "199 -> 19.99" in line]
    assert " 4 " in row


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ([], 2, "say what to read again"),
        (["lamp", "--all"], 2, "say what to read again"),
        (["lamp", "--since", "soon"], 1, "--since: 'soon' is neither"),
        (["lamp", "--until", "soon"], 1, "--until: 'soon' is neither"),
        (["lamp", "--since", "1d", "--until", "2d"], 2, "does not come before"),
        (["lmp"], 1, "no such watch: lmp. Did you mean lamp?"),
        (["--store", "shpo"], 1, "no such store: shpo; did you mean 'shop'?"),
    ],
)
def test_what_makes_no_sense_is_said(arguments: list[str], code: int, says: str, opened: Database, run: Run) -> None:
    result = run("replay", *arguments)
    assert result.exit_code == code
    assert says in " ".join(result.stderr.split())


def test_a_page_that_cannot_be_read_is_exit_code_1(opened: Database, run: Run) -> None:
    with opened.transaction() as connection:
        connection.execute(text("UPDATE pricewatch.pages SET content = '\\x28b52ffd00'"))
    result = run("replay", "lamp", "--apply")
    assert result.exit_code == 1
    assert "1 could not be read again" in result.stdout
    assert "is not what was kept any more" in result.stdout


def test_where_nothing_was_checked_nothing_is_to_be_read(synced: Path, run: Run) -> None:
    result = run("replay", "--all")
    assert result.exit_code == 0
    assert "There is no check to read again" in result.stdout
