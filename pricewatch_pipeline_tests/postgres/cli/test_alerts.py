"""`pricewatch alerts list|show|retry|test|channels`, on a real outbox and real receivers."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.postgres.cli.conftest import Json, Run
from pricewatch_pipeline_tests.support.loopback import Reply, html, serve
from pricewatch_pipeline_tests.support.mailbox import images_of, mail_server, text_of
from pricewatch_pipeline_tests.support.outbox import deliver_to, key, put_alerts

Rows = Callable[..., list[dict[str, Any]]]
SECRET = "tk-5f3e9a1c77"


@pytest.fixture
def channels_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "channels.yaml"
    path.touch(mode=0o600)
    monkeypatch.setenv("PRICEWATCH_CHANNELS_FILE", str(path))
    return path


@pytest.fixture
def fired(synced: Path, database: Database, rows: Rows) -> Database:
    """Four alerts: sent, given up, muted, and one that nobody was to hear."""
    put_alerts(database, 1, "phone")
    with serve(lambda _: Reply()) as server:
        deliver_to(database, phone=f"webhook://{server.host}:{server.port}/")
    put_alerts(database, 1, "phone", "nowhere", first=1)
    with serve(lambda _: html("", status=410)) as server:
        deliver_to(database, phone=f"webhook://{server.host}:{server.port}/{SECRET}")
    put_alerts(database, 2, first=2)
    rows("UPDATE pricewatch.alerts SET is_muted = true WHERE subject = 'w2'")
    rows("UPDATE pricewatch.alerts SET watch_id = 'lamp' WHERE subject = 'w0'")
    rows("UPDATE pricewatch.alerts SET fired_at = now() - interval '3 days' WHERE subject = 'w3'")
    return database


def test_alerts_are_listed_newest_first_and_chosen(fired: Database, ask: Json, run: Run) -> None:
    assert [(each["key"], each["state"]) for each in ask("alerts", "list")][-1] == (key(3), "unaddressed")
    for option, expected in (
        (("--state", "sent"), [key(0)]),
        (("--state", "dead"), [key(1)]),
        (("--state", "muted"), [key(2)]),
        (("--watch", "lamp"), [key(0)]),
        (("--watch", "kettle"), []),
        (("--since", "2d", "--limit", "2"), [key(2), key(1)]),
    ):
        assert {each["key"] for each in ask("alerts", "list", *option)} == set(expected)
    line = next(line for line in run("alerts", "list").stdout.splitlines() if key(0) in line)
    assert all(word in line for word in ("target", "lamp", "19.99 EUR", "at or below 20", "sent"))


def test_alerts_of_a_watch_that_is_not_there_are_asked_for_in_vain(fired: Database, run: Run) -> None:
    result = run("alerts", "list", "--watch", "lampe")
    assert result.exit_code == 1
    assert "Did you mean lamp?" in result.stderr


def test_one_alert_is_shown_with_each_attempt(fired: Database, ask: Json, run: Run) -> None:
    found = ask("alerts", "show", key(1))
    assert (found["price"], found["facts"], found["state"]) == ("19.99", {"title": "A lamp"}, "dead")
    told = {each["channel"]: (each["state"], each["attempts"], each["error"]) for each in found["deliveries"]}
    assert told["phone"] == ("dead", 1, "HTTP 410")
    assert told["nowhere"][0] == "dead"
    said = run("alerts", "show", key(1)).stdout
    assert "HTTP 410" in said
    assert "19.99 EUR" in said
    assert "Nobody was told" in run("alerts", "show", key(3)).stdout


@pytest.mark.parametrize(
    ("start", "message"), [("ffff", "there is no alert"), ("%", "there is no alert"), ("0", "several")]
)
def test_a_key_that_means_no_single_alert_is_told(fired: Database, run: Run, start: str, message: str) -> None:
    result = run("alerts", "show", start)
    assert result.exit_code == 1
    assert message in result.stderr


def test_what_was_given_up_is_tried_again(fired: Database, ask: Json, run: Run) -> None:
    assert run("alerts", "retry").exit_code == 2
    assert run("alerts", "retry", key(1), "--dead").exit_code == 2
    assert run("alerts", "retry", key(0)).stdout.startswith("Nothing to try again")
    assert run("alerts", "retry", "--dead").stdout == "2 deliveries are due now.\n"
    with serve(lambda _: Reply()) as server:
        deliver_to(fired, phone=f"webhook://{server.host}:{server.port}/")
    assert [json.loads(each.body)["key"] for each in server.requests] == [key(1)]
    assert run("alerts", "retry", key(1)).stdout == "1 delivery is due now.\n"


def test_what_there_was_no_channel_for_is_sent_when_there_is_one(
    fired: Database, channels_file: Path, ask: Json, run: Run
) -> None:
    assert run("alerts", "retry", key(3)).stdout.startswith("Nothing to try again")
    channels_file.write_text("phone: ntfy://x\nmail: mailto://y\nother: {url: 'ntfy://z', default: false}\n")
    assert run("alerts", "retry", key(2), key(3)).stdout == "2 deliveries are due now.\n"
    told = {each["channel"]: each["state"] for each in ask("alerts", "show", key(3))["deliveries"]}
    assert told == {"mail": "pending", "phone": "pending"}
    assert ask("alerts", "show", key(2))["state"] == "muted"


def test_channels_are_listed_with_how_they_fare_and_without_their_addresses(
    fired: Database, channels_file: Path, ask: Json, run: Run
) -> None:
    channels_file.write_text(
        f"phone: webhook://127.0.0.1:1/{SECRET}\n"
        f"mail: {{url: 'mailto://me:{SECRET}@example.org', default: false}}\n"
        f"odd: {SECRET}\n"
        f"lost: nosuch://{SECRET}\n"
    )
    found = {each["channel"]: each for each in ask("alerts", "channels")}
    assert {name: each["kind"] for name, each in found.items()} == {
        "phone": "webhook",
        "mail": "mailto",
        "odd": "unknown",
        "lost": "nosuch",
        "nowhere": None,
    }
    assert [name for name, each in found.items() if each["is_default"]] == ["phone", "odd", "lost"]
    assert (found["phone"]["dead"], found["phone"]["last_error"], found["nowhere"]["dead"]) == (1, "HTTP 410", 1)
    assert found["phone"]["last_sent_at"]
    assert found["odd"]["problem"] == "its address does not begin as one, such as ntfy:// or mailto://"
    assert found["lost"]["problem"] == "Apprise cannot make anything of its address, which begins with nosuch://"
    assert found["nowhere"]["problem"] == "the file does not name it"
    channels_file.chmod(0o644)
    result = run("alerts", "channels")
    assert f"chmod 600 {channels_file}" in result.stderr.replace("\n", "")
    assert SECRET not in result.output + run("alerts", "channels", "--json").output


def test_an_error_that_a_success_followed_is_shown_no_more(
    fired: Database, channels_file: Path, ask: Json, run: Run
) -> None:
    channels_file.write_text("phone: webhook://127.0.0.1:1/\n")
    assert "HTTP 410" in run("alerts", "channels").stdout
    put_alerts(fired, 1, "phone", first=9)
    with serve(lambda _: Reply()) as server:
        deliver_to(fired, phone=f"webhook://{server.host}:{server.port}/")
    assert "HTTP 410" not in run("alerts", "channels").stdout
    (found,) = (each for each in ask("alerts", "channels") if each["channel"] == "phone")
    assert (found["failures"], found["last_error"]) == (0, "HTTP 410")


def test_without_a_file_there_are_no_channels_and_nothing_is_wrong(run: Run, channels_file: Path) -> None:
    channels_file.unlink()
    for command in ("channels", "test"):
        result = run("alerts", command)
        assert result.exit_code == 0
        assert f"Write them into {channels_file}" in result.stdout


def test_a_sample_is_sent_to_each_channel_and_failures_are_told(channels_file: Path, run: Run, ask: Json) -> None:
    with mail_server() as box, serve(lambda _: html("", status=500)) as server:
        channels_file.write_text(
            f"mail: {{url: '{box.url()}', locale: de_DE}}\nphone: webhook://{server.host}:{server.port}/{SECRET}\n"
        )
        assert run("alerts", "test", "mail").exit_code == 0
        result = run("alerts", "test")
        trials = {each["channel"]: each for each in ask("alerts", "test")}
    assert result.exit_code == 1
    assert (trials["mail"]["is_sent"], trials["mail"]["error"]) == (True, None)
    assert (trials["phone"]["is_sent"], trials["phone"]["error"]) == (False, "HTTP 500")
    assert SECRET not in result.output
    assert "79,95" in text_of(box.mails[0])
    assert "Lowest ever: this price" in text_of(box.mails[0]) or "Lowest ever: 79,95" in text_of(box.mails[0])
    assert images_of(box.mails[0])[0].startswith(b"\x89PNG")


def test_a_sample_for_an_unknown_channel_sends_nothing(channels_file: Path, run: Run) -> None:
    with serve(lambda _: Reply()) as server:
        channels_file.write_text(f"phone: webhook://{server.host}:{server.port}/\n")
        result = run("alerts", "test", "phone", "phono")
    assert result.exit_code == 1
    assert "did you mean 'phone'?" in result.stderr
    assert server.requests == []


def test_a_doctor_tells_of_channels_and_dead_letters(fired: Database, channels_file: Path, ask: Json) -> None:
    channels_file.write_text(f"phone: nosuch://{SECRET}\n")
    channels_file.chmod(0o644)
    found = {each["subject"]: each for each in ask("doctor")}
    assert (found["channel phone"]["verdict"], found["channels"]["verdict"]) == ("fail", "warn")
    assert found["alerts"]["verdict"] == "warn"
    assert "2 are given up" in found["alerts"]["what"]
    put_alerts(fired, 1, "phone", first=50, due_in=-timedelta(hours=1))
    found = {each["subject"]: each for each in ask("doctor")}
    assert "the first is due since" in found["alerts"]["what"]
    assert SECRET not in str(found)
