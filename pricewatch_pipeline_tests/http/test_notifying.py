"""Messages on their way: to a real SMTP server and a real HTTP receiver, and what becomes of them when those misbehave."""

import base64
import json
import logging
import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest
from pydantic import SecretStr
from yarl import URL

from pricewatch_pipeline.domain.messages import Message, SendResult
from pricewatch_pipeline.notifying.apprise_sender import load_service
from pricewatch_pipeline.notifying.channels import Channel
from pricewatch_pipeline.notifying.senders import open_sender, send
from pricewatch_pipeline.notifying.webhook import WebhookSender
from pricewatch_pipeline_tests.support.loopback import Received, Reply, Server, drip, html, raw, redirect, serve
from pricewatch_pipeline_tests.support.mailbox import images_of, mail_server, text_of

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
KEY = "0123456789abcdef0123"
MESSAGE = Message(
    key=KEY, title="A lamp: 19.99\nEUR", body="Now 19.99 EUR\n", url="https://shop.example/lamp", image=PNG
)


def channel(url: str) -> Channel:
    return Channel(name="phone", url=SecretStr(url))


def hook(server: Server, path: str = "/hook", user: str = "") -> Channel:
    return channel(f"webhook://{user}{server.host}:{server.port}{path}")


@pytest.fixture
def receiver() -> Iterator[Server]:
    with serve(lambda _: Reply()) as server:
        yield server


def test_a_mail_has_the_text_the_key_and_the_image() -> None:
    with mail_server() as box:
        assert send(channel(box.url()), MESSAGE) == SendResult(is_sent=True)
    (mail,) = box.mails
    assert mail["Subject"] == "A lamp: 19.99 EUR"
    assert mail["To"] == "anna@example.org"
    assert "Now 19.99 EUR" in text_of(mail)
    assert KEY in text_of(mail)
    assert images_of(mail) == [PNG]


@pytest.mark.parametrize(("letter", "fit"), [("\u5b57", 106), ("\N{GRINNING FACE}", 80), ("\u0444", 160), ("a", 160)])
def test_a_mail_whose_title_takes_many_bytes_is_sent(letter: str, fit: int) -> None:
    with mail_server() as box:
        sent = send(channel(box.url()), Message(key=KEY, title=letter * 160, body=KEY))
    assert sent == SendResult(is_sent=True)
    assert box.mails[0]["Subject"] == letter * fit


@pytest.mark.parametrize(
    ("url", "pace"),
    [("mailto://127.0.0.1?from=a@example.org&to=b@example.org", 1.0), ("json://127.0.0.1", 0), ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", 1.2)],
)  # fmt: skip
def test_several_mails_go_within_seconds_and_what_a_service_asks_for_is_kept(url: str, pace: float) -> None:
    service = load_service(channel(url))
    assert not isinstance(service, str)
    assert service.request_rate_per_sec == pace


def test_a_webhook_gets_everything_as_json_with_the_key_as_header(receiver: Server) -> None:
    assert send(hook(receiver, "/a/b?c=d", "me:pass%40word@"), MESSAGE) == SendResult(is_sent=True)
    (request,) = receiver.requests
    assert (request.method, request.path) == ("POST", "/a/b?c=d")
    assert request.headers["idempotency-key"] == KEY
    assert base64.b64decode(request.headers["authorization"].removeprefix("Basic ")) == b"me:pass@word"
    assert json.loads(request.body) == {
        "key": KEY,
        "title": MESSAGE.title,
        "body": MESSAGE.body,
        "url": MESSAGE.url,
        "image": base64.b64encode(PNG).decode(),
    }


def test_a_service_of_apprise_over_http_gets_text_key_and_image(receiver: Server) -> None:
    assert send(channel(f"json://{receiver.host}:{receiver.port}/in"), MESSAGE) == SendResult(is_sent=True)
    (request,) = receiver.requests
    said = json.loads(request.body)
    assert said["title"] == "A lamp: 19.99 EUR"
    assert KEY in said["message"]
    assert [base64.b64decode(each["base64"]) for each in said["attachments"]] == [PNG]


def test_several_messages_go_over_one_connection(receiver: Server) -> None:
    sender = open_sender(hook(receiver))
    assert all(sender.send(MESSAGE).is_sent for _ in range(3))
    sender.close()
    assert (len(receiver.requests), receiver.connections) == (3, 1)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Reply(status=204), SendResult(is_sent=True)),
        (html("", status=410), SendResult(is_sent=False, error="HTTP 410", is_permanent=True)),
        (html("", status=404), SendResult(is_sent=False, error="HTTP 404")),
        (html("", status=408), SendResult(is_sent=False, error="HTTP 408")),
        (html("", status=429, retry_after="7"), SendResult(is_sent=False, error="HTTP 429", retry_after=timedelta(seconds=7))),
        (html("", status=503, retry_after="90"), SendResult(is_sent=False, error="HTTP 503", retry_after=timedelta(seconds=90))),
        (html("", status=503, retry_after="soon"), SendResult(is_sent=False, error="HTTP 503")),
        (html("", status=500), SendResult(is_sent=False, error="HTTP 500")),
    ],
)  # fmt: skip
def test_what_a_webhook_answers_decides_what_becomes_of_the_message(answer: Reply, expected: SendResult) -> None:
    with serve(lambda _: answer) as server:
        assert send(hook(server), MESSAGE) == expected


