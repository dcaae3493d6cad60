"""Examines what fetching needs: proxies that stores name, browsers that they impersonate, optional parts. Repairs nothing."""

from collections.abc import Iterator

from pricewatch_pipeline.domain.proxies import DIRECT
from pricewatch_pipeline.domain.watches import Store
from pricewatch_pipeline.errors import ConfigurationError, MissingExtra
from pricewatch_pipeline.fetching.fetchers import browser_program, profile_problem
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.findings import Finding, fail, ok, warn
from pricewatch_pipeline.settings import Settings
from pricewatch_pipeline.watch_files.read import read_folder

_OPENS_BROWSERS = {"auto", "browser"}


def examine_fetching(settings: Settings) -> Iterator[Finding]:
    """Whether every store of the watch files can be fetched as it says."""
    named = ", ".join(f"{name} {proxy.shown}" for name, proxy in sorted(settings.proxies.items()))
    yield ok("proxies", named or "none named")
    try:
        stores = read_folder(settings.watches, providers=providers()).stores
    except ConfigurationError:
        return  # which is a finding on the watch files
    faults = [finding for store in stores for finding in _faults(store, settings)]
    yield from faults
    if not faults and stores:
        yield ok("fetchers", f"what {len(stores)} stores ask for is there")


def _faults(store: Store, settings: Settings) -> Iterator[Finding]:
    subject = f"store {store.store_id}"
    kinds = {store.fetcher, *store.when_blocked}
    for name in store.proxies.names:
        proxy = settings.proxies.get(name)
        if name != DIRECT and proxy is None:
            yield warn(subject, f"names the proxy {name!r}, which is unknown here", "add it to PRICEWATCH_PROXIES")
        elif proxy and proxy.is_socks and kinds & _OPENS_BROWSERS:
            yield warn(
                subject,
                f"its proxy {name!r} speaks SOCKS, which the browser does not",
                "set `fetcher: http` or `impersonate`, or name an http:// proxy",
            )
    if kinds & _OPENS_BROWSERS:
        yield from _browsing(subject, settings)
    if "impersonate" in kinds:
        yield from _impersonation(subject, store.impersonates)


def _browsing(subject: str, settings: Settings) -> Iterator[Finding]:
    try:
        browser_program(settings.chromium)
    except ConfigurationError as error:
        yield fail(subject, str(error), "install it, or use another fetcher")


def _impersonation(subject: str, profile: str) -> Iterator[Finding]:
    try:
        problem = profile_problem(profile)
    except MissingExtra as error:
        yield fail(subject, str(error), "install it, or use another fetcher")
        return
    if problem:
        yield fail(subject, problem, "correct `impersonate:` in its watch file")
