"""The file of a backup: a tar of dumps and a manifest. It comes from outside: nothing in it is believed."""

import json
import os
import secrets
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from pydantic import TypeAdapter, ValidationError

from pricewatch_pipeline.errors import ConfigurationError

FORMAT = 1
DATABASES = ("pricewatch", "dagster")
_MANIFEST = "manifest.json"
_MANIFEST_MAX_BYTES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a backup holds."""

    format: int
    made_at: str
    version: str
    """Of pricewatch_pipeline."""
    databases: tuple[str, ...]
    owner: str
    """The user it was made as."""
    roles: tuple[str, ...]
    """Roles that were granted something; made at restore when missing."""


def dump_file(folder: Path, database: str) -> Path:
    return folder / f"{database}.dump"


def pack(folder: Path, manifest: Manifest, file: Path) -> None:
    """Write the dumps in `folder` as one file, which is whole or not there.

    Raises:
        OSError: it cannot be written.
    """
    (folder / _MANIFEST).write_text(json.dumps(asdict(manifest), indent=2), encoding="utf-8")
    unfinished = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            with tarfile.open(fileobj=stream, mode="w") as archive:
                for path in (folder / _MANIFEST, *(dump_file(folder, name) for name in manifest.databases)):
                    archive.add(path, arcname=path.name, recursive=False)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def unpacked(file: Path) -> Iterator[tuple[Path, Manifest]]:
    """The dumps in a folder of their own. Nothing but plain files with our names is ever written.

    Raises:
        ConfigurationError: this is not a backup of ours, or it cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="pricewatch-restore-") as name:
        try:
            manifest = _unpack(file, Path(name))
        except tarfile.TarError as error:
            raise _not_a_backup(file, str(error)) from error
        except OSError as error:
            raise ConfigurationError(f"Cannot read the backup {file}: {error.strerror or error}.") from error
        yield Path(name), manifest


def _unpack(file: Path, folder: Path) -> Manifest:
    with tarfile.open(file, "r:") as archive:
        members = _members(archive, file)
        with _stream(archive, members[_MANIFEST]) as stream:
            manifest = _manifest(stream.read(_MANIFEST_MAX_BYTES), file)
        for database in manifest.databases:
            path = dump_file(folder, database)
            if path.name not in members:
                raise _not_a_backup(file, f"it holds no {path.name}, which its manifest names")
            with _stream(archive, members[path.name]) as source, path.open("xb") as target:
                shutil.copyfileobj(source, target)
    return manifest


def _members(archive: tarfile.TarFile, file: Path) -> Mapping[str, tarfile.TarInfo]:
    allowed = {_MANIFEST, *(f"{name}.dump" for name in DATABASES)}
    members: dict[str, tarfile.TarInfo] = {}
    for member in archive:
        if member.name not in allowed or not member.isreg() or member.name in members:
            raise _not_a_backup(file, f"it holds {member.name!r}, which does not belong there")
        members[member.name] = member
    if _MANIFEST not in members:
        raise _not_a_backup(file, f"it holds no {_MANIFEST}")
    return members


def _stream(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    stream = archive.extractfile(member)
    assert stream is not None  # noqa: S101 - _members let only plain files through
    return stream


def _manifest(content: bytes, file: Path) -> Manifest:
    try:
        manifest = TypeAdapter(Manifest).validate_json(content)
    except ValidationError as error:
        raise _not_a_backup(file, f"its {_MANIFEST} cannot be read") from error
    if manifest.format != FORMAT:
        raise ConfigurationError(
            f"{file} was made by pricewatch {manifest.version} in format {manifest.format}; we read {FORMAT}."
        )
    if "pricewatch" not in manifest.databases or not set(manifest.databases) <= set(DATABASES):
        raise _not_a_backup(file, f"its {_MANIFEST} names the databases {', '.join(manifest.databases) or 'none'}")
    if len(set(manifest.databases)) != len(manifest.databases):
        raise _not_a_backup(file, f"its {_MANIFEST} names a database twice")
    return manifest


def _not_a_backup(file: Path, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"{file} is not a backup that `pricewatch db backup` made: {reason}. Nothing was changed."
    )
