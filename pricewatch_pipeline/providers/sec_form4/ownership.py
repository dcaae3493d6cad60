"""Bytes -> what an ownership filing (form 3, 4 or 5) says: plain XML, or the full text of a submission."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date

from pricewatch_pipeline.domain.filing_dates import period_flags
from pricewatch_pipeline.domain.filings import cik_of
from pricewatch_pipeline.domain.insiders import (
    SUBMITTED_FORMS,
    OwnershipFiling,
    OwnershipRow,
    ParsedFiling,
    ReportingOwner,
    Signature,
)
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.providers.sec_form4.cells import (
    Element,
    day_of,
    distinct,
    is_cik,
    mark_of,
    text_of,
    unknown,
)
from pricewatch_pipeline.providers.sec_form4.refusals import Unreadable
from pricewatch_pipeline.providers.sec_form4.rows import Surroundings, is_row, read_rows
from pricewatch_pipeline.providers.sec_form4.safe_xml import root_of
from pricewatch_pipeline.providers.sec_form4.submission import Header, opened

_TABLES = ("nonDerivativeTable", "derivativeTable")
_BOXES = {
    "form3HoldingsReported": "form_3_holdings_reported",
    "form4TransactionsReported": "form_4_transactions_reported",
}
"""Of form 5: it reports what should have been on another form."""
_KNOWN = {
    *("schemaVersion", "documentType", "periodOfReport", "dateOfOriginalSubmission", "noSecuritiesOwned"),
    *("notSubjectToSection16", "issuer", "reportingOwner", "aff10b5One", "footnotes", "remarks", "ownerSignature"),
    *_TABLES,
    *_BOXES,
}
_ADDRESS = {
    "rptOwnerStreet1": "street1",
    "rptOwnerStreet2": "street2",
    "rptOwnerCity": "city",
    "rptOwnerState": "state",
    "rptOwnerZipCode": "zip",
    "rptOwnerStateDescription": "state_description",
}
_ROLES = {
    "isDirector": "is_director",
    "isOfficer": "is_officer",
    "isTenPercentOwner": "is_ten_percent_owner",
    "isOther": "is_other",
}


def read_filing(body: bytes, *, filed_on: date | None = None) -> ParsedFiling:
    """What a document says. Never raises: what is no ownership filing, or no whole one, is `unreadable`, with a sentence on it.

    Args:
        filed_on: when it was filed, if a list says so: days are checked against it. The header of a submission goes before it.
    """
    try:
        submission = opened(body)
        root, flags = root_of(submission.document)
        filing = _Reader(root, submission.header, filed_on).filing((*submission.flags, *flags))
    except Unreadable as error:
        return ParsedFiling(outcome=Outcome.UNREADABLE, error=str(error))
    return ParsedFiling(outcome=Outcome.OK, filing=filing)


class _Reader:
    """Of one document."""

    def __init__(self, root: Element, header: Header, filed_on: date | None) -> None:
        self._header = header
        self._filed_on = header.filed_on or filed_on
        self._flags: list[str] = []
        self._parts: dict[str, list[Element]] = {}
        for element in root:
            self._parts.setdefault(element.tag, []).append(element)

    def filing(self, flags: tuple[str, ...]) -> OwnershipFiling:
        issuer = _texts(self._parts.get("issuer", ()))
        period = self._day("periodOfReport", "period")
        footnotes = self._footnotes()
        rows = self._rows(Surroundings(footnotes=footnotes, period=period, filed_on=self._filed_on))
        filing = OwnershipFiling(
            form=self._form(),
            issuer_cik=self._issuer_cik(issuer.get("issuerCik", "")),
            issuer_name=issuer.get("issuerName") or (self._header.issuer.name if self._header.issuer else None),
            issuer_symbol=issuer.get("issuerTradingSymbol"),
            issuer_foreign_symbol=issuer.get("issuerForeignTradingSymbol"),
            schema_version=self._text("schemaVersion"),
            period=period,
            original_filed_on=self._day("dateOfOriginalSubmission", "original_filed_on"),
            is_subject_to_section_16=not self._mark("notSubjectToSection16"),
            has_no_securities=bool(self._mark("noSecuritiesOwned")),
            is_10b5_1=self._mark("aff10b5One"),
            owners=self._owners(),
            rows=rows,
            footnotes=footnotes,
            remarks=self._text("remarks"),
            signatures=tuple(self._signatures()),
            accession=self._header.accession,
            filed_on=self._header.filed_on,
            accepted_at=self._header.accepted_at,
        )
        odd = distinct([*flags, *self._flags, *self._oddities(filing)])
        return replace(filing, flags=odd) if odd else filing

    def _text(self, name: str) -> str | None:
        for element in self._parts.get(name, ()):
            if text := text_of(element):
                return text
        return None

    def _day(self, name: str, called: str) -> date | None:
        text = self._text(name)
        day = day_of(text) if text else None
        if text and day is None:
            self._flags.append(f"{called}_not_readable")
        return day

    def _mark(self, name: str) -> bool | None:
        text = self._text(name)
        mark = mark_of(text) if text else None
        if text and mark is None:
            self._flags.append(f"{name}_not_readable")
        return mark

    def _form(self) -> str:
        written = (self._text("documentType") or self._header.form or "").upper()
        if written not in SUBMITTED_FORMS:
            raise Unreadable(
                f"it names itself form {written or '?'}: only {', '.join(SUBMITTED_FORMS)} are ownership filings"
            )
        return written

    def _issuer_cik(self, written: str) -> str:
        listed = self._header.issuer
        if is_cik(written):
            cik = cik_of(written)
            if listed and listed.cik != cik:
                self._flags.append("issuer_differs_from_header")
            return cik
        if listed:
            self._flags.append("issuer_from_header")
            return listed.cik
        raise Unreadable(f"it does not say whose shares it is about: {written or 'nothing'!r} is no CIK of an issuer")

    def _footnotes(self) -> dict[str, str]:
        """By id. An id that stands for two texts stands for both."""
        texts: dict[str, str] = {}
        for group in self._parts.get("footnotes", ()):
            for element in group:
                number, text = (element.get("id") or "").strip(), text_of(element)
                if not number or text is None or texts.get(number) == text:
                    continue
                if number in texts:
                    self._flags.append("footnote_twice")
                    text = f"{texts[number]}\n{text}"
                texts[number] = text
        return texts

    def _owners(self) -> tuple[ReportingOwner, ...]:
        names = {party.cik: party.name for party in self._header.owners}
        owners = [self._owner(element, names) for element in self._parts.get("reportingOwner", ())]
        if not owners and names:
            self._flags.append("owners_from_header")
            return tuple(ReportingOwner(cik=party.cik, name=party.name) for party in self._header.owners)
        return tuple(owners)

    def _owner(self, element: Element, names: Mapping[str, str]) -> ReportingOwner:
        said = _texts([element])
        written = said.get("rptOwnerCik", "")
        if not is_cik(written):
            self._flags.append("owner_cik_not_readable")
            written = ""
        cik = cik_of(written)
        return ReportingOwner(
            cik=cik,
            name=said.get("rptOwnerName") or names.get(cik, ""),
            officer_title=said.get("officerTitle"),
            other_text=said.get("otherText"),
            address={name: said[tag] for tag, name in _ADDRESS.items() if tag in said},
            **{name: self._role(tag, said.get(tag)) for tag, name in _ROLES.items()},
        )

    def _role(self, tag: str, text: str | None) -> bool:
        mark = mark_of(text) if text else False
        if mark is None:
            self._flags.append(f"{tag}_not_readable")
        return bool(mark)

    def _rows(self, around: Surroundings) -> tuple[OwnershipRow, ...]:
        elements = [row for name in _TABLES for table in self._parts.get(name, ()) for row in table]
        self._flags.extend(unknown(row.tag) for row in elements if not is_row(row))
        return tuple(read_rows(elements, around))

    def _signatures(self) -> Iterator[Signature]:
        for element in self._parts.get("ownerSignature", ()):
            said = _texts([element])
            day = said.get("signatureDate")
            signed_on = day_of(day) if day else None
            if day and signed_on is None:
                self._flags.append("signature_date_not_readable")
            yield Signature(name=said.get("signatureName"), signed_on=signed_on)

    def _oddities(self, filing: OwnershipFiling) -> Iterator[str]:
        yield from period_flags(filing.period, filed_on=self._filed_on)
        if filing.period is None and "period_not_readable" not in self._flags:
            yield "period_missing"
        if self._header.form and self._header.form != filing.form:
            yield "form_differs_from_header"
        if not filing.owners:
            yield "owners_missing"
        if not filing.rows and not filing.has_no_securities:
            yield "no_rows"
        if filing.rows and filing.has_no_securities:
            yield "rows_without_securities"
        for name, said in _BOXES.items():
            if self._mark(name):
                yield said
        yield from (unknown(name) for name in self._parts if name not in _KNOWN)


def _texts(elements: Iterable[Element]) -> dict[str, str]:
    """What the innermost of these say, by name; the first where there are several."""
    said: dict[str, str] = {}
    for element in elements:
        for part in element:
            if len(part):
                said = _texts([part]) | said
            elif part.text and (text := part.text.strip()):
                said.setdefault(part.tag, text)
    return said
