"""docs/reference/settings.md is the list of settings that the code has."""

import re
from pathlib import Path

from pricewatch_pipeline.settings import PREFIX, Settings

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
ROW = re.compile(rf"^\| `{PREFIX}(\w+)` \| (.*?) \|", re.MULTILINE)


def test_the_page_lists_exactly_the_settings_that_there_are() -> None:
    listed = [name.lower() for name, _ in ROW.findall(PAGE.read_text(encoding="utf-8"))]

    assert sorted(listed) == sorted(Settings.model_fields)


def test_the_page_says_the_defaults_that_hold() -> None:
    stated = {name.lower(): default.strip("`") for name, default in ROW.findall(PAGE.read_text(encoding="utf-8"))}
    plain = {
        name: str(field.default) for name, field in Settings.model_fields.items() if isinstance(field.default, int)
    }

    assert {name: stated[name] for name in plain} == plain
    assert stated["materialization_events"] == Settings.model_fields["materialization_events"].default
