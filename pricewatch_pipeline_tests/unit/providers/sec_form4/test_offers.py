"""The latest trade as an offer, in numbers and in words."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from pricewatch_pipeline.domain.filings import Counts, LargestTrade, News, OpenMarketTrade
from pricewatch_pipeline.providers.sec_form4.ground import Tally
from pricewatch_pipeline.providers.sec_form4.offers import Seen, in_words, offer_of, reading_of


def trade(**fields: Any) -> OpenMarketTrade:
    given = {
        "accession": "0000320193-26-000001",
        "row": 2,
        "traded_on": date(2026, 11, 18),
        "filed_on": date(2026, 11, 20),
        "code": "S",
        "price": Decimal("172.3000000000"),
        "shares": Decimal("3000.0000000000"),
        "security": "Common Stock",
        "owner": "COOK TIMOTHY D",
    }
    return OpenMarketTrade(**{**given, **fields})


SEEN = Seen(
    cik="0000320193",
    name="Apple Inc.",
    counts=Counts(),
    trade=None,
    news=News(),
    tally=Tally(),
    is_unchanged=False,
)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "sale of 3,000 at 172.30 on 2026-11-18"),
        ({"code": "P", "shares": Decimal("10.5000")}, "purchase of 10.5 at 172.30 on 2026-11-18"),
        ({"price": Decimal("0.36210"), "shares": Decimal(1_500_000)}, "sale of 1,500,000 at 0.3621 on 2026-11-18"),
        ({"price": Decimal(700000), "shares": None}, "sale at 700,000.00 on 2026-11-18"),
    ],
)
def test_a_trade_in_words(fields: dict[str, Any], words: str) -> None:
    assert in_words(trade(**fields)) == words


@pytest.mark.parametrize(
    ("price", "stored", "text"),
    [
        ("172.3000000000", "172.30", "USD 172.30"),
        ("1E+3", "1000.00", "USD 1000.00"),
        ("172.345650", "172.3457", "USD 172.34565"),
        ("0.0001", "0.0001", "USD 0.0001"),
        ("0.00004", "None", "USD 0.00004"),
    ],
)
def test_a_price_has_the_decimals_of_a_snapshot_and_its_text_has_all(price: str, stored: str, text: str) -> None:
    offer = offer_of(replace(SEEN, trade=trade(price=Decimal(price))))
    assert offer is not None
    assert (str(offer.price), offer.price_text) == (stored, text)


def test_of_many_problems_the_first_are_told_and_the_others_counted() -> None:
    assert Tally().problem is None
    assert Tally(problems=[f"p{number}" for number in range(8)]).problem == "p0; p1; p2; p3; p4; and 3 more"


LARGEST = LargestTrade(value=Decimal(9), code="S", shares=None, accession="0000320193-26-000001", owner=None, others=0)


@pytest.mark.parametrize(
    ("newest", "largest", "up_to"), [(None, LARGEST, 0), (None, None, 5), (trade(), LARGEST, 5), (trade(), None, 5)]
)
def test_what_no_price_can_tell_of_is_not_told(
    newest: OpenMarketTrade | None, largest: LargestTrade | None, up_to: int
) -> None:
    news = News(filings=1, transactions=1, open_market=1, largest=largest, up_to=5)
    reading = reading_of(replace(SEEN, trade=newest, news=news), None)
    assert reading.details[0].row["told_up_to"] == up_to
    assert bool(reading.signals) == bool(newest and largest)
