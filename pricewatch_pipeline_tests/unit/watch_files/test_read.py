import os
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from pricewatch_pipeline.domain.watches import ActiveWindow, Politeness, Product, Schedule, Store, Strategy, Watch
from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.watch_files.read import fingerprint, read_folder
from pricewatch_pipeline_tests.unit.watch_files.conftest import PROVIDERS, Read

FULL = """
defaults: {timezone: Europe/Berlin, alert_cooldown: 2h, priority: 1}
stores:
  - id: alza
    name: Alza
    domains: [alza.cz, "127.0.0.1:8801"]
    locale: cs_CZ
    currency: CZK
    politeness: {min_delay: 2.5s}
    strategies:
      price: ["css:.price", {type: regex, value: 'p="(.+?)"', append: " Kč"}]
      title: "css:h1"
products:
  - id: drill
    title: Drill
    tags: [tools]
    every: 12h
    urls:
      - https://www.alza.cz/p/1
      - {url: "http://127.0.0.1:8801/p", id: own, every: 1h, target: 99.90, tags: [own-tag]}
watches:
  - id: my-watch
    title: Mine
    query: {url: "https://www.alza.cz/x", sku: 0123}
    cron: "0  9 * * mon-fri"
    active: [{days: fri-mon, from: 22:00, to: 06:00}]
    priority: -5
    target: {amount: "1299.50", currency: EUR}
    alert_cooldown: 0s
    paused: true
    product: drill
    tags: [a, b, a]
"""


def test_stores_are_read_whole(read: Read) -> None:
    assert read(shops=FULL).stores == (
        Store(
            store_id="alza",
            domains=("alza.cz", "127.0.0.1:8801"),
            name="Alza",
            locale="cs-CZ",
            currency="CZK",
            strategies={
                "price": (
                    Strategy(kind="css", expression=".price"),
                    Strategy(kind="regex", expression='p="(.+?)"', append=" Kč"),
                ),
                "title": (Strategy(kind="css", expression="h1"),),
            },
            politeness=Politeness(min_delay=timedelta(seconds=2.5)),
        ),
    )


def test_products_are_read_and_each_url_is_a_watch(read: Read) -> None:
    found = read(shops=FULL)
    assert found.products == (Product(product_id="drill", title="Drill", tags=("tools",)),)
    first, second = found.watches[:2]
    assert (first.watch_id, first.store_id, first.product_id, first.title) == (
        "drill-alza-cz",
        "alza",
        "drill",
        "Drill",
    )
    assert first.schedule == Schedule(every=timedelta(hours=12), timezone="Europe/Berlin")
    assert (second.watch_id, second.store_id, second.host) == ("own", "alza", "127.0.0.1:8801")
    assert second.schedule.every == timedelta(hours=1)
    assert second.target_price == Decimal("99.90")
    assert str(second.target_price) == "99.90"
    assert second.tags == ("tools", "own-tag")


def test_a_watch_is_read_whole(read: Read) -> None:
    assert read(shops=FULL).watches[2] == Watch(
        watch_id="my-watch",
        provider="retail",
        query={"url": "https://www.alza.cz/x", "sku": "0123"},
        host="alza.cz",
        url="https://www.alza.cz/x",
        title="Mine",
        schedule=Schedule(
            every=None,
            cron="0 9 * * mon-fri",
            timezone="Europe/Berlin",
            windows=(ActiveWindow(days=frozenset({4, 5, 6, 0}), start=time(22), end=time(6)),),
        ),
        store_id="alza",
        product_id="drill",
        tags=("a", "b"),
        priority=-5,
        target_price=Decimal("1299.50"),
        target_currency="EUR",
        alert_cooldown=timedelta(0),
        is_paused=True,
    )


def test_the_smallest_watch_has_the_defaults(read: Read) -> None:
    [watch] = read(a="watches: [{id: a, url: http://shop.de/1}]").watches
    assert watch == Watch(
        watch_id="a",
        provider="retail",
        query={"url": "http://shop.de/1"},
        host="shop.de",
        url="http://shop.de/1",
    )


