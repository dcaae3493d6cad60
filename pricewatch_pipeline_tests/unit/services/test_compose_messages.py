"""What a person reads of one alert."""

import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pricewatch_pipeline.domain.alert_rules import RuleKind
from pricewatch_pipeline.domain.messages import AlertRecord, Audience, Message
from pricewatch_pipeline.domain.price_changes import PriceChange
from pricewatch_pipeline.notifying.plain_text import LONGEST_TITLE
from pricewatch_pipeline.services.compose_messages import compose
from pricewatch_pipeline_tests.support.alerts import FIRED_AT, KEY, kettle_alert

GERMAN = Audience(locale="de_DE", timezone="Europe/Berlin")
PRICES = (
    PriceChange(began_at=FIRED_AT - timedelta(days=30), price=Decimal(99), currency="EUR"),
    PriceChange(began_at=FIRED_AT, price=Decimal(79), currency="EUR"),
)
NOTHING: dict[str, Any] = {"price": None, "was_price": None, "threshold": None}


def message(alert: AlertRecord, audience: Audience = GERMAN) -> Message:
    """With plain spaces where Babel keeps an amount and its currency together."""
    it = compose(alert, (), audience)
    plain = str.maketrans("\u00a0\u202f", "  ")
    return Message(key=it.key, title=it.title.translate(plain), body=it.body.translate(plain), url=it.url)


def test_a_price_alert_says_everything_a_person_wants_to_know() -> None:
    it = message(kettle_alert())
    assert it.key == KEY
    assert it.url == "https://laden.example/p/kettle"
    assert it.title == "Kettle 1.7 l, steel: 79,00 € at laden.example (was 99,00 €)"
    assert (
        it.body
        == """\
Kettle 1.7 l, steel at laden.example

Price: 79,00 €
Was: 99,00 € (20,00 € less, -20 %)
Target: 80,00 €
Lowest ever: 75,00 € on 12.03.2026
With shipping: 83,90 € (4,90 € shipping)
Unit price: 46,47 € per l
List price: 109,00 €
Availability: in stock

Why: at or below your target of 80,00 €
https://laden.example/p/kettle

Seen 22.11.2026, 15:03, rule my-rule

ref 0123456789abcdef0123
"""
    )


@pytest.mark.parametrize(
    ("alert", "title", "why"),
    [
        (
            kettle_alert(RuleKind.BELOW),
            "Kettle 1.7 l, steel: 79,00 € at laden.example (was 99,00 €)",
            "at or below 80,00 €",
        ),
        (
            kettle_alert(RuleKind.DROP, facts={"baseline": "previous"}),
            "Kettle 1.7 l, steel: 79,00 € at laden.example (was 99,00 €)",
            "20 % below 99,00 € (the price before)",
        ),
        (
            kettle_alert(RuleKind.DROP, facts={"baseline": "median", "days": 30}),
            "Kettle 1.7 l, steel: 79,00 € at laden.example (30-day median 99,00 €)",
            "20 % below 99,00 € (30-day median)",
        ),
        (
            kettle_alert(RuleKind.RISE, price=Decimal(100)),
            "Kettle 1.7 l, steel: up to 100,00 € at laden.example (was 99,00 €)",
            "1 % above 99,00 € (the price before)",
        ),
        (
            kettle_alert(RuleKind.LOWEST),
            "Kettle 1.7 l, steel: lowest ever, 79,00 € at laden.example (lowest before 99,00 €)",
            "the lowest price ever",
        ),
        (
            kettle_alert(RuleKind.LOWEST, facts={"days": 90}),
            "Kettle 1.7 l, steel: lowest in 90 days, 79,00 € at laden.example (lowest before 99,00 €)",
            "the lowest price in 90 days",
        ),
        (
            kettle_alert(RuleKind.BACK_IN_STOCK, was_price=None, threshold=None, reason="it is in stock"),
            "Kettle 1.7 l, steel is back in stock at laden.example: 79,00 €",
            "it is in stock",
        ),
        (
            kettle_alert(RuleKind.OUT_OF_STOCK, reason="it is out of stock", **NOTHING),
            "Kettle 1.7 l, steel is sold out at laden.example",
            "it is out of stock",
        ),
        (
            kettle_alert(RuleKind.CHANGE, reason="no price any more", **NOTHING),
            "Kettle 1.7 l, steel: no price any more",
            "no price any more",
        ),
        (
            kettle_alert(
                RuleKind.PRICE_INDICATOR, threshold=None, reason="it is called low", facts={"indicator": "low"}
            ),
            "Kettle 1.7 l, steel: low price, 79,00 € at laden.example (was 99,00 €)",
            "it is called low",
        ),
        (
            kettle_alert(
                RuleKind.PRICE_INDICATOR,
                threshold=None,
                reason="the price of 79 EUR is called low (typical: 100 to 140 EUR)",
                facts={"indicator": "low", "provider": "google_flights", "title": "Flight from LHR to JFK"},
            ),
            "Flight from LHR to JFK: low price, 79,00 € at laden.example (was 99,00 €)",
            "the price of 79 EUR is called low (typical: 100 to 140 EUR)",
        ),
        (
            kettle_alert(RuleKind.INSIDER_TRADE, reason="a trade is worth 1000000 USD"),
            "Kettle 1.7 l, steel: a trade is worth 1000000 USD",
            "a trade is worth 1000000 USD",
        ),
    ],
    ids=lambda value: f"{value.rule_kind}" if isinstance(value, AlertRecord) else None,
)
def test_each_kind_says_in_its_title_what_counts(alert: AlertRecord, title: str, why: str) -> None:
    it = message(alert)
    assert it.title == title
    assert f"\nWhy: {why}\n" in it.body


