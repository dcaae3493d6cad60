"""What a person reads of many alerts at once."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from pricewatch_pipeline.domain.alert_rules import Digest, RuleKind
from pricewatch_pipeline.domain.messages import AlertRecord, Audience, Message
from pricewatch_pipeline.services.compose_digests import MOST_ENTRIES, compose_digest
from pricewatch_pipeline_tests.support.alerts import FIRED_AT, kettle_alert

GERMAN = Audience(locale="de_DE", timezone="Europe/Berlin", takes_images=True)


def alert(watch: str, *, price: str = "79", hours_ago: float = 0, **fields: Any) -> AlertRecord:
    at = FIRED_AT - timedelta(hours=hours_ago)
    facts = {"title": f"Title of {watch}", "url": f"https://laden.example/{watch}", **fields.pop("facts", {})}
    usual: dict[str, Any] = {
        "key": f"{watch}-{hours_ago}",
        "watch_id": watch,
        "subject": watch,
        "slot_at": at,
        "fired_at": at,
    }
    return kettle_alert(**(usual | {"price": Decimal(price)} | fields), facts=facts)


def digest(*alerts: AlertRecord, period: Digest = Digest.DAILY) -> Message:
    it = compose_digest(alerts, GERMAN, period)
    return Message(key=it.key, title=it.title.replace("\u00a0", " "), body=it.body.replace("\u00a0", " "))


def test_a_watch_is_there_once_with_its_newest_state_and_the_number_of_alerts() -> None:
    it = digest(
        alert("lamp", price="90", hours_ago=9), alert("lamp", price="60"), alert("lamp", price="80", hours_ago=3)
    )
    assert it.title == "Prices, 22.11.2026: 3 alerts on 1 product"
    assert it.body == (
        "- Title of lamp: 60,00 € at laden.example (was 99,00 €), -39 % · 3 alerts\n"
        f"  https://laden.example/lamp\n\nref {it.key}\n"
    )


def test_a_rise_is_marked_as_one() -> None:
    assert "(was 99,00 €), +21 %\n" in digest(alert("lamp", price="120", rule_kind=RuleKind.RISE)).body


def test_prices_that_fell_furthest_come_first_and_troubles_last() -> None:
    it = digest(
        alert("a", rule_kind=RuleKind.FAILING, price="1", facts={"times": 3}),
        alert("b", price="98"),
        alert("c", price="110", rule_kind=RuleKind.RISE),
        alert("d", price="50"),
    )
    found = [line.split(":")[0] for line in it.body.splitlines() if line.startswith("- ")]
    assert found == ["- Title of d", "- Title of b", "- Title of c", "- Title of a at laden.example"]
    assert "\n\nFor who runs it:\n- Title of a" in it.body
    assert it.title == "Prices, 22.11.2026: 4 alerts on 3 products and 1 trouble"


def test_offers_of_one_product_stand_together() -> None:
    one = {"product_id": "kettle", "product_title": "Kettle"}
    it = digest(
        alert("x", price="90", facts=one | {"store_name": "x.example"}),
        alert("other", price="80"),
        alert("y", price="70", facts=one | {"store_name": "y.example"}),
    )
    assert it.title == "Prices, 22.11.2026: 3 alerts on 2 products"
    assert [line for line in it.body.splitlines() if line and not line.startswith("  ")][:-1] == [
        "Kettle, 2 offers:",
        "- Kettle: 70,00 € at y.example (was 99,00 €), -29 %",
        "- Kettle: 90,00 € at x.example (was 99,00 €), -9,1 %",
        "- Title of other: 80,00 € at laden.example (was 99,00 €), -19 %",
    ]


def test_trouble_with_a_watch_does_not_hide_its_price() -> None:
    it = digest(alert("lamp", hours_ago=2), alert("lamp", rule_kind=RuleKind.FAILING, facts={"times": 3}))
    assert "- Title of lamp: 79,00 €" in it.body
    assert "- Title of lamp at laden.example: 3 checks in a row failed" in it.body


@pytest.mark.parametrize("product", [None, "kettle"])
def test_its_length_is_bounded_and_it_says_what_is_missing(product: str | None) -> None:
    many = [alert(f"w{n}", facts={"product_id": product, "title": "K" * 9000}) for n in range(MOST_ENTRIES + 1037)]
    it = digest(*many)
    assert sum(line.startswith("- ") for line in it.body.splitlines()) == MOST_ENTRIES
    assert "\n... and 1.037 more: `pricewatch alerts list`\n" in it.body
    assert len(it.body) < 20_000


def test_a_weekly_one_says_which_days_it_is_about() -> None:
    it = digest(alert("a", hours_ago=5 * 24), alert("b"), period=Digest.WEEKLY)
    assert it.title == "Prices, 17.11.2026 to 22.11.2026: 2 alerts on 2 products"


def test_its_key_is_that_of_its_alerts_in_any_order() -> None:
    one, other, third = alert("a"), alert("b"), alert("c")
    assert digest(one, other).key == digest(other, one).key
    assert digest(one, other).key != digest(one, third).key
    assert f"ref {digest(one).key}\n" in digest(one).body


def test_it_has_no_picture_and_hostile_titles_do_nothing() -> None:
    it = compose_digest([alert("a", facts={"title": "a\r\nBcc: b@example.com <!channel>"})], GERMAN, Digest.DAILY)
    assert it.image is None
    assert "\nBcc" not in it.body
    assert "<!channel>" not in it.body
