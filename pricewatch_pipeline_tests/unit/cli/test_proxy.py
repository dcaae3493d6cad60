"""`pricewatch proxy ...` with real proxies on loopback; no database."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pricewatch_pipeline.cli.main import app
from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.services.run_pipeline import session_settings
from pricewatch_pipeline.settings import load_settings
from pricewatch_pipeline_tests.support.loopback import Reply, html, serve
from pricewatch_pipeline_tests.support.proxy import serve_proxy

SECRET = "hunter2-of-the-proxy"
STORES = "stores: [{{id: lampen, domains: ['{site}'], proxies: {{use: [home, direct]}}}}]\nwatches: [{{id: lamp, url: 'http://{site}/lamp'}}]"


def _proxy(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["proxy", *arguments])


def _rows(*arguments: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(_proxy(*arguments, "--json").stdout)
    return rows


def test_a_list_names_proxies_and_their_stores_and_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "watches").mkdir()
    (tmp_path / "watches" / "stores.yaml").write_text(STORES.format(site="lampen.de"))
    monkeypatch.setenv("PRICEWATCH_WATCHES_DIR", str(tmp_path / "watches"))
    monkeypatch.setenv("PRICEWATCH_PROXIES", f"home=http://me:{SECRET}@proxy.example:3128, dc=socks5://h:1080")
    assert _rows("list") == [
        {"name": "dc", "url": "socks5://h:1080", "stores": []},
        {"name": "home", "url": "http://***@proxy.example:3128", "stores": ["lampen"]},
    ]
    assert SECRET not in _proxy("list").stdout


def test_without_proxies_both_commands_say_how_to_name_one() -> None:
    assert "PRICEWATCH_PROXIES" in _proxy("list").stdout
    result = _proxy("test")
    assert result.exit_code == 1
    assert "PRICEWATCH_PROXIES" in result.stderr


def test_each_proxy_is_tried_with_a_page_that_tells_our_address(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Reply(headers=[("content-type", "text/plain")], body=b"203.0.113.7\n")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        down = listener.getsockname()[1]
    with serve({"/": told}) as site, serve_proxy(password=SECRET) as proxy:
        monkeypatch.setenv("PRICEWATCH_ALLOWED_ADDRESSES", f"{site.host}:{site.port}")
        monkeypatch.setenv("PRICEWATCH_PROXIES", f"home={proxy.url}, down=http://me:{SECRET}@127.0.0.1:{down}")
        result = _proxy("test", "--url", site.url("/"), "--json")
        good = _proxy("test", "home", "direct", "--url", site.url("/"))
    rows = {row["name"]: row for row in json.loads(result.stdout)}
    assert result.exit_code == 1
    assert (rows["home"]["outcome"], rows["home"]["http_status"], rows["home"]["reported"]) == (
        "ok",
        200,
        "203.0.113.7",
    )
    assert (rows["down"]["outcome"], rows["down"]["reported"]) == ("transport", None)
    assert f"the proxy 'down' (http://***@127.0.0.1:{down}) cannot be reached" in rows["down"]["error"]
    assert good.exit_code == 0
    assert SECRET not in result.output + good.output
    assert len(proxy.asked) == 2


def test_the_page_is_by_default_that_of_a_watch_whose_store_uses_the_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve({"/lamp": html("lamp")}) as site, serve_proxy() as proxy:
        (tmp_path / "watches").mkdir()
        (tmp_path / "watches" / "stores.yaml").write_text(STORES.format(site=f"{site.host}:{site.port}"))
        monkeypatch.setenv("PRICEWATCH_WATCHES_DIR", str(tmp_path / "watches"))
        monkeypatch.setenv("PRICEWATCH_ALLOWED_ADDRESSES", f"{site.host}:{site.port}")
        monkeypatch.setenv("PRICEWATCH_PROXIES", f"home={proxy.url}")
        assert _proxy("test").exit_code == 0
    assert proxy.asked == [f"GET {site.url('/lamp')}"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["hom", "--url", "https://shop.example/"], "unknown proxy 'hom'; did you mean 'home'?"),
        (["home"], "no watch file in"),
        (["home", "--url", "ftp://shop.example/"], "only http:// and https:// pages"),
    ],
)
def test_what_makes_no_sense_is_refused(monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str) -> None:
    monkeypatch.setenv("PRICEWATCH_PROXIES", f"home=http://me:{SECRET}@127.0.0.1:1")
    result = _proxy("test", *arguments)
    assert result.exit_code == 1
    assert says in result.stderr


def test_a_proxys_password_is_in_no_form_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRICEWATCH_PROXIES", f"home=http://me:{SECRET}@proxy.example:3128")
    settings = load_settings()
    assert settings.proxies["home"].credentials == ("me", SECRET)
    shown = [
        repr(settings),
        str(settings),
        settings.model_dump_json(),
        str(settings.model_dump()),
        str(session_settings(settings)),
    ]
    assert [text for text in shown if SECRET in text] == []


def test_a_mistake_in_the_proxies_is_said_without_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRICEWATCH_PROXIES", f"home=http://me:{SECRET}@proxy.example")
    with pytest.raises(
        ConfigurationError, match=r"PRICEWATCH_PROXIES: .*home: the URL must name host and port"
    ) as caught:
        load_settings()
    assert SECRET not in f"{caught.value}{caught.value.__cause__}{caught.value.__cause__!r}"