@pytest.mark.parametrize(
    ("alert", "title", "lines"),
    [
        (
            kettle_alert(
                RuleKind.FAILING,
                reason="5 checks in a row failed",
                facts={
                    "times": 5,
                    "outcome": "not_found",
                    "error": "HTTP 404",
                    "last_success_at": FIRED_AT.isoformat(),
                },
                **NOTHING,
            ),
            "Kettle 1.7 l, steel at laden.example: 5 checks in a row failed (not found)",
            ["Error: HTTP 404", "Last success: 22.11.2026, 15:03", "`pricewatch watch edit kettle --url ADDRESS`"],
        ),
        (
            kettle_alert(RuleKind.FAILING, facts={"times": 3, "outcome": "unreadable"}, **NOTHING),
            "Kettle 1.7 l, steel at laden.example: 3 checks in a row failed (unreadable)",
            ["Last success: never", "`pricewatch page open kettle`", "`pricewatch check kettle`"],
        ),
        (
            kettle_alert(
                RuleKind.FAILING, facts={"times": 3, "outcome": "blocked", "host": "laden.example"}, **NOTHING
            ),
            "Kettle 1.7 l, steel at laden.example: 3 checks in a row failed (blocked)",
            ["`pricewatch host show laden.example`"],
        ),
        (
            AlertRecord(
                key=KEY,
                rule_id="blocked",
                rule_kind=RuleKind.BLOCKED,
                subject="host:laden.example",
                slot_at=FIRED_AT,
                fired_at=FIRED_AT,
                reason="the host blocks us",
                facts={"error": "captcha"},
            ),
            "laden.example blocks us",
            ["Error: captcha", "Seen: 22.11.2026, 15:03", "`pricewatch host resume laden.example`"],
        ),
        (
            kettle_alert(
                RuleKind.QUARANTINED, price=Decimal("7.9"), reason="not believed", was_price=None, threshold=None
            ),
            "Kettle 1.7 l, steel at laden.example: a price of 7,90 € is not believed yet",
            ["`pricewatch watch confirm kettle`", "`pricewatch watch dismiss kettle`"],
        ),
        (
            AlertRecord(
                key=KEY,
                rule_id="runs",
                rule_kind=RuleKind.RUN_FAILED,
                subject="run:scrape_due",
                slot_at=FIRED_AT,
                fired_at=FIRED_AT,
                reason="a run failed",
                facts={"run_id": "abc", "job": "scrape_due", "error": "RuntimeError: no\ndisk"},
            ),
            "A run failed: scrape_due",
            ["Run: abc", "Error: RuntimeError: no disk", "`pricewatch doctor`"],
        ),
    ],
    ids=lambda value: f"{value.rule_kind}" if isinstance(value, AlertRecord) else None,
)
def test_trouble_says_what_happened_and_what_to_do(alert: AlertRecord, title: str, lines: list[str]) -> None:
    it = message(alert)
    assert it.title == title
    assert [line for line in lines if line not in it.body] == []
    assert "What to do:" in it.body
    assert it.body.endswith(f"\nref {KEY}\n")


