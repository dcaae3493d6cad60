"""Texts of any page become JSON that PostgreSQL takes."""

import json

import pytest

from pricewatch_pipeline.storage.rows import as_json


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("lamp \U0001f600 ü", "lamp \U0001f600 ü"),
        ("a\0b", "ab"),
        ("\0\0\\\0", "\\"),
        (r"a\u0000x", r"a\u0000x"),  # six characters of the page, no NUL
        ("\\\\\0", "\\\\"),
        ("half a pair \ud83d", "half a pair �"),
    ],
)
def test_a_text_loses_only_what_postgresql_cannot_hold(text: str, stored: str) -> None:
    (record,) = json.loads(as_json([{"text": text}]).encode())
    assert record["text"] == stored


def test_a_number_that_json_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        as_json([{"confidence": float("nan")}])
