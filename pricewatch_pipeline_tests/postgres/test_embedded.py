"""The embedded server for real: who gets in, where it lies, and who starts and stops it. Holds as root and as a user."""

import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from pricewatch_pipeline.errors import EmbeddedServerError
from pricewatch_pipeline.storage.embedded import EmbeddedServer
from pricewatch_pipeline.storage.embedded.account import server_account
from pricewatch_pipeline.storage.embedded.binaries import SHARED_ROOT, copy_programs, own_programs
from pricewatch_pipeline_tests.support.waiting import wait_until

_IS_ROOT = os.geteuid() == 0
_USER = """
import sys
from pathlib import Path
from pricewatch_pipeline.storage.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]))
server.acquire()
print(server.status().pid, flush=True)
sys.stdin.read()
server.release()
"""


@pytest.fixture
def server(open_home: Path) -> EmbeddedServer:
    """A server of the test's own."""
    return EmbeddedServer(open_home)


class Outsider:
    """Another process that uses the server until it is told to end."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _USER, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def server_pid(self) -> int:
        assert self.process.stdout
        return int(self.process.stdout.readline())

    def end(self) -> None:
        self.process.communicate(timeout=60)
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=60)


def _ask(server: EmbeddedServer, query: str) -> object:
    with psycopg.connect(server.libpq_url("postgres")) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[arg-type]
        assert row
        return row[0]


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_nobody_gets_in_without_the_password(server: EmbeddedServer) -> None:
    with server.running():
        password = (server.home / "postgres.password").read_text().strip()
        for wrong in (
            server.libpq_url("postgres").replace(password, "wrong"),
            server.libpq_url("postgres").replace(f":{password}", ""),
        ):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(wrong)
        assert _ask(server, "SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules") == "scram-sha-256"
    assert _mode(server.home / "postgres.password") == 0o600


def test_nothing_listens_on_the_network_and_only_the_owner_reaches_socket_and_data(server: EmbeddedServer) -> None:
    with server.running():
        assert _ask(server, "SHOW listen_addresses") == ""
        sockets = Path(str(_ask(server, "SHOW unix_socket_directories")))
        data = server.status().data_folder
        assert data
        assert _mode(sockets) == _mode(sockets / ".s.PGSQL.5432") == _mode(data) == _mode(data.parent) == 0o700
        assert sockets.stat().st_uid == data.stat().st_uid == server_account().uid


def test_the_data_is_kept_safe_and_the_same_everywhere(server: EmbeddedServer) -> None:
    settings = "fsync synchronous_commit full_page_writes data_checksums TimeZone server_encoding max_connections"
    query = "SELECT string_agg(current_setting(name), ' ') FROM unnest(string_to_array(%L, ' ')) AS name".replace(
        "%L", f"'{settings}'"
    )
    with server.running():
        assert _ask(server, query) == "on on on on UTC UTF8 200"
        assert _ask(server, "SELECT upper('é')") == "É"


def test_what_is_stored_is_there_after_a_restart(server: EmbeddedServer) -> None:
    with server.running():
        server.ensure_database("prices")
        with psycopg.connect(server.libpq_url("prices")) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    assert not server.status().is_running
    with server.running(), psycopg.connect(server.libpq_url("prices")) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_closed_parents_stay_closed(tmp_path: Path) -> None:
    parents = [tmp_path / "a", tmp_path / "a" / "b", *tmp_path.parents]
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a").chmod(0o700)
    before = [_mode(parent) for parent in parents]
    server = EmbeddedServer(tmp_path / "a" / "b" / "home")
    with server.running():
        data = server.status().data_folder
        assert data
        assert data.is_relative_to(SHARED_ROOT if _IS_ROOT else server.home)
        assert [_mode(parent) for parent in parents] == before
    server.destroy()
    assert not data.exists()


def test_a_path_that_is_too_long_or_odd_for_a_socket_gets_its_socket_elsewhere(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / ("long" * 20) / "it's $HOME, 100%" / "home")
    with server.running():
        sockets = Path(str(_ask(server, "SHOW unix_socket_directories")))
        assert not sockets.is_relative_to(server.home)
        assert _mode(sockets) == 0o700
    server.destroy()
    assert not sockets.exists()


def test_two_processes_that_start_at_once_share_one_server_and_the_last_stops_it(server: EmbeddedServer) -> None:
    first, second = Outsider(server.home), Outsider(server.home)
    assert first.server_pid() == second.server_pid()
    first.end()
    assert server.status().is_running
    second.end()
    assert not server.status().is_running


def test_a_killed_user_does_not_count(server: EmbeddedServer) -> None:
    killed = Outsider(server.home)
    pid = killed.server_pid()
    killed.kill()
    assert server.status().pid == pid
    with server.running():
        assert server.status().pid == pid
    assert not server.status().is_running


def test_a_kept_server_stays_until_it_is_stopped(server: EmbeddedServer) -> None:
    server.start_and_keep()
    with server.running():
        assert server.status().is_kept
    assert server.status().is_running
    server.stop()
    assert not server.status().is_running
    assert not server.status().is_kept


def test_a_server_in_use_is_not_stopped_unless_forced(server: EmbeddedServer) -> None:
    outsider = Outsider(server.home)
    outsider.server_pid()
    with pytest.raises(EmbeddedServerError, match=rf"in use by 1 process: {outsider.process.pid} \(.*--force"):
        server.stop()
    assert server.status().is_running
    server.stop(is_forced=True)
    assert not server.status().is_running
    outsider.end()


def test_a_killed_server_starts_again_with_its_data(server: EmbeddedServer) -> None:
    with server.running():
        server.ensure_database("prices")
        pid = server.status().pid
        assert pid
        with psycopg.connect(server.libpq_url("prices")):  # its process outlives the server for a moment
            os.kill(pid, signal.SIGKILL)
            with server.running():
                assert server.status().pid not in (None, pid)
                assert _ask(server, "SELECT count(*) FROM pg_database WHERE datname = 'prices'") == 1


def test_a_lock_file_whose_number_belongs_to_another_process_does_not_hinder(server: EmbeddedServer) -> None:
    with server.running():
        pass
    account, data = server_account(), server.status().data_folder
    assert data
    other = subprocess.Popen(["/bin/sleep", "600"], cwd="/", user=account.uid if _IS_ROOT else None)
    lock = data / "postmaster.pid"
    lock.write_text(f"{other.pid}\n{data}\n1\n5432\n{data.parent}\n\n  1  1\nready   \n")
    account.give(lock)
    assert not server.status().is_running
    with server.running():
        assert server.status().is_running
    other.kill()
    other.wait()


def test_a_socket_that_a_cleaner_removed_is_made_anew(server: EmbeddedServer) -> None:
    with server.running():
        sockets = Path(str(_ask(server, "SHOW unix_socket_directories")))
        shutil.rmtree(sockets)
        with server.running():
            assert _ask(server, "SELECT 1") == 1


def test_a_home_that_was_removed_starts_anew_and_leaves_no_server(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o700)
    server = EmbeddedServer(tmp_path / "closed" / "home")
    server.start_and_keep()
    old = server.status()
    assert old.pid
    assert old.data_folder
    shutil.rmtree(server.home)
    again = EmbeddedServer(server.home)
    with again.running():
        assert again.status().pid != old.pid
        assert again.status().data_folder == old.data_folder or not (old.data_folder / "postmaster.pid").exists()
    again.destroy()
    shutil.rmtree(old.data_folder.parent, ignore_errors=True)
    old.data_folder.parent.with_name(f"{old.data_folder.parent.name}.home").unlink(missing_ok=True)


def test_a_home_in_a_closed_folder_that_was_moved_keeps_its_data(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o700)
    server = EmbeddedServer(tmp_path / "closed" / "home")
    with server.running():
        server.ensure_database("prices")
    server.home.rename(tmp_path / "closed" / "moved")
    with EmbeddedServer(server.home).running():  # a new one in the old place
        pass
    moved = EmbeddedServer(tmp_path / "closed" / "moved")
    with moved.running():
        assert _ask(moved, "SELECT count(*) FROM pg_database WHERE datname = 'prices'") == 1
    moved.destroy()
    server.destroy()


def test_a_copied_home_does_not_share_its_originals_data(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o700)
    server = EmbeddedServer(tmp_path / "closed" / "home")
    with server.running():
        original = server.status().data_folder
    copy = EmbeddedServer(Path(shutil.copytree(server.home, tmp_path / "closed" / "copy")))
    if _IS_ROOT:
        with pytest.raises(EmbeddedServerError, match="is a copy of"):
            copy.acquire()
    else:
        with copy.running():
            assert copy.status().data_folder != original
    server.destroy()


def test_a_home_that_was_moved_keeps_its_data(server: EmbeddedServer) -> None:
    with server.running():
        server.ensure_database("prices")
    server.home.rename(server.home.with_name("moved"))
    moved = EmbeddedServer(server.home.with_name("moved"))
    with moved.running():
        assert _ask(moved, "SELECT count(*) FROM pg_database WHERE datname = 'prices'") == 1
    moved.destroy()


def test_a_server_that_cannot_start_shows_the_end_of_its_log(server: EmbeddedServer) -> None:
    with server.running():
        data = server.status().data_folder
    assert data
    with (data / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")
    with pytest.raises(
        EmbeddedServerError, match=r'(?s)did not start.*unrecognized configuration parameter "no_such_setting"'
    ):
        server.acquire()
    assert server.users() == ()


def test_data_of_another_version_is_refused(server: EmbeddedServer) -> None:
    with server.running():
        data = server.status().data_folder
    assert data
    (data / "PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedServerError, match=r"of PostgreSQL 17, and we run 18"):
        server.acquire()


def test_a_lost_password_is_an_error_that_says_what_to_do(server: EmbeddedServer) -> None:
    with server.running():
        pass
    (server.home / "postgres.password").unlink()
    with pytest.raises(EmbeddedServerError, match=r"postgres\.password.*Put the file back"):
        server.acquire()


def test_there_is_no_url_before_the_first_start(server: EmbeddedServer) -> None:
    with pytest.raises(EmbeddedServerError, match="db start"):
        server.url("pricewatch")


def test_programs_run_from_a_copy_with_their_libraries(tmp_path: Path) -> None:
    site = own_programs().parent.parent.parent
    copy_programs(site, tmp_path / "copy")
    programs = tmp_path / "copy" / own_programs().relative_to(site)
    for name in ("postgres", "initdb", "pg_dump"):
        assert (
            " 18" in subprocess.run([programs / name, "--version"], check=True, capture_output=True, text=True).stdout
        )
    assert _mode(programs / "postgres") == 0o755


def test_a_server_that_died_is_started_again_for_its_users(open_home: Path) -> None:
    server = EmbeddedServer(open_home)
    with server.running():
        first = server.status().pid
        assert first is not None
        server.keep_running()
        assert server.status().pid == first
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: server.status().pid != first, what="the server to die")
        server.keep_running()
        second = server.status().pid
        assert second not in (None, first)
    assert not server.status().is_running
