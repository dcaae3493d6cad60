"""Reading what is imported, from bytes."""

import io
from collections.abc import Callable
from typing import Any

import pytest

from pricewatch_pipeline.importing.read import read_import
from pricewatch_pipeline.importing.rows import ImportRow

Rows = Callable[..., list[ImportRow]]


@pytest.fixture
def rows() -> Rows:
    """The rows of a text or of bytes."""

    def read(data: str | bytes, **options: Any) -> list[ImportRow]:
        return list(read_import(io.BytesIO(data.encode() if isinstance(data, str) else data), **options))

    return read
