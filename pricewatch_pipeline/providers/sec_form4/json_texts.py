"""JSON as the SEC serves it, taken with caution: what is no JSON is said, and texts hold nothing that a database refuses. Pure."""

import json
import re
from typing import Any

_NOT_STORABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]+")
_BEGINNING = 80


class NotJson(ValueError):
    """A body is no JSON; says what it begins with."""


def loaded(body: bytes) -> Any:
    """The value of a body.

    Raises:
        NotJson: it has none.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        begins = body[:_BEGINNING].decode("utf-8", errors="replace")
        why = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        raise NotJson(f"it is no JSON ({why}) and begins with {begins!r}") from error


def text_of(value: Any) -> str | None:
    """A text on one line; None: there is none."""
    text = " ".join(_NOT_STORABLE.sub(" ", value).split()) if isinstance(value, str) else ""
    return text or None
