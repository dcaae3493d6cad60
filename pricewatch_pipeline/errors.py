"""Every error of ours. The class says what the reader can do about it; the message says where and what.

PricewatchError
├── ConfigurationError            the user's settings or watch files; fix them and run again
│   ├── WatchFileError            carries every issue found, each with file, line, column and field
│   ├── UnknownProvider
│   ├── TemplateError             a template of a message; says the line and why
│   ├── MissingExtra              an optional part is not installed; says which and how to get it
│   └── ScheduleError             an interval, cron, window or time zone that cannot be kept
├── NotFound                      no such watch, store, product or check
├── ManagedByFile                 a file owns this watch; edit the file
├── DatabaseUnavailable           PostgreSQL does not answer; retried by us first
├── EmbeddedServerError           the embedded PostgreSQL cannot be set up or started
├── AlreadyRunning                another `up` or `demo` holds this home folder
├── PortTaken                     the port asked for is in use
├── ProcessDied                   a process of `up` does not start or stay up; the end of its log says why
├── NotStorable                   the database refuses what was read; says why
├── ForbiddenAddress              the guard refused a URL or an address
├── HostResting                   nobody may ask this host now: paused, told to wait, or its breaker is open
├── RatesUnavailable              exchange rates could not be had, or are not what they should be; says why
├── EvidenceUnavailable          the place where pages are kept cannot be written or read
├── NotASearch                    a text or query is not one flight search that can be asked; says why
├── UnsafePattern                 a user's selector or regex took too long or asks for what it may not
└── CheckFailed                   checks asked for by hand ended without a price
"""

from datetime import datetime


class PricewatchError(Exception):
    """Something went wrong that the message explains."""


class ConfigurationError(PricewatchError):
    """The configuration is not usable."""


class UnknownProvider(ConfigurationError):
    """No provider has this name."""


class TemplateError(ConfigurationError):
    """A template of a message cannot be used."""

    def __init__(self, reason: str, line: int = 1) -> None:
        self.reason = reason
        self.line = line
        super().__init__(f"line {line} of the template: {reason}")


class MissingExtra(ConfigurationError):
    """An optional part is needed and not installed."""

    def __init__(self, extra: str, what_for: str) -> None:
        super().__init__(
            f"{what_for} needs an optional part that is not installed: `make install EXTRAS={extra}` in a checkout, "
            f"else pip install 'pricewatch-pipeline[{extra}]'"
        )


class ScheduleError(ConfigurationError):
    """The schedule cannot be kept."""


class WatchFileError(ConfigurationError):
    """One or more watch files are not valid; `issues` lists every problem, one text each."""

    def __init__(self, issues: list[str]) -> None:
        self.issues = issues
        super().__init__("\n".join(issues))


class NotFound(PricewatchError):
    """There is no such thing."""


class ManagedByFile(PricewatchError):
    """A watch file owns this definition."""


class DatabaseUnavailable(PricewatchError):
    """PostgreSQL cannot be reached."""


class EmbeddedServerError(PricewatchError):
    """The embedded PostgreSQL cannot be set up or started."""


class AlreadyRunning(PricewatchError):
    """Another process already runs here."""


class PortTaken(PricewatchError):
    """The port is in use."""


class ProcessDied(PricewatchError):
    """A process of ours does not stay up."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        """With which it ended, where it did."""


class NotStorable(PricewatchError):
    """The database refuses values."""


class ForbiddenAddress(PricewatchError):
    """This address may not be reached."""


class HostResting(PricewatchError):
    """A host may not be asked before `until` (None: before an operator says so)."""

    def __init__(self, host: str, *, until: datetime | None, reason: str) -> None:
        self.host = host
        self.until = until
        self.reason = reason
        when = f"until {until:%Y-%m-%d %H:%M:%S} UTC" if until else f"until `pricewatch host resume {host}`"
        super().__init__(f"{host} is left alone {when}: {reason}")


class RatesUnavailable(PricewatchError):
    """Exchange rates could not be had."""


class EvidenceUnavailable(PricewatchError):
    """The place where pages are kept does not do what is asked."""


class NotASearch(PricewatchError):
    """This is not one flight search."""


class UnsafePattern(PricewatchError):
    """A selector or regular expression was refused."""


class WatchBusy(PricewatchError):
    """A run is checking this watch."""


class CheckFailed(PricewatchError):
    """A check ended without a price."""
