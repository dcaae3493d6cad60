"""What a doctor says of fetching: stores that ask for what is not there."""

from pathlib import Path

import pytest

from pricewatch_pipeline.services.diagnose_fetching import examine_fetching
from pricewatch_pipeline.services.findings import Verdict
from pricewatch_pipeline.settings import load_settings

STORES = """
stores:
  - {id: good, domains: [good.example], fetcher: impersonate, impersonate: firefox, proxies: [dc, direct]}
  - {id: lost, domains: [lost.example], proxies: [nowhere]}
  - {id: socks, domains: [socks.example], fetcher: auto, proxies: [dc]}
  - {id: old, domains: [old.example], when_blocked: impersonate, impersonate: chrome999}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "watches"
    path.mkdir()
    monkeypatch.setenv("PRICEWATCH_WATCHES_DIR", str(path))
    monkeypatch.setenv("PRICEWATCH_PROXIES", "dc=socks5h://me:hunter2@127.0.0.1:1080")
    return path


def test_each_store_that_cannot_be_fetched_as_it_says_is_named_with_what_to_do(folder: Path) -> None:
    (folder / "stores.yaml").write_text(STORES)
    found = {finding.subject: finding for finding in examine_fetching(load_settings())}
    assert found["proxies"].what == "dc socks5h://***@127.0.0.1:1080"
    assert {subject: found[subject].verdict for subject in found} == {
        "proxies": Verdict.OK,
        "store lost": Verdict.WARN,
        "store socks": Verdict.WARN,
        "store old": Verdict.FAIL,
    }
    assert "unknown browser 'chrome999'" in found["store old"].what
    assert found["store lost"].advice == "add it to PRICEWATCH_PROXIES"


def test_stores_that_can_be_fetched_are_counted(folder: Path) -> None:
    (folder / "stores.yaml").write_text(STORES[: STORES.index("  - {id: lost")])
    assert [(finding.subject, finding.verdict) for finding in examine_fetching(load_settings())] == [
        ("proxies", Verdict.OK),
        ("fetchers", Verdict.OK),
    ]


def test_a_store_that_needs_a_browser_is_named_where_there_is_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "stores.yaml").write_text("stores: [{id: scripted, domains: [scripted.example], fetcher: browser}]")
    monkeypatch.setenv("PRICEWATCH_CHROMIUM", "no-such-chromium")
    found = {finding.subject: finding for finding in examine_fetching(load_settings())}
    assert found["store scripted"].verdict is Verdict.FAIL
    assert found["store scripted"].what == "PRICEWATCH_CHROMIUM: 'no-such-chromium' is not a program that can be run"
