"""Products, insights and exchange rates on the command line."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.loopback import Server
from pricewatch_pipeline_tests.support.past import Past

Run = Callable[..., Result]
Json = Callable[..., Any]
NOW = datetime.now(UTC)


@pytest.fixture
def past(database_url: str) -> Iterator[Past]:
    """Coffee in three stores, and a lamp that nobody has seen yet."""
    database = Database(database_url)
    made = Past(database)
    made.rate(NOW - timedelta(days=1), "USD", "1.25")
    made.product(
        "coffee", title="Coffee [dark]", tags=("kitchen",), is_favourite=True, pack_size=Decimal("0.5"), pack_unit="kg",
        currency="EUR",
    )  # fmt: skip
    made.product("lamp")
    for watch_id in ("one", "two", "three"):
        made.watch(watch_id, "coffee")
    made.run("UPDATE pricewatch.watches SET target_price = 7 WHERE watch_id = 'one'")
    made.saw("one", NOW - timedelta(days=30), "8")
    made.saw("one", NOW - timedelta(days=20), "10")
    made.saw("one", NOW - timedelta(hours=1), "9", shipping_price="4.90")
    made.saw("two", NOW - timedelta(hours=1), "10.99", "USD")
    made.saw("three", NOW - timedelta(hours=1), None, None, "OutOfStock")
    yield made
    database.close()


def test_the_list_has_best_price_store_trend_and_lowest(past: Past, run: Run, ask: Json) -> None:
    said = run("product", "list").stdout
    assert "★ Coffee [dark]" in said
    assert "8.79 EUR" in said
    assert "2 of 3" in said
    coffee, lamp = ask("product", "list")
    assert (coffee["best_price"], coffee["best_watch_id"], coffee["lowest_ever_price"], coffee["trend"]) == (
        "8.792", "two", "8", "down",
    )  # fmt: skip
    assert (lamp["product_id"], lamp["best_price"], lamp["watches"]) == ("lamp", None, 0)


def test_what_checks_read_is_compared_at_once(run: Run, ask: Json, folder: Path, shop: Server) -> None:
    urls = [f"{shop.url('/lamp')}", f"{shop.url('/lamp')}?from=elsewhere", f"{shop.url('/kettle')}"]
    pages = "".join(f"      - {{id: w{index}, url: '{url}'}}\n" for index, url in enumerate(urls))
    (folder / "shop.yaml").write_text(
        f"stores: [{{id: shop, name: The shop, domains: ['{shop.host}:{shop.port}'], politeness: {{min_delay: 0s}}}}]\n"
        f"products:\n  - id: light\n    primary: w1\n    urls:\n{pages}"
    )
    assert run("sync").exit_code == 0
    assert run("check", "--all").exit_code == 0
    (product,) = ask("product", "list")
    assert (product["best_price"], product["best_store_id"], product["watches"], product["priced_watches"]) == (
        "19.99", "shop", 3, 2,
    )  # fmt: skip
    offers = ask("product", "show", "light")["offers"]
    assert [(offer["watch_id"], offer["standing"], offer["since"] is not None) for offer in offers] == [
        ("w0", "compared", True), ("w1", "compared", True), ("w2", "sold_out", True),
    ]  # fmt: skip
    assert ask("insights", "w0")["lowest"]["price"] == "19.99"


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        (("--tag", "kitchen"), ["coffee"]),
        (("--tag", "garden"), []),
        (("--favourite",), ["coffee"]),
        ((), ["coffee", "lamp"]),
    ],
)
def test_a_list_can_be_narrowed(past: Past, ask: Json, flags: tuple[str, ...], found: list[str]) -> None:
    assert [row["product_id"] for row in ask("product", "list", *flags)] == found


def test_the_stores_of_a_product_stand_side_by_side(past: Past, run: Run, ask: Json) -> None:
    said = run("product", "show", "coffee").stdout
    for text in ("0.5 kg", "8.79 EUR (two)", "13.90 EUR (one)", "17.58 EUR/kg (two)", "sold out", "10.99 USD", "USD"):
        assert text in said
    found = ask("product", "show", "coffee")
    assert [(offer["watch_id"], offer["standing"]) for offer in found["offers"]] == [
        ("two", "compared"), ("one", "compared"), ("three", "sold_out"),
    ]  # fmt: skip
    assert found["insights"]["lowest"]["price"] == "8"
    assert found["insights"]["price"] == "8.792"


def test_what_no_store_says_takes_no_room(past: Past, run: Run, ask: Json) -> None:
    said = run("product", "show", "coffee").stdout
    heads = said.split("Stores", 1)[1].splitlines()[2]
    missing = [
        name
        for name, field in (("landed", "landed_price"), ("per unit", "unit_price"), ("converted", "converted_price"))
        if name not in heads
        if any(offer[field] is not None for offer in ask("product", "show", "coffee")["offers"])
    ]
    assert "price" in heads
    assert missing == []
    run("product", "add", "bare", "--url", "https://shop.de/bare")
    heads = run("product", "show", "bare").stdout.split("Stores", 1)[1].splitlines()[2]
    assert not any(name in heads for name in ("converted", "landed", "per unit", "since"))


def test_prices_without_a_rate_are_not_said_to_be_none(run: Run, ask: Json, folder: Path, shop: Server) -> None:
    (folder / "shop.yaml").write_text(
        f"stores: [{{id: shop, domains: ['{shop.host}:{shop.port}'], politeness: {{min_delay: 0s}}}}]\n"
        f"products: [{{id: light, currency: NOK, urls: ['{shop.url('/lamp')}']}}]\n"
    )
    run("sync")
    run("check", "--all")
    said = run("product", "show", "light").stdout
    assert ("no rate" in said, "none that can be compared" in said, "was ever seen" in said) == (True, True, False)
    assert "`pricewatch product show light`" in run("insights", "light", "--product").stdout


def test_a_product_without_prices_is_shown_too(past: Past, run: Run) -> None:
    said = run("product", "show", "lamp")
    assert (said.exit_code, "no price was ever seen" in said.stdout) == (0, True)


def test_the_insights_of_a_watch(past: Past, run: Run, ask: Json) -> None:
    said = run("insights", "one").stdout
    for text in ("8 EUR on", "10 EUR on", "never as low yet", "10 EUR to 9 EUR (-10 %)", "8.40 EUR"):
        assert text in said
    found = ask("insights", "one")
    assert (found["kind"], found["trend"], found["outlook"]["is_reachable"], found["is_confident"]) == (
        "watch", "down", False, True,
    )  # fmt: skip
    assert [drop["share"] for drop in found["drops"]] == ["0.10"]


def test_a_product_has_insights_over_its_stores(past: Past, ask: Json) -> None:
    found = ask("insights", "coffee")
    assert (found["kind"], found["title"], found["price"]) == ("product", "Coffee [dark]", "8.792")


def test_a_watch_goes_before_a_product_of_the_same_id_unless_asked_otherwise(past: Past, ask: Json) -> None:
    past.product("one", title="Another")
    assert ask("insights", "one")["kind"] == "watch"
    assert ask("insights", "one", "--product")["kind"] == "product"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("product", "show", "cofee"), "there is no product 'cofee'; did you mean 'coffee'?"),
        (("insights", "thre"), "no such watch: thre. Did you mean three?"),
        (("insights", "x", "--product"), "there is no product 'x'"),
    ],
)
def test_who_misspells_is_helped(past: Past, run: Run, command: tuple[str, ...], said: str) -> None:
    result = run(*command)
    assert (result.exit_code, said in result.stderr.replace("\n", " ")) == (1, True), result.stderr


def test_no_products_yet(run: Run) -> None:
    assert "pricewatch product add" in run("product", "list").stdout


def test_rates_are_imported_and_listed(run: Run, ask: Json, tmp_path: Path) -> None:
    assert "pricewatch rates update" in run("rates", "list").stdout.replace("\n", " ")
    file = tmp_path / "eurofxref.csv"
    file.write_text("Date,USD,CZK,\n2026-05-04,1.25,25.10,\n2026-04-30,1.20,N/A,\n")
    assert "3 rates of 2026-04-30 to 2026-05-04 from eurofxref.csv: 3 new" in run("rates", "import", str(file)).stdout
    assert ask("rates", "import", str(file))["written"] == 0
    assert [(row["currency"], row["per_eur"]) for row in ask("rates", "list", "--day", "2026-05-03")] == [
        ("USD", "1.20")
    ]
    assert [row["currency"] for row in ask("rates", "list", "--day", "2026-05-05", "--currency", "czk")] == ["CZK"]


def test_a_wrong_file_of_rates_is_an_error_that_says_where(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "rates.csv"
    file.write_text("Date,USD\n2026-05-04,minus one\n")
    result = run("rates", "import", str(file))
    assert result.exit_code == 1
    assert "line 2: the rate of USD, 'minus one', is no number" in result.stderr
