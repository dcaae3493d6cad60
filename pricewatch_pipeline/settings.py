"""Settings: frozen, validated, and the only reader of the environment.

A setting comes from `PRICEWATCH_<NAME>`, else from the session that `pricewatch up` or `pricewatch demo` has open in the
same home folder, else from its default. docs/reference/settings.md lists them.
"""

import ipaddress
import json
import os
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psutil
from babel import Locale, UnknownLocaleError
from babel.numbers import list_currencies
from pydantic import AfterValidator, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from pricewatch_pipeline import __version__
from pricewatch_pipeline.domain.fair_access import contact_problem, declared
from pricewatch_pipeline.domain.proxies import Proxy, parse_proxies
from pricewatch_pipeline.errors import ConfigurationError

HOME_NAME = ".pricewatch"
SESSION_FILE = "session.json"
_START_PRECISION_S = 0.02
PREFIX = "PRICEWATCH_"
PRODUCT = f"pricewatch_pipeline/{__version__}"


def default_home() -> Path:
    """The nearest `.pricewatch` from the working folder upwards; where there is none, one in the working folder."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / HOME_NAME).is_dir():
            return folder / HOME_NAME
    return here / HOME_NAME


def _locale(value: str) -> str:
    try:
        return str(Locale.parse(value.replace("-", "_")))
    except (ValueError, UnknownLocaleError) as error:
        raise ValueError("must be language and country, such as de_DE") from error


def _timezone(value: str) -> str:
    try:
        return ZoneInfo(value).key
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        raise ValueError("must be an IANA time zone, such as Europe/Berlin") from error


def _currency(value: str) -> str:
    if value not in list_currencies():
        raise ValueError("must be an ISO 4217 code, such as EUR")
    return value


class Settings(BaseSettings):
    """All settings."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    home: Path = Field(default_factory=default_home)
    """Where the embedded database, Dagster's home and the session file live."""
    watches_dir: Path | None = None
    """The folder of watch files; `watches` beside the home folder by default."""
    database_url: str | None = None
    """Any PostgreSQL from 15 on; the embedded one when not set."""
    dagster_database_url: str | None = None
    """Dagster's own database; `<database>_dagster` on the same server by default."""

    user_agent: str = PRODUCT
    contact: str | None = None
    """Name and e-mail address, `Jane Doe jane.doe@example.org`: said to sites that want to know who asks (the SEC), and to no other."""
    allowed_addresses: Annotated[tuple[str, ...], NoDecode] = ()
    """Addresses that may be reached although they are private: `192.168.1.0/24` or `127.0.0.1:8801`, comma-separated."""
    proxies: Annotated[dict[str, Proxy], NoDecode] = Field(default_factory=dict, exclude=True)
    """By name: `home=http://user:password@host:3128, dc=socks5://host:1080`. Secret, so never written to the session."""
    chromium: str | None = None
    """The program that the fetcher `browser` starts: a path or a name on PATH."""
    browser_pages: int = Field(default=2, ge=1, le=32)
    """Pages that one run has open in its browser at once."""
    browser_max_mb: int = Field(default=1024, ge=256)
    """Memory of one browser with all its processes; the largest tab is ended when it takes more."""

    batch_size: int = Field(default=200, ge=1, le=2000)
    """Watches one run claims at a time."""
    max_runs_in_flight: int = Field(default=2, ge=1, le=64)
    max_batches_in_flight: int = Field(default=2, ge=1, le=64)
    """Runs that make batches of matrix watches; each makes one at a time."""
    concurrency: int = Field(default=16, ge=1, le=256)
    """Pages in flight within one run."""
    lease_s: int = Field(default=120, ge=10, le=3600)
    run_budget_s: int = Field(default=60, ge=1, le=300)
    """A run claims no further watches after this long. With its last checks it must end within ten minutes, when Dagster ends it."""
    quarantine_after: int = Field(default=10, ge=2)
    """Consecutive failures after which a watch is only looked at once a day."""
    materialization_events: Literal["all", "changes"] = "all"

    channels_file: Path | None = None
    """Where alerts are sent, by name: a YAML file that holds secrets; `channels.yaml` in the home folder by default."""
    locale: Annotated[str, AfterValidator(_locale)] = "en_US"
    """How messages write prices and dates: language and country, such as de_DE."""
    timezone: Annotated[str, AfterValidator(_timezone)] = "UTC"
    """IANA name: in which messages give times, and quiet hours and digests are meant."""
    currency: Annotated[str, AfterValidator(_currency)] = "EUR"
    """ISO 4217: in which the stores of a product are compared, where the product does not say and they differ."""
    rates_url: str = "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml"
    """The ECB's daily reference rates, or a file of the same form."""

    check_retention_days: int = Field(default=365, ge=1)
    check_max_mb: int = Field(default=4096, ge=1)
    flight_offer_retention_days: int = Field(default=400, ge=1)
    """Itineraries are kept this long, in whole months; fares stay."""
    flight_offer_max_mb: int = Field(default=10_240, ge=1)
    page_retention_days: int = Field(default=30, ge=1)
    page_max_mb: int = Field(default=1024, ge=1)
    pages_url: str | None = None
    """Where pages are kept: whatever fsspec opens, `file:///var/pages` or `s3://bucket/prefix`; the database when not set."""
    run_retention_days: int = Field(default=7, ge=1)
    """What finished Dagster runs said is kept this long; materializations stay."""
    event_retention_days: int = Field(default=90, ge=1)
    """Whole Dagster runs, with their materializations, are kept this long. Snapshots do not depend on them."""

    webserver_port: int = Field(default=3000, ge=1, le=65535)
    ui_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    """Names besides `localhost` and addresses by which the UI is reached, as through a proxy; comma-separated."""

    @field_validator("home", "watches_dir", "channels_file")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return path.expanduser().absolute() if path else None

    @field_validator("allowed_addresses", "ui_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("proxies", mode="before")
    @classmethod
    def _parse_proxies(cls, value: object) -> object:
        return parse_proxies(value) if isinstance(value, str) else value

    @field_validator("contact")
    @classmethod
    def _check_contact(cls, value: str | None) -> str | None:
        contact = value.strip() if value else None
        if contact and (problem := contact_problem(contact)):
            raise ValueError(problem)
        return contact or None

    @field_validator("allowed_addresses")
    @classmethod
    def _check_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            parse_allowed_address(entry)
        return value

    @field_validator("pages_url")
    @classmethod
    def _check_pages_url(cls, value: str | None) -> str | None:
        if value and not re.fullmatch(r"[a-z0-9+.-]+://.+", value):
            raise ValueError("must be a URL such as file:///var/pricewatch/pages or s3://bucket/prefix")
        return value

    @field_validator("database_url", "dagster_database_url")
    @classmethod
    def _check_database_url(cls, value: str | None) -> str | None:
        if value and not value.startswith(
            ("postgresql://", "postgres://", "postgresql+psycopg://", "postgresql+psycopg2://")
        ):
            raise ValueError("must start with postgresql://")
        return value

    @property
    def declared_user_agent(self) -> str | None:
        """Who we are, for sites that want to know; None: nobody said."""
        return declared(PRODUCT, self.contact) if self.contact else None

    @property
    def watches(self) -> Path:
        """The folder of watch files."""
        return self.watches_dir or self.home.parent / "watches"

    @property
    def channels(self) -> Path:
        """The file of alert channels; it need not exist."""
        return self.channels_file or self.home / "channels.yaml"

    @property
    def lease(self) -> timedelta:
        return timedelta(seconds=self.lease_s)

    @property
    def session_file(self) -> Path:
        return self.home / SESSION_FILE

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _SessionSource(settings_cls)


class _SessionSource(PydanticBaseSettingsSource):
    """What the `up` or `demo` that is running in this home folder was started with."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        home = self.current_state.get("home") or default_home()
        session = read_session(Path(home).expanduser().absolute() / SESSION_FILE)
        return dict(session["settings"]) if session else {}


def start_of(pid: int) -> dict[str, float]:
    """When a process began, by two clocks: a step of the system's time moves one of them only (which one, the system decides).

    Raises:
        psutil.Error: there is no such process.
    """
    created_at = psutil.Process(pid).create_time()
    return {"started": created_at, "started_after_boot": created_at - psutil.boot_time()}


def read_session(path: Path) -> dict[str, Any] | None:
    """The open session (`pid`, `started`, `mode`, `url`, `settings`); None when there is none or its process is gone."""
    try:
        session = json.loads(path.read_text(encoding="utf-8"))
        is_alive = any(abs(at - session[clock]) < _START_PRECISION_S for clock, at in start_of(session["pid"]).items())
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None
    return session if is_alive else None


def parse_allowed_address(entry: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, int | None]:
    """`10.0.0.0/8`, `127.0.0.1:8801` or `[::1]:8801` as network and port (None: any).

    Raises:
        ValueError: the entry is neither.
    """
    host, port = entry, ""
    if entry.startswith("["):
        host, _, port = entry[1:].partition("]")
        port = port.removeprefix(":")
    elif entry.count(":") == 1:
        host, _, port = entry.partition(":")
    if port and not (port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(f"{entry!r}: the port is not a number from 1 to 65535")
    return ipaddress.ip_network(host, strict=False), int(port) if port else None


def load_settings(**overrides: Any) -> Settings:
    """Read the settings.

    Raises:
        ConfigurationError: names each variable that is not valid and what is allowed.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        lines = [f"{PREFIX}{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()]
        raise ConfigurationError("These settings are not valid:\n" + "\n".join(lines)) from error


def environment_for_children(**extra: str) -> dict[str, str]:
    """The environment for a process that we start, with ours added."""
    # Threads that read pages would each keep memory of their own: a third of what a run takes.
    return {"MALLOC_ARENA_MAX": "2", **os.environ, "DAGSTER_DISABLE_TELEMETRY": "1", **extra}


def set_for_this_process(variables: Mapping[str, str]) -> None:
    """Put variables into this process's own environment, for Dagster's code and ours that it runs here."""
    os.environ.update(variables)
