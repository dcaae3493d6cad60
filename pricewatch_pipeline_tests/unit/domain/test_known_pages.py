"""When a page may be asked for as `not modified`, and what is remembered of one that was read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pricewatch_pipeline.domain.browsing import Browsing
from pricewatch_pipeline.domain.checks import KnownPage
from pricewatch_pipeline.domain.known_pages import (
    FULL_READ_EVERY,
    conditional_headers,
    fingerprint,
    freshness_headers,
    is_same,
    is_stale,
    is_usable,
    known_after,
)
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.domain.watches import ProxyPlan, Store, Strategy, Watch

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
URL = "https://shop.example/lamp"
WATCH = Watch(watch_id="lamp", provider="retail", query={"url": URL}, host="shop.example", url=URL)
STORE = Store(store_id="shop", domains=("shop.example",))


def page(body: bytes = b"<p>19.99", outcome: Outcome = Outcome.OK, **headers: str) -> Page:
    return Page(
        request=PageRequest(url=URL, may_be_unchanged=True),
        outcome=outcome,
        final_url=URL,
        status=200,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        body=body,
    )


def known(**fields: object) -> KnownPage:
    found = known_after(page(etag='"v1"', last_modified="Sun, 22 Nov 2026 08:00:00 GMT"), read_with="me", read_at=NOW)
    assert found is not None
    return replace(found, **fields)  # type: ignore[arg-type]


def test_what_was_read_is_carried_on_when_nothing_it_depends_on_has_changed() -> None:
    assert is_usable(known(), url=URL, read_with="me", now=NOW + timedelta(hours=6))


@pytest.mark.parametrize(
    ("url", "read_with", "later"),
    [
        (URL + "?variant=2", "me", timedelta(hours=1)),
        (URL, "another version", timedelta(hours=1)),
        (URL, "me", FULL_READ_EVERY),
        (URL, "me", timedelta(hours=-1)),
    ],
)
def test_another_page_another_reader_or_a_long_time_make_a_page_worth_reading_again(
    url: str, read_with: str, later: timedelta
) -> None:
    assert not is_usable(known(), url=url, read_with=read_with, now=NOW + later)


def test_a_page_never_read_is_not_usable() -> None:
    assert not is_usable(None, url=URL, read_with="me", now=NOW)


def test_both_validators_are_sent_back_as_they_came() -> None:
    assert conditional_headers(known()) == {
        "if-none-match": '"v1"',
        "if-modified-since": "Sun, 22 Nov 2026 08:00:00 GMT",
    }
    assert conditional_headers(known(etag=None, last_modified=None)) == {}


@pytest.mark.parametrize("etag", ["", "ü", "a\nb", "x" * 1001])
def test_a_validator_that_cannot_be_sent_back_is_not_kept(etag: str) -> None:
    found = known_after(page(etag=etag), read_with="me", read_at=NOW)
    assert found is not None
    assert conditional_headers(found) == {}


@pytest.mark.parametrize(
    "read",
    [
        replace(page(etag='"v1"', last_modified="today"), final_url="https://shop.example/another-lamp"),
        replace(page(etag='"v1"'), request=PageRequest(url=URL, may_be_unchanged=True, fetcher="browser")),
    ],
    ids=["behind a redirect", "made by scripts"],
)
def test_validators_of_what_was_not_sent_from_that_very_address_are_not_kept(read: Page) -> None:
    kept = known_after(read, read_with="me", read_at=NOW)
    assert kept is not None
    assert conditional_headers(kept) == {}
    assert is_same(kept, read)


def test_a_page_is_the_same_when_its_bytes_are() -> None:
    assert is_same(known(), page())
    assert not is_same(known(), page(b"<p>18.99"))
    assert not is_same(known(), page(outcome=Outcome.BLOCKED))


@pytest.mark.parametrize("outcome", [Outcome.NOT_MODIFIED, Outcome.BLOCKED, Outcome.NOT_FOUND])
def test_only_a_page_that_was_read_is_remembered(outcome: Outcome) -> None:
    assert known_after(page(outcome=outcome), read_with="me", read_at=NOW) is None


def test_a_provider_that_needs_its_pages_in_full_gets_them() -> None:
    whole = page()
    assert known_after(replace(whole, request=PageRequest(url=URL)), read_with="me", read_at=NOW) is None


@pytest.mark.parametrize(
    ("age", "is_too_old"),
    [("3600", False), ("3601", True), ("9" * 40, True), ("", False), ("soon", False), ("-1", False), ("٣٦٠١", False)],
)
def test_an_answer_older_than_the_interval_is_stale(age: str, is_too_old: bool) -> None:
    assert is_stale({"age": age}, timedelta(hours=1)) is is_too_old
    assert not is_stale({"age": age}, None)


def test_caches_on_the_way_are_asked_for_nothing_older_than_the_interval() -> None:
    assert freshness_headers(timedelta(hours=1)) == {"cache-control": "max-age=3600"}
    assert freshness_headers(None) == {}


@pytest.mark.parametrize(
    ("watch", "store"),
    [
        (replace(WATCH, query={"url": URL, "variant": "red"}), STORE),
        (WATCH, None),
        (WATCH, replace(STORE, locale="de-DE")),
        (WATCH, replace(STORE, fetcher="browser")),
        (WATCH, replace(STORE, strategies={"price": (Strategy(kind="css", expression=".price"),)})),
        (WATCH, replace(STORE, browsing=Browsing(wait_for=".price", blocked=frozenset()))),
    ],
)
def test_whatever_a_reading_depends_on_changes_its_fingerprint(watch: Watch, store: Store | None) -> None:
    assert fingerprint("1.0", watch, store) != fingerprint("1.0", WATCH, STORE)


def test_the_way_a_page_is_reached_does_not_change_what_is_read() -> None:
    through = replace(STORE, proxies=ProxyPlan(names=("home",)))
    assert fingerprint("1.0", WATCH, through) == fingerprint("1.0", WATCH, STORE)
    assert fingerprint("1.1", WATCH, STORE) != fingerprint("1.0", WATCH, STORE)
