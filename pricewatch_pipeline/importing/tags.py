"""The file of changedetection.io's tags that goes with its watches."""

import json
from pathlib import Path

from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.importing.changedetection import tag_names

_MOST_BYTES = 16 * 1024 * 1024


def read_tags(path: Path | None) -> dict[str, str]:
    """Names by uuid; none without a file.

    Raises:
        ConfigurationError: it cannot be read, or is not JSON.
    """
    if path is None:
        return {}
    try:
        with path.open("rb") as file:
            return tag_names(json.loads(file.read(_MOST_BYTES)))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path} is not the answer of changedetection.io about its tags: {error}") from error
