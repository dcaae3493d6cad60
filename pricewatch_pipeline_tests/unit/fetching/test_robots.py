from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.fetching.robots import (
    LONGEST_PATTERN,
    MOST_RULES,
    MOST_WILDCARDS,
    RobotsRules,
    product_token,
)

TOKEN = "pricewatch_pipeline"
SITE = "https://shop.example"


def rules(*lines):
    return RobotsRules.parse("\n".join(lines), TOKEN)


@pytest.mark.parametrize(
    ("lines", "path", "allowed"),
    [
        ([], "/x", True),
        (["Disallow: /"], "/x", True),  # of no group
        (["User-agent: *", "Disallow:"], "/x", True),
        (["User-agent: *", "Disallow: /"], "/x", False),
        (["User-agent: *", "Disallow: /"], "/robots.txt", True),
        (["User-agent: *", "Disallow: /cart"], "/cart/1", False),
        (["User-agent: *", "Disallow: /cart"], "/Cart", True),
        (["User-agent: *", "Disallow: /p", "Allow: /p/lamp"], "/p/lamp", True),
        (["User-agent: *", "Allow: /p", "Disallow: /p"], "/p", True),
        (["User-agent: *", "Disallow: /*?sort="], "/p?sort=up", False),
        (["User-agent: *", "Disallow: /*.pdf$"], "/a.pdf", False),
        (["User-agent: *", "Disallow: /*.pdf$"], "/a.pdf?x", True),
        (["User-agent: *", "Disallow: /ü"], "/%C3%BC", False),
        (["User-agent: *", "Disallow: /a%2Fb"], "/a/b", True),
        (["USER-AGENT : *", "dissallow : /x  # not this"], "/x", False),
        (["User-agent *", "Disallow /x"], "/x", False),
        (["User-agent: *", "", "Disallow: /x"], "/x", False),
        (["User-agent: other", "Disallow: /"], "/x", True),
        (["User-agent: other", "User-agent: *", "Disallow: /"], "/x", False),
        (["User-agent: *", "User-agent: other", "Disallow: /"], "/x", False),
        (["User-agent: *", "Sitemap: https://a/b", "Disallow: /x"], "/x", False),
        (["User-agent: *", "Disallow: /x", "User-agent: other", "Disallow: /y"], "/y", True),
        (["User-agent: *", "Disallow: /", "User-agent: pricewatch_pipeline", "Disallow: /x"], "/y", True),
        (["User-agent: *", "Disallow: /", "User-agent: PriceWatch_Pipeline/9.0", "Allow: /"], "/x", True),
        (["User-agent: pricewatch*", "Disallow: /"], "/x", False),
        (["User-agent: price", "Disallow: /"], "/x", True),
        (["User-agent: pricewatch_pipeline", "Disallow:", "User-agent: *", "Disallow: /"], "/x", True),
        (
            [
                f"User-agent: {TOKEN}",
                "Disallow: /a",
                "User-agent: *",
                "Disallow: /",
                f"User-agent: {TOKEN}",
                "Disallow: /b",
            ],
            "/b",
            False,
        ),
    ],
)
def test_what_a_file_says_of_an_address(lines, path, allowed):
    assert rules(*lines).allows(SITE + path) is allowed


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_end_of_line_counts(newline):
    text = newline.join(["User-agent: *", "Disallow: /x", "Crawl-delay: 3"])
    found = RobotsRules.parse(text, TOKEN)
    assert (found.allows(SITE + "/x"), found.crawl_delay) == (False, timedelta(seconds=3))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("10", 10.0),
        ("0.5", 0.5),
        ("7200", 3600.0),
        ("0", None),
        ("-3", None),
        ("1e30", None),
        ("nan", None),
        ("x", None),
    ],
)
def test_a_crawl_delay_is_bounded(value, expected):
    found = rules("User-agent: *", f"Crawl-delay: {value}").crawl_delay
    assert found == (None if expected is None else timedelta(seconds=expected))


def test_the_crawl_delay_of_another_robot_is_not_ours():
    found = rules("User-agent: other", "Crawl-delay: 9", "User-agent: *", "Crawl-delay: 2")
    assert found.crawl_delay == timedelta(seconds=2)


@pytest.mark.parametrize(
    ("user_agent", "token"),
    [("pricewatch_pipeline/0.1.0", TOKEN), ("MyShopBot", "myshopbot"), ("MyBot/1 (+https://me.example)", "mybot")],
)
def test_the_product_token_is_what_stands_before_the_version(user_agent, token):
    assert product_token(user_agent) == token


def test_a_robot_without_a_name_is_anybody():
    found = RobotsRules.parse("User-agent:\nAllow: /\nUser-agent: *\nDisallow: /", "")
    assert not found.allows(SITE + "/x")


def test_the_line_that_forbids_is_named():
    found = rules("# hello", "User-agent: *", "Disallow: /", "Disallow: /p/*/x$", "Allow: /q", "Disallow: /p")
    assert str(found.rule_against(SITE + "/p/1/x")) == "line 4 (Disallow: /p/*/x$)"
    assert str(found.rule_against(SITE + "/p/2")) == "line 6 (Disallow: /p)"
    assert found.rule_against(SITE + "/q/1") is None


def test_a_long_line_is_not_repeated_whole():
    found = rules("User-agent: *", "Disallow: /" + "x" * 1000)
    assert len(str(found.rule_against(SITE + "/" + "x" * 1000))) < 300


def kept(found):
    return len(found._rules)


def test_more_rules_than_we_look_at_are_left_out():
    found = rules("User-agent: *", *(f"Disallow: /{n}/" for n in range(MOST_RULES + 100)))
    assert kept(found) == MOST_RULES
    assert not found.allows(f"{SITE}/{MOST_RULES - 1}/")
    assert found.allows(f"{SITE}/{MOST_RULES}/")


def test_wildcards_without_end_are_left_out_and_the_plain_rules_stay():
    bombs = ["Disallow: /" + "*a" * 700 + f"{n}$" for n in range(50)]
    found = rules("User-agent: *", *bombs, "Disallow: /cart")
    assert kept(found) == MOST_WILDCARDS // 700 + 1
    assert found.allows(SITE + "/" + "a" * 3000)
    assert not found.allows(SITE + "/cart")


def test_a_pattern_longer_than_any_address_is_left_out():
    assert kept(rules("User-agent: *", "Disallow: /" + "x" * LONGEST_PATTERN)) == 0


def test_thousands_of_robots_that_share_thousands_of_rules_cost_us_nothing():
    # Protego alone would file 20,000 times 20,000 rules.
    lines = [f"User-agent: r{n}" for n in range(20_000)] + [f"Disallow: /{n}" for n in range(20_000)]
    assert kept(rules(*lines, "User-agent: *", "Disallow: /x")) == 1


@given(st.text(), st.text())
def test_no_text_and_no_address_breaks_it(text, path):
    found = RobotsRules.parse(f"User-agent: *\n{text}", TOKEN)
    url = f"{SITE}/{path}"
    assert found.allows(url) == (found.rule_against(url) is None)
