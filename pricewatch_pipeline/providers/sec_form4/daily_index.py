"""Reads the index of one day's filings (`form.20240412.idx`). Pure."""

import re
from dataclasses import dataclass
from datetime import date

from pricewatch_pipeline.domain.filings import cik_of

_RULE = re.compile(r"-{20,}")
_COMPANY_COLUMN = "Company Name"
_ROW = re.compile(
    r"(?P<named>.*\S)\s+(?P<cik>[0-9]{1,10})\s+(?P<day>[0-9]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2})\s+"
    r"(?P<path>edgar/data/\S*?(?P<accession>[0-9]{10}-[0-9]{2}-[0-9]{6})\.txt)",
    re.ASCII,
)
_LONGEST_LINE = 1_000


@dataclass(frozen=True, kw_only=True)
class IndexRow:
    """A filing, once for everyone whom it names."""

    form: str
    company: str
    cik: str
    """Ten digits."""
    filed_on: date
    path: str
    """Below the archives: `edgar/data/320193/0000320193-24-000001.txt`."""
    accession: str
    """With dashes."""


@dataclass(frozen=True, kw_only=True)
class DailyIndex:
    """All rows of an index."""

    rows: tuple[IndexRow, ...] = ()
    malformed: int = 0
    """Lines that could not be understood."""
    error: str | None = None
    """Why it is no index at all."""


def read_daily_index(text: str) -> DailyIndex:
    """Read it line by line, from the right: company names are cut at no column, and only they hold spaces."""
    header, rule, body = _parted(text)
    if not rule:
        return DailyIndex(error=f"this is no index of a day's filings: it begins with {text.strip()[:60]!r}")
    width = header.rfind(_COMPANY_COLUMN) - header.rfind("\n") - 1
    lines = [line for line in body.splitlines() if line.strip()]
    found = [_row(line, width) for line in lines]
    rows = tuple(row for row in found if row)
    return DailyIndex(rows=rows, malformed=len(lines) - len(rows))


def _parted(text: str) -> tuple[str, str, str]:
    """Its head down to the names of the columns, the rule below them, and the rows."""
    rule = _RULE.search(text)
    if rule is None or _COMPANY_COLUMN not in text[: rule.start()]:
        return text, "", ""
    return text[: rule.start()].rstrip(), rule[0], text[rule.end() :]


def _row(line: str, width: int) -> IndexRow | None:
    found = _ROW.fullmatch(line.strip()) if len(line) <= _LONGEST_LINE else None
    if found is None:
        return None
    named = found["named"]
    form, company = named[:width].strip(), named[width:].strip()
    try:
        filed_on = date.fromisoformat(found["day"])
    except ValueError:
        return None
    return IndexRow(
        form=form,
        company=company,
        cik=cik_of(found["cik"]),
        filed_on=filed_on,
        path=found["path"],
        accession=found["accession"],
    )
