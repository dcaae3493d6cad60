"""Puts evidence into an fsspec location (a folder, S3, ...), and takes it away again."""

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

import fsspec

from pricewatch_pipeline.domain.checks import StoredPage
from pricewatch_pipeline.errors import EvidenceUnavailable, MissingExtra

SHARDS = 256
"""Folders that the location has: by the first two digits of the hash."""
_OURS = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}[-.a-z0-9]*")
_CREDENTIALS = re.compile(r"//([^/]*@)")
_EXTRAS = {"s3": "s3", "s3a": "s3"}
_WRITES_WHOLE = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "memory"})
"""Protocols that show an object only when it is there in full; elsewhere it is renamed to its name."""
_S3_OPTIONS = {"config_kwargs": {"connect_timeout": 5, "read_timeout": 20, "retries": {"max_attempts": 1}}}
_S3_ATTEMPTS = 2
"""Its own patience, and botocore's, would hold a run for minutes. Keys, region and endpoint come from the usual AWS variables."""


class PagePlace:
    """A location. Opened on first use; threads may share it.

    Raises from every method:
        MissingExtra: the driver for this kind of location is not installed.
        EvidenceUnavailable: the location does not do what is asked; says what it said.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        found = _CREDENTIALS.search(url)
        self._credentials = found[1] if found else ""
        self.url = url.replace(self._credentials, "")
        """For people: without a password."""
        self._opened: tuple[Any, str] | None = None

    def put(self, pages: Sequence[StoredPage]) -> list[str]:
        """Write their contents; where each lies, below the location. To write again what is there changes nothing."""
        locations = [location_of(page) for page in pages]
        with self._translated("write to"):
            file_system, root = self._open()
            contents = {f"{root}/{location}": page.content for location, page in zip(locations, pages, strict=True)}
            if self._protocol in _WRITES_WHOLE:
                file_system.pipe(contents)
            else:
                _write_and_rename(file_system, contents)
        return locations

    def get(self, location: str) -> bytes | None:
        """A content; None when it is not there any more."""
        with self._translated("read from"):
            file_system, root = self._open()
            try:
                content: bytes = file_system.cat_file(f"{root}/{location}")
            except FileNotFoundError:
                return None
            return content

    def delete(self, locations: Sequence[str]) -> None:
        """Remove these; what is not there is removed already."""
        with self._translated("delete in"):
            file_system, root = self._open()
            paths = [f"{root}/{location}" for location in locations]
            if self._protocol in _EXTRAS:  # a thousand by one request, and none is asked for first
                file_system.rm(paths)
                return
            for path in paths:
                if file_system.exists(path):
                    file_system.rm_file(path)

    def older_than(self, age: timedelta, *, shard: int) -> list[str]:
        """What of ours lies in one of the folders and was written longer ago than this."""
        with self._translated("list"):
            file_system, root = self._open()
            try:
                found = file_system.ls(f"{root}/{shard:02x}", detail=True, refresh=True)
            except FileNotFoundError:
                return []
        before = datetime.now(UTC) - age
        locations = ((f"{shard:02x}/{PurePosixPath(info['name']).name}", _written_at(info)) for info in found)
        return [name for name, at in locations if _OURS.fullmatch(name) and at is not None and at < before]

    def examine(self) -> None:
        """Write, read and delete a probe."""
        content = uuid.uuid4().bytes
        probe = f"probe-{content.hex()}"
        with self._translated("write to"):
            file_system, root = self._open()
            file_system.pipe({f"{root}/{probe}": content})
        if self.get(probe) != content:
            raise EvidenceUnavailable(f"{self.url} does not give back what was written to it")
        self.delete([probe])

    @property
    def _protocol(self) -> str:
        return self.url.partition("://")[0].lower()

    def _open(self) -> tuple[Any, str]:
        if self._opened is None:
            options: dict[str, Any] = {"auto_mkdir": True} if self._protocol in ("file", "local") else {}
            if self._protocol in _EXTRAS:
                options = _S3_OPTIONS
            file_system, root = fsspec.core.url_to_fs(self._url, **options)
            if self._protocol in _EXTRAS:
                file_system.retries = _S3_ATTEMPTS
            self._opened = file_system, root.rstrip("/")
        return self._opened

    @contextmanager
    def _translated(self, doing: str) -> Iterator[None]:
        try:
            yield
        except ImportError as error:
            if self._protocol in _EXTRAS:
                raise MissingExtra(_EXTRAS[self._protocol], f"evidence at {self.url}") from error
            raise EvidenceUnavailable(f"PRICEWATCH_PAGES_URL={self.url}: {error}") from error
        except EvidenceUnavailable:
            raise
        except Exception as error:  # drivers of fsspec raise what they like, botocore's own too
            said = f"{type(error).__name__}: {error}".splitlines()[0].replace(self._credentials, "")
            raise EvidenceUnavailable(f"cannot {doing} {self.url} (PRICEWATCH_PAGES_URL): {said}") from error


def location_of(page: StoredPage) -> str:
    """Where a content lies: named by the page and, for it takes part in the content, by the dictionary."""
    name = page.sha256.hex()
    dictionary = f".d{page.dictionary_id}" if page.dictionary_id is not None else ""
    return f"{name[:2]}/{name}{dictionary}"


def _write_and_rename(file_system: Any, contents: Mapping[str, bytes]) -> None:
    for path, content in contents.items():
        unfinished = f"{path}.{uuid.uuid4().hex}"
        file_system.makedirs(path.rpartition("/")[0], exist_ok=True)
        file_system.pipe_file(unfinished, content)
        file_system.mv(unfinished, path)


def _written_at(info: Mapping[str, Any]) -> datetime | None:
    """When a file was written, as its driver says it; None where it does not: such a file is left alone."""
    match info.get("mtime") or info.get("LastModified") or info.get("last_modified") or info.get("created"):
        case datetime() as at:
            return at if at.tzinfo else at.replace(tzinfo=UTC)
        case int() | float() as seconds:
            return datetime.fromtimestamp(seconds, UTC)
        case _:
            return None
