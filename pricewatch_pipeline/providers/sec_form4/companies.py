"""Reads the SEC's list of companies and their tickers. Pure."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pricewatch_pipeline.domain.filings import Company, cik_of
from pricewatch_pipeline.providers.sec_form4.json_texts import NotJson, loaded, text_of
from pricewatch_pipeline.providers.sec_form4.values import symbol_of

_MOST_NEAR = 4
_NEAR_ENOUGH = 0.6
_LARGEST_CIK = 10**10 - 1


@dataclass(frozen=True, kw_only=True)
class CompanyList:
    """What the list says."""

    companies: tuple[Company, ...] = ()
    untold: int = 0
    """Entries that could not be understood."""
    error: str | None = None
    """Why it is no such list."""


def read_companies(body: bytes) -> CompanyList:
    """Every company once, with its tickers in the order of the list: the SEC has an entry for every class of shares."""
    try:
        found = loaded(body)
    except NotJson as error:
        return CompanyList(error=f"the list of tickers cannot be read: {error}")
    if not isinstance(found, dict) or not found:
        return CompanyList(error="the list of tickers cannot be read: it is no JSON object of companies")
    companies: dict[str, tuple[str, list[str]]] = {}
    untold = 0
    for entry in found.values():
        if (company := _entry(entry)) is None:
            untold += 1
            continue
        cik, symbol, name = company
        symbols = companies.setdefault(cik, (name, []))[1]
        if symbol not in symbols:
            symbols.append(symbol)
    if not companies:
        return CompanyList(
            untold=untold, error=f"the list of tickers cannot be read: none of its {untold:,} entries is a company"
        )
    listed = (Company(cik=cik, name=name, symbols=tuple(symbols)) for cik, (name, symbols) in companies.items())
    return CompanyList(companies=tuple(listed), untold=untold)


def _entry(entry: Any) -> tuple[str, str, str] | None:
    if not isinstance(entry, dict):
        return None
    number, ticker = entry.get("cik_str"), text_of(entry.get("ticker"))
    if isinstance(number, str) and number.isascii() and number.isdigit():
        number = int(number[:11])
    symbol = symbol_of(ticker) if ticker else None
    if type(number) is not int or not 0 < number <= _LARGEST_CIK or symbol is None:
        return None
    return cik_of(number), symbol, text_of(entry.get("title")) or symbol


def near(symbol: str, symbols: Iterable[str]) -> Sequence[str]:
    """The tickers that somebody may have meant, the likeliest first: those of other classes of the same company, then the most similar."""
    there_are = sorted(set(symbols))
    stem = symbol.partition("-")[0]
    classes = [each for each in there_are if each == stem or each.startswith(f"{stem}-")]
    similar = difflib.get_close_matches(symbol, there_are, n=_MOST_NEAR, cutoff=_NEAR_ENOUGH)
    return list(dict.fromkeys([*classes, *similar]))[:_MOST_NEAR]
