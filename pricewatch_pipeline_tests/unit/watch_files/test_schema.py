from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pricewatch_pipeline.domain.providers import Provider
from pricewatch_pipeline.watch_files.schema import json_schema


@pytest.fixture
def validator(providers: dict[str, Provider]) -> Draft202012Validator:
    schema = json_schema(providers)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


URL = {"id": "a", "url": "http://shop.de/1"}


@pytest.mark.parametrize(
    "file",
    [
        {},
        {"watches": [URL]},
        {"watches": [URL | {"every": "1h30m", "target": 99.9, "query": {"sku": "1"}}]},
        {"watches": [URL | {"target": "99.90", "active": [{"days": ["mon"], "from": "22:00", "to": "24:00"}]}]},
        {"watches": [URL | {"target": {"amount": 1, "currency": "EUR"}, "every": "PT6H"}]},
        {"watches": [{"id": "a", "provider": "flights", "query": {"origin": "BER"}}]},
        {"products": [{"id": "p", "urls": ["http://a.de", {"url": "http://b.de", "paused": True}]}]},
        {"stores": [{"id": "s", "domains": ["a.de"], "strategies": {"price": "css:.x", "title": [{"type": "css", "value": "h1"}]}}]},
        {"stores": [{"id": "s", "domains": ["a.de"], "politeness": {"min_delay": "2s", "burst": 3, "concurrency": 1, "robots": False}}]},
        {"stores": [{"id": "s", "domains": ["a.de"], "fetcher": "auto", "browser": {"wait_for": ".x", "block": [], "steps": [
            "accept_cookies", "click: .a", {"click": ".a", "optional": True}, {"choose": ".a", "value": "XL"}, {"accept_cookies": True}]}}]},
        {"stores": [{"id": "s", "domains": ["a.de"], "when_blocked": ["impersonate"], "impersonate": "chrome131", "proxies": ["home", "direct"]}]},
        {"stores": [{"id": "s", "domains": ["a.de"], "when_blocked": "browser", "proxies": {"use": ["home"], "rotate": True}}]},
    ],
)  # fmt: skip
def test_what_a_file_may_say_is_in_the_schema(validator: Draft202012Validator, file: Any) -> None:
    assert [error.message for error in validator.iter_errors(file)] == []


@pytest.mark.parametrize(
    "file",
    [
        {"watchs": []},
        {"watches": [{"url": "http://shop.de"}]},
        {"watches": [URL | {"evry": "1h"}]},
        {"watches": [URL | {"every": "daily"}]},
        {"watches": [URL | {"every": 6}]},
        {"watches": [URL | {"priority": 11}]},
        {"watches": [URL | {"provider": "nope"}]},
        {"watches": [URL | {"query": {"origin": "BER"}}]},
        {"watches": [{"id": "a", "provider": "flights", "query": {"sku": "1"}}]},
        {"watches": [{"id": "a", "provider": "flights", "query": {"origin": "b"}}]},
        {"stores": [{"id": "s", "domains": ["a.de"], "strategies": {"price": ".x"}}]},
        {"stores": [{"id": "s"}]},
        {"stores": [{"id": "s", "domains": ["a.de"], "fetcher": "telnet"}]},
        {"stores": [{"id": "s", "domains": ["a.de"], "politeness": {"burst": 0}}]},
        {"stores": [{"id": "s", "domains": ["a.de"], "fetcher": "browser", "browser": {"steps": ["fill: .a"]}}]},
        {"stores": [{"id": "s", "domains": ["a.de"], "fetcher": "browser", "browser": {"block": ["ads"]}}]},
        {"stores": [{"id": "s", "domains": ["a.de"], "proxies": []}]},
        {"stores": [{"id": "s", "domains": ["a.de"], "proxies": ["http://p.de"]}]},
        {"stores": [{"id": "s", "domains": ["a.de"], "fetcher": "impersonate", "impersonate": "lynx"}]},
        {"stores": [{"id": "s", "domains": ["a.de"], "when_blocked": ["http"]}]},
    ],
)
def test_what_a_file_may_not_say_is_refused_by_the_schema(validator: Draft202012Validator, file: Any) -> None:
    assert not validator.is_valid(file)


def test_every_field_is_described(providers: dict[str, Provider]) -> None:
    schema = json_schema(providers)
    ours = {name: part for name, part in schema["$defs"].items() if name.endswith("Entry") or name == "Defaults"}
    assert len(ours) == 19
    missing = [f"{n}.{f}" for n, part in ours.items() for f, s in part["properties"].items() if "description" not in s]
    assert missing == []
