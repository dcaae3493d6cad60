"""Where things lie on EDGAR, and what the addresses of its pages say. Pure."""

import re
from datetime import date
from urllib.parse import parse_qs, urlencode, urlsplit

_DOCUMENT = re.compile(r"(?:xsl[A-Za-z0-9_-]*/)?(?P<name>[A-Za-z0-9][A-Za-z0-9_.-]*\.xml)", re.ASCII | re.IGNORECASE)
_SEC = re.compile(r"(?:www\.|data\.)?sec\.gov", re.IGNORECASE)
_COMPANY_PAGES = ("/edgar/browse", "/cgi-bin/browse-edgar", "/cgi-bin/own-disp")
_OF_A_COMPANY = re.compile(
    r"/Archives/edgar/data/0*([1-9][0-9]{0,9})(?:/.*)?|/submissions/CIK0*([1-9][0-9]{0,9})\.json", re.ASCII
)


def companies_url(site: str) -> str:
    """The list of all companies with their tickers."""
    return f"{site}/files/company_tickers.json"


def feed_url(cik: str, data_site: str) -> str:
    """The list of all that is filed by a company, or about it."""
    return f"{data_site}/submissions/CIK{cik}.json"


def part_url(name: str, data_site: str) -> str:
    """An older file of such a list."""
    return f"{data_site}/submissions/{name}"


def document_url(cik: str, accession: str, document: object, site: str) -> str:
    """The primary document as it was filed; the whole submission as text, where that is no XML.

    EDGAR names the XML in the folder of a style sheet (`xslF345X05/form4.xml`), where it is shown as HTML.
    """
    found = _DOCUMENT.fullmatch(document.strip()) if isinstance(document, str) else None
    if found is None:
        return submission_url(cik, accession, site)
    return f"{site}/Archives/edgar/data/{int(cik)}/{accession.replace('-', '')}/{found['name']}"


def submission_url(cik: str, accession: str, site: str) -> str:
    """A whole submission with its header, as text."""
    return f"{site}/Archives/edgar/data/{int(cik)}/{accession}.txt"


def daily_index_url(day: date, site: str) -> str:
    """All filings of a day, by form."""
    quarter = (day.month + 2) // 3
    return f"{site}/Archives/edgar/daily-index/{day.year}/QTR{quarter}/form.{day:%Y%m%d}.idx"


def filings_page_url(company: str, site: str) -> str:
    """The SEC's own page of a company's insider filings, for people."""
    asked = {"action": "getcompany", "CIK": company, "type": "4", "owner": "include", "count": "40"}
    return f"{site}/cgi-bin/browse-edgar?{urlencode(asked)}"


def company_in(url: str) -> str | None:
    """The company, by ticker or CIK, that one of the SEC's pages is about; None: it is about none, or no page of the SEC's."""
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
    except ValueError:
        return None
    if not _SEC.fullmatch(host):
        return None
    if found := _OF_A_COMPANY.fullmatch(parts.path):
        return found[1] or found[2]
    if parts.path.rstrip("/") in _COMPANY_PAGES:
        asked = {name.lower(): values[-1] for name, values in parse_qs(parts.query).items()}
        return asked.get("cik")
    return None
