"""Which Chromium is started. Needs no extra, so that `doctor` can ask."""

import shutil

from pricewatch_pipeline.errors import ConfigurationError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium(named: str | None) -> str:
    """The program to start.

    Raises:
        ConfigurationError: there is none; says how to get one.
    """
    if named:
        if path := shutil.which(named):
            return path
        raise ConfigurationError(f"PRICEWATCH_CHROMIUM: {named!r} is not a program that can be run")
    if path := next(filter(None, map(shutil.which, NAMES)), None):
        return path
    raise ConfigurationError(
        f"the fetcher `browser` needs Chromium, and none of {', '.join(NAMES)} is on PATH: install it "
        "(Debian and Ubuntu: apt-get install chromium) or name it in PRICEWATCH_CHROMIUM"
    )
