"""What a file says of how a store is fetched becomes a value."""

from datetime import timedelta

import pytest

from pricewatch_pipeline.domain.browsing import Action, Blockable, Browsing, Step, WaitUntil
from pricewatch_pipeline.domain.watches import Politeness, ProxyPlan, Store
from pricewatch_pipeline.watch_files.browser_models import StepEntry
from pricewatch_pipeline_tests.unit.watch_files.conftest import Read

HARD = """
stores:
  - id: hard
    domains: [hard.example.com]
    fetcher: auto
    politeness: {min_delay: 2.5s, burst: 3, concurrency: 1, robots: false}
    browser:
      wait_until: network_idle
      wait_for: '[data-price]:not(.old)'
      steps:
        - accept_cookies
        - click: "#more > a"
        - {click: .late, optional: true}
        - {choose: "select[name=size]", value: XL}
        - {fill: "input[name=zip]", value: 01067}
        - wait_for: .price
      block: [images, trackers]
      screenshot: true
    impersonate: chrome131
    proxies: {use: [home, dc, direct], rotate: true, also_when_blocked: true}
    when_blocked: [impersonate, browser]
"""


def only_store(read: Read, fields: str) -> Store:
    (store,) = read(shops=f"stores:\n  - id: s\n    domains: [shop.de]\n    {fields}\n").stores
    return store


def test_every_field_of_a_hard_store_is_read(read: Read) -> None:
    assert read(shops=HARD).stores == (
        Store(
            store_id="hard",
            domains=("hard.example.com",),
            fetcher="auto",
            politeness=Politeness(min_delay=timedelta(seconds=2.5), burst=3, concurrency=1, obeys_robots=False),
            browsing=Browsing(
                wait_until=WaitUntil.NETWORK_IDLE,
                wait_for="[data-price]:not(.old)",
                steps=(
                    Step(action=Action.ACCEPT_COOKIES, is_optional=True),
                    Step(action=Action.CLICK, selector="#more > a"),
                    Step(action=Action.CLICK, selector=".late", is_optional=True),
                    Step(action=Action.CHOOSE, selector="select[name=size]", value="XL"),
                    Step(action=Action.FILL, selector="input[name=zip]", value="01067"),
                    Step(action=Action.WAIT_FOR, selector=".price"),
                ),
                blocked=frozenset({Blockable.IMAGES, Blockable.TRACKERS}),
                has_screenshot=True,
            ),
            impersonates="chrome131",
            proxies=ProxyPlan(names=("home", "dc", "direct"), rotates=True, also_when_blocked=True),
            when_blocked=("impersonate", "browser"),
        ),
    )


@pytest.mark.parametrize(
    "fields",
    [
        "name:",
        "politeness: {}",
        "politeness: {min_delay: null, robots: ~}",
        "fetcher:",
        "browser:",
        "proxies: null",
        "when_blocked: []",
        "impersonate: ~",
    ],
)
def test_what_is_not_said_is_at_its_default(read: Read, fields: str) -> None:
    assert only_store(read, fields) == Store(store_id="s", domains=("shop.de",))


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("accept_cookies", Step(action=Action.ACCEPT_COOKIES, is_optional=True)),
        ("click: .a:hover", Step(action=Action.CLICK, selector=".a:hover")),
        ("wait_for:  #b ", Step(action=Action.WAIT_FOR, selector="#b")),
    ],
)
def test_a_step_may_be_a_text(text: str, step: Step) -> None:
    assert StepEntry.model_validate(StepEntry.from_text(text)).to_step() == step


def test_a_consent_dialog_may_be_required(read: Read) -> None:
    store = only_store(read, "fetcher: browser\n    browser: {steps: [{accept_cookies: true, optional: false}]}")
    assert store.browsing.steps == (Step(action=Action.ACCEPT_COOKIES),)


@pytest.mark.parametrize("written", ["home", "[home]", "{use: home}", "{use: [home], rotate: false}"])
def test_proxies_are_a_name_a_list_or_a_plan(read: Read, written: str) -> None:
    assert only_store(read, f"proxies: {written}").proxies == ProxyPlan(names=("home",))


def test_nothing_is_blocked_when_the_list_is_empty(read: Read) -> None:
    assert only_store(read, "fetcher: browser\n    browser: {block: []}").browsing.blocked == frozenset()


@pytest.mark.parametrize("way", ["fetcher: browser", "fetcher: auto", "when_blocked: browser"])
def test_a_browser_may_be_described_wherever_one_may_be_used(read: Read, way: str) -> None:
    assert only_store(read, f"browser: {{wait_for: .price}}\n    {way}").browsing.wait_for == ".price"


@pytest.mark.parametrize(
    "selector",
    ["#a > .b ~ c", "a[b='c' i]", "li:nth-child(2n+1 of .x)", ":is(a, b):not(c, d)", "a:has(> b)", "button:visible", "p:has-text('Buy')"],
)  # fmt: skip
def test_selectors_that_browsers_know_pass(read: Read, selector: str) -> None:
    store = only_store(read, f'fetcher: browser\n    browser: {{wait_for: "{selector}"}}')
    assert store.browsing.wait_for == selector
