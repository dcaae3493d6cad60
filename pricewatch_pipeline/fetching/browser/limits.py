"""What the browsers of one run may take. Values only: read without the extra `browser`."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class BrowserLimits:
    """How many, how much, and which program."""

    program: str | None = None
    """Chromium's; None: the one on PATH."""
    pages: int = 2
    """At once."""
    memory_mb: int = 1024
    """Of one Chromium with all its processes."""
    pages_each: int = 100
    """After so many, a Chromium makes room for a new one."""
