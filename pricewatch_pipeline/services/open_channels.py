"""Reads the file of alert channels. It holds secrets: what is said of it names channels and lines, never what stands there."""

import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.notifying.channels import NAME_PATTERN, Channel, scheme_of
from pricewatch_pipeline.settings import Settings, load_settings
from pricewatch_pipeline.watch_files.loader import Document, load

_FIELDS = ("url", "locale", "timezone", "default", "images")
_SHAPE = "name: ADDRESS, or name: {url: ADDRESS, locale: de_DE, timezone: Europe/Berlin, default: false, images: false}"
_LONGEST_URL = 4096


@dataclass(frozen=True, kw_only=True)
class ChannelsFile:
    """What the file says."""

    path: Path
    is_there: bool = False
    is_open_to_others: bool = False
    """Other users of the machine may read or write it."""
    channels: Mapping[str, Channel] = field(default_factory=dict)
    """Also those with a problem of their own."""


def open_channels(settings: Settings) -> Mapping[str, Channel]:
    """Every channel by name; none where there is no file. An entry that is wrong is a channel with a `problem`.

    Raises:
        ConfigurationError: the file as a whole cannot be understood; says where and why.
    """
    return read_channels_file(settings).channels


def channels_to_send_to(settings: Settings) -> Mapping[str, Channel]:
    """Every channel by name, for who sends: a file that is not there (yet, or on this machine) gives up no alert.

    Raises:
        ConfigurationError: there is no such file, or as `open_channels` says.
    """
    file = read_channels_file(settings)
    if not file.is_there:
        raise ConfigurationError(
            f"alerts wait, and there is no file of channels: write {file.path} (docs/howto/channels.md)"
        )
    return file.channels


def channel_names(settings: Settings) -> tuple[str, ...]:
    """Where alerts go whose rules name no channels.

    Raises:
        ConfigurationError: as `open_channels` says.
    """
    return tuple(name for name, channel in open_channels(settings).items() if channel.is_default)


def read_channels_file(settings: Settings) -> ChannelsFile:
    """The file, read and checked.

    Raises:
        ConfigurationError: it cannot be read, is not YAML, or is no list of names and addresses.
    """
    path = settings.channels
    try:
        mode = path.stat().st_mode
        data = path.read_bytes()
    except FileNotFoundError:
        return ChannelsFile(path=path)
    except OSError as error:
        raise ConfigurationError(f"{path}: the file of alert channels cannot be read: {error.strerror}") from error
    return ChannelsFile(
        path=path,
        is_there=True,
        is_open_to_others=bool(stat.S_IMODE(mode) & 0o077),
        channels={channel.name: channel for channel in _channels(path, data, settings)},
    )


def _channels(path: Path, data: bytes, settings: Settings) -> Iterator[Channel]:
    if not data.strip():
        return
    document = load(data)
    problems = [f"{path}:{each.line}:{each.column}: {_harmless(each.message)}" for each in document.problems]
    if problems:
        raise ConfigurationError("\n".join(problems))
    if document.value is None:
        return
    if not isinstance(document.value, dict):
        raise ConfigurationError(f"{path}: the file of alert channels must hold {_SHAPE}")
    for name, entry in document.value.items():
        if not re.fullmatch(NAME_PATTERN, name):
            raise ConfigurationError(
                f"{path}:{_line(document, name)}: a channel's name must be lower-case letters, digits, - and _, "
                f"64 at most ({_SHAPE})"
            )
        yield _channel(name, entry, settings)


def _harmless(message: str) -> str:
    """What the reader of YAML says, without the words of the file that it quotes."""
    return re.sub(r"the tag \S+", "a tag", message)


def _line(document: Document, name: str) -> int:
    return document.problem((name,), "").line


def _channel(name: str, entry: Any, settings: Settings) -> Channel:
    fields = {"url": entry} if isinstance(entry, str) else entry
    try:
        return _valid(name, fields, settings)
    except ValueError as error:
        is_default = not isinstance(fields, dict) or fields.get("default") is not False
        return Channel(name=name, is_default=is_default, problem=str(error))


def _valid(name: str, fields: Any, settings: Settings) -> Channel:
    if not isinstance(fields, dict):
        raise ValueError("it must be an address, or `url:` and what else there is to say")
    if set(fields) - set(_FIELDS):
        raise ValueError(f"it has a field that is unknown (allowed: {', '.join(_FIELDS)})")
    return Channel(
        name=name,
        url=SecretStr(_url(fields.get("url"))),
        locale=_setting(settings, "locale", fields),
        timezone=_setting(settings, "timezone", fields),
        takes_images=_flag(fields, "images"),
        is_default=_flag(fields, "default"),
    )


def _url(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("it has no address: `url:` is missing or no text")
    url = value.strip()
    if scheme_of(url) is None or len(url) > _LONGEST_URL:
        raise ValueError("its address does not begin as one, such as ntfy:// or mailto://")
    return url


def _setting(settings: Settings, name: str, fields: Mapping[str, object]) -> str:
    """Checked and written as the setting of this name, which is what it is where nothing is said."""
    value = fields.get(name)
    if value is None:
        return str(getattr(settings, name))
    try:
        return str(getattr(load_settings(**{name: value}), name))
    except ConfigurationError as error:
        what = {"locale": "language and country, such as de_DE", "timezone": "an IANA zone, such as Europe/Berlin"}
        raise ValueError(f"its `{name}` must be {what[name]}") from error


def _flag(fields: Mapping[str, object], name: str) -> bool:
    value = fields.get(name)
    if value is None:
        return True
    if not isinstance(value, bool):
        raise ValueError(f"its `{name}` must be true or false")
    return value