@pytest.mark.parametrize(
    ("price", "currency", "locale", "text"),
    [
        ("1234.5000", "EUR", "de_DE", "1.234,50 €"),
        ("1234.5", "EUR", "en_US", "€1,234.50"),
        ("1.659", "EUR", "de_DE", "1,659 €"),
        ("12.345", "KWD", "en_US", "KWD 12.345"),
        ("12800.0000", "JPY", "en_US", "¥12,800"),
        ("12800", "JPY", "ja_JP", "￥12,800"),
        ("9.9", "XYZ", "de_DE", "9,90 XYZ"),
        ("9.9", None, "de_DE", "9,90"),
        ("1234567", "INR", "en_IN", "₹12,34,567.00"),
        ("0", "USD", "en_US", "$0.00"),
    ],
)
def test_prices_are_written_as_the_reader_writes_them(price: str, currency: str | None, locale: str, text: str) -> None:
    alert = kettle_alert(RuleKind.BELOW, price=Decimal(price), currency=currency)
    assert f"\nPrice: {text}\n" in message(alert, Audience(locale=locale)).body


@pytest.mark.parametrize(
    ("audience", "text"),
    [
        (Audience(locale="en_US", timezone="America/New_York"), "Seen Nov 22, 2026, 9:03 AM,"),
        (Audience(locale="en_GB", timezone="Asia/Tokyo"), "Seen 22 Nov 2026, 23:03,"),
        (Audience(locale="de_DE", timezone="UTC"), "Seen 22.11.2026, 14:03 UTC,"),
    ],
)
def test_times_are_the_readers(audience: Audience, text: str) -> None:
    assert text in message(kettle_alert(), audience).body


@pytest.mark.parametrize(
    ("alert", "line"),
    [
        (kettle_alert(facts={"shipping_price": "0"}), "Shipping: free"),
        (kettle_alert(price=Decimal("98.95")), "Was: 99,00 € (0,05 € less, -0,1 %)"),
        (kettle_alert(was_price=Decimal(0)), "Was: 0,00 € (79,00 € more)"),
        (kettle_alert(facts={"lowest_price": "79", "lowest_at": FIRED_AT.isoformat()}), "Lowest ever: this price"),
        (kettle_alert(facts={"lowest_price": "79"}), "Lowest ever: 79,00 € on 12.03.2026"),
        (kettle_alert(facts={"product_title": "Steel kettle"}), "On the page: Kettle 1.7 l, steel"),
        (kettle_alert(facts={"availability": "LimitedAvailability"}), "Availability: few left"),
    ],
)
def test_a_line_says_it_as_it_is(alert: AlertRecord, line: str) -> None:
    assert f"\n{line}\n" in message(alert).body


def test_the_product_gives_the_title_where_there_is_one_and_else_the_watch() -> None:
    assert message(kettle_alert(facts={"product_title": "Steel kettle"})).title.startswith("Steel kettle: 79,00 €")
    assert message(kettle_alert(facts={"title": None})).title.startswith("kettle: 79,00 €")


def test_what_is_not_known_is_left_out() -> None:
    bare = AlertRecord(
        key=KEY,
        rule_id="r",
        rule_kind=RuleKind.CHANGE,
        subject="kettle",
        watch_id="kettle",
        slot_at=FIRED_AT,
        fired_at=FIRED_AT,
        reason="it changed",
    )
    assert message(bare).body == f"kettle\n\n\nWhy: it changed\n\nSeen 22.11.2026, 15:03, rule r\n\nref {KEY}\n"


@pytest.mark.parametrize(
    ("facts"),
    [
        {"lowest_price": "no number", "lowest_at": "yesterday", "days": "many", "availability": "Perhaps"},
        {"title": 7, "store_name": ["a"], "url": {"a": 1}, "shipping_price": "NaN", "unit_price": "Infinity"},
        {"lowest_price": "1e999999", "list_price": "-1", "shipping_price": "9" * 5000, "unit_price": "1e-999999"},
        {"url": "javascript:alert(1)"},
        {"url": "https://laden.example/p/a b\r\nBcc: x@y.example"},
        {"url": "https://laden.example/" + "a" * 5000},
    ],
)
def test_facts_that_are_not_what_they_should_be_are_left_out(facts: dict[str, Any]) -> None:
    it = message(kettle_alert(facts=facts))
    assert "79,00 €" in it.title
    assert len(it.body) < 1_000
    assert it.url in (None, "https://laden.example/p/kettle")
    assert "javascript" not in it.body
    assert "Bcc" not in it.body


HOSTILE = {
    "a mail's headers": "Kettle\r\nBcc: everybody@example.com\r\n\r\nhello",
    "a terminal's colours": "Kettle\x1b[31m\x07\x00",
    "turned around": "Kettle \u202egnp.exe\u2066",
    "a link": "[Kettle](https://evil.example)",
    "Slack's link and call": "<https://evil.example|Kettle> <!channel> <@U1>",
    "calls": "@everyone @here Kettle",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "lone surrogates": "Kettle \ud83d",
    "other line ends": "Kettle\u2028a\u2029b\x85c\x0bd",
    "very long": "Kettle " * 5000,
    "one long word": "K" * 90_000,
}


