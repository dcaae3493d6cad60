"""Files that commands write because a user asked for them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from pricewatch_pipeline.errors import ConfigurationError


def require_writable(path: Path, *, is_forced: bool) -> None:
    """Find out before the work begins that a file cannot be written, or is there already.

    Raises:
        ConfigurationError: says what to do.
    """
    try:
        if path.is_dir():
            raise ConfigurationError(f"{path} is a folder; name a file")
        if path.exists() and not is_forced:
            raise ConfigurationError(f"{path} exists already; --force writes over it")
        if not path.parent.is_dir():
            raise ConfigurationError(f"there is no folder {path.parent}; make it first")
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} cannot be written: {error}") from error


def write_file(path: Path, text: str, *, is_forced: bool) -> None:
    """Write it; an existing file only when forced.

    Raises:
        ConfigurationError: says why it cannot be written.
    """
    require_writable(path, is_forced=is_forced)
    try:
        with path.open("w" if is_forced else "x", encoding="utf-8", errors="replace", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from error


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """Write a file that is there as a whole, or as it was: whatever ends the work before its end leaves the old one.

    Devices and pipes are written as the work goes on.

    Raises:
        OSError: it cannot be written.
    """
    if path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8", newline="\n") as file:
            yield file
        return
    target = path.resolve()
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with beside.open("w", encoding="utf-8", newline="\n") as file:
            yield file
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def is_same_file(path: str, other: str) -> bool:
    """Whether both names stand for one file that is there."""
    try:
        return Path(path).samefile(other)
    except OSError:  # one of them is not there
        return False
