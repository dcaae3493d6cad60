"""Settings are read whatever stands where the session file should."""

from pathlib import Path

import pytest

from pricewatch_pipeline.settings import SESSION_FILE, load_settings, read_session


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe\x00", b"[]", b"null", b"{}", b'{"pid": "x", "started": 1}', b'{"pid": -1}']
)
def test_a_session_file_that_says_nothing_is_no_session(tmp_path: Path, content: bytes) -> None:
    (tmp_path / SESSION_FILE).write_bytes(content)
    assert read_session(tmp_path / SESSION_FILE) is None


def test_a_home_that_is_a_file_leaves_the_error_to_who_writes_there(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.touch()
    assert load_settings(home=home).home == home


def test_a_folder_in_the_place_of_the_session_file_is_no_session(tmp_path: Path) -> None:
    (tmp_path / SESSION_FILE).mkdir()
    assert read_session(tmp_path / SESSION_FILE) is None
