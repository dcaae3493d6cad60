"""Settings are read whatever stands where the session file should."""

from pathlib import Path

import pytest

from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.settings import PRODUCT, SESSION_FILE, load_settings, read_session


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


def test_who_asks_is_said_beside_our_own_name_whatever_the_user_agent_of_shops_is() -> None:
    named = load_settings(contact=" Jane Doe jane@example.org ", user_agent="Mozilla/5.0")
    assert named.declared_user_agent == f"{PRODUCT} (Jane Doe jane@example.org)"
    assert load_settings(contact="  ").declared_user_agent is None


def test_a_contact_that_nobody_could_write_to_is_refused_with_what_it_must_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRICEWATCH_CONTACT", "Jane Doe")
    with pytest.raises(ConfigurationError, match=r"PRICEWATCH_CONTACT: .*must hold an e-mail address"):
        load_settings()