@pytest.mark.parametrize("title", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("kind", RuleKind)
def test_a_hostile_title_does_nothing_and_hides_nothing(kind: RuleKind, title: str) -> None:
    it = message(kettle_alert(kind, reason=title, facts={"title": title, "store_name": title, "error": title}))
    assert len(it.title) <= LONGEST_TITLE + 10
    assert it.title.isprintable() or "\u200b" in it.title
    assert all(line.isprintable() or "\u200b" in line for line in it.body.splitlines())
    for harmful in ("](", "@everyone", "@here", "<!", "<@", "<https", "<script", "<img"):
        assert harmful not in it.title + it.body
    (it.title + it.body).encode()
    if kind in (RuleKind.AT_TARGET, RuleKind.DROP):
        assert "79,00 €" in it.title


@given(st.text(max_size=300), st.sampled_from(list(RuleKind)))
def test_any_title_gives_one_line(title: str, kind: RuleKind) -> None:
    it = message(kettle_alert(kind, facts={"title": title}))
    assert len(it.title.splitlines()) == 1
    assert it.body.endswith(f"\n\nref {KEY}\n")
    (it.title + it.body).encode()


def test_a_rules_own_words_take_the_place_of_ours_and_the_reference_stays() -> None:
    alert = kettle_alert(
        title_template="{{ product }}\nfor {{ price_text }}", body_template="{{ store }}\n\n{{ url }}\n\n"
    )
    it = message(alert)
    assert it.title == "Kettle 1.7 l, steel for 79,00 €"
    assert it.body == f"laden.example\n\nhttps://laden.example/p/kettle\n\nref {KEY}\n"


def test_every_variable_can_be_shown() -> None:
    template = "{{ difference }} {{ difference_text }} {{ difference_percent }} {{ target }} {{ lowest }} {{ lowest_at }} {{ landed_text }}"
    assert message(kettle_alert(title_template=template)).title == "-20.00 20,00 € -20.2 80.00 75.00 12.03.2026 83,90 €"


@pytest.mark.parametrize("template", ["{{ price - target }}", "{{ x }}", "{% if %}", "{{ product.__class__ }}"])
@pytest.mark.parametrize("field", ["title_template", "body_template"])
def test_a_template_that_fails_gives_way_to_the_standard_text_with_a_note(field: str, template: str) -> None:
    alert = kettle_alert(RuleKind.OUT_OF_STOCK, **{**NOTHING, field: template})
    it = message(alert)
    assert it.title == "Kettle 1.7 l, steel is sold out at laden.example"
    assert "The template of the rule my-rule could not be used, so this is the standard text: line 1" in it.body
    assert it.body.endswith(f"\n\nref {KEY}\n")


def test_a_template_that_gives_nothing_leaves_our_words() -> None:
    it = message(kettle_alert(title_template="{{ error }}", body_template="  \n"))
    assert it.title.startswith("Kettle 1.7 l, steel: 79,00 €")
    assert "Price: 79,00 €" in it.body


def test_the_chart_goes_to_those_who_can_see_it() -> None:
    with_image = compose(kettle_alert(), PRICES, Audience(takes_images=True))
    assert with_image.image is not None
    assert Image.open(io.BytesIO(with_image.image)).size == (600, 260)
    assert compose(kettle_alert(), PRICES, Audience(takes_images=False)).image is None
    assert compose(kettle_alert(), (), Audience(takes_images=True)).image is None


@pytest.mark.parametrize("kind", [RuleKind.BLOCKED, RuleKind.RUN_FAILED])
def test_what_is_about_no_watch_has_no_chart(kind: RuleKind) -> None:
    alert = kettle_alert(kind, watch_id=None, subject="host:laden.example", **NOTHING)
    assert compose(alert, PRICES, Audience(takes_images=True)).image is None


def test_a_flight_is_told_with_its_airline_and_without_a_stock() -> None:
    facts = {
        "provider": "google_flights",
        "title": "Flight from LHR to JFK on 15 Jan 2027",
        "seller": "British Airways",
    }
    flight = kettle_alert(facts={**facts, "list_price": None, "shipping_price": None, "unit_price": None})
    body = message(flight).body
    assert "Airline: British Airways" in body
    assert "stock" not in body
    assert "Availability: in stock" in message(kettle_alert()).body
