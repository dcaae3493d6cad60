"""Where a page sells: its locale, its country and the currency that marks such as `$` mean there."""

from dataclasses import dataclass, field

from pricewatch_pipeline.domain.hosts import split_url
from pricewatch_pipeline.domain.lazy import cached_property
from pricewatch_pipeline.domain.watches import Store
from pricewatch_pipeline.errors import ForbiddenAddress
from pricewatch_pipeline.parsing.currencies import (
    country_of_host,
    country_of_locale,
    currency_of_country,
    find_currencies,
    locale_of,
    meanings_of,
)
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.market_signs import (
    country_in_source,
    country_of_address,
    currency_in_source,
    currency_of_named_country,
    names_any,
    only_code_in,
)
from pricewatch_pipeline.parsing.price_text import read_price


@dataclass(frozen=True, kw_only=True)
class Market:
    """What store, page language, address and source say of prices on a page."""

    locale: str | None = None
    country: str | None = None
    store_currency: str | None = None
    source: bytes = field(default=b"", repr=False)
    """The page's; searched only where nothing nearer to the price says its currency."""

    @property
    def hint(self) -> str | None:
        """For `read_price`: language and country together, where both are known."""
        return self._hint_for(self.country)

    def _hint_for(self, country: str | None) -> str | None:
        parsed = locale_of(self.locale) if self.locale else None
        return f"{parsed.language if parsed else 'und'}_{country}" if country else self.locale

    @cached_property
    def page_currency(self) -> str | None:
        """The one currency that the page's scripts and markup name."""
        return currency_in_source(self.source)

    @property
    def known_currency(self) -> str | None:
        """What a mark such as `$` means here if it may mean this: the currency set for the store, or named in the page's source."""
        return self.store_currency or self.page_currency

    @cached_property
    def _country_in_source(self) -> str | None:
        return self.country or country_in_source(self.source)

    def currency_of(self, raw: str | None, declared: str | None) -> str | None:
        """The currency of a price: as declared in the data, written in the text, set for the store, named in the page's source,
        used in the country. None where nothing says."""
        if declared:
            return declared
        known = self.known_currency
        written = self._written(raw, known) if raw else None
        if written or (raw and find_currencies(raw)):
            return written or self.store_currency
        if known:
            return known
        return currency_of_country(self._country_in_source) if self._country_in_source else None

    def presumed_currency(self, raw: str) -> str | None:
        """What most shops mean that write a bare `$` on a page in English, at an address of no country, and name no other dollar.

        Only for where `currency_of` finds nothing, and never without saying so.
        """
        language = locale_of(self.locale) if self.locale else None
        is_english = language is not None and language.language == "en" and language.territory is None
        meanings = {code for mark in find_currencies(raw) if mark[0] == "$" for code in meanings_of(mark[0])}
        if not is_english or self._country_in_source or "USD" not in meanings:
            return None
        return None if names_any(self.source, sorted(meanings - {"USD"})) else "USD"

    def _written(self, raw: str, known: str | None) -> str | None:
        """What the text's own mark means here."""
        for country in dict.fromkeys((self.country, self._country_in_source)):
            if found := read_price(raw, locale=self._hint_for(country), currency_hint=known).currency:
                return found
        meanings = sorted({code for mark in find_currencies(raw) for code in meanings_of(mark[0])})
        return only_code_in(self.source, meanings) or currency_of_named_country(self.source, meanings, self.locale)


def market_of(document: Document, store: Store | None) -> Market:
    """The market of a page."""
    try:
        host = split_url(document.url).hostname or ""
    except ForbiddenAddress:
        host = ""
    language = document.language if document.language and len(document.language) < 36 else None
    stated = store.locale if store else None
    return Market(
        locale=stated or language or (host if country_of_host(host) else None),
        country=country_of_locale(stated)
        or country_of_host(host)
        or country_of_address(document.url, language)
        or country_of_locale(language)
        or country_of_locale(_short(document.meta("og:locale"))),
        store_currency=store.currency if store else None,
        source=document.body,
    )


def _short(text: str | None) -> str | None:
    return text if text and len(text) < 36 else None
