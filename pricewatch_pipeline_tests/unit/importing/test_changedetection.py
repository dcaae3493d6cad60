"""What changedetection.io 0.60.10 wrote itself."""

import json
from decimal import Decimal
from typing import Any

import pytest

from pricewatch_pipeline.domain.alert_rules import Baseline, RuleKind
from pricewatch_pipeline.importing.rows import ImportRow
from pricewatch_pipeline.importing.tags import read_tags
from pricewatch_pipeline_tests.support.foreign_exports import CHANGEDETECTION
from pricewatch_pipeline_tests.unit.importing.conftest import Rows

KETTLE, MILL, NEWS = "f4385429", "1c8494ea", "148d07ec"


@pytest.fixture
def by_uuid(rows: Rows) -> dict[str, ImportRow]:
    found = rows((CHANGEDETECTION / "watches.json").read_bytes(), tags=read_tags(CHANGEDETECTION / "tags.json"))
    return {row.place[:8]: row for row in found}


def test_price_watches_come_with_title_tags_interval_and_pause(by_uuid: dict[str, ImportRow]) -> None:
    assert by_uuid[KETTLE].entry == {
        "url": "https://shop.example/p/kettle-1.7l?utm_source=mail",
        "title": "Kettle 1.7 l",
        "tags": ["Kitchen"],
        "every": "21600s",
        "paused": True,
    }
    assert by_uuid[MILL].entry["every"] == "86400s"


def test_what_is_no_price_watch_is_passed_over_with_the_reason(by_uuid: dict[str, ImportRow]) -> None:
    news = by_uuid[NEWS]
    assert (news.problem, news.is_fault) == ("no price watch: its processor is 'text_json_diff'", False)


def test_where_notifications_went_is_named_and_never_read(by_uuid: dict[str, ImportRow]) -> None:
    mill = by_uuid[MILL]
    assert mill.notes == ("not carried over: notification_urls, notification_title",)
    assert "ntfy://" not in repr(mill)


def test_the_list_of_watches_says_that_it_does_not_know_their_kind(rows: Rows) -> None:
    found = rows((CHANGEDETECTION / "watch_list.json").read_bytes())
    assert [row.entry["title"] for row in found] == ["Kettle 1.7 l", "Kaffeemühle", "not a price watch"]
    assert all("does not say whether it is a price watch" in row.notes[-1] for row in found)


def test_tags_by_themselves_are_no_watches(rows: Rows) -> None:
    found = rows((CHANGEDETECTION / "tags.json").read_bytes())
    assert [(row.problem, row.is_fault) for row in found] == [
        ("a tag of changedetection.io: give this file with --tags-file", False)
    ] * 3


def one(rows: Rows, **fields: Any) -> ImportRow:
    watch = {"url": "https://shop.de/a", "processor": "restock_diff", "uuid": "u", "tags": [], "headers": {}, **fields}
    (row,) = rows(json.dumps(watch))
    return row


@pytest.mark.parametrize(
    ("settings", "target", "rules"),
    [
        ({}, None, []),
        ({"price_change_min": 90.5}, "90.5", []),
        ({"follow_price_changes": True}, None, [(RuleKind.CHANGE, None)]),
        (
            {"follow_price_changes": True, "price_change_threshold_percent": 5},
            None,
            [(RuleKind.DROP, Decimal("0.05")), (RuleKind.RISE, Decimal("0.05"))],
        ),
        ({"follow_price_changes": False, "price_change_threshold_percent": 5}, None, []),
        ({"in_stock_processing": "in_stock_only"}, None, [(RuleKind.BACK_IN_STOCK, None)]),
        ({"in_stock_processing": "all_changes"}, None, [(RuleKind.BACK_IN_STOCK, None), (RuleKind.OUT_OF_STOCK, None)]),
        ({"in_stock_processing": "off"}, None, []),
    ],
)
def test_thresholds_become_targets_and_rules(
    rows: Rows, settings: dict[str, Any], target: str | None, rules: list[Any]
) -> None:
    row = one(rows, processor_config_restock_diff=settings)
    assert (row.entry.get("target"), [(rule.kind, rule.share) for rule in row.rules]) == (target, rules)
    assert all(rule.baseline is Baseline.PREVIOUS for rule in row.rules if rule.share)


def test_what_has_no_field_here_is_named(rows: Rows) -> None:
    row = one(
        rows,
        include_filters=[".price"],
        method="POST",
        time_schedule_limit={"enabled": True},
        processor_config_restock_diff={"price_change_max": 200},
        notification_muted=True,
    )
    assert row.notes == ("not carried over: include_filters, method, time_schedule_limit, price_change_max",)
    assert row.is_muted


@pytest.mark.parametrize(
    ("interval", "every"),
    [
        ({"weeks": 1, "days": None}, "604800s"),
        ({"minutes": 5, "seconds": 30}, "330s"),
        ({"seconds": 10}, "60s"),
        ({"weeks": None}, None),
        ({}, None),
    ],
)
def test_intervals(rows: Rows, interval: dict[str, Any], every: str | None) -> None:
    assert one(rows, time_between_check=interval).entry.get("every") == every


@pytest.mark.parametrize(
    "fields",
    [
        {"url": {"a": 1}},
        {"url": "=cmd|' /C calc'!A0"},
        {"time_between_check": {"hours": "many"}},
        {"processor_config_restock_diff": {"price_change_threshold_percent": 500}},
        {"processor_config_restock_diff": {"price_change_min": "cheap"}},
    ],
)
def test_a_watch_that_is_wrong_is_refused(rows: Rows, fields: dict[str, Any]) -> None:
    row = one(rows, **fields)
    assert row.problem
    assert row.is_fault


def test_its_own_file_of_watches(rows: Rows) -> None:
    watches = json.loads((CHANGEDETECTION / "watches.json").read_bytes())
    found = rows(json.dumps({"app_guid": "x", "watching": watches, "settings": {"application": {}}}))
    assert [bool(row.problem) for row in found] == [False, False, True]
    assert found[0].place.startswith("watching.f4385429")


@pytest.mark.parametrize("percent", ["NaN", "Infinity", "1e99999999", "1e-99999999", "-5", "101"])
def test_a_percentage_that_is_none_costs_its_row_alone(rows: Rows, percent: str) -> None:
    watches = json.loads((CHANGEDETECTION / "watches.json").read_text())
    kettle = next(watch for uuid, watch in watches.items() if uuid.startswith(KETTLE))
    bad = {**kettle, "processor_config_restock_diff": {"price_change_threshold_percent": percent}}
    read = rows(json.dumps({"u1": bad, "u2": kettle}))
    assert [row.problem is None for row in read] == [False, True]
    assert "is not between 0 and 100" in str(read[0].problem)


def test_an_interval_that_would_fill_the_memory_costs_its_row_alone(rows: Rows) -> None:
    watches = json.loads((CHANGEDETECTION / "watches.json").read_text())
    kettle = next(watch for uuid, watch in watches.items() if uuid.startswith(KETTLE))
    bad = json.dumps({**kettle, "time_between_check": {"weeks": "HUGE"}}).replace('"HUGE"', "1e99999999")
    read = rows(f'{{"u1": {bad}, "u2": {json.dumps(kettle)}}}')
    assert [row.problem is None for row in read] == [False, True]
