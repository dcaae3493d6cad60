import socket
import ssl
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.retry_after import retry_after
from pricewatch_pipeline.errors import ForbiddenAddress
from pricewatch_pipeline.fetching.guard import RefusedConnection
from pricewatch_pipeline.fetching.outcomes import outcome_of_error, outcome_of_status, sentence_of_status

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, {}, Outcome.OK),
        (200, {"content-type": "text/html; charset=utf-8"}, Outcome.OK),
        (200, {"content-type": "TEXT/HTML"}, Outcome.OK),
        (200, {"content-type": "html"}, Outcome.OK),
        (200, {"content-type": "application/xhtml+xml"}, Outcome.OK),
        (200, {"content-type": "application/ld+json"}, Outcome.OK),
        (200, {"content-type": "application/pdf"}, Outcome.NOT_A_PRODUCT),
        (200, {"content-type": "image/png"}, Outcome.NOT_A_PRODUCT),
        (200, {"content-type": "application/octet-stream"}, Outcome.NOT_A_PRODUCT),
        (200, {"cf-mitigated": "challenge"}, Outcome.BLOCKED),
        (202, {"x-amzn-waf-action": "challenge"}, Outcome.BLOCKED),
        (203, {}, Outcome.OK),
        (300, {}, Outcome.TRANSPORT),
        (302, {}, Outcome.TRANSPORT),
        (304, {}, Outcome.NOT_MODIFIED),
        (400, {}, Outcome.TRANSPORT),
        (401, {}, Outcome.LOGIN),
        (403, {}, Outcome.BLOCKED),
        (404, {"content-type": "application/pdf"}, Outcome.NOT_FOUND),
        (405, {"x-amzn-waf-action": "captcha"}, Outcome.BLOCKED),
        (407, {}, Outcome.LOGIN),
        (408, {}, Outcome.TIMEOUT),
        (410, {}, Outcome.GONE),
        (418, {}, Outcome.TRANSPORT),
        (429, {}, Outcome.RATE_LIMITED),
        (451, {}, Outcome.BLOCKED),
        (500, {}, Outcome.TRANSPORT),
        (502, {}, Outcome.TRANSPORT),
        (503, {}, Outcome.TRANSPORT),
        (503, {"retry-after": "5"}, Outcome.RATE_LIMITED),
        (999, {}, Outcome.BLOCKED),
    ],
)
def test_each_status_has_its_outcome(status, headers, expected):
    assert outcome_of_status(status, headers) is expected


@given(st.integers(min_value=100, max_value=999))
def test_every_failing_status_has_a_sentence_and_no_success_has(status):
    outcome = outcome_of_status(status, {})
    sentence = sentence_of_status(outcome, url="https://shop.example/", status=status, headers={})
    assert (sentence is None) == outcome.is_success


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", timedelta(seconds=120)),
        (" 120 ", timedelta(seconds=120)),
        ("Sun, 01 Mar 2026 12:05:00 GMT", timedelta(minutes=5)),
        ("Sun, 01 Mar 2026 12:05:00 -0000", timedelta(minutes=5)),
        ("Sunday, 01-Mar-26 12:05:00 GMT", timedelta(minutes=5)),
        ("31536000", timedelta(days=1)),
        ("9" * 5000, None),
        ("31708800", None),
        ("Sun, 01 Mar 2099 12:05:00 GMT", None),
        ("0", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("soon", None),
        ("", None),
        ("Sun, 01 Mar 2020 12:05:00 GMT", None),
        ("Sun, 99 Mar 2026 99:99:99 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date_and_bounded(value, expected):
    assert retry_after({"retry-after": value}, NOW) == expected


def test_no_retry_after_is_none():
    assert retry_after({}, NOW) is None


@given(st.text())
def test_retry_after_never_raises(value):
    wait = retry_after({"retry-after": value}, NOW)
    assert wait is None or timedelta(0) < wait <= timedelta(days=1)


@pytest.mark.parametrize(
    ("cause", "outcome", "words"),
    [
        (RefusedConnection("10.0.0.1:80 is refused"), Outcome.FORBIDDEN_ADDRESS, "10.0.0.1:80 is refused"),
        (ForbiddenAddress("no"), Outcome.FORBIDDEN_ADDRESS, "no"),
        (TimeoutError(), Outcome.TIMEOUT, "did not answer in time"),
        (socket.gaierror(-2, "Name or service not known"), Outcome.TRANSPORT, "cannot be resolved (Name or service"),
        (ConnectionRefusedError(111, "Connection refused"), Outcome.TRANSPORT, "refuses connections"),
        (ConnectionResetError(104, "Connection reset by peer"), Outcome.TRANSPORT, "closed the connection"),
        (ssl.SSLError(1, "wrong version number"), Outcome.TRANSPORT, "does not speak TLS"),
        (ssl.SSLCertVerificationError(1, "self-signed certificate"), Outcome.TRANSPORT, "certificate"),
        (ValueError("Invalid IDNA hostname"), Outcome.FORBIDDEN_ADDRESS, "not a usable address"),
        (OSError(101, "Network is unreachable"), Outcome.TRANSPORT, "Network is unreachable"),
    ],
)
def test_an_exception_is_judged_by_its_cause_and_not_by_the_class_around_it(cause, outcome, words):
    around = aiohttp.ClientConnectionError("whatever")
    around.__cause__ = cause
    found, sentence = outcome_of_error(around, "https://shop.example/x")
    assert found is outcome
    assert words in sentence
