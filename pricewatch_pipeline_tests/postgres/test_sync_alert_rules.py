"""Alert rules of watch files into the table: written, archived, refused where another owns them."""

from collections.abc import Callable
from typing import Any

import pytest

from pricewatch_pipeline.domain.alert_rules import AlertRule, RuleKind
from pricewatch_pipeline.services.sync_watches import SyncReport
from pricewatch_pipeline.storage import alert_rule_rows
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.definitions import Sourced

Rows = Callable[..., list[dict[str, Any]]]
Sync = Callable[..., SyncReport]

LAMP = """
watches:
  - id: lamp
    url: https://example-lamps.com/lamp
    alerts:
      - below: 80 EUR
      - {id: mine, when: drop, by: 10%, from: 30d median}
"""


def live(rows: Rows) -> dict[str, tuple[str | None, int | None]]:
    found = rows("SELECT rule_id, source_file, source_line FROM pricewatch.alert_rules WHERE archived_at IS NULL")
    return {row["rule_id"]: (row["source_file"], row["source_line"]) for row in found if row["source_file"]}


def test_rules_are_written_with_their_place_once(sync: Sync, rows: Rows) -> None:
    report = sync(shop=LAMP)

    assert (report.rules, report.changed_rules, report.issues) == (2, ("lamp-below", "mine"), ())
    assert live(rows) == {"lamp-below": ("shop.yaml", 6), "mine": ("shop.yaml", 7)}
    assert not sync().is_changed


def test_a_rule_that_vanished_is_archived_and_starts_anew_when_it_comes_back(sync: Sync, rows: Rows) -> None:
    sync(shop=LAMP)
    rows("INSERT INTO pricewatch.alert_states (rule_id, subject, status, state) VALUES ('mine', 'lamp', 'fired', '{}')")
    gone = sync(shop=LAMP.partition("      - {id: mine")[0])

    assert gone.changed_rules == ("mine",)
    assert set(live(rows)) == {"lamp-below"}
    assert sync(shop=LAMP).changed_rules == ("mine",)
    assert not rows("SELECT 1 FROM pricewatch.alert_states")


def test_a_rule_that_moves_to_another_file_remembers(sync: Sync, rows: Rows) -> None:
    sync(shop=LAMP)
    rows("INSERT INTO pricewatch.alert_states (rule_id, subject, status, state) VALUES ('mine', 'lamp', 'fired', '{}')")
    sync(shop=None, lamps=LAMP)

    assert live(rows)["mine"] == ("lamps.yaml", 7)
    assert rows("SELECT 1 FROM pricewatch.alert_states")


BESIDE = LAMP.replace("- below: 80 EUR", "- below: 80 EUR\n      - below: 60 EUR")
REMEMBERED = "SELECT rule_id, status FROM pricewatch.alert_states ORDER BY rule_id"
MUTED = "SELECT rule_id FROM pricewatch.alert_rules WHERE muted_until > now() AND archived_at IS NULL"


def fired_and_muted(rows: Rows, rule_id: str) -> None:
    rows(
        f"INSERT INTO pricewatch.alert_states (rule_id, subject, status, state) VALUES ('{rule_id}', 'lamp', 'fired', '{{}}')"
    )
    rows(f"UPDATE pricewatch.alert_rules SET muted_until = now() + interval '1 day' WHERE rule_id = '{rule_id}'")


def test_a_second_rule_of_its_kind_makes_the_first_forget_nothing_nor_does_its_end(sync: Sync, rows: Rows) -> None:
    sync(shop=LAMP)
    fired_and_muted(rows, "lamp-below")
    sync(shop=BESIDE)

    first = next(
        row["rule_id"]
        for row in rows("SELECT * FROM pricewatch.alert_rules WHERE params ->> 'amount' = '80' AND archived_at IS NULL")
    )
    assert first.startswith("lamp-below-")
    assert rows(REMEMBERED) == [{"rule_id": first, "status": "fired"}]
    assert rows(MUTED) == [{"rule_id": first}]

    sync(shop=LAMP)
    assert rows(REMEMBERED) == [{"rule_id": "lamp-below", "status": "fired"}]
    assert rows(MUTED) == [{"rule_id": "lamp-below"}]


def test_a_rule_that_comes_back_is_as_muted_as_it_was_under_its_other_id(sync: Sync, rows: Rows) -> None:
    sync(shop=LAMP)
    fired_and_muted(rows, "lamp-below")
    sync(shop=BESIDE)
    rows("UPDATE pricewatch.alert_rules SET muted_until = NULL WHERE archived_at IS NULL")
    sync(shop=LAMP)

    assert not rows(MUTED)


