import hashlib
import json
import stat
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.postgres.cli.conftest import Json, Run
from pricewatch_pipeline_tests.support.evidence import URL, keep, record_checks, slot_of

PAGES = [
    f"<!doctype html>\n<html lang=de><head><script>alert({n})</script><meta http-equiv=refresh content='0;url=/x'>"
    f"<title>t</title></head><body><h1>Lamp</h1><p>{n}.99 &euro;</p><form action=/buy></form></body></html>".encode()
    for n in range(3)
]


@pytest.fixture
def opened(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def hashes(opened: Database) -> list[bytes]:
    """Three checks of the watch `lamp` with a page each, oldest first."""
    found = keep(opened, PAGES)
    record_checks(opened, "lamp", found)
    return found


def test_the_checks_with_a_page_are_listed_by_names_that_show_takes(hashes: list[bytes], run: Run, ask: Json) -> None:
    listed = ask("page", "list", "lamp")
    assert [record["page_sha256"] for record in listed] == [sha256.hex() for sha256 in reversed(hashes)]
    for record, body in zip(listed, reversed(PAGES), strict=True):
        assert run("page", "show", record["check"], "--raw").stdout_bytes == body
    assert listed[0]["check"] in run("page", "list", "lamp").stdout


def test_a_page_is_found_by_watch_time_and_hash(hashes: list[bytes], run: Run, opened: Database) -> None:
    slot = slot_of(opened, hashes[0])
    names = [
        "lamp@" + slot.astimezone(UTC).strftime(form)
        for form in ("%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ")
    ]
    names += ["lamp@" + slot.astimezone().strftime("%Y-%m-%d %H:%M:%S"), hashes[0].hex()[:10], hashes[0].hex().upper()]
    assert [run("page", "show", name, "--raw").stdout_bytes for name in names] == [PAGES[0]] * len(names)
    assert run("page", "show", "lamp", "--raw").stdout_bytes == PAGES[2]


def test_show_says_what_is_known_and_what_a_person_reads(hashes: list[bytes], run: Run, ask: Json) -> None:
    shown = run("page", "show", "lamp").stdout
    assert all(part in shown for part in ("ok", URL, "200", "http", hashes[2].hex(), "Lamp\n2.99 €"))
    assert "alert" not in shown
    assert run("page", "show", "lamp", "--text").stdout == "Lamp\n2.99 €\n"
    assert ask("page", "show", "lamp")["text"] == "Lamp\n2.99 €"


def test_show_saves_files(hashes: list[bytes], run: Run, tmp_path: Path) -> None:
    assert run("page", "show", "lamp", "--output", str(tmp_path / "page.html")).exit_code == 0
    assert (tmp_path / "page.html").read_bytes() == PAGES[2]
    result = run("page", "show", "lamp", "--screenshot", str(tmp_path / "page.png"))
    assert (result.exit_code, "has no picture" in result.stderr) == (1, True)
    assert run("page", "show", "lamp", "--output", str(tmp_path)).exit_code == 1


def test_a_page_that_did_not_change_has_the_picture_of_when_it_was_read(
    opened: Database, run: Run, ask: Json, tmp_path: Path
) -> None:
    page, other, picture = keep(opened, [*PAGES[:2], b"\x89PNG a picture"])
    record_checks(opened, "lamp", [page, page, other])
    oldest = "slot_at = (SELECT min(slot_at) FROM pricewatch.checks)"
    for change in (
        "outcome = 'not_modified' WHERE screenshot_sha256 IS DISTINCT FROM :picture",
        f"outcome = 'ok', screenshot_sha256 = :picture WHERE {oldest}",
    ):
        statement = text(f"UPDATE pricewatch.checks SET {change}")
        opened.run(lambda connection, statement=statement: connection.execute(statement, {"picture": picture}))
    file = tmp_path / "page.png"
    third, second, _ = (record["check"] for record in ask("page", "list", "lamp"))
    assert run("page", "show", second, "--screenshot", str(file)).exit_code == 0
    assert file.read_bytes() == b"\x89PNG a picture"
    assert "has no picture" in run("page", "show", third, "--screenshot", str(file)).stderr


def test_open_makes_a_private_copy_that_does_nothing(
    hashes: list[bytes], run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    path = Path(run("page", "open", "lamp", "--print-path").stdout.strip())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    copy = path.read_text(encoding="utf-8-sig")
    assert copy.startswith("<!doctype html><!-- Kept by pricewatch.")
    assert copy.index("script-src 'none'") < copy.index("<script>")
    assert f'<base href="{URL}"' in copy
    assert "http-equiv=refresh" not in copy


def test_what_a_shop_calls_an_image_or_nothing_we_know_is_not_run(
    opened: Database, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    record_checks(opened, "lamp", keep(opened, [b"<svg onload=alert(1)>"]))
    _execute(opened, "UPDATE pricewatch.pages SET media_type = 'image/svg+xml'")
    assert run("page", "open", "lamp", "--print-path").stdout.strip().endswith("page.txt")


def test_a_page_that_was_deleted_says_for_how_long_pages_are_kept(
    hashes: list[bytes], run: Run, opened: Database
) -> None:
    name = f"lamp@{slot_of(opened, hashes[2]).astimezone(UTC):%Y-%m-%dT%H:%M}"
    _execute(opened, "DELETE FROM pricewatch.pages WHERE sha256 = %s", hashes[2])
    result = run("page", "show", name)
    assert result.exit_code == 1
    assert "is not kept any more. Pages are kept for 30 days and up to 1024 MB" in result.stderr
    assert "PRICEWATCH_PAGE_RETENTION_DAYS" in result.stderr
    assert run("page", "show", "lamp", "--raw").stdout_bytes == PAGES[1], "the newest that is kept"


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("lmap", "Did you mean lamp?"),
        ("lamp@1999", "no check of lamp with a page is of 1999"),
        ("abcdef0123", "no watch and no page that is kept has the name"),
        ("kettle", "it was never checked"),
    ],
)
def test_what_is_not_there_is_said(check: str, said: str, hashes: list[bytes], run: Run, opened: Database) -> None:
    record_checks(opened, "kettle", [])
    result = run("page", "show", check)
    assert result.exit_code == 1
    assert said in result.stderr.replace("\n", " ")


def test_a_check_by_hand_leaves_its_page(synced: Path, run: Run, ask: Json) -> None:
    run("check", "lamp", "gone")
    assert b"application/ld+json" in run("page", "show", "lamp", "--raw").stdout_bytes
    assert "A very good lamp" in run("page", "show", "lamp", "--text").stdout.replace("a very", "A very")
    sha256 = ask("page", "show", "lamp")["page_sha256"]
    assert hashlib.sha256(run("page", "show", sha256, "--raw").stdout_bytes).hexdigest() == sha256


def test_doctor_examines_where_pages_are_kept(
    hashes: list[bytes], run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found() -> dict[str, Any]:
        (finding,) = [each for each in json.loads(run("doctor", "--json").stdout) if each["subject"] == "pages"]
        return dict(finding)

    assert found()["verdict"] == "ok"
    assert "3 pages" in found()["what"]
    monkeypatch.setenv("PRICEWATCH_PAGES_URL", (tmp_path / "pages").as_uri())
    assert found()["verdict"] == "warn"
    assert "3 pages of the last day are in the database" in found()["what"]
    monkeypatch.setenv("PRICEWATCH_PAGES_URL", "nonsense://place")
    assert found()["verdict"] == "fail"


def _execute(database: Database, statement: str, *parameters: Any) -> None:
    work: Callable[[Any], Any] = lambda connection: connection.exec_driver_sql(statement, parameters or None)  # noqa: E731
    database.run(work)
