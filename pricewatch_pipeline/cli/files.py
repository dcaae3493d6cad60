"""Files that commands write because a user asked for them."""

from pathlib import Path

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
