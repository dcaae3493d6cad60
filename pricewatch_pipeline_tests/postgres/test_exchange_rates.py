"""Reference rates: kept once, read as they were on a day. The form of the files is the ECB's, the numbers are made up."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from pricewatch_pipeline.domain.exchange import Rate, convert
from pricewatch_pipeline.errors import RatesUnavailable
from pricewatch_pipeline.services.exchange_rates import import_rates, update_rates
from pricewatch_pipeline.settings import Settings
from pricewatch_pipeline.storage import exchange_rates
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.loopback import Reply, html, serve

Rows = Callable[..., list[dict[str, Any]]]
TODAY = datetime.now(UTC).date()
FILE = f"""<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
<Cube><Cube time='{TODAY}'><Cube currency='USD' rate='1.25'/><Cube currency='CZK' rate='25'/></Cube>
<Cube time='{TODAY - timedelta(days=3)}'><Cube currency='USD' rate='1.2'/></Cube></Cube></gesmes:Envelope>"""


def rate(day: str, currency: str, per_eur: str) -> Rate:
    return Rate(day=date.fromisoformat(day), currency=currency, per_eur=Decimal(per_eur))


def write(database: Database, *rates: Rate) -> int:
    return database.run(lambda connection: exchange_rates.write(connection, rates, source="test"))


def on(database: Database, day: str) -> dict[str, Decimal]:
    return dict(database.run(lambda connection: exchange_rates.rates_of(connection, date.fromisoformat(day))).per_eur)


def test_what_is_written_again_changes_nothing_and_what_differs_does(database: Database) -> None:
    assert write(database, rate("2026-05-04", "USD", "1.25"), rate("2026-05-04", "CZK", "25")) == 2
    assert write(database, rate("2026-05-04", "USD", "1.25"), rate("2026-05-04", "CZK", "25.10")) == 1
    assert on(database, "2026-05-04") == {"USD": Decimal("1.25"), "CZK": Decimal("25.1")}


def test_the_newest_rate_at_or_before_a_day_counts_but_not_for_ever(database: Database) -> None:
    write(
        database, rate("2026-04-30", "USD", "1.20"), rate("2026-05-04", "USD", "1.25"), rate("2026-04-02", "CZK", "25")
    )
    assert on(database, "2026-04-29") == {"CZK": Decimal(25)}
    assert on(database, "2026-05-03") == {"USD": Decimal("1.20")}
    assert on(database, "2026-05-04") == {"USD": Decimal("1.25")}
    assert on(database, "2026-06-03") == {"USD": Decimal("1.25")}
    assert on(database, "2026-06-04") == {}


def test_sql_converts_as_the_domain_does(database: Database, rows: Rows) -> None:
    write(database, rate("2026-05-04", "USD", "1.2512"), rate("2026-05-01", "CZK", "25.017"))
    day = date(2026, 5, 5)
    rates = database.run(lambda connection: exchange_rates.rates_of(connection, day))
    for source, target in [
        ("USD", "CZK"),
        ("EUR", "USD"),
        ("CZK", "EUR"),
        ("GBP", "EUR"),
        ("EUR", "GBP"),
        ("GBP", "GBP"),
    ]:
        (row,) = rows(
            "SELECT pricewatch.convert(79.95, :source, :target, :day) AS amount", source=source, target=target, day=day
        )
        expected = convert(Decimal("79.95"), source, target, rates)
        assert (row["amount"] and round(row["amount"], 10)) == (expected and round(expected, 10))


def test_a_file_is_imported_once(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "rates.xml"
    path.write_text(FILE)
    report = import_rates(database, Settings(), str(path))
    assert (report.read, report.written, report.first_day, report.last_day, report.source) == (
        3, 3, TODAY - timedelta(days=3), TODAY, "rates.xml",
    )  # fmt: skip
    assert import_rates(database, Settings(), str(path)).written == 0


def test_a_file_with_nonsense_leaves_all_as_it_was(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "rates.xml"
    path.write_text(FILE.replace("'25'", "'-25'"))
    with pytest.raises(RatesUnavailable, match=r"rates\.xml: line 2: one euro is not -25 CZK. Nothing was imported"):
        import_rates(database, Settings(), str(path))
    with database.transaction() as connection:
        assert connection.execute(text("SELECT count(*) FROM pricewatch.exchange_rates")).scalar_one() == 0


def test_a_file_that_is_not_there_is_said(database: Database, tmp_path: Path) -> None:
    with pytest.raises(RatesUnavailable, match="No such file"):
        import_rates(database, Settings(), str(tmp_path / "none.xml"))


def test_rates_are_fetched_where_the_settings_say(database: Database) -> None:
    with serve(lambda _: Reply(body=FILE.encode(), headers=[("content-type", "text/xml")])) as server:
        settings = Settings(rates_url=server.url("/daily.xml"), allowed_addresses=(f"127.0.0.1:{server.port}",))
        assert update_rates(database, settings).written == 3


def test_a_server_that_has_none_is_said_with_what_to_do(database: Database) -> None:
    with serve(lambda _: html("no", status=503)) as server:
        settings = Settings(rates_url=server.url("/daily.xml"), allowed_addresses=(f"127.0.0.1:{server.port}",))
        with pytest.raises(RatesUnavailable, match="pricewatch rates import FILE"):
            update_rates(database, settings)


def test_the_guard_stands_before_the_address_of_the_rates(database: Database) -> None:
    with serve(lambda _: html("you should not be here")) as server:
        with pytest.raises(RatesUnavailable):
            update_rates(database, Settings(rates_url=server.url("/daily.xml")))
        assert server.connections == 0
