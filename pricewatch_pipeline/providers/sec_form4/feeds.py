"""Reads the SEC's list of what a company files and what is filed about it (submissions JSON), and its older files. Pure.

Its filings are columns: a list per field. What cannot be told of a row is counted, and the row is left out.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from pricewatch_pipeline.domain.filings import ListedFiling, cik_of
from pricewatch_pipeline.providers.sec_form4.addresses import document_url
from pricewatch_pipeline.providers.sec_form4.json_texts import NotJson, loaded, text_of

_ACCESSION = re.compile(r"[0-9]{10}-[0-9]{2}-[0-9]{6}", re.ASCII)
_PART = re.compile(r"CIK[0-9]{10}-submissions-[0-9]{3,6}\.json", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOST_PARTS = 1_000
_NEEDED = ("accessionNumber", "form", "filingDate")
_BESIDE = ("primaryDocument", "acceptanceDateTime", "reportDate")


@dataclass(frozen=True, kw_only=True)
class OlderPart:
    """An older file of a list."""

    name: str
    filings: int | None
    """Of all forms; None: it is not said."""
    filed_to: date | None
    """The newest in it."""

    def may_hold(self, since: date | None) -> bool:
        """Whether anything that was filed since that day may be in it; None: since ever."""
        return since is None or self.filed_to is None or self.filed_to >= since


@dataclass(frozen=True, kw_only=True)
class Feed:
    """A list of filings, or an older file of one."""

    name: str | None = None
    listed: tuple[ListedFiling, ...] = ()
    """Of the forms that were asked for, amendments included; in the order of the list."""
    filings: int = 0
    """Of all forms."""
    untold: int = 0
    """Rows that could not be understood."""
    parts: tuple[OlderPart, ...] = ()
    error: str | None = None
    """Why it is no such list."""


@dataclass(frozen=True, kw_only=True)
class FeedOf:
    """Whose list it is, and what is wanted of it."""

    cik: str
    forms: Sequence[str]
    """Without `/A`."""
    site: str


def read_feed(body: bytes, of: FeedOf) -> Feed:
    """The list itself."""
    try:
        found = loaded(body)
    except NotJson as error:
        return Feed(error=f"the list of filings cannot be read: {error}")
    filings = found.get("filings") if isinstance(found, dict) else None
    if not isinstance(filings, dict) or not isinstance(filings.get("recent"), dict):
        return Feed(error="the list of filings cannot be read: it has no `filings.recent`")
    if (named := _cik(found.get("cik"))) and named != of.cik:
        return Feed(error=f"the list of filings is that of another company: CIK {named}, and {of.cik} was asked for")
    feed = _columns(filings["recent"], of)
    parts, untold = _parts(filings.get("files"))
    return Feed(
        name=text_of(found.get("name")),
        listed=feed.listed,
        filings=feed.filings,
        untold=feed.untold + untold,
        parts=parts,
        error=feed.error,
    )


def read_part(body: bytes, of: FeedOf) -> Feed:
    """An older file: the columns alone."""
    try:
        found = loaded(body)
    except NotJson as error:
        return Feed(error=f"an older file of the list of filings cannot be read: {error}")
    if not isinstance(found, dict):
        return Feed(error="an older file of the list of filings cannot be read: it is no JSON object")
    return _columns(found, of)


def _columns(columns: Mapping[str, Any], of: FeedOf) -> Feed:
    needed: list[list[Any]] = []
    for name in _NEEDED:
        if not isinstance(column := columns.get(name), list):
            return Feed(error=f"the list of filings cannot be read: it has no column {name!r}")
        needed.append(column)
    # A column that is shorter than another may lack any of its elements: what stands beside what is not known then.
    count = len(needed[0])
    if any(len(column) != count for column in needed):
        lengths = ", ".join(f"{name} {len(column):,}" for name, column in zip(_NEEDED, needed, strict=True))
        return Feed(error=f"the list of filings cannot be read: its columns have different lengths ({lengths})")
    beside = {name: column for name in _BESIDE if (column := _of_length(columns.get(name), count))}
    listed: dict[str, ListedFiling] = {}
    untold = 0
    for index in range(count):
        accession, form, filed = (column[index] for column in needed)
        if not isinstance(form, str):
            untold += 1
        elif form.removesuffix("/A") in of.forms:
            filing = _filing(accession, form, filed, {name: column[index] for name, column in beside.items()}, of)
            if filing is None:
                untold += 1
            else:
                listed.setdefault(filing.accession, filing)
    return Feed(listed=tuple(listed.values()), filings=count, untold=untold)


def _of_length(column: Any, count: int) -> list[Any] | None:
    return column if isinstance(column, list) and len(column) == count else None


def _filing(accession: Any, form: str, filed: Any, beside: Mapping[str, Any], of: FeedOf) -> ListedFiling | None:
    filed_on = _day(filed)
    if filed_on is None or not isinstance(accession, str) or not _ACCESSION.fullmatch(accession):
        return None
    return ListedFiling(
        accession=accession,
        form=form,
        filed_on=filed_on,
        url=document_url(of.cik, accession, beside.get("primaryDocument"), of.site),
        feed_cik=of.cik,
        accepted_at=_instant(beside.get("acceptanceDateTime")),
        period=_day(beside.get("reportDate")),
    )


def _parts(files: Any) -> tuple[tuple[OlderPart, ...], int]:
    """The older files, and how many entries could not be understood."""
    if files is None:
        return (), 0
    if not isinstance(files, list):
        return (), 1
    parts, untold = [], max(0, len(files) - _MOST_PARTS)
    for entry in files[:_MOST_PARTS]:
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not _PART.fullmatch(name):
            untold += 1
            continue
        count = entry.get("filingCount")
        filings = count if type(count) is int and 0 <= count < 2**31 else None
        parts.append(OlderPart(name=name, filings=filings, filed_to=_day(entry.get("filingTo"))))
    return tuple(parts), untold


def _cik(value: Any) -> str | None:
    text = str(value).strip() if isinstance(value, str | int) else ""
    return cik_of(text) if text.isascii() and text.isdigit() else None


def _day(value: Any) -> date | None:
    if not isinstance(value, str) or not _DAY.fullmatch(value.strip()):
        return None
    try:
        return date.fromisoformat(value.strip())
    except ValueError:
        return None


def _instant(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value.strip())
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
