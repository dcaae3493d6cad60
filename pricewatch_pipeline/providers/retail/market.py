"""Where a page sells: its locale, its country and the currency that marks such as `$` mean there."""

from dataclasses import dataclass

from pricewatch_pipeline.domain.hosts import split_url
from pricewatch_pipeline.domain.watches import Store
from pricewatch_pipeline.errors import ForbiddenAddress
from pricewatch_pipeline.parsing.currencies import country_of_host, country_of_locale, currency_of_country, locale_of
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.price_text import read_price


@dataclass(frozen=True, kw_only=True)
class Market:
    """What store, page language and top-level domain say of prices on a page."""

    locale: str | None = None
    country: str | None = None
    store_currency: str | None = None

    @property
    def hint(self) -> str | None:
        """For `read_price`: language and country together, where both are known."""
        parsed = locale_of(self.locale) if self.locale else None
        return f"{parsed.language if parsed else 'und'}_{self.country}" if self.country else self.locale

    def currency_of(self, raw: str | None, declared: str | None) -> str | None:
        """The currency of a price: as declared in the data, written in the text, set for the store, used in the country."""
        if declared:
            return declared
        written = read_price(raw, locale=self.hint, currency_hint=self.store_currency).currency if raw else None
        return written or self.store_currency or (currency_of_country(self.country) if self.country else None)


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
        country=country_of_locale(stated) or country_of_host(host) or country_of_locale(language),
        store_currency=store.currency if store else None,
    )
