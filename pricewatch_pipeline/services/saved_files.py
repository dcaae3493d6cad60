"""Saved files that commands read in bulk, and the lines that they write of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pricewatch_pipeline.domain.outcomes import Outcome

_LARGEST = 64_000_000
_ENCODER = json.JSONEncoder(ensure_ascii=False)


@dataclass(frozen=True, kw_only=True)
class FileProblem:
    """Why a file cannot be read: as a fetch that failed."""

    outcome: Outcome
    error: str
    """Without the file's name: who tells of it says it before."""


def saved_bytes(name: str) -> bytes | FileProblem:
    """What a file holds."""
    try:
        with Path(name).open("rb") as file:
            body = file.read(_LARGEST + 1)
    except IsADirectoryError:
        return FileProblem(
            outcome=Outcome.NOT_FOUND, error=f"it is a folder: name the files in it, as in {name.rstrip('/')}/*"
        )
    except (FileNotFoundError, NotADirectoryError):
        return FileProblem(outcome=Outcome.NOT_FOUND, error="there is no such file")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        return FileProblem(outcome=Outcome.TRANSPORT, error=f"it cannot be read: {reason}")
    if len(body) > _LARGEST:
        return FileProblem(outcome=Outcome.TOO_LARGE, error=f"it is larger than {_LARGEST:,} bytes")
    return body


def json_line(values: Mapping[str, Any]) -> str:
    """As JSON; what is no UTF-8, as the bytes of a file's name may be, in escapes."""
    return _ENCODER.encode(values).encode(errors="backslashreplace").decode() + "\n"
