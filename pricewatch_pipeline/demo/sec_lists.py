"""The lists of the demo's EDGAR: tickers, the feed of a CIK with its older files, and the index of a day."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date
from typing import Any

from pricewatch_pipeline.demo.sec_values import EdgarFiling, Entity

_INDEX_HEAD = """\
Description:           Daily Index of EDGAR Dissemination Feed by Form Type
Last Data Received:    {day:%b %d, %Y}
Comments:              webmaster@sec.gov
Anonymous FTP:         ftp://ftp.sec.gov/edgar/




Form Type   Company Name                                                  CIK         Date Filed  File Name
"""
_INDEX_RULE = "-" * 141 + "\n"


def tickers(entities: Iterable[Entity]) -> bytes:
    """`company_tickers.json`: one entry per ticker, under numbers."""
    listed = [(entity, symbol) for entity in entities for symbol in entity.symbols]
    entries = {
        str(number): {"cik_str": int(entity.cik), "ticker": symbol, "title": entity.name}
        for number, (entity, symbol) in enumerate(listed)
    }
    return _json(entries)


def feed(entity: Entity, filings: Sequence[EdgarFiling], *, recent: int, part: int) -> bytes:
    """The submissions of a CIK: the newest so many, and the names of the files with the older ones."""
    parts = parts_of(entity, filings, recent=recent, part=part)
    return _json(
        {
            "cik": entity.cik,
            "entityType": "operating" if entity.symbols else "other",
            "sic": "7372" if entity.symbols else "",
            "sicDescription": "Services-Prepackaged Software" if entity.symbols else "",
            "ownerOrg": "06 Technology" if entity.symbols else "",
            "insiderTransactionForOwnerExists": int(any(filed.ciks[0] != entity.cik for filed in filings)),
            "insiderTransactionForIssuerExists": int(any(filed.ciks[0] == entity.cik for filed in filings)),
            "name": entity.name,
            "tickers": list(entity.symbols),
            "exchanges": [entity.exchange for _ in entity.symbols],
            "ein": "000000000",
            "lei": None,
            "description": "",
            "website": "",
            "investorWebsite": "",
            "category": "",
            "fiscalYearEnd": "1231",
            "stateOfIncorporation": "DE",
            "stateOfIncorporationDescription": "DE",
            "addresses": {"mailing": _ADDRESS, "business": _ADDRESS},
            "phone": "",
            "flags": "",
            "formerNames": [],
            "filings": {
                "recent": _columns(filings[:recent]),
                "files": [
                    {
                        "name": name,
                        "filingCount": len(older),
                        "filingFrom": older[-1].filed_on.isoformat(),
                        "filingTo": older[0].filed_on.isoformat(),
                    }
                    for name, older in parts.items()
                ],
            },
        }
    )


def parts_of(
    entity: Entity, filings: Sequence[EdgarFiling], *, recent: int, part: int
) -> Mapping[str, Sequence[EdgarFiling]]:
    """The older files of a feed by name, and what is in them."""
    older = filings[recent:]
    return {
        f"CIK{entity.cik}-submissions-{number:03}.json": older[start : start + part]
        for number, start in enumerate(range(0, len(older), part), start=1)
    }


def part_of_feed(filings: Sequence[EdgarFiling]) -> bytes:
    """An older file: the columns alone."""
    return _json(_columns(filings))


def form_index(day: date, filings: Iterable[EdgarFiling], names: Mapping[str, str]) -> bytes:
    """`form.YYYYMMDD.idx`: a line for every CIK of every filing of a day, by form and name; without any, one of somebody else."""
    lines = sorted(
        (filed.form, names.get(cik, "")[:60], cik.lstrip("0"), filed.accession)
        for filed in filings
        for cik in filed.ciks
    )
    others = [("424B2", "ANOTHER BANK CORP", "9999999", f"0009999999-{day:%y}-{day:%m%d}00")]
    rows = "".join(
        f"{form:<12}{name:<62}{cik:<12}{day:%Y%m%d}    edgar/data/{cik}/{accession}.txt\n"
        for form, name, cik, accession in lines or others
    )
    return (_INDEX_HEAD.format(day=day) + _INDEX_RULE + rows).encode("latin-1", "replace")


_ADDRESS = {
    "street1": "1 DEMO STREET",
    "street2": None,
    "city": "NEW YORK",
    "stateOrCountry": "NY",
    "zipCode": "10001",
    "stateOrCountryDescription": "NY",
    "isForeignLocation": 0,
    "foreignStateTerritory": None,
    "country": None,
    "countryCode": None,
}


def _columns(filings: Sequence[EdgarFiling]) -> dict[str, list[Any]]:
    return {
        "accessionNumber": [filed.accession for filed in filings],
        "filingDate": [filed.filed_on.isoformat() for filed in filings],
        "reportDate": ["" if filed.period is None else filed.period.isoformat() for filed in filings],
        "acceptanceDateTime": [f"{filed.accepted_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z" for filed in filings],
        "act": ["" if filed.is_ownership else "34" for filed in filings],
        "form": [filed.form for filed in filings],
        "fileNumber": ["" if filed.is_ownership else "001-15911" for filed in filings],
        "filmNumber": ["" for _ in filings],
        "items": ["" for _ in filings],
        "core_type": [filed.form for filed in filings],
        "size": [5_120 if filed.body is None else len(filed.body) for filed in filings],
        "isXBRL": [0 for _ in filings],
        "isInlineXBRL": [0 for _ in filings],
        "primaryDocument": [filed.primary_document for filed in filings],
        "primaryDocDescription": [f"FORM {filed.form}" if filed.is_ownership else filed.form for filed in filings],
    }


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
