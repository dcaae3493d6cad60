"""What the demo's EDGAR holds: companies and people by CIK, and their filings by accession number."""

from dataclasses import dataclass
from datetime import date, datetime

from pricewatch_pipeline.domain.insiders import OwnershipFiling

STYLESHEETS = {"3": "xslF345X02", "4": "xslF345X05", "5": "xslF345X05"}
"""The folder of the rendered page, by form: what a feed names as the primary document."""


@dataclass(frozen=True, kw_only=True)
class Entity:
    """Who files, or is filed about: a company or a person."""

    cik: str
    """Ten digits."""
    name: str
    symbols: tuple[str, ...] = ()
    """Tickers; those of a person, or of a company that is not listed, are none."""
    exchange: str = "Nasdaq"


@dataclass(frozen=True, kw_only=True)
class EdgarFiling:
    """One submission. It is in the feed of every CIK that it names."""

    accession: str
    """With dashes."""
    form: str
    accepted_at: datetime
    filed_on: date
    period: date | None = None
    ciks: tuple[str, ...]
    """The issuer first, then the owners."""
    filing: OwnershipFiling | None = None
    """What its document says; None: it is of another form, or `body` says it."""
    body: bytes | None = None
    """Its document, byte for byte, in place of one that is drawn."""
    document: str = "form4.xml"
    """Name of the primary document, without the folder of its rendered page."""

    @property
    def is_ownership(self) -> bool:
        return self.form.removesuffix("/A") in STYLESHEETS

    @property
    def folder(self) -> str:
        """Its accession number as paths have it."""
        return self.accession.replace("-", "")

    @property
    def primary_document(self) -> str:
        """As a feed names it: of ownership forms the rendered page, which is no XML."""
        if not self.is_ownership:
            return self.document
        return f"{STYLESHEETS[self.form.removesuffix('/A')]}/{self.document}"
