"""PriceBuddy: a store as it shares it."""

from collections.abc import Mapping
from typing import Any

from pricewatch_pipeline.importing.fields import Unreadable, text_of
from pricewatch_pipeline.importing.rows import ImportRow, What, refused, said
from pricewatch_pipeline.importing.strategies import ids_and_domains, strategies_from

_FETCHERS = {"http": None, "api": "browser"}
"""Its `api` opens pages in a browser."""


def is_store(value: Any) -> bool:
    """Whether it is a store of PriceBuddy or of a tool that writes stores as it does."""
    return isinstance(value, Mapping) and "scrape_strategy" in value and "domains" in value


def store_row(place: str, store: Mapping[str, Any]) -> ImportRow:
    """A store as an entry of ours."""
    strategies, notes = strategies_from(store.get("scrape_strategy"))
    settings = store.get("settings")
    settings = settings if isinstance(settings, Mapping) else {}
    service = settings.get("scraper_service")
    locale_settings = settings.get("locale_settings")
    locale_settings = locale_settings if isinstance(locale_settings, Mapping) else {}
    if service not in (None, "", *_FETCHERS):
        notes = (*notes, "not carried over: scraper_service")
    if settings.get("scraper_service_settings") or settings.get("cookies"):
        notes = (*notes, "not carried over: scraper_service_settings, cookies")
    try:
        entry = said(
            {
                **ids_and_domains(store),
                "name": text_of("name", store.get("name")),
                "locale": (text_of("locale", store.get("locale") or locale_settings.get("locale")) or "").replace(
                    "_", "-"
                ),
                "currency": (
                    text_of("currency", store.get("currency") or locale_settings.get("currency")) or ""
                ).upper(),
                "fetcher": _FETCHERS.get(str(service)),
                "strategies": strategies,
            }
        )
    except Unreadable as problem:
        return refused(place, str(problem), what=What.STORE)
    return ImportRow(place=place, what=What.STORE, entry=entry, notes=notes)
