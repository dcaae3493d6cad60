"""Examines the installation: one finding per question, each with what to do. Repairs nothing and never raises."""

from functools import partial

from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.services.diagnose_alerts import examine_channels
from pricewatch_pipeline.services.diagnose_database import examine_databases
from pricewatch_pipeline.services.diagnose_fetching import examine_fetching
from pricewatch_pipeline.services.diagnose_surroundings import (
    examine_home,
    examine_session,
    examine_versions,
    examine_watch_files,
)
from pricewatch_pipeline.services.findings import Finding, fail, findings_of, ok
from pricewatch_pipeline.settings import load_settings

_EXAMINATIONS = {
    "home folder": examine_home,
    "session": examine_session,
    "watch files": examine_watch_files,
    "fetching": examine_fetching,
    "channels": examine_channels,
    "PostgreSQL": examine_databases,
}


def examine_all() -> list[Finding]:
    """Every finding. Where the settings are not valid, nothing can be said of what depends on them."""
    found = findings_of("versions", examine_versions)
    try:
        settings = load_settings()
    except ConfigurationError as error:
        said = "; ".join(str(error).splitlines()[1:])
        return [*found, fail("settings", said, "correct these variables, or unset them for their defaults")]
    found.append(ok("settings", f"valid; home is {settings.home}"))
    for subject, examine in _EXAMINATIONS.items():
        found += findings_of(subject, partial(examine, settings))
    return found
