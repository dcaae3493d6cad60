from contextlib import suppress
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.proxies import REST_S, RestingProxies, goes_on, parse_proxies, proxy_named, ways
from pricewatch_pipeline.domain.watches import ProxyPlan

SECRET = "hunter2"


def test_proxies_are_read_by_name_with_what_each_part_means():
    found = parse_proxies(f"home=http://me:{SECRET}%2C%40@Proxy.example:3128/, dc = socks5h://[::1]:1080,")
    home, dc = found["home"], found["dc"]
    assert (home.scheme, home.host, home.port, home.credentials) == (
        "http",
        "proxy.example",
        3128,
        ("me", f"{SECRET},@"),
    )
    assert (dc.host, dc.port, dc.credentials, dc.is_socks) == ("::1", 1080, None, True)
    assert (home.shown, dc.shown) == ("http://***@proxy.example:3128", "socks5h://[::1]:1080")
    assert home.address == "http://proxy.example:3128"


def test_neither_user_name_nor_password_shows_in_any_form_of_a_proxy():
    found = parse_proxies(f"home=http://somebody:{SECRET}@proxy.example:3128")
    home = found["home"]
    for shown in (repr(found), str(home), f"{home}", home.shown, str(asdict(home))):
        assert SECRET not in shown
        assert "somebody" not in shown


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"http://me:{SECRET}@h:1", "entry 1 is not NAME=URL"),
        (f"a=http://h:1, me{SECRET}", "entry 2 is not NAME=URL"),
        ("direct=http://h:1", "'direct' stands for no proxy"),
        ("a=http://h:1, a=http://h:2", "'a' is there twice"),
        (f"a=ftp://me:{SECRET}@h:1", "a: the URL must begin with http://"),
        (f"a=http://me:{SECRET}@h", "a: the URL must name host and port"),
        (f"a=http://me:{SECRET}@h:99999", "a: what follows = is not a URL"),
        (f"a=http://me:{SECRET}@h:1/path", "a: the URL must end after the port"),
        (f"a=http://me:{SECRET} x@h:1", "a: the URL holds white space"),
        (f"a=http://me:{SECRET}[@h:1", "a: "),
    ],
)
def test_what_is_wrong_is_said_without_quoting_a_password(text, says):
    with pytest.raises(ValueError, match=r".") as caught:
        parse_proxies(text)
    assert says in str(caught.value)
    assert SECRET not in str(caught.value)


@given(st.text())
def test_any_text_is_proxies_or_a_value_error(text):
    with suppress(ValueError):
        assert all(proxy.host and proxy.port for proxy in parse_proxies(text).values())


def test_no_plan_is_one_direct_way():
    assert ways(ProxyPlan(), 7) == (None,)


def test_proxies_are_tried_in_the_order_of_the_plan():
    plan = ProxyPlan(names=("home", "dc", "direct"))
    assert ways(plan, 0) == ways(plan, 1) == ("home", "dc", None)


@given(st.lists(st.sampled_from(["a", "b", "c", "direct"]), min_size=1, unique=True), st.integers(min_value=0))
def test_rotation_begins_with_another_one_each_turn_and_leaves_none_out(names, turn):
    plan = ProxyPlan(names=tuple(names), rotates=True)
    found = ways(plan, turn)
    assert set(found) == {None if name == "direct" else name for name in names}
    assert len(names) == 1 or ways(plan, turn + 1)[0] != found[0]


@pytest.mark.parametrize(
    ("outcome", "is_proxy_failure", "also_when_blocked", "expected"),
    [
        (Outcome.TRANSPORT, True, False, True),
        (Outcome.TRANSPORT, False, True, False),
        (Outcome.BLOCKED, False, False, False),
        (Outcome.BLOCKED, False, True, True),
        (Outcome.RATE_LIMITED, False, True, False),
        (Outcome.OK, False, True, False),
    ],
)
def test_the_next_way_is_tried_when_a_proxy_failed_and_on_a_block_only_where_the_file_says_so(
    outcome, is_proxy_failure, also_when_blocked, expected
):
    assert goes_on(ProxyPlan(also_when_blocked=also_when_blocked), outcome, is_proxy_failure) is expected


def test_a_proxy_found_down_rests_for_a_minute():
    now = [100.0]
    resting = RestingProxies(lambda: now[0])
    resting.found_down("home")
    assert (resting.is_resting("home"), resting.is_resting("dc")) == (True, False)
    now[0] += REST_S
    assert not resting.is_resting("home")


def test_an_unknown_name_is_answered_with_those_that_there_are():
    proxies = parse_proxies("home=http://h:1")
    assert proxy_named("home", proxies) is proxies["home"]
    assert proxy_named("hom", proxies) == "unknown proxy 'hom'; PRICEWATCH_PROXIES names: home"
    assert proxy_named("hom", {}) == "unknown proxy 'hom'; PRICEWATCH_PROXIES names: none"
