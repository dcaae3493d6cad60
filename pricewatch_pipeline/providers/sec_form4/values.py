"""The single values of an insider query: how each is written, and how it is written back."""

import re
from collections.abc import Iterable
from typing import Any

from pricewatch_pipeline.domain.filings import cik_of
from pricewatch_pipeline.domain.hosts import split_url
from pricewatch_pipeline.domain.insiders import FORMS
from pricewatch_pipeline.errors import ForbiddenAddress

ALL = "all"
_CIK = re.compile(r"(?:CIK)?\s*0*([0-9]{1,10})", re.ASCII | re.IGNORECASE)
_SYMBOL = re.compile(r"(?=.*[A-Z])[A-Z0-9]{1,10}(?:-[A-Z0-9]{1,6})*", re.ASCII)
_BETWEEN_CLASSES = re.compile(r"[\s./_-]+")
"""What people write between a ticker and its class of shares: BRK.B, BRK/B, BRK B. The SEC writes BRK-B."""


def company(value: Any) -> str:
    """A CIK as ten digits, or a ticker as the SEC writes it."""
    if isinstance(value, bool):
        raise ValueError(f"{value} is no ticker: if one is meant, write it in quotes")
    if not isinstance(value, str | int):
        raise ValueError(f"{value!r} is neither a ticker, such as AAPL, nor a CIK, such as 320193")
    written = str(value).strip()
    if found := _CIK.fullmatch(written):
        if not int(found[1]):
            raise ValueError(f"{value!r} is no CIK: they begin at 1")
        return cik_of(found[1])
    if symbol := symbol_of(written):
        return symbol
    raise ValueError(f"{value!r} is neither a ticker, such as AAPL or BRK-B, nor a CIK, such as 320193")


def symbol_of(text: str) -> str | None:
    """A ticker as the SEC writes it; None: it cannot be one."""
    symbol = _BETWEEN_CLASSES.sub("-", text.strip().removeprefix("$").strip().upper())
    return symbol if _SYMBOL.fullmatch(symbol) else None


def is_cik(company: str) -> bool:
    """Whether what `company` gave is a CIK."""
    return company.isdigit()


def days_back(value: Any) -> Any:
    """None for `all`."""
    return None if isinstance(value, str) and value.strip().lower() == ALL else value


def forms(value: Any) -> Any:
    """One text stands for a list of it; in a text, commas part the items. An amendment comes with its form."""
    items = value.split(",") if isinstance(value, str) else value
    if isinstance(items, int) and not isinstance(items, bool):
        items = [items]
    if not isinstance(items, Iterable):
        raise ValueError(f"{value!r} is no list of forms (allowed: {', '.join(FORMS)})")
    named = tuple(_form(item) for item in items)
    if not named:
        raise ValueError("no form is named: name at least one, or leave the field out")
    return tuple(form for form in FORMS if form in named)


def _form(item: Any) -> str:
    form = str(item).strip().upper().removeprefix("FORM").strip().removesuffix("/A")
    if form not in FORMS:
        raise ValueError(f"{item!r} is no form of insiders (allowed: {', '.join(FORMS)})")
    return form


def site(value: Any) -> str:
    """The address of a site, without a path."""
    if not isinstance(value, str):
        raise ValueError(f"must be a text, not {value!r}")
    try:
        parts = split_url(value.strip())
    except ForbiddenAddress as error:
        raise ValueError(str(error)) from error
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError(f"{value!r} holds more than the site: leave out the path, such as https://www.sec.gov")
    return f"{parts.scheme}://{parts.netloc}"
