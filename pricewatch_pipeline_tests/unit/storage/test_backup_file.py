"""A backup's file comes from outside: only one of the right shape is taken."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.storage.backup_file import FORMAT, Manifest, dump_file, pack, unpacked

_MANIFEST = {
    "format": FORMAT,
    "made_at": "2026-11-22T16:00:00+00:00",
    "version": "0.1.0",
    "databases": ["pricewatch"],
    "owner": "postgres",
    "roles": [],
}


def test_what_is_packed_is_unpacked(tmp_path: Path) -> None:
    manifest = Manifest(
        format=FORMAT, made_at="now", version="0.1.0", databases=("pricewatch",), owner="me", roles=("r",)
    )
    dump_file(tmp_path, "pricewatch").write_bytes(b"rows")
    file = tmp_path / "backup.tar"
    pack(tmp_path, manifest, file)
    with unpacked(file) as (folder, found):
        assert found == manifest
        assert dump_file(folder, "pricewatch").read_bytes() == b"rows"
    assert not folder.exists()
    assert file.stat().st_mode & 0o077 == 0


def test_a_backup_that_fails_leaves_the_older_one_and_no_litter(tmp_path: Path) -> None:
    file = tmp_path / "out" / "backup.tar"
    file.parent.mkdir()
    file.write_bytes(b"older")
    manifest = Manifest(format=FORMAT, made_at="now", version="0.1.0", databases=("pricewatch",), owner="me", roles=())
    with pytest.raises(FileNotFoundError):
        pack(tmp_path, manifest, file)  # there is no dump to pack
    assert file.read_bytes() == b"older"
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize(
    "name", ["../pricewatch.dump", "/etc/cron.d/x", "a/manifest.json", "./manifest.json", "extra.dump"]
)
def test_a_name_that_does_not_belong_there_is_refused(tmp_path: Path, name: str) -> None:
    file = _tar(tmp_path, [_file("manifest.json", _MANIFEST), _file("pricewatch.dump", ""), _file(name, "")])
    _assert_refused(file, "does not belong there")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
def test_only_plain_files_are_taken(tmp_path: Path, kind: bytes) -> None:
    link = tarfile.TarInfo("pricewatch.dump")
    link.type = kind
    link.linkname = "/etc/passwd"
    _assert_refused(_tar(tmp_path, [_file("manifest.json", _MANIFEST), (link, b"")]), "does not belong there")


def test_a_name_given_twice_is_refused(tmp_path: Path) -> None:
    twice = [_file("manifest.json", _MANIFEST), _file("pricewatch.dump", "a"), _file("pricewatch.dump", "b")]
    _assert_refused(_tar(tmp_path, twice), "does not belong there")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"databases": ["pricewatch", "dagster"]}, "holds no dagster.dump"),
        ({"databases": ["../pricewatch"]}, "names the databases ../pricewatch"),
        ({"databases": []}, "names the databases none"),
        ({"databases": ["pricewatch", "pricewatch"]}, "names a database twice"),
        ({"databases": "pricewatch"}, "cannot be read"),
        ({"roles": None}, "cannot be read"),
        ({"format": 2}, "in format 2; we read 1"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(tmp_path: Path, change: dict[str, Any], expected: str) -> None:
    file = _tar(tmp_path, [_file("manifest.json", {**_MANIFEST, **change}), _file("pricewatch.dump", "")])
    _assert_refused(file, expected)


def test_a_tar_without_manifest_is_refused(tmp_path: Path) -> None:
    _assert_refused(_tar(tmp_path, [_file("pricewatch.dump", "")]), "holds no manifest.json")


@pytest.mark.parametrize("content", [b"", b"not a tar", b"\x1f\x8b\x08\x00" + bytes(600)])
def test_a_file_that_is_no_tar_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "backup.tar"
    file.write_bytes(content)
    _assert_refused(file, "is not a backup")


def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    _assert_refused(tmp_path / "nothing.tar", "Cannot read the backup .*nothing.tar")


def _assert_refused(file: Path, expected: str) -> None:
    with pytest.raises(ConfigurationError, match=expected), unpacked(file):
        pass


def _tar(folder: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    file = folder / "backup.tar"
    with tarfile.open(file, "w") as archive:
        for member, content in members:
            archive.addfile(member, io.BytesIO(content))
    return file


def _file(name: str, content: object) -> tuple[tarfile.TarInfo, bytes]:
    encoded = (content if isinstance(content, str) else json.dumps(content)).encode()
    member = tarfile.TarInfo(name)
    member.size = len(encoded)
    return member, encoded