def test_a_redirect_of_a_webhook_is_told_and_not_followed(receiver: Server) -> None:
    with serve(lambda _: redirect(receiver.url("/elsewhere"))) as server:
        result = send(hook(server), MESSAGE)
    assert result.is_permanent
    assert "redirects" in (result.error or "")
    assert receiver.requests == []


def test_a_redirect_of_a_service_is_no_success(receiver: Server) -> None:
    with serve(lambda _: redirect(receiver.url("/elsewhere"))) as server:
        assert not send(channel(f"json://{server.host}:{server.port}/in"), MESSAGE).is_sent
    assert receiver.requests == []


def test_a_receiver_that_drips_is_left_in_the_end() -> None:
    with serve(lambda _: drip(head=b"HTTP/1.1 200 OK\r\nx: ")) as server:
        sender = WebhookSender(hook(server), URL(server.url("/")), timeout=timedelta(seconds=0.3))
        assert sender.send(MESSAGE) == SendResult(is_sent=False, error="no answer within 0 s")
        sender.close()


def test_what_was_taken_is_sent_however_the_answer_ends() -> None:
    with serve(lambda _: raw(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n")) as server:
        assert send(hook(server), MESSAGE) == SendResult(is_sent=True)


def test_a_service_that_is_busy_is_left_alone_for_longer() -> None:
    with serve(lambda _: html("", status=429)) as server:
        result = send(channel(f"json://{server.host}:{server.port}/in"), MESSAGE)
    assert (result.is_sent, result.is_permanent, result.retry_after) == (False, False, timedelta(minutes=5))


def nobody() -> str:
    """Where nothing listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{unused.getsockname()[1]}"


SECRET = "tk-5f3e9a1c77"
SECRETIVE = {
    "webhook": f"webhook://user:{SECRET}@HOST/{SECRET}?token={SECRET}",
    "json": f"json://user:{SECRET}@HOST/{SECRET}",
    "ntfy": f"ntfy://user:{SECRET}@HOST/{SECRET}",
    "mail": f"mailto://user:{SECRET}@HOST?smtp=127.0.0.1&from=a@example.org&to={SECRET}@example.org",
}


def refuse(request: Received) -> Reply:
    return html(f"you said {request.path} {request.headers.get('authorization')}", status=500)


@pytest.mark.parametrize("kind", SECRETIVE)
@pytest.mark.parametrize("is_up", [True, False], ids=["up", "down"])
def test_a_failure_tells_why_and_nothing_of_the_address(
    kind: str, is_up: bool, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with serve(refuse) as server:
        there = f"{server.host}:{server.port}" if is_up and kind != "mail" else nobody()
        result = send(channel(SECRETIVE[kind].replace("HOST", there)), MESSAGE)
    assert (result.is_sent, result.is_permanent) == (False, False)
    assert result.error
    everything = "".join((repr(result), caplog.text, *capfd.readouterr()))
    assert SECRET not in everything
    assert there not in everything


@pytest.mark.parametrize("url", ["nosuch://a-secret-topic", "mailto://", "webhook://", "webhook:///a-secret-topic", "discord://x", "dbus://[::1a-secret-topic"])  # fmt: skip
def test_an_address_of_no_use_is_a_lasting_failure_that_does_not_quote_it(url: str) -> None:
    result = send(channel(url), MESSAGE)
    assert (result.is_sent, result.is_permanent) == (False, True)
    assert "a-secret-topic" not in repr(result)


def test_a_channel_with_a_problem_says_it_for_every_message() -> None:
    result = send(Channel(name="phone", problem="it has no address"), MESSAGE)
    assert result == SendResult(
        is_sent=False, error="the channel phone is not usable: it has no address", is_permanent=True
    )


def test_a_mail_that_the_server_refuses_comes_again_later() -> None:
    with mail_server() as box:
        box.answer = "451 try again later"
        result = send(channel(box.url()), MESSAGE)
    assert (result.is_sent, result.is_permanent) == (False, False)
    assert result.error


def test_a_channel_shows_nothing_of_its_address() -> None:
    assert SECRET not in repr(channel(SECRETIVE["ntfy"])) + str(channel(SECRETIVE["ntfy"]).url)