@pytest.mark.parametrize(
    "now",
    [
        "- {id: other, below: 70 EUR}",
        "- {id: other, below: 80 USD}",
        "- {id: other, when: rise, by: 80 EUR, from: first}",
        "- {id: one, below: 80 EUR}\n      - {id: other, below: 80 EUR}",
    ],
    ids=["another amount", "another currency", "another kind", "two that mean it"],
)
def test_a_rule_that_means_something_else_or_is_one_of_two_starts_anew(sync: Sync, rows: Rows, now: str) -> None:
    sync(shop=LAMP)
    fired_and_muted(rows, "lamp-below")
    sync(shop=LAMP.replace("- below: 80 EUR", now))

    assert rows(REMEMBERED) == [{"rule_id": "lamp-below", "status": "fired"}]
    assert not rows(MUTED)


def test_what_a_check_wrote_of_a_rule_before_it_was_there_stops_no_sync(sync: Sync, rows: Rows) -> None:
    sync(shop=LAMP)
    fired_and_muted(rows, "lamp-below")
    fired_and_muted(rows, "other")
    sync(shop=LAMP.replace("- below: 80 EUR", "- {id: other, below: 80 EUR}"))

    assert [row["rule_id"] for row in rows(REMEMBERED)] == ["lamp-below", "other"]
    assert rows(MUTED) == [{"rule_id": "other"}]


def test_a_rule_about_another_watch_starts_anew(sync: Sync, rows: Rows) -> None:
    sync(shop=LAMP)
    fired_and_muted(rows, "lamp-below")
    sync(shop=LAMP.replace("id: lamp", "id: bulb"))

    assert rows(REMEMBERED) == [{"rule_id": "lamp-below", "status": "fired"}]
    assert not rows(MUTED)


def test_a_file_that_holds_nothing_but_rules_is_followed(sync: Sync, rows: Rows) -> None:
    sync(rules="alerts: [lowest]\n")
    assert set(live(rows)) == {"all-lowest"}
    sync(rules=None)

    assert not live(rows)


def test_a_rule_of_a_command_is_not_taken_by_a_file_that_says_otherwise(
    sync: Sync, rows: Rows, database: Database
) -> None:
    mine = AlertRule(rule_id="mine", kind=RuleKind.LOWEST)
    database.run(lambda connection: alert_rule_rows.upsert_rules(connection, [(mine, Sourced())]))
    report = sync(rules="alerts:\n  - {id: mine, when: change}\n")

    (issue,) = report.issues
    assert issue.startswith(
        "watches/rules.yaml:2:1: alert rule 'mine' belongs to a command, which says otherwise of kind "
    )
    assert not live(rows)
    assert not sync(rules="alerts:\n  - {id: mine, when: lowest}\n").issues
    assert set(live(rows)) == {"mine"}


def test_a_rule_of_a_broken_file_stays_its_own(sync: Sync, rows: Rows) -> None:
    sync(shop=LAMP)
    report = sync(shop="watches: 5\n", other="alerts:\n  - {id: mine, when: change}\n")

    assert "alert rule 'mine' belongs to the file shop.yaml, which cannot be read now" in report.issues[-1]
    assert live(rows)["mine"][0] == "shop.yaml"


def test_a_rule_for_a_watch_that_there_is_not_is_a_warning(sync: Sync, rows: Rows) -> None:
    report = sync(rules="alerts:\n  - {lowest: ever, for: {watch: sofa}}\n")

    assert report.warnings == (
        "watches/rules.yaml:2:1: alert rule 'sofa-lowest' is for the watch 'sofa', which there is not",
    )
    assert set(live(rows)) == {"sofa-lowest"}


def test_a_file_may_say_otherwise_of_everybodys_rules_and_they_are_as_before_without_it(sync: Sync, rows: Rows) -> None:
    said = "SELECT source_file, params ->> 'times' AS times, archived_at FROM pricewatch.alert_rules WHERE rule_id = 'failing'"

    assert sync(ours="alerts: [{id: failing, failing: 3}]").issues == ()
    assert rows(said) == [{"source_file": "ours.yaml", "times": "3", "archived_at": None}]

    sync(ours="watches: []")
    assert rows(said) == [{"source_file": None, "times": "10", "archived_at": None}]


def test_one_of_everybodys_rules_that_a_command_changed_is_not_taken(
    sync: Sync, database: Database, rows: Rows
) -> None:
    changed = AlertRule(rule_id="failing", kind=RuleKind.FAILING, times=5)
    database.run(lambda connection: alert_rule_rows.upsert_rules(connection, [(changed, Sourced())]))

    (issue,) = sync(ours="alerts: [{id: failing, failing: 3}]").issues

    assert "belongs to a command" in issue
