"""Remarks on what this machine's settings cannot keep."""

from datetime import timedelta

import pytest

from pricewatch_pipeline.domain.alert_rules import AlertRule, RuleKind
from pricewatch_pipeline.domain.watches import Politeness, ProxyPlan, Store
from pricewatch_pipeline.services.remark_on_files import remark_by
from pricewatch_pipeline.settings import parse_allowed_address
from pricewatch_pipeline_tests.support.shop import watch

REMARK = remark_by(allowed=[parse_allowed_address("127.0.0.1:8801")], proxies=["home", "dc"], channels=["phone"])


def store(*proxies: str) -> Store:
    return Store(store_id="s", domains=("shop.de",), proxies=ProxyPlan(names=proxies))


def test_a_store_whose_proxies_are_known_needs_no_remark() -> None:
    assert list(REMARK(store("home", "direct", "dc"))) == []


def test_an_unknown_proxy_is_remarked_on_at_its_place_with_what_it_may_stand_for() -> None:
    (remark,) = REMARK(store("direct", "hom"))
    assert remark[0] == ("proxies", "use", 1)
    assert remark[1] == (
        "PRICEWATCH_PROXIES names no proxy 'hom' here; did you mean 'home'? (allowed: dc, direct, home); "
        "add hom=http://HOST:PORT to it"
    )


@pytest.mark.parametrize("url", ["https://shop.de/1", "http://127.0.0.1:8801/1"])
def test_a_page_that_may_be_reached_needs_no_remark(url: str) -> None:
    assert list(REMARK(watch("w", url))) == []


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/1", "http://192.168.1.1/1", "http://[::1]/1", "https://shop.de:8443/1"]
)
def test_a_page_that_will_be_refused_is_remarked_on_with_how_to_allow_it(url: str) -> None:
    ((field, message),) = REMARK(watch("w", url))
    assert field == ("url",)
    assert message.startswith("its checks will be refused: ")
    assert "PRICEWATCH_ALLOWED_ADDRESSES" in message


def test_a_rule_whose_channel_is_unknown_is_remarked_on_at_its_place() -> None:
    rule = AlertRule(rule_id="r", kind=RuleKind.CHANGE, channels=("phone", "phne"))

    assert list(REMARK(rule)) == [
        (
            ("to", 1),
            "there is no channel 'phne' here; did you mean 'phone'? (allowed: phone); nothing can be sent there",
        )
    ]
    assert list(remark_by(allowed=[], proxies=[])(rule)) == []


@pytest.mark.parametrize(
    ("domain", "delay_s", "says"),
    [
        ("www.sec.gov", 0.05, ["sec.gov allows 10 requests a second, over all machines: one every 0.111 s is made, and not one every 0.05 s"]),
        ("sec.gov", 0.125, []),
        ("shop.de", 0.05, []),
    ],
)  # fmt: skip
def test_a_store_that_asks_for_more_than_its_host_allows_anybody_is_remarked_on(
    domain: str, delay_s: float, says: list[str]
) -> None:
    eager = Store(store_id="s", domains=(domain,), politeness=Politeness(min_delay=timedelta(seconds=delay_s)))
    assert [(place, text) for place, text in REMARK(eager)] == [(("politeness", "min_delay"), text) for text in says]
