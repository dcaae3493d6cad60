"""Who may own the embedded server's folders."""

import os
import stat
from pathlib import Path

import pytest

from pricewatch_pipeline.errors import EmbeddedServerError
from pricewatch_pipeline.storage.embedded.account import home_problem, prepare_home, require_name, require_supported
from pricewatch_pipeline.storage.embedded.folders import is_fit_for_socket

_HOME = Path("/srv/prices/.pricewatch")


def test_a_home_of_ours_is_used() -> None:
    assert _problem() is None


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"owner_uid": 1001, "owner": "alice"}, ["belongs to alice", "Run as alice", "PRICEWATCH_HOME"]),
        ({"owner_uid": 0, "owner": "root"}, ["belongs to root", "PRICEWATCH_HOME"]),
        ({"mode": 0o40777}, ["Everyone may write", f"chmod o-w {_HOME}"]),
        ({"is_writable": False}, ["cannot be written", f"chmod u+rwx {_HOME}"]),
    ],
)
def test_a_home_that_is_not_ours_alone_is_refused_with_a_way_out(found: dict[str, object], expected: list[str]) -> None:
    problem = _problem(**found)
    assert problem is not None
    for text in expected:
        assert text in problem


def test_someone_elses_home_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    if os.geteuid() == 0:
        os.chown(home, 54321, 54321)
    else:
        home = Path("/usr")
    before = sorted(home.iterdir())
    with pytest.raises(EmbeddedServerError, match=r"belongs to (uid 54321|root)"):
        prepare_home(home)
    assert sorted(home.iterdir()) == before


def test_a_new_home_lets_others_pass_but_not_look(tmp_path: Path) -> None:
    prepare_home(tmp_path / "new")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) & 0o066 == 0


def test_a_home_that_cannot_be_made_is_an_error_that_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedServerError, match="PRICEWATCH_HOME"):
        prepare_home(tmp_path / "file" / "home")


def test_windows_users_are_told_to_name_a_server() -> None:
    with pytest.raises(EmbeddedServerError, match="PRICEWATCH_DATABASE_URL"):
        require_supported("win32")


def test_a_number_without_an_account_is_refused_with_a_way_out() -> None:
    with pytest.raises(EmbeddedServerError, match="useradd --uid 54321"):
        require_name(54321)


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_unix_is_supported(platform: str) -> None:
    require_supported(platform)


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("/home/ann/prices/.pricewatch/postgres/run-a1b2c3", True),
        ("/" + "x" * 83, True),
        ("/" + "x" * 85, False),
        ("/" + "ü" * 50, False),
        ("/home/ann/my prices/run", False),
        ("/home/ann/a,b/run", False),
        ("/home/ann/100%/run", False),
    ],
)
def test_a_socket_folder_is_short_and_plain(folder: str, expected: bool) -> None:
    assert is_fit_for_socket(Path(folder)) is expected


def _problem(**found: object) -> str | None:
    given: dict[str, object] = {"owner_uid": 1000, "owner": "me", "mode": 0o40755, "my_uid": 1000, "is_writable": True}
    return home_problem(_HOME, **{**given, **found})  # type: ignore[arg-type]
