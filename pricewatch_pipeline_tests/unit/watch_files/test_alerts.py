"""Alert rules in watch files: what each way of writing means, what is refused and where, and that what is written is read back."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.domain.alert_rules import AlertRule, Baseline, Digest, RuleKind, ScopeKind
from pricewatch_pipeline.domain.watches import ActiveWindow
from pricewatch_pipeline.watch_files.alert_entries import rule_entry
from pricewatch_pipeline.watch_files.loader import load
from pricewatch_pipeline.watch_files.parse import parse_document
from pricewatch_pipeline.watch_files.resolve import Definitions, Known, resolve

PLAIN = AlertRule(rule_id="", kind=RuleKind.CHANGE)
SHOP = "watches:\n  - {id: lamp, url: https://a.de/lamp}\n"


def definitions(read: Callable, text: str) -> Definitions:
    (found,) = read(shop=text).files
    assert found.issues == ()
    return found.definitions


def only_rule(read: Callable, said: str) -> AlertRule:
    (rule,) = definitions(read, f"alerts:\n  - {said}\n").rules
    return replace(rule, rule_id="")


def issues(read: Callable, text: str) -> list[str]:
    (found,) = read(shop=text).files
    return [str(issue).partition("shop.yaml:")[2] for issue in found.issues]


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("below: 80 EUR", {"kind": RuleKind.BELOW, "amount": Decimal(80), "currency": "EUR"}),
        ("below: 79.90", {"kind": RuleKind.BELOW, "amount": Decimal("79.90")}),
        ("below: USD 5", {"kind": RuleKind.BELOW, "amount": Decimal(5), "currency": "USD"}),
        ("below: {amount: 80, currency: CZK}", {"kind": RuleKind.BELOW, "amount": Decimal(80), "currency": "CZK"}),
        ("lowest", {"kind": RuleKind.LOWEST}),
        ("lowest: ever", {"kind": RuleKind.LOWEST}),
        ("lowest: 90d", {"kind": RuleKind.LOWEST, "days": 90}),
        ("lowest: 4w", {"kind": RuleKind.LOWEST, "days": 28}),
        ("failing: 5", {"kind": RuleKind.FAILING, "times": 5}),
        ("back_in_stock", {"kind": RuleKind.BACK_IN_STOCK}),
        ("when: out_of_stock", {"kind": RuleKind.OUT_OF_STOCK}),
        ("at_target", {"kind": RuleKind.AT_TARGET}),
        ("{when: drop, by: 10%, from: previous}", {"kind": RuleKind.DROP, "share": Decimal("0.1"), "baseline": Baseline.PREVIOUS}),
        ("{when: drop, by: 5 EUR, from: first}", {"kind": RuleKind.DROP, "amount": Decimal(5), "currency": "EUR", "baseline": Baseline.FIRST}),
        ("{when: rise, by: 2.5%, from: 30d median}", {"kind": RuleKind.RISE, "share": Decimal("0.025"), "baseline": Baseline.MEDIAN, "days": 30}),
        ("{when: drop, by: {share: 10%, amount: 5}, from: 2w low}", {"kind": RuleKind.DROP, "share": Decimal("0.1"), "amount": Decimal(5), "baseline": Baseline.LOW, "days": 14}),
        ("{when: drop, by: 10%, from: Last  alert}", {"kind": RuleKind.DROP, "share": Decimal("0.1"), "baseline": Baseline.LAST_ALERTED}),
        ("{when: price_indicator, indicator: low}", {"kind": RuleKind.PRICE_INDICATOR, "indicator": "low"}),
        ("{when: price_indicator, indicator: ' Low '}", {"kind": RuleKind.PRICE_INDICATOR, "indicator": "low"}),
        ("{when: insider_trade, above: 100000 USD}", {"kind": RuleKind.INSIDER_TRADE, "amount": Decimal(100000), "currency": "USD"}),
        ("{when: change, cooldown: 0s, max_per_day: 3, confirm: 40%}", {"cooldown": timedelta(0), "max_per_day": 3, "confirm": Decimal("0.4")}),
        ("{below: 1, rearm: 0%, again_after: never}", {"kind": RuleKind.BELOW, "amount": Decimal(1), "rearm": Decimal(0), "again_after": None}),
        ("{below: 1, again_after: 20%}", {"kind": RuleKind.BELOW, "amount": Decimal(1), "again_after": Decimal("0.2")}),
        ("{when: back_in_stock, rearm_after: 1d}", {"kind": RuleKind.BACK_IN_STOCK, "rearm_after": timedelta(days=1)}),
        ("{when: change, to: phone}", {"channels": ("phone",)}),
        ("{when: change, to: [phone, mail], digest: daily}", {"channels": ("phone", "mail"), "digest": Digest.DAILY}),
        ("{when: change, to: []}", {"channels": ()}),
        ("{when: change, enabled: false}", {"is_enabled": False}),
        ("{when: change, title: 'Now {{ price_text }}', message: 'At {{ store }}'}", {"title_template": "Now {{ price_text }}", "body_template": "At {{ store }}"}),
        ("{when: change, quiet: {days: sat, from: '22:00', to: '07:00'}, timezone: Europe/Berlin}",
         {"quiet": (ActiveWindow(days=frozenset({5}), start=time(22), end=time(7)),), "timezone": "Europe/Berlin"}),
        ("{when: change, for: {tag: toys}}", {"scope": ScopeKind.TAG, "scope_id": "toys"}),
        ("{when: change, for: {watch: lamp}}", {"scope": ScopeKind.WATCH, "scope_id": "lamp"}),
    ],
)  # fmt: skip
def test_an_entry_is_a_rule(read: Callable, said: str, means: dict[str, Any]) -> None:
    assert only_rule(read, said) == replace(PLAIN, **means)


WHERE = """
products:
  - id: coffee
    alerts: [lowest]
    urls:
      - https://one.de/coffee
      - url: https://two.de/coffee
        alerts: back_in_stock