def test_another_provider_is_asked_by_its_own_query(read: Read) -> None:
    [watch] = read(a="watches: [{id: a, provider: flights, query: {origin: BER, passengers: 2}}]").watches
    assert (watch.query, watch.host, watch.url) == ({"origin": "BER", "passengers": 2}, "flights.test", None)


def test_the_line_of_each_id_is_known(read: Read) -> None:
    [definitions] = read(shops=FULL).definitions
    assert definitions.source_file == "shops.yaml"
    assert definitions.lines == {
        ("store", "alza"): 4,
        ("product", "drill"): 14,
        ("watch", "drill-alza-cz"): 19,
        ("watch", "own"): 20,
        ("watch", "my-watch"): 22,
    }


@pytest.mark.parametrize(
    ("own", "product", "defaults", "expected"),
    [
        ("every: 1h", "cron: 0 9 * * *", "every: 3h", Schedule(every=timedelta(hours=1))),
        ("cron: 0 8 * * *", "every: 2h", "every: 3h", Schedule(every=None, cron="0 8 * * *")),
        ("", "every: 2h", "cron: 0 9 * * *", Schedule(every=timedelta(hours=2))),
        ("", "", "cron: 0 9 * * *", Schedule(every=None, cron="0 9 * * *")),
        ("", "", "", Schedule(every=timedelta(hours=6))),
        ("active: []", "", "active: [{from: 1:00, to: 2:00}]", Schedule()),
        ("timezone: Asia/Tokyo", "timezone: UTC", "", Schedule(timezone="Asia/Tokyo")),
    ],
)
def test_the_nearest_level_that_speaks_of_the_schedule_wins(
    read: Read, own: str, product: str, defaults: str, expected: Schedule
) -> None:
    text = f"defaults: {{{defaults}}}\nproducts:\n  - id: p\n    {product}\n    urls: [{{url: http://a.de/1, {own}}}]"
    found = read(a=text)
    assert found.issues == ()
    assert found.watches[0].schedule == expected


def test_the_longest_domain_finds_the_store(read: Read) -> None:
    found = read(
        a="stores: [{id: all, domains: [shop.de]}, {id: outlet, domains: [outlet.shop.de]}]",
        b="watches: [{id: x, url: http://www.shop.de/1}, {id: y, url: http://www.outlet.shop.de/1},"
        " {id: z, url: http://myshop.de/1}, {id: named, url: http://other.de/1, store: outlet}]",
    )
    assert [watch.store_id for watch in found.watches] == ["all", "outlet", None, "outlet"]


def test_ids_of_product_urls_do_not_change_when_a_store_is_described_later(read: Read) -> None:
    products = "products: [{id: p, urls: [https://www.shop.co.uk/1, https://shop.de/2]}]"
    before = [watch.watch_id for watch in read(a=products).watches]
    after = [watch.watch_id for watch in read(a=products, b="stores: [{id: s, domains: [shop.co.uk]}]").watches]
    assert before == after == ["p-shop-co-uk", "p-shop-de"]


def test_an_address_goes_by_its_stores_id(read: Read) -> None:
    products = "products: [{id: p, urls: ['http://127.0.0.1:8801/1', 'http://127.0.0.1:8802/1']}]"
    found = read(a=products, b='stores: [{id: s, domains: ["127.0.0.1:8801"]}]')
    assert [watch.watch_id for watch in found.watches] == ["p-s", "p-127-0-0-1-8802"]


def test_two_pages_of_one_site_get_ids_by_their_query_not_their_order(read: Read) -> None:
    first = read(a="products: [{id: p, urls: [http://a.de/1, http://a.de/2]}]").watches
    second = read(a="products: [{id: p, urls: [http://a.de/2, http://a.de/1]}]").watches
    assert {watch.url: watch.watch_id for watch in first} == {watch.url: watch.watch_id for watch in second}
    assert len({watch.watch_id for watch in first}) == 2


