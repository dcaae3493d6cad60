"""What analysts see of insiders: every sum is the sum of its rows, and only trades at a price are summed."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.storage import insider_frames, insider_trades, insider_views
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.servers import url_for
from pricewatch_pipeline_tests.support.insider_rows import (
    APPLE,
    BELL,
    COOK,
    FILED_ON,
    TRADED_ON,
    Row,
    accession_of,
    store_filing,
    trade,
)

Rows = Callable[..., list[dict[str, Any]]]
OTHER = "0000789019"
MONTH = timedelta(days=30)
OWNERS = tuple((f"{1_300_000 + n:010}", f"OWNER {n}") for n in range(6))
SUMS = ("trades", "bought_shares", "sold_shares", "bought_value", "sold_value", "without_value")
VIEWS = (
    *("filings", "transactions", "holdings", "trades", "company_days", "owner_net", "clusters", "latest_prices"),
    *("check_history", "watches", "statistics"),
)

NUMBERS = st.none() | st.sampled_from(["0", "0.0001", "1", "33.3333", "172.30", "1000000"])
TRADES = st.builds(
    trade,
    st.sampled_from(["P", "P", "S", "S", "A", "M", "F", "G", None]),
    shares=NUMBERS,
    price=NUMBERS,
    table_name=st.sampled_from(["non_derivative", "non_derivative", "derivative"]),
    traded_on=st.none() | st.dates(date(2026, 1, 1), date(2026, 4, 30)) | st.just(date(2035, 1, 1)),
    superseded_by=st.sampled_from([None, None, None, accession_of(900)]),
    repeats=st.sampled_from([None, None, None, accession_of(901)]),
    footnotes=st.sampled_from([{}, {"price": ["F1", "F2"], "shares": ["F1"], "row": ["F3"]}]),
    timeliness=st.sampled_from([None, "L", "E"]),
    flags=st.sampled_from([[], ["date_long_before_period"]]),
)
FILINGS = st.lists(
    st.fixed_dictionaries(
        {
            "trades": st.lists(TRADES, max_size=4),
            "owners": st.lists(st.sampled_from(OWNERS), max_size=3, unique=True),
            "issuer_cik": st.sampled_from([APPLE, OTHER]),
            "holdings": st.just([{"security": "Common Stock", "owned_after": Decimal(5)}]),
            "amends": st.sampled_from([None, accession_of(1), accession_of(2)]),
            "footnotes": st.just({"F1": "An average.", "F2": "By a plan.", "F3": "By a trust."}),
            "is_10b5_1": st.sampled_from([None, True, False]),
        }
    ),
    max_size=7,
)


def in_a_transaction(database: Database, work: Callable[[Connection], None]) -> None:
    """What it writes is gone afterwards."""
    with database.transaction() as connection, connection.begin_nested() as inner:
        work(connection)
        inner.rollback()


def records(connection: Connection, query: str) -> list[Row]:
    return [dict(row) for row in connection.execute(text(query)).mappings()]


def is_trade(row: Row) -> bool:
    """As the issue has it, said once more without SQL."""
    return (
        row["table_name"] == "non_derivative"
        and row["code"] in ("P", "S")
        and row["price"] is not None
        and row["price"] > 0
        and row["superseded_by"] is None
        and row["repeats"] is None
    )


def is_dated(row: Row) -> bool:
    return row["traded_on"] is not None and row["traded_on"] <= FILED_ON and not row["flags"]


def sums_of(rows: Iterable[Row]) -> Row:
    rows = list(rows)
    sums: Row = {"trades": len(rows), "without_value": sum(row.get("value") is None for row in rows)}
    for what, code in (("bought", "P"), ("sold", "S")):
        for name in ("shares", "value"):
            of_code = [row.get(name) for row in rows if row["code"] == code]
            sums[f"{what}_{name}"] = sum((number for number in of_code if number is not None), Decimal(0))
    return sums


@given(filings=FILINGS)
@settings(max_examples=30)
def test_every_sum_is_the_sum_of_the_trades_each_counted_once(database_of_module: Database, filings: list[Row]) -> None:
    def work(connection: Connection) -> None:
        rows = list(stored(connection, filings))
        wanted = [row for row in rows if is_trade(row)]
        trades = records(connection, "SELECT * FROM analytics.insider_trades")
        assert {(row["accession"], row["row"]) for row in trades} == {(row["accession"], row["row"]) for row in wanted}
        assert sums_of(trades) == sums_of(wanted)
        assert_grouped(records(connection, "SELECT * FROM analytics.insider_company_days"), "day", wanted)
        assert_grouped(records(connection, "SELECT * FROM analytics.insider_owner_net"), "owner_cik", wanted)
        counted = [len(records(connection, f"SELECT 1 FROM analytics.insider_{name}")) for name in VIEWS[:3]]
        assert counted == [len(filings), len(rows), len(filings)]
        clusters = records(connection, "SELECT issuer_cik, first_on, last_on, buys FROM analytics.insider_clusters")
        assert sorted(map(str, clusters)) == sorted(map(str, naive_clusters(wanted, filings)))

    in_a_transaction(database_of_module, work)


def stored(connection: Connection, filings: list[Row]) -> Iterator[Row]:
    """Their transactions, each with what its filing says."""
    for number, said in enumerate(filings, 1):
        head = {name: value for name, value in said.items() if name not in ("trades", "owners")}
        accession = store_filing(connection, number, *said["trades"], owners=said["owners"], **head)
        owners = [cik for cik, _ in said["owners"]]
        of_filing = {"accession": accession, "issuer_cik": said["issuer_cik"], "owner_ciks": owners}
        of_filing |= {"owner_cik": owners[0] if owners else None}
        yield from (of_filing | {"row": n, "day": row["traded_on"]} | row for n, row in enumerate(said["trades"], 1))


def assert_grouped(groups: list[Row], by: str, trades: list[Row]) -> None:
    """A row for each issuer and what it is grouped by, with the sums of its trades; and nothing beside."""
    assert {(group["issuer_cik"], group[by]): {name: group[name] for name in SUMS} for group in groups} == {
        key: sums_of(row for row in trades if (row["issuer_cik"], row[by]) == key)
        for key in {(row["issuer_cik"], row[by]) for row in trades}
    }
    assert sum(group["trades"] for group in groups) == len(trades)
    assert [g for g in groups if g["net_value"] != g["bought_value"] - g["sold_value"]] == []


def naive_clusters(trades: list[Row], filings: list[Row]) -> Iterator[Row]:
    """Every window of 30 days, one by one."""
    for cik in (APPLE, OTHER):
        parties = parties_of([owner for owner, _ in said["owners"]] for said in filings if said["issuer_cik"] == cik)
        buys = [(row["traded_on"], parties[row["owner_ciks"][0]])
                for row in trades if row["issuer_cik"] == cik and row["code"] == "P" and is_dated(row) and row["owner_ciks"]]  # fmt: skip
        days: set[date] = set()
        first_on = None
        for begins_on in sorted({day for day, _ in buys}):
            window = [buy for buy in buys if begins_on <= buy[0] < begins_on + MONTH]
            if len({party for _, party in window}) < 3:
                continue
            if first_on and max(days) < begins_on:
                yield cluster(cik, first_on, days, buys)
                first_on, days = None, set()
            first_on = first_on or begins_on
            days |= {day for day, _ in window}
        if first_on:
            yield cluster(cik, first_on, days, buys)


def parties_of(groups: Iterable[list[str]]) -> dict[str, int]:
    """The number of the party of each who filed: a filing makes one of all parties that have an owner in it."""
    parties: list[set[str]] = []
    for group in groups:
        joined = [party for party in parties if party & set(group)]
        parties = [party for party in parties if party not in joined] + [set(group).union(*joined)]
    return {cik: number for number, party in enumerate(parties) for cik in party}


def cluster(cik: str, first_on: date, days: set[date], buys: list[tuple[date, int]]) -> Row:
    return {"issuer_cik": cik, "first_on": first_on, "last_on": max(days), "buys": sum(day in days for day, _ in buys)}


@pytest.fixture
def write(database: Database) -> Callable[..., str]:
    """Stores a filing; its accession number."""

    def run(number: int, *trades: Row, **said: Any) -> str:
        return database.run(lambda connection: store_filing(connection, number, *trades, **said))

    return run


def test_numbers_have_the_decimals_that_they_need(write: Callable[..., str], rows: Rows) -> None:
    write(1, trade("S", "1000", "172.30"), trade("S", "0.5", "1.0001"), holdings=[{"owned_after": Decimal("7.250")}])
    texts = "shares::text || ' at ' || price || ' = ' || value"
    assert [row["said"] for row in rows(f"SELECT {texts} AS said FROM analytics.insider_trades ORDER BY row")] == [
        "1000 at 172.3 = 172300",
        "0.5 at 1.0001 = 0.50005",
    ]
    assert rows("SELECT owned_after::text AS owned FROM analytics.insider_holdings") == [{"owned": "7.25"}]
    (sums,) = rows("SELECT sold_shares::text AS shares, sold_value::text AS value FROM analytics.insider_owner_net")
    assert sums == {"shares": "1000.5", "value": "172300.50005"}


def test_a_sum_is_not_multiplied_by_owners_footnotes_and_amendments(write: Callable[..., str], rows: Rows) -> None:
    notes = {"price": ["F1", "F2", "F3"], "shares": ["F1"], "row": ["F2"]}
    texts = {"F1": "A weighted average.", "F2": "By a trust.", "F3": "By a plan."}
    first = write(1, *(trade("S", "1000", "170", footnotes=notes) for _ in range(3)), owners=OWNERS, footnotes=texts)
    for number in (2, 3):  # they restate nothing but holdings
        write(number, form="4/A", amends=first, holdings=[{"owned_after": 5}], owners=OWNERS[:2])
    assert rows("SELECT sum(value)::text AS value, count(*) AS n FROM analytics.insider_trades") == [
        {"value": "510000", "n": 3}
    ]
    (day,) = rows("SELECT * FROM analytics.insider_company_days")
    assert (day["sold_value"], day["sold_shares"], day["owners"], day["trades"]) == (510_000, 3_000, 1, 3)
    assert (day["issuer_name"], day["net_value"], day["bought_value"]) == ("Apple Inc.", -510_000, 0)
    (net,) = rows("SELECT * FROM analytics.insider_owner_net")
    assert (net["owner_name"], net["net_shares"], net["sells"]) == ("OWNER 0", -3_000, 3)
    (filing,) = rows("SELECT * FROM analytics.insider_filings WHERE NOT is_amendment")
    assert filing["amended_by"] == [accession_of(2), accession_of(3)]
    assert filing["owner_names"] == [name for _, name in OWNERS]
    shown = rows("SELECT owner_ciks, footnote_texts FROM analytics.insider_transactions LIMIT 1")
    assert shown == [{"owner_ciks": [cik for cik, _ in OWNERS], "footnote_texts": texts}]


NO_TRADES = {
    "an option of 100,000 at 168 million": trade("P", "100000", "168000000", table_name="derivative"),
    "a grant": trade("A", "1000", "10"),
    "an exercise": trade("M", "1000", "10"),
    "shares withheld for tax": trade("F", "1000", "10"),
    "a gift": trade("G", "1000", "0"),
    "a sale without a price": trade("S", "1000", None, footnotes={"price": ["F1"]}),
    "a sale at zero": trade("S", "1000", "0"),
    "what an amendment restates": trade("S", "1000", "10", superseded_by=accession_of(2)),
    "what another of the chain reported": trade("S", "1000", "10", repeats=accession_of(3)),
    "no code": trade(None, "1000", "10"),
}


@pytest.mark.parametrize("what", NO_TRADES)
def test_what_is_no_trade_at_a_price_is_in_no_sum(database_of_module: Database, what: str) -> None:
    def work(connection: Connection) -> None:
        store_filing(connection, 1, NO_TRADES[what])
        assert len(records(connection, "SELECT 1 FROM analytics.insider_transactions")) == 1
        for view in ("trades", "company_days", "owner_net", "clusters", "latest_prices"):
            assert records(connection, f"SELECT * FROM analytics.insider_{view}") == []

    in_a_transaction(database_of_module, work)


def test_shares_at_the_price_of_a_depositary_share_are_a_trade_without_a_value(
    write: Callable[..., str], rows: Rows
) -> None:
    write(1, trade("S", "500000000", "17.20", value=None, value_reason="price_per_ads"), trade("S", "100", "2"))
    (day,) = rows("SELECT * FROM analytics.insider_company_days")
    assert (day["sells"], day["sold_value"], day["without_value"]) == (2, 200, 1)


def test_the_newest_price_is_that_of_the_watch_and_none_after_its_filing_or_a_total(
    write: Callable[..., str], rows: Rows, database: Database
) -> None:
    newer = TRADED_ON + timedelta(days=1)
    write(1, trade("P", "10", "170.25"), trade("P", "10", "171.5"))
    write(2, trade("S", "10", "999", traded_on=date(2035, 3, 2)), trade("S", "10", "998", traded_on=None))
    write(3, trade("S", "10", "997", traded_on=date(22, 3, 2), flags=["date_out_of_range"]))
    write(4, trade("S", "10", "17000", traded_on=newer, value=None, value_reason="price_is_total"))
    write(5, trade("S", "10", "3", traded_on=newer), issuer_cik=OTHER, issuer_name="MICROSOFT CORP")
    found = rows("SELECT issuer_cik, price, traded_on, side FROM analytics.insider_latest_prices ORDER BY price DESC")
    assert [tuple(row.values()) for row in found] == [
        (APPLE, Decimal("171.5"), TRADED_ON, "buy"),
        (OTHER, Decimal(3), newer, "sell"),
    ]
    told = database.run(lambda connection: [insider_trades.latest_trade(connection, cik) for cik in (APPLE, OTHER)])
    assert [each and each.price for each in told] == [row["price"] for row in found]


def bought(*buys: tuple[int, int]) -> list[tuple[Row, tuple[str, str]]]:
    """Buys by day and owner."""
    return [
        (trade("P", "10", "2", traded_on=date(2026, 1, 1) + timedelta(days=day)), OWNERS[owner]) for day, owner in buys
    ]


DOUBTFUL = trade("P", traded_on=date(2026, 1, 3), flags=["date_long_before_period"])
CLUSTERS = [
    ("three owners in 30 days", bought((0, 0), (10, 1), (29, 2)), [(0, 29, 3, 3)]),
    ("three owners in 31 days", bought((0, 0), (10, 1), (30, 2)), []),
    ("two owners, often", bought((0, 0), (1, 1), (2, 0), (3, 1)), []),
    ("windows that overlap", bought((0, 0), (1, 1), (2, 2), (25, 0), (31, 3), (40, 1), (62, 0)), [(0, 40, 4, 6)]),
    ("windows with one buy in common", bought((0, 0), (0, 1), (29, 2), (30, 3), (31, 4)), [(0, 31, 5, 5)]),
    ("a doubtful day", [*bought((0, 0), (1, 1), (45, 2)), (DOUBTFUL, OWNERS[2])], []),
    ("a month between", bought((0, 0), (0, 1), (0, 2), (30, 0), (31, 1), (32, 2)), [(0, 0, 3, 3), (30, 32, 3, 3)]),
]


@pytest.mark.parametrize(("what", "buys", "wanted"), CLUSTERS, ids=[what for what, _, _ in CLUSTERS])
def test_a_cluster_is_of_three_owners_who_buy_within_30_days(
    database_of_module: Database, what: str, buys: list[tuple[Row, tuple[str, str]]], wanted: list[tuple[int, ...]]
) -> None:
    def work(connection: Connection) -> None:
        for number, (bought_row, owner) in enumerate(buys, 1):
            store_filing(connection, number, bought_row, owners=[owner])
        found = records(
            connection,
            "SELECT first_on - date '2026-01-01', last_on - date '2026-01-01' AS last, owners, buys FROM analytics.insider_clusters ORDER BY 1",
        )
        assert [tuple(row.values()) for row in found] == wanted

    in_a_transaction(database_of_module, work)


def test_those_who_ever_filed_together_are_one_buyer(write: Callable[..., str], rows: Rows) -> None:
    partner, *funds = OWNERS
    for number, fund in enumerate(funds[:3], 1):
        write(number, trade("A"), owners=[fund, partner])
    for number, buyers in enumerate([[partner, funds[0]], [funds[0]], [funds[1]], [funds[4], funds[2]]], 4):
        write(number, trade("P"), owners=buyers)
    assert rows("SELECT 1 FROM analytics.insider_clusters") == []
    for number, owner in enumerate([COOK, BELL], 8):
        write(number, trade("P", "10", "3"), owners=[owner])
    (found,) = rows("SELECT * FROM analytics.insider_clusters")
    assert (found["owners"], found["buys"], found["owner_names"][:2]) == (3, 6, ["BELL JAMES A", "COOK TIMOTHY D"])


CHAINS = [
    ("of three", [(0, 1), (1, 2)], [1, 2, 5], 0),
    ("of six, by filings in any order", [(2, 3), (5, 4), (0, 1), (3, 4), (1, 2)], [0, 3, 5], 0),
    ("of four, from the highest to the lowest", [(3, 5), (2, 5), (0, 3), (0, 4, 3)], [2, 4, 1], 0),
    ("two, with an owner beside each", [(0, 1), (2, 3)], [1, 3, 4, 5], 4),
    ("of three, and two others", [(1, 2), (0, 1)], [2, 0, 4, 5], 3),
]


@pytest.mark.parametrize(("what", "joint", "buyers", "wanted"), CHAINS, ids=[what for what, *_ in CHAINS])
def test_a_chain_of_joint_filings_is_one_buyer(
    database_of_module: Database, what: str, joint: list[tuple[int, ...]], buyers: list[int], wanted: int
) -> None:
    def work(connection: Connection) -> None:
        for number, owners in enumerate(joint, 1):
            store_filing(connection, number, trade("A"), owners=[OWNERS[owner] for owner in owners])
        for number, owner in enumerate(buyers, len(joint) + 1):
            store_filing(connection, number, trade("P"), owners=[OWNERS[owner]])
        found = records(connection, "SELECT owners FROM analytics.insider_clusters")
        assert [row["owners"] for row in found] == [wanted][: bool(wanted)]

    in_a_transaction(database_of_module, work)


def test_analysts_may_read_the_views_of_insiders(write: Callable[..., str], database_url: str) -> None:
    write(1, trade())
    with psycopg.connect(url_for(database_url, driver=None)) as connection:
        connection.execute("SET ROLE pricewatch_analyst")
        counts = [len(connection.execute(f"SELECT * FROM analytics.insider_{view}").fetchall()) for view in VIEWS]
        assert counts == [1, 1, 0, 1, 1, 1, 0, 1, 0, 0, 1]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM pricewatch.insider_issuers")


@pytest.mark.parametrize("view", VIEWS[:8])
def test_one_company_is_looked_up_by_index(database_of_module: Database, view: str) -> None:
    def work(connection: Connection) -> None:
        for scan in ("seqscan", "sort", "bitmapscan"):
            connection.exec_driver_sql(f"SET LOCAL enable_{scan} = off")
        plan = connection.exec_driver_sql(
            f"EXPLAIN SELECT * FROM analytics.insider_{view} WHERE issuer_cik = '{APPLE}'"
        ).scalars()
        lines = [line for line in plan if "Seq Scan" in line or ("issuer_cik =" in line and "Index Cond" in line)]
        assert lines
        assert [line for line in lines if "Seq Scan" in line] == []

    in_a_transaction(database_of_module, work)


def test_a_frame_holds_exact_trades_of_one_issuer_or_of_all(write: Callable[..., str], database: Database) -> None:
    write(1, trade("S", "10", "172.3333333333"), trade("P", "10", "2", traded_on=TRADED_ON - timedelta(days=9)))
    write(2, trade("S", "1", "5"), issuer_cik=OTHER)
    of_all = database.run(insider_frames.trades)
    assert sorted(of_all["value"]) == [Decimal(5), Decimal(20), Decimal("1723.333333333")]
    late = database.run(lambda connection: insider_frames.trades(connection, issuer_cik=APPLE, since=TRADED_ON))
    assert late[["price", "traded_on"]].to_numpy().tolist() == [[Decimal("172.3333333333"), TRADED_ON]]


def test_trades_come_the_newest_first_and_doubtful_days_where_they_were_filed(
    write: Callable[..., str], database: Database
) -> None:
    write(1, trade("P", price="1"), filed_on=FILED_ON)
    write(2, trade("S", price="2", traded_on=date(2035, 1, 1)), filed_on=FILED_ON - timedelta(days=30))
    write(3, trade("S", price="3", traded_on=TRADED_ON - timedelta(days=60)))

    def prices(**wanted: Any) -> list[int]:
        return [
            int(row["price"]) for row in database.run(lambda connection: insider_views.trades(connection, **wanted))
        ]

    assert prices() == [1, 2, 3]
    assert prices(side="sell") == [2, 3]
    assert prices(cik=APPLE, since=FILED_ON - timedelta(days=30), limit=5) == [1, 2]
    assert prices(cik=OTHER) == []
    write(4, trade("P", price="4"), trade("P", price="5"), filed_on=FILED_ON)
    assert prices() == [5, 4, 1, 2, 3]  # as of two of one day the price of the watch is the later one
