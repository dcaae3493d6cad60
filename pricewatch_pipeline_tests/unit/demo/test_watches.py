from datetime import timedelta
from pathlib import Path

from pricewatch_pipeline.demo.catalogue import ITEMS, SHOPS
from pricewatch_pipeline.demo.shop import ports_from
from pricewatch_pipeline.demo.watches import watch_id_of, write_demo_channels, write_demo_watches
from pricewatch_pipeline.domain.schedule import check_schedule
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.open_channels import channel_names, read_channels_file
from pricewatch_pipeline.settings import Settings
from pricewatch_pipeline.watch_files.read import read_folder


def test_the_files_define_a_valid_watch_for_every_item(tmp_path: Path) -> None:
    write_demo_watches(tmp_path, ports_from(8801))
    folder = read_folder(tmp_path, providers=providers())
    assert [str(issue) for issue in (*folder.issues, *folder.warnings)] == []
    assert {watch.watch_id for watch in folder.watches} == {watch_id_of(item) for item in ITEMS}
    assert {store.store_id for store in folder.stores} == {shop.shop_id for shop in SHOPS}
    for watch in folder.watches:
        check_schedule(watch.schedule)
        assert watch.store_id == watch.watch_id.partition("-")[0]


def test_the_schedules_are_a_mix(tmp_path: Path) -> None:
    write_demo_watches(tmp_path, ports_from(8801))
    watches = read_folder(tmp_path, providers=providers()).watches
    intervals = {watch.schedule.every for watch in watches if not watch.schedule.cron}
    assert intervals == {timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=5)}
    assert [watch.watch_id for watch in watches if watch.schedule.cron] == ["linden-standmixer"]
    assert [watch.watch_id for watch in watches if watch.schedule.windows] == ["harbor-lounge-chair"]
    assert [watch.watch_id for watch in watches if watch.is_paused] == ["sowa-hulajnoga"]
    assert {watch.product_id for watch in watches} == {None, "barista-7", "aria-5"}


def test_writing_again_changes_nothing(tmp_path: Path) -> None:
    first = {path.name: path.read_bytes() for path in write_demo_watches(tmp_path, ports_from(8801))}
    second = {path.name: path.read_bytes() for path in write_demo_watches(tmp_path, ports_from(8801))}
    assert first == second


def test_some_watches_have_targets_and_all_of_them_rules(tmp_path: Path) -> None:
    write_demo_watches(tmp_path, ports_from(8801))
    folder = read_folder(tmp_path, providers=providers())
    assert 5 < sum(watch.target_price is not None for watch in folder.watches) < len(folder.watches)
    assert {rule.rule_id for part in folder.definitions for rule in part.rules} == {
        "demo-drop",
        "demo-lowest",
        "demo-back",
        "demo-failing",
    }


def test_alerts_go_to_the_inbox_of_the_first_shop_and_nobody_else_may_read_where(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    write_demo_channels(settings.channels, ports_from(8801))
    file = read_channels_file(settings)
    assert channel_names(settings) == ("inbox",)
    assert file.channels["inbox"].problem is None
    assert file.channels["inbox"].url.get_secret_value() == "webhook://127.0.0.1:8801/inbox"
    assert not file.is_open_to_others
