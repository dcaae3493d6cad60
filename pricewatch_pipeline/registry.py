"""The list of providers: ours, and those that other packages bring by an entry point."""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points

from pricewatch_pipeline.domain.providers import Provider
from pricewatch_pipeline.errors import UnknownProvider
from pricewatch_pipeline.providers.google_flights import GoogleFlightsProvider
from pricewatch_pipeline.providers.retail import RetailProvider
from pricewatch_pipeline.providers.sec_form4 import SecForm4Provider

ENTRY_POINT_GROUP = "pricewatch_pipeline.providers"


@cache
def google_flights() -> GoogleFlightsProvider:
    """The provider of flight searches, with what it can besides checking: addresses, and reading saved pages."""
    return GoogleFlightsProvider()


@cache
def sec_form4() -> SecForm4Provider:
    """The provider of insider filings, with what it can besides checking: reading saved filings and the daily index."""
    return SecForm4Provider()


@cache
def providers() -> Mapping[str, Provider]:
    """Every provider by name."""
    ours: tuple[Provider, ...] = (RetailProvider(), google_flights(), sec_form4())
    known = {provider.name: provider for provider in ours}
    for entry_point in entry_points(group=ENTRY_POINT_GROUP):
        provider: Provider = entry_point.load()()
        known.setdefault(provider.name, provider)
    return known


def provider_named(name: str) -> Provider:
    """The provider with this name.

    Raises:
        UnknownProvider: says which there are.
    """
    try:
        return providers()[name]
    except KeyError:
        raise UnknownProvider(f"unknown provider {name!r}; there are: {', '.join(sorted(providers()))}") from None
