"""A folder of watch files: which files count, what they define, and a fingerprint that tells whether anything changed."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pricewatch_pipeline.domain.providers import Provider
from pricewatch_pipeline.domain.watches import Product, Store, Watch
from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.watch_files.issues import Issue
from pricewatch_pipeline.watch_files.loader import MAX_BYTES, Document, Problem, load
from pricewatch_pipeline.watch_files.parse import ParsedFile, parse_document
from pricewatch_pipeline.watch_files.resolve import Definitions, FileResult, Known, Remark, resolve

SUFFIXES = frozenset({".yaml", ".yml"})


@dataclass(frozen=True, kw_only=True)
class WatchFolder:
    """All watch files of a folder, each with its definitions or its issues."""

    folder: Path
    files: tuple[FileResult, ...] = ()

    @property
    def definitions(self) -> tuple[Definitions, ...]:
        """Of the valid files."""
        return tuple(file.definitions for file in self.files if file.definitions)

    @property
    def stores(self) -> tuple[Store, ...]:
        return tuple(store for part in self.definitions for store in part.stores)

    @property
    def products(self) -> tuple[Product, ...]:
        return tuple(product for part in self.definitions for product in part.products)

    @property
    def watches(self) -> tuple[Watch, ...]:
        return tuple(watch for part in self.definitions for watch in part.watches)

    @property
    def issues(self) -> tuple[Issue, ...]:
        return tuple(issue for file in self.files for issue in file.issues)

    @property
    def warnings(self) -> tuple[Issue, ...]:
        """Of all files: watches that cannot be scheduled, and what was remarked."""
        return tuple(warning for file in self.files for warning in file.warnings)

    @property
    def broken_files(self) -> frozenset[str]:
        """The files that change nothing."""
        return frozenset(file.source_file for file in self.files if not file.definitions)


def read_folder(
    folder: Path,
    *,
    providers: Mapping[str, Provider],
    known: Known | None = None,
    remark: Remark | None = None,
) -> WatchFolder:
    """Read every watch file. A file that is wrong has issues and no definitions; the others stand. Remarks are warnings.

    Raises:
        ConfigurationError: the folder itself, or one below it, cannot be read. Then nothing is known of what it holds.
    """
    root = _root(folder)
    parsed = [_parse(root, path, providers) for path in _watch_files(root)]
    return WatchFolder(folder=folder, files=resolve(parsed, known or Known(), folder_name=folder.name, remark=remark))


def fingerprint(folder: Path) -> str:
    """A hash over the names and contents of all watch files. Take it before `read_folder`, never after.

    Raises:
        ConfigurationError: the folder cannot be read.
    """
    root = _root(folder)
    total = hashlib.sha256()
    for path in _watch_files(root):
        data = _bytes(root, path)
        content = data.message if isinstance(data, Problem) else hashlib.sha256(data).hexdigest()
        total.update(f"{_relative(root, path)}\0{content}\0".encode(errors="replace"))
    return total.hexdigest()


def _root(folder: Path) -> Path:
    try:
        root = folder.resolve(strict=True)
    except FileNotFoundError:
        raise ConfigurationError(
            f"there is no watch folder {folder}: create it, or set PRICEWATCH_WATCHES_DIR to where your watch files are"
        ) from None
    except (OSError, RuntimeError) as error:
        raise ConfigurationError(f"the watch folder {folder} cannot be read: {error}") from error
    if not root.is_dir():
        raise ConfigurationError(f"{folder} is a file; the watch files must be in a folder")
    return root


def _watch_files(root: Path) -> list[Path]:
    """Watch files and links of that name in this folder and below, sorted, hidden ones left out."""

    def refuse(error: OSError) -> None:
        raise ConfigurationError(f"the watch folder {error.filename} cannot be read: {error.strerror}") from error

    found: list[Path] = []
    for parent, folders, files in os.walk(root, onerror=refuse):
        visible = [name for name in folders if not name.startswith(".")]
        folders[:] = visible
        links = [name for name in visible if (Path(parent) / name).is_symlink()]
        names = [name for name in files if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES]
        found += [Path(parent) / name for name in (*names, *links)]
    return sorted(found, key=lambda path: _relative(root, path))


def _relative(root: Path, path: Path) -> str:
    # Bytes that are no UTF-8 could be neither stored nor shown.
    return os.fsencode(path.relative_to(root).as_posix()).decode(errors="replace")


def _parse(root: Path, path: Path, providers: Mapping[str, Provider]) -> ParsedFile:
    data = _bytes(root, path)
    document = Document(problems=(data,)) if isinstance(data, Problem) else load(data)
    return parse_document(_relative(root, path), document, providers)


def _bytes(root: Path, path: Path) -> bytes | Problem:
    """The file's content, or why there is none."""
    try:
        if path.is_symlink() and path.is_dir():
            return _problem("a link to a folder is not followed; put the files into the watch folder")
        target = path.resolve(strict=True)
        if not target.is_relative_to(root):
            return _problem("a link that leads out of the watch folder is not followed; copy the file")
        if not target.is_file():
            return _problem("not a regular file")
        with target.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        return _problem(f"the file cannot be read: {reason or error}")


def _problem(message: str) -> Problem:
    return Problem(line=1, column=1, loc=(), message=message)