watches:
  - id: lamp
    url: https://a.de/lamp
    alerts:
      - below: 80 EUR
      - below: 70 EUR
      - {id: mine, when: change}
alerts:
  - out_of_stock
  - {lowest: 90d, for: {tag: Kitchen Tools}}
"""


def test_a_rule_is_about_what_it_stands_at(read: Callable) -> None:
    found = definitions(read, WHERE)
    about = {rule.rule_id: (rule.kind.value, rule.scope.value, rule.scope_id) for rule in found.rules}
    first, second = (name for name, (kind, *_) in about.items() if kind == "below")

    assert about == {
        "product-coffee-lowest": ("lowest", "product", "coffee"),
        "coffee-two-de-back-in-stock": ("back_in_stock", "watch", "coffee-two-de"),
        first: ("below", "watch", "lamp"),
        second: ("below", "watch", "lamp"),
        "mine": ("change", "watch", "lamp"),
        "all-out-of-stock": ("out_of_stock", "all", None),
        "tag-kitchen-tools-lowest": ("lowest", "tag", "Kitchen Tools"),
    }
    assert all(name.startswith("lamp-below-") for name in (first, second))
    assert found.lines["rule", "mine"] == 15
    assert found.lines["rule", "all-out-of-stock"] == 17


@pytest.mark.parametrize(
    ("said", "issue"),
    [
        ("{when: drop, by: 10%}", "3:5: alerts[0]: `from` is required: what a drop is measured from (previous, first, 30d median, 30d low, or last alert)"),
        ("{when: drop, from: first}", "3:5: alerts[0]: `by` is required: how far it must fall, such as 10% or 5 EUR"),
        ("{when: drop, by: 10%, from: median}", "3:27: alerts[0].from: median of how many days? Such as 30d median"),
        ("{when: drop, by: 10%, from: the moon}", "3:27: alerts[0].from: 'the moon' is nothing to measure from (allowed: previous, first, 30d median, 30d low, or last alert)"),
        ("{when: drop, by: 0%, from: first}", "3:18: alerts[0].by: 0% is no move (allowed: a percentage above 0, such as 10%)"),
        ("{when: drop, by: 100%, from: first}", "3:18: alerts[0].by: a price cannot fall by 100% or more"),
        ("{when: drop, by: ten, from: first}", "3:18: alerts[0].by: 'ten' is not an amount (allowed: a positive number with up to 4 decimals, such as 99.90)"),
        ("below: 80 XXQ", "3:5: alerts[0].below: 'XXQ' is not a currency (allowed: ISO 4217 codes, such as EUR)"),
        ("below: 80 eur", "3:5: alerts[0].below: 'eur' is not a currency; did you mean EUR? (allowed: ISO 4217 codes, such as EUR)"),
        ("below", "3:5: alerts[0]: write `below: 80 EUR`"),
        ("failing", "3:5: alerts[0]: write `failing: 5`: how many checks in a row must fail"),
        ("drop", "3:5: alerts[0]: `by` is required: how far it must fall, such as 10% or 5 EUR"),
        ("{below: 80, lowest: ever}", "3:5: alerts[0]: say one thing to be told of: `when: ...`, `below: ...`, `lowest: ...` or `failing: ...`"),
        ("{cooldown: 1h}", "3:5: alerts[0]: say one thing to be told of: `when: ...`, `below: ...`, `lowest: ...` or `failing: ...`"),
        ("{when: change, by: 10%}", "3:20: alerts[0].by: `by` means nothing to `change`: remove it"),
        ("{when: lowest, rearm_after: 1h}", "3:20: alerts[0].rearm_after: `rearm_after` means nothing to `lowest`: remove it"),
        ("lowest: 90", "3:5: alerts[0].lowest: 90 has no unit (write it like 90s, 6h, 1h30m, 2d, 1w or PT6H)"),
        ("lowest: 36h", "3:5: alerts[0].lowest: '36h' is not a number of days (allowed: such as 30d, 4w)"),
        ("{when: price_indicator, indicator: cheap}", "3:29: alerts[0].indicator: must be 'low', 'typical' or 'high', not 'cheap'"),
        ("{when: change, confirm: 0.3}", "3:20: alerts[0].confirm: '0.3' is not a share of the price (allowed: a percentage, such as 10%)"),
        ("{when: change, timezone: Mars/Base}", "3:20: alerts[0].timezone: "),
        ("{when: change, for: {}}", "3:20: alerts[0].for: say one: a watch, a product or a tag"),
        ("{when: change, for: {tag: a, watch: b}}", "3:20: alerts[0].for: say one: a watch, a product or a tag"),
        ("{when: change, for: {product: sofa}}", "3:26: alerts[0].for.product: unknown product 'sofa' (allowed: none)"),
        ("{when: run_failed, for: {tag: a}}", "3:24: alerts[0].for: a run is about many watches: remove `for`"),
        ("{when: change, title: '{{ price'}", "3:20: alerts[0].title: "),
        ("{when: change, message: '{{ price.__class__ }}'}", "3:20: alerts[0].message: "),
        ("{when: cheap}", "3:6: alerts[0].when: "),
        ("{when: change, cooldwn: 1h}", "3:20: alerts[0].cooldwn: unknown field; did you mean 'cooldown'?"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(read: Callable, said: str, issue: str) -> None:
    (found, *others) = issues(read, f"# a file\nalerts:\n  - {said}\n") or [""]

    assert found.startswith(issue)
    assert not others or "from" in others[0]


@pytest.mark.parametrize(
    ("text", "issue"),
    [
        (f"{SHOP}    \n    alerts: 5\n", "alerts"),
        ("defaults:\n  alerts: [lowest]\n", "2:3: defaults.alerts: unknown field"),
        ("watches:\n  - id: lamp\n    url: https://a.de/lamp\n    alerts:\n      - {when: change, for: {tag: a}}\n", "5:24: watches[0].alerts[0].for: unknown field"),
        ("watches:\n  - id: lamp\n    url: https://a.de/lamp\n    alerts:\n      - {when: drop, by: 1%}\n", "5:9: watches[0].alerts[0]: `from` is required"),
        ("products:\n  - id: p\n    urls:\n      - url: https://a.de/lamp\n        alerts: [change, drop]\n", "5:26: products[0].urls[0].alerts[1]: `by` is required"),
        ("watches:\n  - id: lamp\n    url: https://a.de/lamp\n    alerts: [run_failed]\n", "4:14: watches[0].alerts[0]: a run is about many watches"),
        ("alerts: [lowest, lowest]\n", "1:10: alerts[0]: rule id"),
        ("alerts:\n  - {id: mine, when: change}\n  - {id: mine, when: lowest}\n", "2:6: alerts[0].id: rule id 'mine' is used twice"),
        ("alerts:\n  - {id: Mine!, when: change}\n", "2:6: alerts[0].id: 'Mine!' is not allowed"),
    ],
)  # fmt: skip
def test_a_mistake_is_found_wherever_alerts_stand(read: Callable, text: str, issue: str) -> None:
    assert any(found.startswith(issue) or issue == "alerts" for found in issues(read, text))


def test_a_made_up_id_follows_from_what_a_rule_says_and_not_from_where_it_stands(read: Callable) -> None:
    one, other = "{below: 80, for: {tag: a}}", "{below: 70.0, for: {tag: a}}"
    there = definitions(read, f"alerts: [{one}, {other}]\n").rules
    back = definitions(read, f"alerts: [{other.replace('.0', '')}, {one.replace('80', '80.00')}]\n").rules

    assert {rule.rule_id: rule.amount for rule in there} == {rule.rule_id: rule.amount for rule in back}


IDS = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}", fullmatch=True)
SHARES = st.decimals(min_value="0.0001", max_value="0.99", places=4)
AMOUNTS = st.decimals(min_value="0.01", max_value=10**9, places=2)
SECONDS = st.integers(0, 10**7).map(lambda s: timedelta(seconds=s))
DAYS = st.integers(1, 366)
TIMES = st.builds(time, st.integers(0, 23), st.integers(0, 59))
MONEY = st.fixed_dictionaries({"amount": AMOUNTS, "currency": st.sampled_from([None, "EUR", "CZK"])})
MOVES = st.one_of(
    st.fixed_dictionaries({"share": SHARES}),
    MONEY,
    st.builds(lambda money, share: {**money, "share": share}, MONEY, SHARES),
)
BASELINES = st.one_of(
    st.sampled_from([Baseline.PREVIOUS, Baseline.FIRST, Baseline.LAST_ALERTED]).map(lambda b: {"baseline": b}),
    st.builds(lambda b, d: {"baseline": b, "days": d}, st.sampled_from([Baseline.MEDIAN, Baseline.LOW]), DAYS),
)
PRICE = st.fixed_dictionaries(
    {"rearm": SHARES | st.just(Decimal(0)), "again_after": st.none() | SHARES, "confirm": st.none() | SHARES}
)
STOCK = st.fixed_dictionaries({"rearm_after": SECONDS})
KINDS = st.one_of(
    st.builds(lambda o: {"kind": RuleKind.AT_TARGET, **o}, PRICE),
    st.builds(lambda o, m: {"kind": RuleKind.BELOW, **o, **m}, PRICE, MONEY),
    st.builds(lambda k, o, m, b: {"kind": k, **o, **m, **b}, st.sampled_from([RuleKind.DROP, RuleKind.RISE]), PRICE, MOVES, BASELINES),
    st.builds(lambda o, d: {"kind": RuleKind.LOWEST, "days": d, **o}, PRICE, st.none() | DAYS),
    st.builds(lambda c: {"kind": RuleKind.CHANGE, "confirm": c}, st.none() | SHARES),
    st.builds(lambda k, o: {"kind": k, **o}, st.sampled_from([RuleKind.BACK_IN_STOCK, RuleKind.OUT_OF_STOCK]), STOCK),
    st.just({"kind": RuleKind.PRICE_INDICATOR, "indicator": "low"}),
    st.builds(lambda m: {"kind": RuleKind.INSIDER_TRADE, **m}, MONEY),
    st.builds(lambda n: {"kind": RuleKind.FAILING, "times": n}, st.integers(1, 1000)),
    st.sampled_from([RuleKind.BLOCKED, RuleKind.QUARANTINED]).map(lambda k: {"kind": k}),
)  # fmt: skip
SCOPES = st.one_of(
    st.just({}),
    st.builds(lambda s: {"scope": ScopeKind.TAG, "scope_id": s}, st.text("abc ÄÖ-:#", min_size=1, max_size=9).map(str.strip).filter(bool)),
    st.builds(lambda s: {"scope": ScopeKind.WATCH, "scope_id": s}, IDS),
)  # fmt: skip
OPTIONS = st.fixed_dictionaries(
    {
        "rule_id": IDS,
        "cooldown": st.none() | SECONDS,
        "max_per_day": st.none() | st.integers(1, 1000),
        "quiet": st.lists(
            st.builds(ActiveWindow, days=st.frozensets(st.integers(0, 6), min_size=1), start=TIMES, end=TIMES),
            max_size=2,
        ).map(tuple),
        "timezone": st.sampled_from([None, "Europe/Berlin"]),
        "channels": st.none() | st.lists(IDS, max_size=2).map(tuple),
        "digest": st.sampled_from(Digest),
        "title_template": st.sampled_from([None, "Now {{ price_text }}: a # in it"]),
        "body_template": st.sampled_from([None, "Line one\nLine two {{ store }}\n"]),
        "is_enabled": st.booleans(),
    }
)
RULES = st.builds(lambda kind, scope, options: AlertRule(**kind, **scope, **options), KINDS, SCOPES, OPTIONS)


@given(rule=RULES)
def test_what_is_written_is_read_back(rule: AlertRule) -> None:
    document = load(json.dumps({"alerts": [rule_entry(rule)]}, ensure_ascii=False).encode())
    (result,) = resolve([parse_document("a.yaml", document, {})], Known(), folder_name="watches")

    assert result.issues == ()
    assert result.definitions is not None
    assert result.definitions.rules == (rule,)
