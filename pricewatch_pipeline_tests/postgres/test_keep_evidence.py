"""Evidence: what is kept of a page, where it lies, and that no check is lost when it cannot lie there."""

import hashlib
import logging
import os
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pricewatch_pipeline.domain.checks import FinishedCheck
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.errors import EvidenceUnavailable
from pricewatch_pipeline.services.check_watches import SilentObserver, check_due, check_now
from pricewatch_pipeline.services.keep_evidence import EvidenceKeeper, read_page
from pricewatch_pipeline.services.make_dictionaries import make_dictionaries
from pricewatch_pipeline.services.place_pages import PagePlace
from pricewatch_pipeline.storage import pages
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.evidence import keep, page, record_checks, shop_page
from pricewatch_pipeline_tests.support.loopback import serve
from pricewatch_pipeline_tests.support.shop import engine_on, product, store_watches, watches_on

Rows = Callable[..., list[dict[str, Any]]]
HOST = "shop.example"


def stored_and_read(
    database: Database, keeper: EvidenceKeeper, stored: list[Any], url: str | None = None
) -> list[bytes]:
    placed = keeper.place(stored)
    database.run(lambda connection: pages.store(connection, placed))
    place = PagePlace(url) if url else None
    return [read_page(database, place, each.sha256) or b"" for each in stored]


def test_a_page_and_its_picture_are_read_as_they_were(database: Database, rows: Rows) -> None:
    keeper = EvidenceKeeper(database, pages_url=None)
    fetched = page(shop_page(1), screenshot=b"\x89PNG\r\n\x1a\n picture")
    stored = [keeper.compress(fetched, host=HOST), keeper.compress_screenshot(fetched)]
    assert stored_and_read(database, keeper, stored) == [fetched.body, fetched.screenshot]
    found = rows(
        "SELECT media_type, body_bytes, stored_bytes, octet_length(content) AS n FROM pricewatch.pages ORDER BY 1"
    )
    assert [row["media_type"] for row in found] == ["image/png", "text/html"]
    assert all(row["stored_bytes"] == row["n"] for row in found)
    assert found[1]["stored_bytes"] < found[1]["body_bytes"] / 2


def test_where_there_is_nothing_nothing_is_kept(database: Database) -> None:
    keeper = EvidenceKeeper(database, pages_url=None)
    assert keeper.compress(page(b""), host=HOST) is None
    assert keeper.compress_screenshot(page(b"x")) is None
    database.run(lambda connection: pages.store(connection, keeper.place([])))


def test_a_page_is_kept_without_its_cookies_and_named_by_what_is_kept(database: Database) -> None:
    keeper = EvidenceKeeper(database, pages_url=None)
    stored = keeper.compress(page(b"<p>Hello visitor42", cookie_values=frozenset({"visitor42"})), host=HOST)
    assert stored is not None
    assert stored.sha256 == hashlib.sha256(b"<p>Hello [cut]").digest()
    assert stored_and_read(database, keeper, [stored]) == [b"<p>Hello [cut]"]


def test_a_page_that_is_seen_again_is_kept_once_and_is_young_again(database: Database, rows: Rows) -> None:
    keep(database, [b"<p>1", b"<p>2"])
    rows(
        "UPDATE pricewatch.pages SET last_seen_at = now() - interval '9 days', first_seen_at = now() - interval '9 days'"
    )
    keep(database, [b"<p>1", b"<p>1"])
    assert rows("""
        SELECT count(*) AS n, count(*) FILTER (WHERE last_seen_at > now() - interval '1 minute') AS young,
               count(*) FILTER (WHERE first_seen_at > now() - interval '1 day') AS new FROM pricewatch.pages
    """) == [{"n": 2, "young": 1, "new": 0}]


def test_a_media_type_of_anything_is_kept(database: Database) -> None:
    keeper = EvidenceKeeper(database, pages_url=None)
    odd = "text/\x00\udc80" + "x" * 10_000
    stored = keeper.compress(page(b"<p>1", headers={"content-type": odd}), host=HOST)
    assert stored_and_read(database, keeper, [stored]) == [b"<p>1"]


async def test_pages_of_a_host_with_a_dictionary_take_little_room_and_are_read_by_it(
    database: Database, rows: Rows
) -> None:
    record_checks(database, "lamp", keep(database, [shop_page(n) for n in range(6)]))
    assert make_dictionaries(database, None) == 1
    keeper = EvidenceKeeper(database, pages_url=None)
    await keeper.prepare_for([HOST, "other.example", HOST])
    bodies = [shop_page(n) for n in range(100, 120)]
    with ThreadPoolExecutor(8) as threads:
        stored = list(threads.map(lambda body: keeper.compress(page(body), host=HOST), bodies))
    assert {each.dictionary_id for each in stored if each} == {
        row["dictionary_id"] for row in rows("SELECT * FROM pricewatch.page_dictionaries")
    }
    assert stored_and_read(database, keeper, stored) == bodies
    plain = keeper.compress(page(bodies[0]), host="other.example")
    assert plain is not None
    assert stored[0] is not None
    assert plain.dictionary_id is None
    assert stored[0].stored_bytes < plain.stored_bytes / 5


