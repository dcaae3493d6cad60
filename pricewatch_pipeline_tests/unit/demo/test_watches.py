from datetime import timedelta
from pathlib import Path

from pricewatch_pipeline.demo.catalogue import ITEMS, SHOPS
from pricewatch_pipeline.demo.shop import ports_from
from pricewatch_pipeline.demo.watches import watch_id_of, write_demo_watches
from pricewatch_pipeline.domain.schedule import check_schedule
from pricewatch_pipeline.registry import providers
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
