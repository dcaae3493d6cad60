"""Alerts from the outbox to real receivers on loopback, and what becomes of them when those misbehave or we are killed."""

import asyncio
import json
import logging
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pricewatch_pipeline.domain.alert_rules import Digest
from pricewatch_pipeline.domain.deliveries import MOST_ATTEMPTS
from pricewatch_pipeline.domain.messages import Message
from pricewatch_pipeline.notifying.channels import Channel
from pricewatch_pipeline.services.check_watches import check_due
from pricewatch_pipeline.services.deliver_alerts import deliver
from pricewatch_pipeline.storage import outbox
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.loopback import Answer, Handler, Received, Reply, Server, html, serve
from pricewatch_pipeline_tests.support.mailbox import images_of, mail_server, text_of
from pricewatch_pipeline_tests.support.outbox import COMPOSERS, OFTEN, PNG, channels, deliver_to, key, put_alerts
from pricewatch_pipeline_tests.support.shop import EVERY_HOUR, engine_on, product, store_watches, watches_on
from pricewatch_pipeline_tests.support.waiting import wait_until

Rows = Callable[..., list[dict[str, Any]]]


def hook(server: Server, path: str = "/") -> str:
    return f"webhook://{server.host}:{server.port}{path}"


def nobody() -> str:
    """A webhook where nothing listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"webhook://127.0.0.1:{unused.getsockname()[1]}/"


def keys_of(server: Server) -> list[str]:
    return [json.loads(request.body)["key"] for request in server.requests]


def states(rows: Rows) -> Counter[tuple[str, str]]:
    found = rows("SELECT channel, state, count(*) AS n FROM pricewatch.alert_deliveries GROUP BY channel, state")
    return Counter({(each["channel"], each["state"]): each["n"] for each in found})


def fine(_: Received) -> Reply:
    return Reply()


def test_an_alert_reaches_mail_and_webhook_once_with_its_chart(database: Database, rows: Rows) -> None:
    put_alerts(database, 1, "mail", "phone")
    with mail_server() as box, serve(fine) as server:
        urls = {"mail": box.url(), "phone": hook(server)}
        report, again = deliver_to(database, **urls), deliver_to(database, **urls)
    assert (report.sent, report.waiting, again.sent) == (2, 0, 0)
    assert keys_of(server) == [key(0)]
    (mail,) = box.mails
    assert key(0) in text_of(mail)
    assert images_of(mail) == [PNG]
    assert states(rows) == {("mail", "sent"): 1, ("phone", "sent"): 1}


def test_what_people_get_has_the_price_in_their_locale_and_a_chart_of_its_history(
    database: Database, rows: Rows
) -> None:
    store_watches(database, watches_on("http://shop.example", 1, schedule=EVERY_HOUR))
    rows("""INSERT INTO pricewatch.price_changes (watch_id, began_at, price, currency, availability)
            SELECT 'w0', now() - make_interval(days => 10 * n), 20 + n, 'EUR', 'InStock' FROM generate_series(1, 20) n""")
    put_alerts(database, 1, "mail", "phone")
    rows("UPDATE pricewatch.alerts SET watch_id = 'w0'")
    with mail_server() as box, serve(fine) as server:
        named = channels(mail=box.url(), phone=hook(server))
        named["mail"] = replace(named["mail"], locale="de_DE")
        named["phone"] = replace(named["phone"], takes_images=False)
        report = deliver(database, named, budget=timedelta(seconds=30), linger=timedelta(0))
    assert (report.sent, report.errors) == (2, {})
    (mail,) = box.mails
    assert "19,99" in text_of(mail)
    assert [image[:4] for image in images_of(mail)] == [b"\x89PNG"]
    said = json.loads(server.requests[0].body)
    assert "€19.99" in said["title"]
    assert (said["key"], said["image"]) == (key(0), None)


def test_the_history_of_a_chart_begins_with_what_stood_when_its_window_did(database: Database, rows: Rows) -> None:
    store_watches(database, watches_on("http://shop.example", 3, schedule=EVERY_HOUR))
    rows("""INSERT INTO pricewatch.price_changes (watch_id, began_at, price, currency, availability)
            SELECT w, now() - make_interval(days => days), price, 'EUR', NULL
            FROM (VALUES ('w0', 200, 1), ('w0', 100, 2), ('w0', 50, 3), ('w0', 1, NULL), ('w1', 3, 9)) v(w, days, price)""")
    found = database.run(lambda c: outbox.histories(c, ["w0", "w1", "w2"], window=timedelta(days=90)))
    assert {name: [each.price and int(each.price) for each in history] for name, history in found.items()} == {
        "w0": [2, 3, None],
        "w1": [9],
    }


def test_what_is_due_later_waits(database: Database, rows: Rows) -> None:
    put_alerts(database, 1, "phone", due_in=timedelta(hours=1))
    with serve(fine) as server:
        assert deliver_to(database, phone=hook(server)).sent == 0
    assert server.requests == []


def test_a_digest_is_one_message_per_channel(database: Database, rows: Rows) -> None:
    put_alerts(database, 60, "mail", "phone", digest=Digest.DAILY)
    put_alerts(database, 1, "phone", first=60)
    with serve(fine) as mail, serve(fine) as phone:
        report = deliver_to(database, mail=hook(mail), phone=hook(phone))
    assert report.sent == 121
    assert [json.loads(each.body)["body"].count("A lamp") for each in mail.requests] == [60]
    assert sorted(json.loads(each.body)["body"].count("A lamp") for each in phone.requests) == [1, 60]
    assert states(rows) == {("mail", "sent"): 60, ("phone", "sent"): 61}


def test_a_dead_receiver_holds_up_no_other_and_costs_what_waits_for_it_nothing(database: Database, rows: Rows) -> None:
    put_alerts(database, 30, "down", "phone")
    down = nobody()
    with serve(fine) as server:
        report = deliver_to(database, down=down, phone=hook(server))
        deliver_to(database, down=down, phone=hook(server))
    assert (report.sent, report.failed, report.dead) == (30, 1, 0)
    assert sorted(keys_of(server)) == [key(n) for n in range(30)]
    tried = rows(
        "SELECT attempts, count(*) AS n FROM pricewatch.alert_deliveries WHERE channel = 'down' GROUP BY 1 ORDER BY 1"
    )
    assert tried == [{"attempts": 0, "n": 29}, {"attempts": 1, "n": 1}]
    assert rows("SELECT count(*) AS n FROM pricewatch.alert_deliveries WHERE claim_token IS NOT NULL") == [{"n": 0}]
    (channel,) = rows(
        "SELECT failures, last_error, rests_until > now() AS rests FROM pricewatch.alert_channels WHERE channel = 'down'"
    )
    assert (channel["failures"], channel["rests"]) == (1, True)
    assert "refused" in channel["last_error"] or "Connect" in channel["last_error"]


def test_when_the_receiver_is_back_everything_is_sent_and_nothing_is_lost(database: Database, rows: Rows) -> None:
    put_alerts(database, 30, "phone")
    deliver_to(database, phone=nobody())
    rows("UPDATE pricewatch.alert_channels SET rests_until = now()")
    with serve(fine) as server:
        # The one that was tried waits for its next attempt, until the first success shows that its channel works.
        deliver_to(database, phone=hook(server), linger=timedelta(seconds=1))
    assert sorted(keys_of(server)) == [key(n) for n in range(30)]
    assert states(rows) == {("phone", "sent"): 30}


def test_a_receiver_that_never_answers_is_given_up_and_holds_up_no_other(database: Database, rows: Rows) -> None:
    put_alerts(database, 3, "slow", "phone")
    done = threading.Event()

    async def silence(_: asyncio.StreamWriter) -> None:
        await asyncio.to_thread(done.wait, 30)

    with serve(lambda _: silence) as slow, serve(fine) as server:
        report = deliver_to(database, slow=hook(slow), phone=hook(server), longest_send=timedelta(seconds=2))
        done.set()
    assert (report.sent, report.failed) == (3, 1)
    errors = rows("SELECT error FROM pricewatch.alert_deliveries WHERE error IS NOT NULL")
    assert errors == [{"error": "its sending did not end within 2 s"}]
    assert sorted(keys_of(server)) == [key(n) for n in range(3)]


@pytest.mark.parametrize("status", [429, 503])
def test_a_receiver_that_asks_for_patience_gets_it(database: Database, rows: Rows, status: int) -> None:
    put_alerts(database, 2, "phone")
    with serve(lambda _: html("", status=status, retry_after="3600")) as server:
        report = deliver_to(database, phone=hook(server))
        assert deliver_to(database, phone=hook(server)).failed == 0
    assert (report.failed, report.dead, len(server.requests)) == (1, 0, 1)
    (channel,) = rows("SELECT extract(epoch FROM rests_until - now()) AS rest_s FROM pricewatch.alert_channels")
    assert 3500 < channel["rest_s"] <= 3600
    (tried,) = rows(
        "SELECT extract(epoch FROM due_at - now()) AS wait_s FROM pricewatch.alert_deliveries WHERE attempts = 1"
    )
    assert tried["wait_s"] > 3500


def test_an_error_of_the_receiver_is_tried_again_later_and_given_up_in_the_end(database: Database, rows: Rows) -> None:
    put_alerts(database, 1, "phone")
    waits = []
    with serve(lambda _: html("", status=500)) as server:
        for attempt in range(1, MOST_ATTEMPTS + 1):
            report = deliver_to(database, phone=hook(server))
            assert (report.failed, report.dead) == ((1, 0) if attempt < MOST_ATTEMPTS else (0, 1))
            (row,) = rows(
                "SELECT state, error, extract(epoch FROM due_at - now()) AS wait_s FROM pricewatch.alert_deliveries"
            )
            waits.append(row["wait_s"])
            rows("UPDATE pricewatch.alert_deliveries SET due_at = now()")
            rows("UPDATE pricewatch.alert_channels SET rests_until = now()")
    assert waits[:-1] == sorted(waits[:-1])
    assert waits[0] > 25
    assert (row["state"], row["error"]) == ("dead", "HTTP 500 (given up after 8 attempts)")
    assert set(keys_of(server)) == {key(0)}


def test_a_refusal_for_good_is_a_dead_letter_at_once_and_the_next_is_tried(database: Database, rows: Rows) -> None:
    put_alerts(database, 2, "phone")
    answers = iter([html("", status=410), Reply()])
    with serve(lambda _: next(answers)) as server:
        report = deliver_to(database, phone=hook(server))
    assert (report.sent, report.dead) == (1, 1)
    assert rows("SELECT error FROM pricewatch.alert_deliveries WHERE state = 'dead'") == [{"error": "HTTP 410"}]


def test_an_unknown_channel_is_a_dead_letter_and_stops_no_other(database: Database, rows: Rows) -> None:
    put_alerts(database, 2, "nowhere", "phone")
    with serve(fine) as server:
        report = deliver_to(database, phone=hook(server))
    assert (report.sent, report.dead) == (2, 2)
    assert states(rows) == {("nowhere", "dead"): 2, ("phone", "sent"): 2}
    (reason,) = rows("SELECT DISTINCT error FROM pricewatch.alert_deliveries WHERE state = 'dead'")
    assert reason["error"] == "there is no channel nowhere: the file of channels does not name it"


@pytest.mark.parametrize("digest", [Digest.NONE, Digest.WEEKLY])
def test_an_alert_of_which_no_message_can_be_made_stops_no_other(
    database: Database, rows: Rows, digest: Digest
) -> None:
    put_alerts(database, 1, "phone", digest=digest, rule_id="bad")
    put_alerts(database, 2, "phone", digest=digest, first=1)
    with serve(fine) as server:
        report = deliver_to(database, phone=hook(server))
    assert (report.sent, report.dead) == (2, 1)
    (dead,) = rows("SELECT error FROM pricewatch.alert_deliveries WHERE state = 'dead'")
    assert dead["error"] == "no message can be made of it: ValueError: nothing is right about it"
    assert "".join(json.loads(each.body)["body"] for each in server.requests).count("A lamp") == 2


def test_an_alert_that_ends_its_deliverer_each_time_is_given_up(database: Database, rows: Rows) -> None:
    put_alerts(database, 1, "phone")
    rows("UPDATE pricewatch.alert_deliveries SET attempts = :most", most=MOST_ATTEMPTS)
    with serve(fine) as server:
        assert deliver_to(database, phone=hook(server)).dead == 1
    assert server.requests == []


def start_deliverer(url: str, **named: str) -> subprocess.Popen[str]:
    arguments = [f"{name}={address}" for name, address in named.items()]
    return subprocess.Popen(
        [sys.executable, "-m", "pricewatch_pipeline_tests.support.doomed_deliverer", url, *arguments],
        stdout=subprocess.PIPE,
        text=True,
    )


class Killing:
    """A receiver that takes so many messages, and ends the deliverer when it has the next one whole: before it is marked."""

    def __init__(self, takes: int, how: signal.Signals) -> None:
        self.takes = takes
        self.how = how
        self.process: subprocess.Popen[str] | None = None
        self._seen = 0

    def __call__(self, _: Received) -> Answer:
        self._seen += 1
        if self._seen <= self.takes or self.process is None:
            return Reply()
        self.process.send_signal(self.how)
        self.process = None
        return Reply()


def test_an_alert_whose_deliverer_was_killed_before_it_was_marked_comes_again(
    database: Database, database_url: str, rows: Rows
) -> None:
    sent = put_alerts(database, 20, "phone")
    receiver = Killing(5, signal.SIGKILL)
    with serve(receiver) as server:
        receiver.process = doomed = start_deliverer(database_url, phone=hook(server))
        assert doomed.wait(60) == -signal.SIGKILL
        before = keys_of(server)
        assert deliver_to(database, phone=hook(server)).sent == 0  # the dead one's lease still holds
        rows("UPDATE pricewatch.alert_deliveries SET claimed_until = now() WHERE state = 'pending'")
        deliver_to(database, phone=hook(server))
    assert len(before) == 6
    received = Counter(keys_of(server))
    assert set(received) == set(sent)
    assert received[before[-1]] == 2
    assert states(rows) == {("phone", "sent"): 20}


@pytest.mark.parametrize("how", [signal.SIGINT])
def test_an_interrupted_deliverer_finishes_what_it_is_at_and_gives_back_the_rest(
    database: Database, database_url: str, rows: Rows, how: signal.Signals
) -> None:
    sent = put_alerts(database, 20, "phone")
    receiver = Killing(2, how)
    with serve(receiver) as server:
        receiver.process = interrupted = start_deliverer(database_url, phone=hook(server))
        interrupted.wait(60)
        before = keys_of(server)
        found = states(rows)
        assert found[("phone", "sent")] == len(before)
        assert rows("SELECT count(*) AS n FROM pricewatch.alert_deliveries WHERE claim_token IS NOT NULL") == [{"n": 0}]
        deliver_to(database, phone=hook(server))
    assert Counter(keys_of(server)) == Counter(sent)


def test_two_deliverers_at_once_send_everything_once(database: Database) -> None:
    sent = put_alerts(database, 150, "phone", "mail")
    all_lines, begun = threading.Barrier(4), threading.local()

    def together(*of: Any) -> Message:
        """Nothing is sent before both have claimed for both channels."""
        if not hasattr(begun, "at"):
            begun.at = all_lines.wait(30)
        return COMPOSERS.compose(*of)

    with serve(fine) as phone, serve(fine) as mail, ThreadPoolExecutor(2) as threads:
        how = {"phone": hook(phone), "mail": hook(mail), "composers": replace(COMPOSERS, compose=together)}
        by_each = list(threads.map(lambda _: deliver_to(database, **how).sent, range(2)))
    assert sum(by_each) == 300
    assert all(by_each)
    assert Counter(keys_of(phone)) == Counter(keys_of(mail)) == Counter(sent)


def test_a_run_that_has_nothing_to_do_waits_a_moment_for_news(database: Database, database_url: str) -> None:
    put_alerts(database, 1, "phone")
    with serve(fine) as server:
        running = threading.Thread(target=lambda: deliver_to(database, phone=hook(server), linger=timedelta(seconds=1)))
        running.start()
        wait_until(lambda: len(server.requests) == 1, what="the first alert")
        put_alerts(database, 1, "phone", first=1)
        running.join(30)
    assert keys_of(server) == [key(0), key(1)]


def test_a_run_that_stays_knows_channels_that_came_since_and_addresses_that_changed(
    database: Database, rows: Rows
) -> None:
    put_alerts(database, 1, "phone")
    with serve(fine) as old, serve(fine) as new:
        known = [channels(phone=hook(old)), channels(phone=hook(new), mail=hook(new))]

        def reread() -> dict[str, Channel]:
            """The file is edited while the first alert is sent."""
            current = known.pop(0) if len(known) > 1 else known[0]
            if len(known) == 1 and not old.requests:
                put_alerts(database, 1, "phone", "mail", first=1, due_in=timedelta(seconds=0.5))
            return current

        report = deliver(
            database, {}, budget=timedelta(seconds=30), linger=timedelta(seconds=1), look_every=OFTEN, composers=COMPOSERS,
            reread=reread,
        )  # fmt: skip
    assert (report.sent, report.dead) == (3, 0)
    assert keys_of(old) == [key(0)]
    assert keys_of(new) == [key(1), key(1)]


def test_a_run_that_stays_tries_a_channel_again_when_its_rest_is_over(database: Database, rows: Rows) -> None:
    put_alerts(database, 3, "phone")
    answers = iter([html("", status=503, retry_after="1"), Reply(), Reply(), Reply()])
    with serve(lambda _: next(answers)) as server:
        rows("UPDATE pricewatch.alert_deliveries SET due_at = due_at - make_interval(secs => delivery_id)")
        resting = threading.Thread(
            target=lambda: wait_until(
                lambda: rows("UPDATE pricewatch.alert_channels SET rests_until = now() WHERE failures > 0 RETURNING 1")
            )
        )
        resting.start()
        report = deliver_to(database, phone=hook(server), linger=timedelta(seconds=1))
        resting.join()
    assert (report.failed, report.sent) == (1, 3)
    assert states(rows) == {("phone", "sent"): 3}


def test_a_budget_ends_a_run_and_what_is_left_is_due(database: Database, rows: Rows) -> None:
    put_alerts(database, 400, "phone")
    with serve(fine) as server:
        report = deliver_to(database, phone=hook(server), budget=timedelta(0))
    assert (report.sent, report.waiting) == (0, 400)
    assert server.requests == []


SECRET = "tk-5f3e9a1c77"


def refusals() -> dict[str, Handler]:
    return {
        "webhook": lambda r: html(f"{r.path} {r.headers}", status=410),
        "json": lambda r: html(f"{r.path} {r.headers}", status=500),
        "ntfy": lambda r: html(f"{r.path} {r.headers}", status=429),
    }


@pytest.mark.parametrize("kind", ["webhook", "json", "ntfy"])
def test_no_log_no_row_and_no_report_holds_a_secret(
    database: Database, rows: Rows, kind: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    put_alerts(database, 2, "phone")
    with serve(refusals()[kind]) as server:
        report = deliver_to(database, phone=f"{kind}://me:{SECRET}@{server.host}:{server.port}/{SECRET}")
    assert server.requests
    assert SECRET in str(server.requests)
    stored = [rows(f"SELECT * FROM pricewatch.{table}") for table in ("alerts", "alert_deliveries", "alert_channels")]
    everything = "".join((repr(report), repr(stored), caplog.text, *capfd.readouterr()))
    assert SECRET not in everything
    assert str(server.port) not in repr(report) + repr(stored)


def test_thousands_drain_while_checks_are_completed_and_alerts_come_in(database: Database, rows: Rows) -> None:
    put_alerts(database, 1_000, "phone", "mail")
    is_over = threading.Event()

    def add() -> None:
        for number in range(20):
            put_alerts(database, 5, "phone", "mail", first=10_000 + 5 * number)
        is_over.set()

    with serve(fine) as phone, serve(fine) as mail, serve(lambda _: product()) as shop:
        store_watches(database, watches_on(shop.base_url, 60, schedule=EVERY_HOUR))
        adding = threading.Thread(target=add)
        adding.start()
        checking = threading.Thread(target=lambda: check_due(engine_on(database)))
        checking.start()
        report = deliver_to(database, phone=hook(phone), mail=hook(mail), linger=timedelta(seconds=2))
        adding.join()
        checking.join()
    assert is_over.is_set()
    assert report.sent == 2_200
    assert len(set(keys_of(phone))) == len(keys_of(phone)) == 1_100
    assert rows("SELECT count(*) AS n FROM pricewatch.price_snapshots") == [{"n": 60}]
    assert database.run(outbox.backlog).due == 0
