"""Evidence stays within its bounds: in the database, in a folder, and on a real S3 interface."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import fsspec
import pytest
from moto.server import ThreadedMotoServer

from pricewatch_pipeline.services.keep_evidence import read_page
from pricewatch_pipeline.services.make_dictionaries import make_dictionaries
from pricewatch_pipeline.services.place_pages import SHARDS, PagePlace
from pricewatch_pipeline.services.tidy_pages import SWEPT_SHARDS, PagesReport, tidy_pages
from pricewatch_pipeline.settings import load_settings
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.evidence import keep, record_checks, shop_page

Rows = Callable[..., list[dict[str, Any]]]
BUCKET = "evidence"
BODIES = [shop_page(n) for n in range(4)]


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A location on a real S3 interface on loopback, by the usual AWS variables."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "ann",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    yield f"s3://{BUCKET}/pages"
    server.stop()


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return (tmp_path / "pages").as_uri()


@pytest.fixture(params=["folder", "s3"])
def url(request: pytest.FixtureRequest) -> str:
    """A location, empty."""
    found: str = request.getfixturevalue(request.param)
    return found


def tidied(database: Database, pages_url: str | None, *, now: datetime | None = None, **settings: Any) -> PagesReport:
    return tidy_pages(database, load_settings(pages_url=pages_url, **settings), now=now)


def objects_at(url: str) -> list[str]:
    file_system, root = fsspec.core.url_to_fs(url)
    file_system.invalidate_cache()
    return sorted(path.removeprefix(root).strip("/") for path in file_system.find(root))


def locations(rows: Rows) -> list[str]:
    return [row["location"] for row in rows("SELECT location FROM pricewatch.pages ORDER BY location")]


def test_pages_are_kept_and_read_at_a_location(database: Database, url: str, rows: Rows) -> None:
    hashes = keep(database, BODIES, pages_url=url)
    keep(database, BODIES, pages_url=url)
    assert [read_page(database, PagePlace(url), sha256) for sha256 in hashes] == BODIES
    assert objects_at(url) == locations(rows)
    PagePlace(url).examine()
    assert objects_at(url) == locations(rows), "the probe is gone"


def test_old_pages_go_with_their_objects(database: Database, url: str, rows: Rows) -> None:
    keep(database, BODIES[:2], pages_url=url)
    rows("UPDATE pricewatch.pages SET last_seen_at = now() - interval '31 days'")
    young = keep(database, BODIES[2:], pages_url=url)
    report = tidied(database, url)
    assert (report.deleted, report.problems) == (2, [])
    assert len(objects_at(url)) == 2
    assert objects_at(url) == locations(rows)
    assert read_page(database, PagePlace(url), young[0]) == BODIES[2]


def test_the_size_counts_pages_outside_too(database: Database, folder: str, rows: Rows) -> None:
    noise = [os.urandom(300_000) for _ in range(5)]
    for body in noise:
        keep(database, [body], pages_url=folder)
    assert tidied(database, folder, page_max_mb=1).deleted == 2
    assert len(objects_at(folder)) == 3
    assert objects_at(folder) == locations(rows)


def test_a_file_that_no_page_needs_goes_within_eight_nights_and_not_on_its_first_day(
    database: Database, folder: str, tmp_path: Path, rows: Rows
) -> None:
    keep(database, BODIES, pages_url=folder)
    needed = locations(rows)
    orphans = [f"{shard:02x}/{shard:02x}{'0' * 62}" for shard in (0, 100, 255)]
    of_others = ["00/notes.txt", "readme"]
    for name in (*orphans, *of_others):
        path = tmp_path / "pages" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    nights = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(SHARDS // SWEPT_SHARDS)]
    assert sum(tidied(database, folder, now=night).orphans_deleted for night in nights) == 0
    two_days_ago = time.time() - 2 * 86_400
    for path in tmp_path.glob("pages/**/*"):
        os.utime(path, (two_days_ago, two_days_ago))
    assert sum(tidied(database, folder, now=night).orphans_deleted for night in nights) == 3
    assert objects_at(folder) == sorted([*needed, *of_others])


def test_objects_that_nobody_needs_are_found_on_s3(database: Database, s3: str) -> None:
    place = PagePlace(s3)
    keep(database, [b"<p>1"], pages_url=s3)
    found = [name for shard in range(SHARDS) for name in place.older_than(timedelta(seconds=-60), shard=shard)]
    assert found == objects_at(s3)
    place.delete([*found, "00/" + "0" * 64])
    assert objects_at(s3) == []


def test_a_location_that_fails_keeps_nothing_else_from_being_done(
    database: Database, tmp_path: Path, rows: Rows
) -> None:
    url = (tmp_path / "pages").as_uri()
    keep(database, BODIES, pages_url=url)
    rows("UPDATE pricewatch.pages SET last_seen_at = now() - interval '31 days'")
    report = tidied(database, "nonsense://place")
    assert report.deleted == 4
    assert all("nonsense://place" in problem for problem in report.problems)
    assert len(report.problems) == 2


def test_files_that_stay_behind_are_told_when_the_setting_is_gone(database: Database, folder: str, rows: Rows) -> None:
    keep(database, BODIES, pages_url=folder)
    rows("UPDATE pricewatch.pages SET last_seen_at = now() - interval '31 days'")
    assert "4 files" in tidied(database, None).problems[0]


def test_a_dictionary_is_made_of_pages_outside_and_stays_for_as_long_as_a_page_needs_it(
    database: Database, folder: str, rows: Rows
) -> None:
    record_checks(database, "lamp", keep(database, BODIES, pages_url=folder))
    assert tidied(database, folder).dictionaries_made == 1
    rows("UPDATE pricewatch.page_dictionaries SET created_at = now() - interval '90 days'")
    (dictionary,) = rows("SELECT dictionary_id, saved_ratio FROM pricewatch.page_dictionaries")
    assert dictionary["saved_ratio"] > 0.15
    rows(
        "UPDATE pricewatch.pages SET dictionary_id = :id WHERE location = (SELECT min(location) FROM pricewatch.pages)",
        id=dictionary["dictionary_id"],
    )
    assert tidied(database, folder).dictionaries_deleted == 0
    rows("UPDATE pricewatch.pages SET dictionary_id = NULL")
    rows("DELETE FROM pricewatch.checks")
    assert tidied(database, folder).dictionaries_deleted == 1


def test_a_dictionary_that_was_replaced_goes_when_no_page_needs_it_and_no_run_can_hold_it(
    database: Database, rows: Rows
) -> None:
    record_checks(database, "lamp", keep(database, BODIES))
    make_dictionaries(database, None)
    rows(
        "INSERT INTO pricewatch.page_dictionaries (host, content, saved_ratio) SELECT host, content, 0.5 FROM pricewatch.page_dictionaries"
    )
    rows("UPDATE pricewatch.page_dictionaries SET created_at = now() - interval '20 hours' * dictionary_id")
    assert tidied(database, None).dictionaries_deleted == 0, "the newer one is of yesterday: a run may hold the older"
    rows("UPDATE pricewatch.page_dictionaries SET created_at = created_at - interval '6 days'")
    newest = "SELECT dictionary_id FROM pricewatch.page_dictionaries ORDER BY created_at DESC LIMIT 1"
    kept = rows(newest)
    assert tidied(database, None).dictionaries_deleted == 1
    assert rows(newest) == kept
