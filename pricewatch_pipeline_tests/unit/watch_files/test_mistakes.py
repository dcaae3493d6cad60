"""Every mistake of a file in one go, each with file, line, column, field and what is allowed."""

import pytest

from pricewatch_pipeline.watch_files.resolve import Known, KnownStore
from pricewatch_pipeline_tests.unit.watch_files.conftest import Read


def watch(fields: str) -> str:
    return f"watches:\n  - id: a\n    url: http://shop.de/1\n    {fields}\n"


def store(fields: str) -> str:
    return f"stores:\n  - id: s\n    domains: [shop.de]\n    {fields}\n"


@pytest.mark.parametrize(
    ("text", "issue"),
    [
        (watch("every: 30s"), "4:5: watches[0].every: 30s is below the shortest interval of 1 minute (allowed: 1m and up, such as 90s, 6h, 2d)"),
        (watch("every: 90"), "4:5: watches[0].every: 90 has no unit (write it like 90s, 6h, 1h30m, 2d, 1w or PT6H)"),
        (watch("every: [6h]"), "4:5: watches[0].every: a list is not a text"),
        (watch("evry: 6h"), "4:5: watches[0].evry: unknown field; did you mean 'every'? (allowed: active, "),
        (watch("cron: 61 * * * *"), "4:5: watches[0].cron: '61 * * * *' is not a cron expression: bad minute"),
        (watch("every: 6h\n    cron: 0 9 * * *"), "5:5: watches[0].cron: a watch has `every` or `cron`, not both: remove one"),
        (watch("priority: 11"), "4:5: watches[0].priority: must be less than or equal to 10, not '11'"),
        (watch("priority: high"), "4:5: watches[0].priority: must be a whole number, not 'high'"),
        (watch("paused: maybe"), "4:5: watches[0].paused: must be true or false, not 'maybe'"),
        (watch("tags: tools"), "4:5: watches[0].tags: must be a list, such as [a, b], not 'tools'"),
        (watch("title: true"), "4:5: watches[0].title: must be a text (in quotes, should it look like something else), not true"),
        (watch("target: 99,90"), "4:5: watches[0].target: '99,90' is not an amount; write the decimals with a point"),
        (watch("target: -1"), "4:5: watches[0].target: '-1' is not an amount"),
        (watch("target: 0"), "4:5: watches[0].target: an amount must be above 0"),
        (watch("target: {amount: 1, currency: eur}"), "4:25: watches[0].target.currency: 'eur' is not a currency; did you mean EUR?"),
        (watch("target: {currency: EUR}"), "4:5: watches[0].target: `amount` is required"),
        (watch("active: [{days: mon-frx, from: 1:00, to: 2:00}]"), "4:15: watches[0].active[0].days: 'mon-frx' is not a weekday"),
        (watch("active: [{from: 25:00, to: 2:00}]"), "4:15: watches[0].active[0].from: '25:00' is not a time of day"),
        (watch("active: [{from: 1:00}]"), "4:14: watches[0].active[0]: `to` is required"),
        (watch("provider: retial"), "4:5: watches[0].provider: unknown provider 'retial'; did you mean 'retail'? (allowed: flights, retail)"),
        (watch("query: {url: http://shop.de/2}"), "3:5: watches[0].url: given as `url` and as `query.url`: remove one"),
        (watch("query: {skuu: 1}"), "4:13: watches[0].query.skuu: unknown field; did you mean 'sku'? (allowed: sku, url, variant)"),
        (watch("store: nope"), "4:5: watches[0].store: unknown store 'nope' (allowed: none)"),
        (watch("product: nope"), "4:5: watches[0].product: unknown product 'nope' (allowed: none)"),
        (watch("every: 6h\n    every: 7h"), "5:5: watches[0].every: given twice; it is in line 4 already"),
        ("watches:\n  - id: a\n", "2:5: watches[0]: `url` is required"),
        ("watches:\n  - url: http://shop.de\n", "2:5: watches[0]: `id` is required"),
        ("watches:\n  - id: a\n    url: file:///etc/passwd\n", "3:5: watches[0].url: 'file:///etc/passwd': only http:// and https:// pages"),
        ("watches:\n  - id: a\n    url: http://u:p@shop.de\n", "3:5: watches[0].url: 'http://u:p@shop.de': a URL may not hold a user name"),
        ("watches:\n  - id: a\n    query: {url: 'http:\\\\shop.de'}\n", "3:13: watches[0].query.url: "),
        ("watches:\n  - id: a\n    provider: flights\n    url: http://x.de\n    query: {origin: BER}\n", "4:5: watches[0].url: provider 'flights' takes no url"),
        ("watches:\n  - id: a\n    provider: flights\n    query: {origin: ber}\n", "4:13: watches[0].query.origin: 'ber' is not allowed (allowed: ^[A-Z]{3}$)"),
        ("watches:\n  - id: Upper\n    url: http://shop.de\n", "2:5: watches[0].id: 'Upper' is not allowed (allowed: lower-case letters, digits, - and _"),
        ("watches:\n  -\n", "2:4: watches[0]: must be a set of fields (name: value), not nothing"),
        ("watches: {id: a}\n", "1:1: watches: must be a list: begin each entry with `- id: ...`"),
        ("watchs: []\n", "1:1: watchs: unknown section; did you mean 'watches'? (allowed: alerts, defaults, products, stores, watches)"),
        ("- id: a\n", "1:1: a watch file has the sections defaults, stores, products, watches, alerts, such as `watches:`"),
        ("defaults: {every: 1s}\n", "1:12: defaults.every: 1s is below the shortest interval"),
        ("defaults: {title: x}\n", "1:12: defaults.title: unknown field"),
        ("a: [\n", "2:1: not valid YAML: "),
        (store("currency: XXY"), "4:5: stores[0].currency: 'XXY' is not a currency (allowed: ISO 4217 codes, such as EUR)"),
        (store("locale: xx-YY"), "4:5: stores[0].locale: 'xx-YY' is not a locale (allowed: language and country, such as de-DE)"),
        (store("fetcher: carrier_pigeon"), "4:5: stores[0].fetcher: must be 'http', 'impersonate', 'browser' or 'auto', not 'carrier_pigeon'"),
        (store("plausibility: {max_fall: 0.6}"), "4:20: stores[0].plausibility.max_fall: '0.6' is not a share of the price (allowed: a percentage above 0, such as 60%, or any)"),
        (store("plausibility: {max_fall: 0%}"), "4:20: stores[0].plausibility.max_fall: '0%' is not a share of the price"),
        (store("plausibility: {max_fall: 120%}"), "4:20: stores[0].plausibility.max_fall: 120% is more than a price can fall (allowed: up to 100%, or any)"),
        (store("plausibility: {max_raise: 60%}"), "4:20: stores[0].plausibility.max_raise: unknown field; did you mean 'max_rise'?"),
        (store("plausibility: {currency: EUR}"), "4:20: stores[0].plausibility.currency: must be 'same' or 'any', not 'EUR'"),
        (watch("plausibility: of"), "4:5: watches[0].plausibility: 'of' is not known here (allowed: on, off, or bounds such as {max_fall: 60%})"),
        (watch("plausibility: [60%]"), "4:5: watches[0].plausibility: must be a set of fields (name: value), not "),
        (store("politeness: {burst: 0}"), "4:18: stores[0].politeness.burst: must be greater than or equal to 1, not '0'"),
        (store("politeness: {burst: 101}"), "4:18: stores[0].politeness.burst: must be less than or equal to 100"),
        (store("politeness: {concurrency: 65}"), "4:18: stores[0].politeness.concurrency: must be less than or equal to 64"),
        (store("politeness: {robots: maybe}"), "4:18: stores[0].politeness.robots: must be true or false, not 'maybe'"),
        (store("politeness: {min_delay: 0.0001s}"), "4:18: stores[0].politeness.min_delay: 0.0001s is finer than a millisecond"),
        (store("politeness: {robot: false}"), "4:18: stores[0].politeness.robot: unknown field; did you mean 'robots'?"),
        (store("browser: {wait_for: .price}"), "4:5: stores[0].browser: never used, for the fetcher of this store is http: say `fetcher: browser` or `fetcher: auto`, or allow it"),
        (store("fetcher: impersonate\n    browser: {screenshot: true}"), "5:5: stores[0].browser: never used, for the fetcher of this store is impersonate"),
        (store("impersonate: firefox"), "4:5: stores[0].impersonate: never used, for the fetcher of this store is http: say `fetcher: impersonate`, or allow"),
        (store("fetcher: impersonate\n    impersonate: lynx"), "5:5: stores[0].impersonate: 'lynx' is not allowed (allowed: a browser that curl_cffi knows, such as chrome, firefox, safari or chrome131)"),
        (store("fetcher: browser\n    browser: {wait_for: 'div['}"), "5:15: stores[0].browser.wait_for: 'div[' is not a CSS selector: "),
        (store("fetcher: browser\n    browser: {wait_for: '.a::text'}"), "5:15: stores[0].browser.wait_for: '.a::text': `::` names a part of an element"),
        (store("fetcher: browser\n    browser: {wait_until: idle}"), "5:15: stores[0].browser.wait_until: must be 'loaded' or 'network_idle', not 'idle'"),
        (store("fetcher: browser\n    browser: {block: [ads]}"), "5:23: stores[0].browser.block[0]: must be 'images', 'media', 'fonts' or 'trackers', not 'ads'"),
        (store("fetcher: browser\n    browser: {steps: [{clik: .a}]}"), "5:24: stores[0].browser.steps[0].clik: unknown field; did you mean 'click'?"),
        (store("fetcher: browser\n    browser:\n      steps:\n        - accept_cookies\n        - click: '['"), "8:11: stores[0].browser.steps[1].click: '[' is not a CSS selector"),
        (store("fetcher: browser\n    browser: {steps: [{click: .a, fill: .b}]}"), "5:23: stores[0].browser.steps[0]: a step does one thing (one of click: ..., "),
        (store("fetcher: browser\n    browser: {steps: [{optional: true}]}"), "5:23: stores[0].browser.steps[0]: a step does one thing"),
        (store("fetcher: browser\n    browser: {steps: [{choose: .size}]}"), "5:23: stores[0].browser.steps[0]: `choose` needs a `value`"),
        (store("fetcher: browser\n    browser: {steps: [{click: .a, value: b}]}"), "5:23: stores[0].browser.steps[0]: `click` takes no `value`"),
        (store("fetcher: browser\n    browser: {steps: [accept cookies]}"), "5:23: stores[0].browser.steps[0]: 'accept cookies' is not a step (one of "),
        (store("fetcher: browser\n    browser: {steps: ['fill: .a']}"), "5:23: stores[0].browser.steps[0]: 'fill: .a' is not a step"),
        (store("proxies: []"), "4:5: stores[0].proxies: must hold at least 1"),
        (store("proxies: [http://p.de]"), "4:15: stores[0].proxies.use[0]: 'http://p.de' is not allowed (allowed: the name of a proxy"),
        (store("proxies: [home, home]"), "4:5: stores[0].proxies: 'home' is in the list twice: remove one"),
        (store("proxies: {rotate: true}"), "4:5: stores[0].proxies: `use` is required"),
        (store("proxies: {use: [home], rotates: true}"), "4:28: stores[0].proxies.rotates: unknown field; did you mean 'rotate'?"),
        (store("when_blocked: [browser, wait]"), "4:29: stores[0].when_blocked[1]: must be 'impersonate' or 'browser', not 'wait'"),
        (store("fetcher: browser\n    when_blocked: [browser]"), "5:5: stores[0].when_blocked: `browser` is what was blocked already, by `fetcher: browser`"),
        (store("politeness: {min_delay: 2h}"), "4:18: stores[0].politeness.min_delay: 2h is too long"),
        (store("strategies: {pric: css:x}"), "4:18: stores[0].strategies.pric: unknown field; did you mean 'price'?"),
        (store("strategies: {price: .x}"), "4:18: stores[0].strategies.price: '.x' is not a strategy (it begins with one of css:, "),
        (store("strategies: {price: 'css:['}"), "4:18: stores[0].strategies.price: css:[: not a CSS selector"),
        (store("strategies: {price: [css:h1, 'regex:(']}"), "4:34: stores[0].strategies.price[1]: regex:(: not a regular expression"),
        ("stores:\n  - id: s\n    domains: []\n", "3:5: stores[0].domains: must hold at least 1"),
        ("stores:\n  - id: s\n    domains: [https://shop.de/]\n", "3:15: stores[0].domains[0]: 'https://shop.de/' is not a host name: leave out the scheme"),
        ("stores:\n  - id: s\n    domains: ['*.shop.de']\n", "3:15: stores[0].domains[0]: '*.shop.de' is not a host name"),
        ("products:\n  - id: p\n    urls: [ftp://x]\n", "3:12: products[0].urls[0]: 'ftp://x': only http://"),
        ("products:\n  - id: p\n    urls: [{url: http://a.de, evry: 1h}]\n", "3:31: products[0].urls[0].evry: unknown field; did you mean 'every'?"),
        ("products:\n  - id: p\n    urls: [{id: x}]\n", "3:12: products[0].urls[0]: `url` is required"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place_and_what_is_allowed(read: Read, text: str, issue: str) -> None:
    found = read(shops=text)
    assert any(str(one).startswith(f"watches/shops.yaml:{issue}") for one in found.issues), [*map(str, found.issues)]
    assert found.definitions == ()
    assert found.broken_files == {"shops.yaml"}


def test_one_mistake_hides_no_other(read: Read) -> None:
    found = read(
        a="watches:\n  - {id: a, url: ftp://x, every: 1s, nope: 1, store: gone}\n  - {id: b, provider: x}\n"
        "products:\n  - {id: p, every: 1s, urls: [ftp://x]}\nstores:\n  - {id: s}\nother: 1\n"
    )
    assert [issue.field for issue in found.issues] == [
        "watches[0].url",
        "watches[0].every",
        "watches[0].nope",
        "watches[0].store",
        "watches[1].provider",
        "products[0].every",
        "products[0].urls[0]",
        "stores[0]",
        "other",
    ]


def test_a_wrong_file_leaves_the_others_alone(read: Read) -> None:
    found = read(bad="watches: [", good="watches: [{id: a, url: http://shop.de/1}]")
    assert found.broken_files == {"bad.yaml"}
    assert [watch.watch_id for watch in found.watches] == ["a"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("watches: [{id: same, url: http://shop.de/1}]", "watch"),
        ("stores: [{id: same, domains: [%s.de]}]", "store"),
        ("products: [{id: same}]", "product"),
    ],
)
def test_an_id_used_in_two_files_is_reported_at_both_and_stops_both(read: Read, text: str, kind: str) -> None:
    found = read(a=text.replace("%s", "a"), b=text.replace("%s", "b"), c="watches: [{id: c, url: http://c.de}]")
    first, second = found.issues
    assert f"{kind} id 'same' is used twice; the other is at watches/b.yaml:1:" in str(first)
    assert f"{kind} id 'same' is used twice; the other is at watches/a.yaml:1:" in str(second)
    assert [watch.watch_id for watch in found.watches] == ["c"]


def test_an_id_used_twice_in_one_file_is_reported_twice(read: Read) -> None:
    found = read(a="watches:\n  - {id: x, url: http://a.de}\n  - {id: x, url: http://b.de}")
    assert [(issue.line, issue.field) for issue in found.issues] == [(2, "watches[0].id"), (3, "watches[1].id")]


def test_the_same_page_twice_in_one_product_is_an_id_used_twice(read: Read) -> None:
    found = read(a="products: [{id: p, urls: [http://a.de/1, http://a.de/1]}]")
    assert [issue.field for issue in found.issues] == ["products[0].urls[0]", "products[0].urls[1]"]


def test_a_domain_has_one_store(read: Read) -> None:
    found = read(a="stores: [{id: x, domains: [shop.de]}]", b="stores: [{id: y, domains: [shop.de]}]")
    assert [issue.field for issue in found.issues] == ["stores[0].domains", "stores[0].domains"]


def test_a_file_that_needs_a_new_store_of_a_wrong_file_is_stopped_too(read: Read) -> None:
    found = read(
        a="stores: [{id: s, domains: [shop.de]}]\nx: 1",
        b="watches: [{id: b, url: http://shop.de/1, store: s}]\nproducts: [{id: p}]",
        c="watches: [{id: c, url: http://shop.de/1, product: p}]",
        d="watches: [{id: d, url: http://shop.de/1}]",
    )
    assert [str(issue).partition(": ")[2] for issue in found.issues[1:]] == [
        "watches[0].store: store 's' is in a.yaml, which has errors of its own",
        "watches[0].product: product 'p' is in b.yaml, which has errors of its own",
    ]
    assert [(watch.watch_id, watch.store_id) for watch in found.watches] == [("d", None)]


def test_what_exists_already_stands_in_for_a_wrong_file(read: Read) -> None:
    known = Known(
        stores=(KnownStore(store_id="s", domains=("shop.de",), source_file="a.yaml"),), products={"p": "a.yaml"}
    )
    users = (
        "watches: [{id: b, url: http://shop.de/1, store: s, product: p}, {id: c, url: http://www.shop.de/1}]\n"
        "products: [{id: q, urls: [http://shop.de/2]}]"
    )
    found = read(a="stores: [", b=users, known=known)
    assert found.broken_files == {"a.yaml"}
    assert {watch.watch_id: watch.store_id for watch in found.watches} == {"q-shop-de": "s", "b": "s", "c": "s"}


def test_what_a_sound_file_no_longer_holds_does_not_stand_in(read: Read) -> None:
    known = Known(stores=(KnownStore(store_id="s", domains=("shop.de",), source_file="a.yaml"),))
    found = read(a="stores: []", b="watches: [{id: b, url: http://shop.de/1, store: s}]", known=known)
    assert found.broken_files == {"b.yaml"}


def test_what_no_file_manages_may_be_named(read: Read) -> None:
    known = Known(stores=(KnownStore(store_id="s", domains=("shop.de",)),), products={"p": None})
    found = read(b="watches: [{id: b, url: http://shop.de/1, product: p}]", known=known)
    assert [(watch.store_id, watch.product_id) for watch in found.watches] == [("s", "p")]


def test_a_wrong_store_file_does_not_rename_watches(read: Read) -> None:
    stores = 'stores: [{id: s, domains: ["127.0.0.1:8801"]}]'
    products = "products: [{id: p, urls: ['http://127.0.0.1:8801/1']}]"
    [before] = read(a=stores, b=products).watches
    [after] = read(a=f"{stores}\nx: 1").watches
    assert before.watch_id == after.watch_id == "p-s"
