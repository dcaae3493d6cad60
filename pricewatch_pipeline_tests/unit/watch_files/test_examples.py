"""What people copy must be valid: the example files, and every YAML snippet of the guides on watch files."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.watch_files.read import read_folder
from pricewatch_pipeline.watch_files.schema import json_schema

ROOT = Path(__file__).parents[3]
GUIDES = (
    "docs/reference/watch-files.md",
    "docs/howto/watch-a-shop.md",
    "docs/howto/alerts.md",
    "docs/howto/flights.md",
    "docs/howto/insiders.md",
)

EXAMPLES = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "watches").glob("*.example"))}
SNIPPETS = {
    f"{guide}:{number}": text
    for guide in GUIDES
    for number, text in enumerate(
        re.findall(r"^```yaml\n(.*?)^```", (ROOT / guide).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    )
}


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 6
    assert len(SNIPPETS) >= 7


@pytest.mark.parametrize("text", [*EXAMPLES.values(), *SNIPPETS.values()], ids=[*EXAMPLES, *SNIPPETS])
def test_an_example_is_valid_for_us_and_for_editors(folder: Path, text: str) -> None:
    (folder / "example.yaml").write_text(text, encoding="utf-8")
    found = read_folder(folder, providers=providers())
    assert [*map(str, found.issues), *map(str, found.warnings)] == []
    assert found.stores or found.watches or any(part.rules for part in found.definitions)
    assert [
        error.message for error in Draft202012Validator(json_schema(providers())).iter_errors(_as_editors_read(text))
    ] == []


def test_the_examples_can_be_used_together(folder: Path) -> None:
    for name, text in EXAMPLES.items():
        (folder / name.removesuffix(".example")).write_text(text, encoding="utf-8")
    assert read_folder(folder, providers=providers()).issues == ()


def _as_editors_read(text: str) -> Any:
    """YAML 1.2, in which a date is a text."""
    return json.loads(json.dumps(yaml.safe_load(text), default=str))
