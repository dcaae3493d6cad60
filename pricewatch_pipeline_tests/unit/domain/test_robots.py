"""RFC 9309, section 2.3.1 and 2.4, case by case: what an answer to /robots.txt makes of what is known."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.domain.robots import (
    MOST_BYTES,
    RobotsFile,
    crawl_delay,
    learnt,
    robots_request,
    robots_site,
)
from pricewatch_pipeline.errors import ForbiddenAddress

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SITE = "https://shop.example"
RULES = "User-agent: *\nDisallow: /cart\n"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def page(outcome=Outcome.OK, *, status=200, body=b"", error=None, **fields):
    url = f"{SITE}/robots.txt"
    error = error or (None if outcome.is_success else "it failed")
    return Page(
        request=PageRequest(url=url), outcome=outcome, final_url=url, status=status, body=body, error=error, **fields
    )


def known(body=RULES, **fields):
    facts = {"outcome": Outcome.OK, "status": 200, "fetched_at": NOW - DAY, "etag": '"1"'}
    return RobotsFile(
        **{"site": SITE, "tried_at": NOW - DAY, "expires_at": NOW, "body": body, **facts, **fields},
    )


def after(answer, before=None, *, now=NOW):
    return learnt(SITE, answer, before, now=now)


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://Shop.Example/p/1?q=2", "https://shop.example"),
        ("HTTPS://shop.example:443/", "https://shop.example"),
        ("http://shop.example:443/", "http://shop.example:443"),
        ("http://www.shop.example:8080/", "http://www.shop.example:8080"),
        ("http://[2001:db8::1]:8080/", "http://[2001:db8::1]:8080"),
    ],
)
def test_a_site_is_scheme_host_and_port(url, site):
    assert robots_site(url) == site


@pytest.mark.parametrize("url", ["ftp://shop.example/", "shop.example", "https://a@shop.example/", "https://a\\b/"])
def test_what_is_no_address_of_a_page_has_no_site(url):
    with pytest.raises(ForbiddenAddress):
        robots_site(url)


def test_a_file_is_kept_with_its_etag():
    file = after(page(body=RULES.encode(), headers={"etag": '"7"'}))
    assert (file.body, file.etag, file.fetched_at, file.problem) == (RULES, '"7"', NOW, None)
    assert not file.is_unreachable
    assert robots_request(SITE, file).headers["if-none-match"] == '"7"'


@pytest.mark.parametrize("etag", ["", "é", "a b", "x" * 500, "a\r\nb"])
def test_an_etag_that_could_not_be_sent_back_is_not_kept(etag):
    assert after(page(body=RULES.encode(), headers={"etag": etag})).etag is None


def test_robots_txt_is_asked_for_plainly_and_never_with_a_browser():
    request = robots_request(SITE, None)
    assert (request.url, request.fetcher, request.is_cut, request.is_file) == (f"{SITE}/robots.txt", "http", True, True)
    assert "if-none-match" not in request.headers


def test_a_byte_order_mark_does_not_hide_the_first_line():
    assert after(page(body=b"\xef\xbb\xbf" + RULES.encode())).body == RULES


def test_bytes_that_are_no_utf_8_cost_their_own_characters():
    assert after(page(body=RULES.encode() + b"Disallow: /\xff\0\n")).body == RULES + "Disallow: /\ufffd\ufffd\n"


def test_a_file_longer_than_we_read_ends_with_its_last_whole_line():
    line = b"Disallow: /private\n"
    body = (b"User-agent: *\n" + line * (MOST_BYTES // len(line) + 1))[:MOST_BYTES]
    assert not body.endswith(b"\n")
    file = after(page(body=body))
    assert file.body.endswith("Disallow: /private\n")
    assert len(body) - len(line) < len(file.body) < len(body)


@pytest.mark.parametrize("body", [b"", b"<!doctype html><p>Disallow: /</p>", b"\x89PNG\r\n\x1a\n\0\0", b"\xff" * 1000])
def test_a_body_without_any_valid_line_forbids_nothing(body):
    file = after(page(body=body), known())
    assert (file.body, file.problem, file.is_unreachable) == ("", None, False)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, Outcome.TRANSPORT),
        (401, Outcome.LOGIN),
        (403, Outcome.BLOCKED),
        (404, Outcome.NOT_FOUND),
        (408, Outcome.TIMEOUT),
        (410, Outcome.GONE),
        (451, Outcome.BLOCKED),
    ],
)
def test_a_4xx_means_that_there_are_no_rules_any_more(status, outcome):
    file = after(page(outcome, status=status, body=b"<html>"), known())
    assert (file.body, file.problem, file.is_unreachable, file.expires_at) == (None, None, False, NOW + DAY)


UNREACHABLE = [
    (429, Outcome.RATE_LIMITED),
    (403, Outcome.RATE_LIMITED),  # as the SEC does
    (404, Outcome.RATE_LIMITED),
    (500, Outcome.TRANSPORT),
    (503, Outcome.RATE_LIMITED),
    (599, Outcome.TRANSPORT),
    (999, Outcome.BLOCKED),
    (302, Outcome.TRANSPORT),
    (302, Outcome.FORBIDDEN_ADDRESS),
    (200, Outcome.TRANSPORT),
    (200, Outcome.TIMEOUT),
    (200, Outcome.RATE_LIMITED),
    (None, Outcome.TRANSPORT),
    (None, Outcome.TIMEOUT),
    (None, Outcome.FORBIDDEN_ADDRESS),
]


@pytest.mark.parametrize(("status", "outcome"), UNREACHABLE)
def test_what_does_not_answer_is_unreachable_and_nothing_may_be_fetched(status, outcome):
    file = after(page(outcome, status=status))
    assert file.is_unreachable
    assert (file.outcome, file.problem, file.body) == (outcome, "it failed", None)
    assert file.expires_at == NOW + timedelta(minutes=5)


@pytest.mark.parametrize(("status", "outcome"), UNREACHABLE)
def test_a_copy_goes_on_counting_while_the_file_is_unreachable(status, outcome):
    before = known()
    file = after(page(outcome, status=status), before)
    assert not file.is_unreachable
    assert (file.body, file.etag, file.fetched_at) == (before.body, before.etag, before.fetched_at)
    assert file.problem == "it failed"


def test_not_modified_confirms_the_copy():
    file = after(page(Outcome.NOT_MODIFIED, status=304), known(problem="it failed", unreachable_since=NOW - HOUR))
    assert (file.body, file.fetched_at, file.problem, file.unreachable_since) == (RULES, NOW, None, None)


@pytest.mark.parametrize("before", [None, known(None, status=404, outcome=Outcome.NOT_FOUND)])
def test_not_modified_without_a_copy_is_a_failure_of_the_site(before):
    file = after(page(Outcome.NOT_MODIFIED, status=304), before)
    assert file.is_unreachable
    assert file.outcome is Outcome.TRANSPORT
    assert "answered 304" in file.problem


@pytest.mark.parametrize("outcome", [Outcome.BLOCKED, Outcome.CONSENT, Outcome.LOGIN, Outcome.NOT_FOUND])
def test_a_wall_that_answers_200_forbids_nothing_and_takes_no_copy_away(outcome):
    wall = page(outcome, body=b"<html><title>Just a moment...</title>")
    assert (after(wall).body, after(wall).is_unreachable) == (None, False)
    assert after(wall, known()).body == RULES


def test_a_robots_txt_that_looks_like_a_wall_is_a_robots_txt():
    file = after(page(Outcome.BLOCKED, body=b"User-agent: *\nDisallow: /captcha\n"))
    assert (file.body, file.outcome) == ("User-agent: *\nDisallow: /captcha\n", Outcome.OK)


def test_it_is_tried_again_after_a_while_that_doubles():
    file, now, waits = None, NOW, []
    for _ in range(10):
        file = after(page(Outcome.TIMEOUT, status=None), file, now=now)
        waits.append((file.expires_at - now) // timedelta(minutes=1))
        now = file.expires_at
    assert waits == [5, 5, 10, 20, 40, 80, 160, 240, 240, 240]


@pytest.mark.parametrize(
    ("asked", "wait"), [(None, 5), (timedelta(seconds=1), 5), (2 * HOUR, 120), (timedelta(days=400), 24 * 60)]
)
def test_retry_after_is_kept_within_a_day(asked, wait):
    file = after(page(Outcome.RATE_LIMITED, status=429, retry_after=asked))
    assert file.expires_at == NOW + timedelta(minutes=wait)


def failing_for(days):
    return known(None, problem="it failed", tried_at=NOW - HOUR, unreachable_since=NOW - timedelta(days=days))


def test_after_30_days_without_a_copy_nothing_is_forbidden_any_more():
    assert after(page(Outcome.TIMEOUT), failing_for(29)).is_unreachable
    assert not after(page(Outcome.TIMEOUT), failing_for(30)).is_unreachable


def test_a_month_in_which_nobody_asked_is_no_month_of_failures():
    file = after(page(Outcome.TIMEOUT), replace(failing_for(40), tried_at=NOW - timedelta(days=39)))
    assert (file.is_unreachable, file.unreachable_since) == (True, NOW)


@pytest.mark.parametrize(
    ("headers", "age"),
    [
        ({}, DAY),
        ({"cache-control": "public, max-age=7200"}, 2 * HOUR),
        ({"cache-control": 'MAX-AGE="7200"'}, 2 * HOUR),
        ({"cache-control": "max-age=5"}, HOUR),
        ({"cache-control": "max-age=99999999999999999999999"}, DAY),
        ({"cache-control": "max-age=-5"}, DAY),
        ({"cache-control": "no-cache, max-age=7200"}, HOUR),
        ({"cache-control": "no-store"}, HOUR),
        ({"cache-control": "private", "expires": "Sun, 01 Mar 2026 15:00:00 GMT"}, 3 * HOUR),
        ({"cache-control": "max-age=7200", "expires": "Sun, 01 Mar 2026 15:00:00 GMT"}, 2 * HOUR),
        ({"expires": "Sun, 01 Mar 2099 15:00:00 GMT"}, DAY),
        ({"expires": "Sun, 01 Mar 2020 15:00:00 GMT"}, HOUR),
        ({"expires": "0"}, HOUR),
        ({"expires": "soon"}, HOUR),
    ],
)
def test_a_file_is_good_for_as_long_as_it_says_within_an_hour_and_a_day(headers, age):
    assert after(page(body=RULES.encode(), headers=headers)).expires_at == NOW + age


@given(st.text(), st.text())
def test_no_header_breaks_the_age(control, expires):
    file = after(page(headers={"cache-control": control, "expires": expires}))
    assert HOUR <= file.expires_at - NOW <= DAY


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (None, None),
        (0, None),
        (-1, None),
        (0.5, timedelta(seconds=0.5)),
        (10, timedelta(seconds=10)),
        (7200, HOUR),
        (86_400, HOUR),
        (86_401, None),
        (1e300, None),
        (float("inf"), None),
        (float("nan"), None),
    ],
)
def test_an_absurd_crawl_delay_is_ignored_and_a_long_one_bounded(seconds, expected):
    assert crawl_delay(seconds) == expected
