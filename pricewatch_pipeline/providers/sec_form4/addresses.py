"""Where things lie on EDGAR, and what the addresses of its pages say. Pure."""

from datetime import date
from urllib.parse import urlencode


def companies_url(site: str) -> str:
    """The list of all companies with their tickers."""
    return f"{site}/files/company_tickers.json"


def feed_url(cik: str, data_site: str) -> str:
    """The list of all that is filed by a company, or about it."""
    return f"{data_site}/submissions/CIK{cik}.json"


def part_url(name: str, data_site: str) -> str:
    """An older file of such a list."""
    return f"{data_site}/submissions/{name}"


def document_url(cik: str, accession: str, document: str, site: str) -> str:
    """The primary document as it was filed; the whole submission as text, where it is no XML.

    EDGAR names the XML by the folder of a style sheet (`xslF345X05/form4.xml`), which is that document rendered as HTML.
    """
    folder, _, name = document.rpartition("/")
    if not name.lower().endswith(".xml"):
        return submission_url(cik, accession, site)
    kept = folder if folder and not folder.lower().startswith("xsl") else ""
    return f"{site}/Archives/edgar/data/{int(cik)}/{accession.replace('-', '')}/{f'{kept}/' if kept else ''}{name}"


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
