"""The file of alert channels: what may stand in it, and that nothing of it is ever told."""

from pathlib import Path

import pytest

from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.services.open_channels import channel_names, open_channels, read_channels_file
from pricewatch_pipeline.settings import Settings, load_settings

SECRET = "tk-5f3e9a1c77"
GOOD = f"""
phone: ntfy://{SECRET}@ntfy.sh/topic
mail: {{url: "mailto://me:{SECRET}@example.org", locale: de-DE, timezone: Europe/Berlin, default: false}}
plain: {{url: "webhook://example.org/{SECRET}", images: false}}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "my-channels.yaml"
    monkeypatch.setenv("PRICEWATCH_CHANNELS_FILE", str(path))
    return path


def test_names_and_addresses_are_read_with_what_else_is_said(file: Path) -> None:
    file.write_text(GOOD)
    found = open_channels(load_settings(locale="fr_FR", timezone="Europe/Paris"))
    assert {name: each.kind for name, each in found.items()} == {"phone": "ntfy", "mail": "mailto", "plain": "webhook"}
    assert [(each.locale, each.timezone) for each in found.values()] == [
        ("fr_FR", "Europe/Paris"),
        ("de_DE", "Europe/Berlin"),
        ("fr_FR", "Europe/Paris"),
    ]
    assert [each.takes_images for each in found.values()] == [True, True, False]
    assert found["phone"].url.get_secret_value() == f"ntfy://{SECRET}@ntfy.sh/topic"
    assert SECRET not in repr(found)


def test_rules_without_channels_go_to_those_that_are_default(file: Path) -> None:
    file.write_text(GOOD)
    assert channel_names(load_settings()) == ("phone", "plain")


@pytest.mark.parametrize("text", ["", "  \n", "# nothing yet\n", None])
def test_a_file_that_is_missing_or_says_nothing_has_no_channels(file: Path, text: str | None) -> None:
    if text is not None:
        file.write_text(text)
    assert open_channels(load_settings()) == {}


def test_without_a_setting_the_file_is_in_the_home_folder() -> None:
    settings = load_settings()
    settings.home.mkdir()
    (settings.home / "channels.yaml").write_text("phone: ntfy://x\n")
    assert channel_names(settings) == ("phone",)


@pytest.mark.parametrize(("mode", "is_open"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True)])
def test_a_file_that_others_may_read_is_noticed(file: Path, mode: int, is_open: bool) -> None:
    file.write_text(GOOD)
    file.chmod(mode)
    assert read_channels_file(load_settings()).is_open_to_others is is_open


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (SECRET, "its address does not begin as one"),
        (f"{{url: {SECRET}}}", "its address does not begin as one"),
        (f"{{address: 'ntfy://{SECRET}'}}", "a field that is unknown (allowed: url, locale, timezone, default, images)"),
        (f"{{'ntfy://{SECRET}': x}}", "a field that is unknown"),
        ("{default: true}", "it has no address"),
        (f"[{SECRET}]", "it must be an address"),
        ("", "it must be an address"),
        (f"{{url: 'ntfy://{SECRET}', locale: xx_YY}}", "its `locale` must be language and country"),
        (f"{{url: 'ntfy://{SECRET}', timezone: Mars}}", "its `timezone` must be an IANA zone"),
        (f"{{url: 'ntfy://{SECRET}', default: maybe}}", "its `default` must be true or false"),
        (f"ntfy://{'x' * 5000}", "its address does not begin as one"),
    ],
)  # fmt: skip
def test_an_entry_that_is_wrong_spoils_no_other_and_is_not_quoted(file: Path, entry: str, problem: str) -> None:
    file.write_text(f"phone: {entry}\nmail: mailto://me@example.org\n")
    found = open_channels(load_settings())
    assert problem in (found["phone"].problem or "")
    assert SECRET not in repr(found)
    assert found["mail"].problem is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"- ntfy://{SECRET}", "must hold name: ADDRESS"),
        (SECRET, "must hold name: ADDRESS"),
        (f"phone: a: {SECRET}", ":1:9: not valid YAML"),
        (f"mail: x://y\nphone: !{SECRET} x", ":2:8: a tag is not used here"),
        (f"ntfy://{SECRET}: phone", ":1: a channel's name must be"),
        (f"Phone: ntfy://{SECRET}", ":1: a channel's name must be"),
        (f"phone: x://{SECRET}\nphone: x://{SECRET}", ":2:1: given twice"),
        (f"phone: *{SECRET}", "not valid YAML"),
        (f"phone: x://{SECRET}\x07", "control character U+0007"),
    ],
)
def test_a_file_that_cannot_be_understood_is_told_with_its_line_and_not_quoted(
    file: Path, text: str, said: str
) -> None:
    file.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        open_channels(load_settings())
    assert str(file) in str(caught.value)
    assert said in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_file_that_is_a_folder_is_told(file: Path) -> None:
    file.mkdir()
    with pytest.raises(ConfigurationError, match="cannot be read"):
        open_channels(load_settings())


def test_where_the_file_is_may_be_told_to_other_processes_and_its_content_is_not(file: Path) -> None:
    file.write_text(GOOD)
    settings: Settings = load_settings()
    assert SECRET not in settings.model_dump_json()
