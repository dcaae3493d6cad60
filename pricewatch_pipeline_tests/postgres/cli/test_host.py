import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pricewatch_pipeline_tests.postgres.cli.conftest import Json, Run
from pricewatch_pipeline_tests.support.loopback import Server, html, serve

Rows = Callable[..., list[dict[str, Any]]]


def host_of(shop: Server) -> str:
    return f"{shop.host}:{shop.port}"


def test_a_host_is_paused_shown_and_resumed(synced: Path, run: Run, ask: Json, shop: Server) -> None:
    host = host_of(shop)
    (listed,) = ask("host", "list")
    assert (listed["host"], listed["state"], listed["watches"], listed["why"]) == (host, "ok", 3, None)

    assert run("host", "pause", shop.url("/lamp"), "--reason", "they asked").stdout == (
        f"Paused {host} until `pricewatch host resume {host}`.\n"
    )
    found = ask("host", "show", host)
    assert found["state"]["state"] == "paused"
    assert found["why"] == f"{host} is paused by command (they asked): `pricewatch host resume {host}` ends it"
    assert [watch["watch_id"] for watch in found["waiting"]] == ["gone", "kettle", "lamp"]
    assert "is paused by command" in ask("watch", "show", "lamp")["waits"]
    (left_alone,) = ask("status")["hosts"]
    assert (left_alone["host"], left_alone["due_watches"], left_alone["until"]) == (host, 3, None)
    assert "Hosts left alone" in run("status").stdout

    assert run("check", "--due").stdout.startswith("Nothing was due")
    assert shop.requests == []
    assert run("host", "resume", host).stdout == f"Resumed {host}.\n"
    assert run("host", "resume", host).stdout == f"Unchanged, for {host} was not left alone.\n"
    assert ask("status")["hosts"] == []


def test_a_host_that_no_watch_asks_any_more_is_listed_only_while_it_is_left_alone(
    synced: Path, run: Run, ask: Json, rows: Rows, shop: Server
) -> None:
    rows("INSERT INTO pricewatch.hosts (host, adaptive_delay_s) VALUES ('old.example', 1.23456)")
    assert [host["host"] for host in ask("host", "list")] == [host_of(shop)]
    run("host", "pause", "old.example")
    assert [host["host"] for host in ask("host", "list")] == ["old.example", host_of(shop)]
    assert " 1.23 " in run("host", "list").stdout


def test_a_pause_may_have_an_end(synced: Path, run: Run, ask: Json, shop: Server) -> None:
    assert run("host", "pause", host_of(shop), "--for", "2h").stdout == f"Paused {host_of(shop)} for 2h.\n"
    why = ask("host", "show", host_of(shop))["why"]
    assert re.search(r"is paused by command: for (2h|1h 59m( \d+s)?) more; ", why)


def test_what_a_host_answered_and_how_gently_it_is_asked_is_shown(
    synced: Path, run: Run, rows: Rows, shop: Server
) -> None:
    run("check", "lamp")
    rows("UPDATE pricewatch.hosts SET crawl_delay_s = 7")
    shown = run("host", "show", host_of(shop)).stdout
    assert "one request every 7 s, as its robots.txt asks" in shown
    assert "Last answers" in shown
    assert " lamp " in shown


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ("'unreachable: it took too long', NULL, NULL", "nothing may be fetched"),
        ("'it took too long', 'User-agent: *', NULL", "the last copy counts"),
        ("NULL, NULL, NULL", "there is none, everything is allowed"),
        ("NULL, 'User-agent: *', 9", "asks for 9 s between requests"),
    ],
)
def test_it_is_told_what_is_known_of_robots_txt(
    synced: Path, ask: Json, rows: Rows, shop: Server, values: str, says: str
) -> None:
    rows(
        "INSERT INTO pricewatch.robots_files (site, host, outcome, tried_at, expires_at, problem, body, crawl_delay_s) "
        f"VALUES ('http://x', :host, 'ok', now(), now() + interval '1 hour', {values})",
        host=host_of(shop),
    )
    (file,) = ask("host", "show", host_of(shop))["robots"]
    assert says in file["says"]


def test_resuming_has_a_robots_txt_that_could_not_be_reached_asked_for_anew(
    synced: Path, run: Run, rows: Rows, shop: Server
) -> None:
    rows(
        "INSERT INTO pricewatch.robots_files (site, host, outcome, problem, tried_at, expires_at, unreachable_since) "
        f"VALUES ('http://{host_of(shop)}', '{host_of(shop)}', 'transport', 'it answered 503', now(), now() + interval '4 hours', now())"
    )
    assert run("host", "resume", host_of(shop)).stdout == f"Resumed {host_of(shop)}.\n"
    assert rows("SELECT expires_at <= now() AS is_asked_for FROM pricewatch.robots_files") == [{"is_asked_for": True}]


def test_a_block_is_told_and_ended_by_resuming(
    run: Run, ask: Json, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(lambda _: html("no", status=403)) as wall:
        monkeypatch.setenv("PRICEWATCH_ALLOWED_ADDRESSES", f"{wall.host}:{wall.port}")
        store = f"stores: [{{id: wall, domains: ['{host_of(wall)}'], politeness: {{min_delay: 0s, robots: false}}}}]"
        watches = "".join(f"  - {{id: w{n}, url: '{wall.url(f'/{n}')}'}}\n" for n in range(3))
        (folder / "wall.yaml").write_text(f"{store}\nwatches:\n{watches}")
        run("sync")
        run("check", "--due")
        assert ask("host", "show", host_of(wall))["why"].startswith(
            f"{host_of(wall)} is left alone: blocked 3 times in a row"
        )
        assert run("host", "resume", host_of(wall)).exit_code == 0
    assert ask("host", "show", host_of(wall))["state"]["state"] == "ok"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["show", "127.0.0.2"], 1, "no watch asks a host 127.0.0.2. Did you mean 127.0.0.1"),
        (["pause", "nowhere.example"], 1, "no watch asks a host nowhere.example. `pricewatch host list` shows"),
        (["pause", "127.0.0.1", "--for", "soon"], 2, "is not a duration"),
        (["pause", "127.0.0.1", "--for", "0s"], 2, "lasts longer than nothing"),
    ],
)
def test_a_host_or_duration_that_is_not_one_is_refused(
    synced: Path, run: Run, arguments: list[str], code: int, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    result = run("host", *arguments)
    assert result.exit_code == code
    assert says in result.stderr


def test_a_batch_under_way_shows_in_the_status(synced: Path, run: Run, ask: Json, rows: Rows) -> None:
    assert ask("status")["in_progress"] == []
    rows(
        "UPDATE pricewatch.watches SET claimed_until = now() + interval '1 minute', claimed_by = 'box:42', "
        "claim_token = gen_random_uuid() WHERE watch_id <> 'gone'"
    )
    said = run("status").stdout
    assert "Being checked: 2 watches, 0.0 checks/s in the last minute, by box:42 (2 at 1 hosts)." in said
