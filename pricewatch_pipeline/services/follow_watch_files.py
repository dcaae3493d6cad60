"""What is wrong in the watch files, told whenever they change: to whoever saves one while everything runs."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from time import monotonic

from pricewatch_pipeline.domain.providers import Provider
from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.watch_files.read import fingerprint, read_folder

LOOKS_EVERY = timedelta(seconds=5)


class WatchFileNews:
    """`news` is asked again and again, and looks at the files now and then."""

    def __init__(
        self, folder: Path, *, providers: Mapping[str, Provider], clock: Callable[[], float] = monotonic
    ) -> None:
        self._folder = folder
        self._providers = providers
        self._clock = clock
        self._looks_at = clock()
        self._content: str | None = None
        self._problems: list[str] = []

    def news(self) -> list[str]:
        """Lines to show: every problem when the files changed, and that there is none any more."""
        if self._clock() < self._looks_at or not self._folder.is_dir():
            return []
        self._looks_at = self._clock() + LOOKS_EVERY.total_seconds()
        before = self._problems
        try:
            content = fingerprint(self._folder)
            if content == self._content:
                return []
            found = read_folder(self._folder, providers=self._providers)
            self._content, self._problems = content, [str(issue) for issue in (*found.issues, *found.warnings)]
        except ConfigurationError as error:
            self._content, self._problems = None, [str(error)]
        if self._problems:
            return self._problems if self._problems != before else []
        return ["the watch files are valid again"] if before else []