async def test_a_page_whose_dictionary_is_gone_is_not_kept_and_the_others_are(database: Database, rows: Rows) -> None:
    record_checks(database, "lamp", keep(database, [shop_page(n) for n in range(4)]))
    make_dictionaries(database, None)
    keeper = EvidenceKeeper(database, pages_url=None)
    await keeper.prepare_for([HOST])
    rows("DELETE FROM pricewatch.page_dictionaries")
    stored = [keeper.compress(page(shop_page(9)), host=HOST), keeper.compress(page(b"<p>"), host="other.example")]
    assert stored_and_read(database, keeper, stored) == [b"", b"<p>"]


def test_where_it_saves_too_little_there_is_no_dictionary(database: Database) -> None:
    noise = random.Random(1)
    record_checks(database, "lamp", keep(database, [noise.randbytes(5_000) for _ in range(6)]))
    assert make_dictionaries(database, None) == 0


def test_a_host_with_a_young_dictionary_gets_no_other(database: Database, rows: Rows) -> None:
    record_checks(database, "lamp", keep(database, [shop_page(n) for n in range(6)]))
    assert [make_dictionaries(database, None), make_dictionaries(database, None)] == [1, 0]
    rows("UPDATE pricewatch.page_dictionaries SET created_at = now() - interval '8 days'")
    assert make_dictionaries(database, None) == 0, "it would save no more than the one that there is"


def test_contents_lie_in_a_folder_when_the_settings_say_so(database: Database, tmp_path: Path, rows: Rows) -> None:
    url = (tmp_path / "pages").as_uri()
    keeper = EvidenceKeeper(database, pages_url=url)
    stored = [keeper.compress(page(shop_page(n)), host=HOST) for n in range(3)]
    assert stored_and_read(database, keeper, stored, url) == [shop_page(n) for n in range(3)]
    assert stored_and_read(database, keeper, stored, url) == [shop_page(n) for n in range(3)], "a repeat is harmless"
    files = {str(path.relative_to(tmp_path / "pages")): path.stat().st_size for path in tmp_path.glob("pages/*/*")}
    found = rows("SELECT location, stored_bytes, content FROM pricewatch.pages")
    assert {row["location"]: row["stored_bytes"] for row in found} == files
    assert {row["content"] for row in found} == {None}


def test_a_page_outside_is_told_apart_from_one_that_is_gone(database: Database, tmp_path: Path) -> None:
    url = (tmp_path / "pages").as_uri()
    (sha256,) = keep(database, [b"<p>1"], pages_url=url)
    with pytest.raises(EvidenceUnavailable, match="PRICEWATCH_PAGES_URL"):
        read_page(database, None, sha256)
    next(tmp_path.glob("pages/*/*")).unlink()
    assert read_page(database, PagePlace(url), sha256) is None


@pytest.mark.parametrize("url", ["{file}/pages", "nonsense://place", "s3://no-such-bucket-here/x"])
def test_what_cannot_be_placed_goes_into_the_database_and_is_warned_of_once(
    url: str, database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    (tmp_path / "file").write_text("no folder")
    keeper = EvidenceKeeper(database, pages_url=url.format(file=(tmp_path / "file").as_uri()))
    stored = [keeper.compress(page(shop_page(n)), host=HOST) for n in range(2)]
    with caplog.at_level(logging.WARNING):
        assert stored_and_read(database, keeper, stored[:1]) == [shop_page(0)]
        assert stored_and_read(database, keeper, stored[1:]) == [shop_page(1)]
    (warning,) = [record.getMessage() for record in caplog.records if record.name.startswith("pricewatch")]
    assert "pages are kept in the database for now" in warning
    assert "PRICEWATCH_PAGES_URL" in warning


def test_no_password_of_the_location_is_told() -> None:
    with pytest.raises(EvidenceUnavailable) as said:
        PagePlace("nonsense://ann:s3cret@host/pages").examine()
    assert "s3cret" not in str(said.value)
    assert os.environ.get("PRICEWATCH_PAGES_URL") is None


def test_a_page_that_was_damaged_outside_is_said_to_be(database: Database, tmp_path: Path) -> None:
    place = PagePlace(tmp_path.as_uri())
    keeper = EvidenceKeeper(database, pages_url=tmp_path.as_uri())
    stored = keeper.compress(page(shop_page(1)), host=HOST)
    assert stored is not None
    (placed,) = keeper.place([stored])
    database.run(lambda connection: pages.store(connection, [placed]))
    (file,) = tmp_path.glob("*/*")
    file.write_bytes(stored.content[:100])
    with pytest.raises(EvidenceUnavailable, match="is not what was kept any more"):
        read_page(database, place, stored.sha256)


def test_who_is_told_of_stored_checks_gets_no_pages_to_keep(database: Database, rows: Rows) -> None:
    class Collector(SilentObserver):
        def __init__(self) -> None:
            self.told: list[FinishedCheck] = []

        def stored(self, checks: Sequence[FinishedCheck]) -> None:
            self.told.extend(checks)

    collector = Collector()
    with serve(lambda _: product()) as shop:
        store_watches(database, watches_on(shop.base_url, 1))
        check_due(engine_on(database), observer=collector)
        (result,) = check_now(engine_on(database), ["w0"]).results
    assert [(check.outcome, check.page) for check in (*collector.told, result)] == [(Outcome.OK, None)] * 2
    assert len(rows("SELECT FROM pricewatch.checks WHERE page_sha256 IS NOT NULL")) == 2
