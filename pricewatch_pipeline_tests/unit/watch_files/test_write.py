"""What is written of a store is read back as that store."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.domain.browsing import Action, Blockable, Browsing, Step, WaitUntil
from pricewatch_pipeline.domain.plausibility import PlausibilityBounds
from pricewatch_pipeline.domain.watches import Politeness, ProxyPlan, Store, Strategy
from pricewatch_pipeline.watch_files.loader import load
from pricewatch_pipeline.watch_files.parse import parse_document
from pricewatch_pipeline.watch_files.write import store_entry, stores_json, stores_yaml

PLAIN = Store(store_id="shop", domains=("shop.de",))
FULL = Store(
    store_id="hard",
    domains=("hard.example.com", "127.0.0.1:8801"),
    name='Läden & "Söhne": [a] #1',
    locale="de-AT",
    currency="EUR",
    strategies={
        "price": (
            Strategy(kind="json", expression="$['a b'][0].price"),
            Strategy(kind="regex", expression=r"(\d+) Kč: #", prepend="~ ", append=" CZK"),
        ),
        "availability": (Strategy(kind="attr", expression="link[itemprop=availability]::href"),),
    },
    politeness=Politeness(min_delay=timedelta(seconds=2.5), burst=3, concurrency=1, obeys_robots=False),
    fetcher="auto",
    browsing=Browsing(
        wait_until=WaitUntil.NETWORK_IDLE,
        wait_for="[data-price]:not(.old)",
        steps=(
            Step(action=Action.ACCEPT_COOKIES, is_optional=True),
            Step(action=Action.CLICK, selector=".late", is_optional=True),
            Step(action=Action.FILL, selector="input[name=zip]", value="01067"),
        ),
        blocked=frozenset({Blockable.IMAGES}),
        has_screenshot=True,
    ),
    impersonates="chrome131",
    proxies=ProxyPlan(names=("home", "direct"), rotates=True, also_when_blocked=True),
    when_blocked=("impersonate", "browser"),
    plausibility=PlausibilityBounds(is_on=True, max_fall=Decimal("0.8")),
    test_urls=("https://hard.example.com/p/1?a=b&c=%20#x",),
)

AWKWARD = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), min_size=1, max_size=40).filter(
    lambda text: text == text.strip()
)


def read_back(text: str) -> tuple[Store, ...]:
    parsed = parse_document("stores.yaml", load(text.encode()), {})
    assert parsed.problems == ()
    return parsed.stores


@pytest.mark.parametrize("write", [stores_yaml, stores_json])
@pytest.mark.parametrize("store", [PLAIN, FULL], ids=["plain", "full"])
def test_a_store_comes_back_as_it_was(write: Callable[[list[Store]], str], store: Store) -> None:
    assert read_back(write([store])) == (store,)


def test_no_field_of_a_store_is_forgotten() -> None:
    untouched = [f.name for f in fields(Store) if getattr(FULL, f.name) == getattr(PLAIN, f.name)]
    assert untouched == []  # a new field belongs into FULL, and into what is written


@given(name=AWKWARD, prepend=AWKWARD, append=AWKWARD)
def test_texts_that_look_like_yaml_stay_texts(name: str, prepend: str, append: str) -> None:
    strategy = Strategy(kind="css", expression=".price", prepend=prepend, append=append)
    store = replace(PLAIN, name=name, strategies={"price": (strategy,)})
    assert read_back(stores_yaml([store])) == (store,)


@pytest.mark.parametrize("name", ["no", "null", "~", "12:30", "1_000", "true", "2026-01-01", "- x", "!!python/name:os"])
def test_a_name_that_yaml_takes_for_something_else_stays_a_name(name: str) -> None:
    assert read_back(stores_yaml([replace(PLAIN, name=name)]))[0].name == name


def test_what_is_at_its_default_is_left_out() -> None:
    assert store_entry(PLAIN) == {"id": "shop", "domains": ["shop.de"]}


def test_what_is_written_twice_is_the_same() -> None:
    (again,) = read_back(stores_yaml([FULL]))
    assert stores_yaml([again]) == stores_yaml([FULL])
