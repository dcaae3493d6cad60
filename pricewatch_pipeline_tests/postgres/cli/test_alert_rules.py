"""`pricewatch alerts rules|add|edit|remove|enable|disable|mute|snooze|unmute`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pricewatch_pipeline_tests.postgres.cli.conftest import Json, Run

Rows = Callable[..., list[dict[str, Any]]]
BUILT_IN = {"target", "failing", "blocked", "run-failed"}


def rules(ask: Json) -> dict[str, dict[str, Any]]:
    return {each["rule_id"]: each for each in ask("alerts", "rules")}


def own(ask: Json) -> dict[str, dict[str, Any]]:
    return {name: each["entry"] for name, each in rules(ask).items() if name not in BUILT_IN}


@pytest.mark.parametrize(
    ("flags", "name", "entry"),
    [
        (("--below", "80 EUR"), "all-below", {"below": "80 EUR"}),
        (("--lowest", "90d", "--tag", "toys"), "tag-toys-lowest", {"lowest": "90d", "for": {"tag": "toys"}}),
        (("--when", "back_in_stock", "--watch", "lamp"), "lamp-back-in-stock", {"when": "back_in_stock", "for": {"watch": "lamp"}}),
        (("--when", "drop", "--by", "10%", "--from", "30d median"), "all-drop", {"when": "drop", "by": "10%", "from": "30d median"}),
        (("--when", "drop", "--by", "10%", "--by", "5 EUR", "--from", "first"), "all-drop", {"when": "drop", "by": {"share": "10%", "amount": "5 EUR"}, "from": "first"}),
        (("--failing", "3", "--cooldown", "1d", "--max-per-day", "1"), "all-failing", {"failing": 3, "cooldown": "1d", "max_per_day": 1}),
        (("--when", "change", "--id", "mine", "--quiet", "22:00-07:00", "--quiet", "sat 00:00-24:00", "--timezone", "Europe/Berlin", "--digest", "daily"),
         "mine",
         {"when": "change", "quiet": [{"from": "22:00", "to": "07:00"}, {"days": ["sat"], "from": "00:00", "to": "00:00"}], "timezone": "Europe/Berlin", "digest": "daily"}),
        (("--below", "8", "--again-after", "never", "--rearm", "3%", "--confirm", "40%", "--title", "Now {{ price_text }}"), "all-below",
         {"below": "8", "again_after": "never", "rearm": "3%", "confirm": "40%", "title": "Now {{ price_text }}"}),
    ],
)  # fmt: skip
def test_a_rule_is_added_as_a_file_would_say_it(
    synced: Path, run: Run, ask: Json, flags: tuple[str, ...], name: str, entry: dict[str, Any]
) -> None:
    result = run("alerts", "add", *flags)

    assert result.stdout == f"Added the alert rule {name}.\n"
    assert own(ask) == {name: {"id": name, **entry}}


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--when", "drop", "--by", "10%"), "`from` is required: what a drop is measured from"),
        (("--below", "80 eur"), "below.currency: 'eur' is not a currency; did you mean EUR?"),
        (("--when", "change", "--watch", "lmp"), "no such watch: lmp"),
        (("--when", "change", "--product", "sofa"), "for.product: unknown product 'sofa'"),
        (("--when", "change", "--quiet", "at night"), "quiet"),
        (("--when", "change", "--message", "{{ price.__class__ }}"), "message: "),
        (("--failing", "3", "--id", "failing"), "there is an alert rule 'failing' already"),
        ((), "say one thing to be told of"),
    ],
)
def test_what_a_file_may_not_say_is_refused(
    synced: Path, run: Run, ask: Json, flags: tuple[str, ...], said: str
) -> None:
    result = run("alerts", "add", *flags)

    assert result.exit_code == 1
    assert said in result.stderr
    assert not own(ask)


def test_a_channel_that_is_not_there_is_a_warning(synced: Path, run: Run, ask: Json) -> None:
    result = run("alerts", "add", "--when", "change", "--to", "phone")

    assert "there is no channel 'phone'" in result.stderr
    assert rules(ask)["all-change"]["to"] == ["phone"]


def test_fields_of_a_rule_are_changed_and_taken_away(synced: Path, run: Run, ask: Json) -> None:
    run("alerts", "add", "--below", "80 EUR", "--id", "mine", "--cooldown", "1d")
    run("alerts", "edit", "mine", "--below", "70 EUR", "--cooldown", "")
    assert own(ask)["mine"] == {"id": "mine", "below": "70 EUR"}
    run("alerts", "edit", "mine", "--when", "drop", "--by", "10%", "--from", "first")
    assert own(ask)["mine"] == {"id": "mine", "when": "drop", "by": "10%", "from": "first"}

    assert run("alerts", "edit", "mine").exit_code == 2
    assert run("alerts", "edit", "nobodys", "--below", "1").exit_code == 1


def test_a_rule_that_everybody_has_can_be_changed_rest_and_be_removed(synced: Path, run: Run, ask: Json) -> None:
    run("alerts", "edit", "failing", "--failing", "5")
    run("alerts", "disable", "blocked")
    removed = run("alerts", "remove", "run-failed")
    assert "`pricewatch alerts add --when run_failed --id run-failed` brings it back" in removed.stdout
    found = rules(ask)

    assert found.keys() == BUILT_IN - {"run-failed"}
    assert found["failing"]["tells_of"] == "failing 5"
    assert found["blocked"]["state"] == "resting"
    assert run("alerts", "disable", "blocked").stdout == "Unchanged, for they were so already.\n"
    assert run("alerts", "enable", "blocked").stdout == "Enabled blocked.\n"
    run("alerts", "add", "--when", "run_failed", "--id", "run-failed")
    assert rules(ask).keys() == BUILT_IN


def test_what_a_file_manages_is_changed_there_and_may_be_muted_here(
    synced: Path, run: Run, ask: Json, folder: Path
) -> None:
    (folder / "rules.yaml").write_text("alerts:\n  - {id: lows, lowest: ever}\n")
    run("sync")
    for command in (("edit", "lows", "--lowest", "9d"), ("remove", "lows"), ("disable", "lows")):
        result = run("alerts", *command)
        assert "rule 'lows' is managed by rules.yaml (line 2)" in result.stderr + str(result.exception)

    assert run("alerts", "mute", "lows").stdout == "Muted rule lows until they are unmuted.\n"
    assert rules(ask)["lows"]["state"] == "muted"
    assert rules(ask)["lows"]["managed_by"] == "rules.yaml:2"


def test_rules_and_watches_are_muted_for_a_time(synced: Path, run: Run, ask: Json, rows: Rows) -> None:
    run("alerts", "mute", "target", "lamp", "--for", "2d")
    run("alerts", "snooze", "kettle")
    spans = rows(
        "SELECT watch_id, round(extract(epoch FROM muted_until - now()) / 3600) AS hours FROM pricewatch.watches"
    )
    assert {row["watch_id"]: row["hours"] for row in spans} == {"lamp": 48, "kettle": 24, "gone": None}
    assert rules(ask)["target"]["muted_until"]
    assert "muted until 20" in run("watch", "show", "lamp").stdout

    assert (
        run("alerts", "unmute", "target", "lamp", "kettle").stdout == "Unmuted rule target, watch kettle, watch lamp.\n"
    )
    assert not rows("SELECT 1 FROM pricewatch.watches WHERE muted_until IS NOT NULL")
    assert "muted" not in run("watch", "show", "lamp").stdout
    assert rules(ask)["target"]["state"] == "on"


def test_a_name_that_is_a_rule_and_a_watch_needs_a_word_before_it(synced: Path, run: Run, rows: Rows) -> None:
    run("alerts", "add", "--when", "change", "--id", "lamp")
    result = run("alerts", "mute", "lamp")
    assert "say rule:lamp or watch:lamp" in result.stderr

    assert run("alerts", "mute", "watch:lamp").stdout == "Muted watch lamp until they are unmuted.\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("lamp", "--for", "2d", "--until", "2099-01-01"), 2),
        (("lamp", "--until", "2001-01-01"), 2),
        (("lamp", "--until", "soon"), 2),
        (("lamp", "--for", "0s"), 2),
        (("nobody",), 1),
        (("lamp", "--until", "2099-01-01"), 0),
    ],
)
def test_a_mute_needs_an_end_that_comes(synced: Path, run: Run, arguments: tuple[str, ...], code: int) -> None:
    assert run("alerts", "mute", *arguments).exit_code == code