def test_a_long_made_up_id_is_shortened(read: Read) -> None:
    name = "p" * 60
    [watch] = read(a=f"products: [{{id: {name}, urls: [http://a-long-shop-name.de/1]}}]").watches
    assert len(watch.watch_id) <= 64
    assert watch.watch_id.startswith("p" * 50)


def test_a_bad_time_zone_or_a_cron_that_never_fires_stops_that_watch_only(read: Read) -> None:
    found = read(
        a="watches:\n  - {id: never, url: http://a.de/1, cron: 0 0 30 2 *}\n"
        "  - {id: zone, url: http://a.de/2, timezone: Europe/Belin}\n  - {id: good, url: http://a.de/3}"
    )
    assert found.issues == ()
    assert [watch.schedule_error is None for watch in found.watches] == [False, False, True]
    never, zone = (str(warning) for warning in found.warnings)
    assert never.startswith(
        "watches/a.yaml:2:37: watches[0].cron: this watch is not scheduled: cron '0 0 30 2 *' never fires"
    )
    assert zone.startswith("watches/a.yaml:3:36: watches[1].timezone: this watch is not scheduled: 'Europe/Belin'")


def test_files_are_found_below_sorted_and_without_hidden_ones(folder: Path, read: Read) -> None:
    (folder / "sub").mkdir()
    (folder / ".hidden").mkdir()
    for name in ("b.yml", "sub/c.YAML", ".secret.yaml", ".hidden/d.yaml", "notes.txt", "shops.yaml.example"):
        (folder / name).write_text("watches: []")
    assert [file.source_file for file in read(a="watches: []").files] == ["a.yaml", "b.yml", "sub/c.YAML"]


def test_an_empty_folder_has_no_watches_and_no_issues(read: Read) -> None:
    found = read()
    assert (found.files, found.issues) == ((), ())


def test_a_missing_folder_says_what_to_do(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"there is no watch folder .*PRICEWATCH_WATCHES_DIR"):
        read_folder(folder / "nope", providers=PROVIDERS)
    with pytest.raises(ConfigurationError, match="there is no watch folder"):
        fingerprint(folder / "nope")


def test_a_file_in_the_folders_place_is_refused(folder: Path) -> None:
    (folder / "file").write_text("")
    with pytest.raises(ConfigurationError, match="is a file"):
        read_folder(folder / "file", providers=PROVIDERS)


def test_links_stay_within_the_folder(folder: Path, tmp_path: Path, read: Read) -> None:
    (tmp_path / "outside.yaml").write_text("watches: [{id: outside, url: http://a.de/1}]")
    (folder / "out.yaml").symlink_to(tmp_path / "outside.yaml")
    (folder / "dead.yaml").symlink_to(folder / "gone")
    (folder / "loop.yaml").symlink_to(folder / "loop.yaml")
    (folder / "up").symlink_to(tmp_path)
    (folder / ".data").mkdir()
    (folder / ".data" / "a.yaml").write_text("watches: [{id: inside, url: http://a.de/1}]")
    (folder / "inside.yaml").symlink_to(folder / ".data" / "a.yaml")
    found = read()
    assert [watch.watch_id for watch in found.watches] == ["inside"]
    assert found.broken_files == {"out.yaml", "dead.yaml", "loop.yaml", "up"}
    assert any("leads out of the watch folder" in issue.message for issue in found.issues)


def test_what_is_no_regular_file_is_not_waited_for(folder: Path, read: Read) -> None:
    os.mkfifo(folder / "pipe.yaml")
    [issue] = read().issues
    assert issue.message == "not a regular file"


def test_the_fingerprint_follows_names_and_contents_only(folder: Path, read: Read) -> None:
    read(a="watches: []")
    first = fingerprint(folder)
    (folder / "a.yaml").touch()
    (folder / "notes.txt").write_text("x")
    assert fingerprint(folder) == first
    read(a="watches: [ ]")
    changed = fingerprint(folder)
    (folder / "a.yaml").rename(folder / "b.yaml")
    assert len({first, changed, fingerprint(folder)}) == 3
