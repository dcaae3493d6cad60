"""The full text of a submission -> its header, and the XML of its ownership document."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from pricewatch_pipeline.domain.filings import cik_of
from pricewatch_pipeline.domain.sweeps import ZONE
from pricewatch_pipeline.providers.sec_form4.refusals import Unreadable

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_UTF_8_MARK = b"\xef\xbb\xbf"
_SGML = (b"<SEC-DOCUMENT>", b"<SEC-HEADER>", b"<SUBMISSION>", b"<IMS-DOCUMENT>", b"<IMS-HEADER>", b"-----BEGIN PRIVACY")
_DOCUMENT = b"<DOCUMENT>"
_TYPE = re.compile(rb"<TYPE>\s*([^\r\n<]{1,40})")
_FORM = re.compile(r"[345](?:/A)?")
_INSIDE = re.compile(rb"<XML>(.*)\Z", re.DOTALL | re.IGNORECASE)
_XML_END = re.compile(rb"</XML>\s*(?:</TEXT>\s*)?(?:</DOCUMENT>|\Z)", re.IGNORECASE)
_ROOT_END = b"ownershipDocument>"
_DECLARED = re.compile(r"\A\s*<\?xml[^>]*\?>")
_FIELD = re.compile(
    r"^(?:<(ACCEPTANCE-DATETIME|ACCESSION-NUMBER|TYPE|FILING-DATE|SEC-DOCUMENT)>"
    r"|(ACCESSION NUMBER|CONFORMED SUBMISSION TYPE|FILED AS OF DATE):)([^<\r\n]*)",
    re.MULTILINE,
)
"""Both ways of writing a header: tags, and lines of text."""
_ACCESSION = re.compile(r"\d{10}-\d{2}-\d{6}", re.ASCII)
_PARTY = re.compile(
    r"^(REPORTING-OWNER|ISSUER):\s+(?:OWNER|COMPANY) DATA:"
    r"\s+COMPANY CONFORMED NAME:([^\n]*)\n\s*CENTRAL INDEX KEY:\s*(\d{1,10})"
    r"|^<(REPORTING-OWNER|ISSUER)>\s*<(?:OWNER|COMPANY)-DATA>\s*<CONFORMED-NAME>([^<\n]*)\n<CIK>(\d{1,10})",
    re.ASCII | re.MULTILINE,
)
_CLOCK = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?", re.ASCII)
_MOST_OF_HEADER = 1_000_000
_EASTERN = ZoneInfo(ZONE)
"""EDGAR's clock."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Party:
    """A company or person as the header names it."""

    cik: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """Of a submission."""

    accession: str | None = None
    form: str | None = None
    filed_on: date | None = None
    accepted_at: datetime | None = None
    issuer: Party | None = None
    owners: tuple[Party, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Submission:
    """What was handed in: with a header where it is the full text."""

    document: bytes
    header: Header = Header()
    flags: tuple[str, ...] = ()


def opened(body: bytes) -> Submission:
    """The XML of the ownership document in a saved file.

    Raises:
        Unreadable: there is a submission, but no ownership document in it.
    """
    body = _as_utf_8(body)
    if body.startswith(_SGML) or body.startswith(_DOCUMENT):
        return _of_submission(body)
    if wrapped := _INSIDE.match(body):
        return Submission(document=_unwrapped(wrapped[1]))
    return Submission(document=body)


def _as_utf_8(body: bytes) -> bytes:
    """Without a mark at the beginning and white space before it; UTF-16 as UTF-8."""
    if body.startswith(_UTF_16):
        text = body.decode("utf-16", "replace")
        return _DECLARED.sub("", text, count=1).strip().encode("utf-8", "replace")
    return body.lstrip().removeprefix(_UTF_8_MARK).lstrip()


def _of_submission(body: bytes) -> Submission:
    head, *parts = body.split(_DOCUMENT)
    header = _header(head)
    if not parts:
        raise Unreadable("the header of a submission without its documents")
    kinds = [_type_of(part) for part in parts]
    forms = [part for part, kind in zip(parts, kinds, strict=True) if _FORM.fullmatch(kind)]
    if not forms:
        listed = ", ".join(kind or "?" for kind in kinds[:5])
        raise Unreadable(f"a submission of form {header.form or '?'} without an ownership document: it has {listed}")
    found = _INSIDE.search(forms[0])
    if found is None:
        raise Unreadable("a submission whose form is no XML, as those were before June 2003: only XML is read")
    flags = ("several_documents",) if len(forms) > 1 else ()
    return Submission(document=_unwrapped(found[1]), header=header, flags=flags)


def _type_of(part: bytes) -> str:
    found = _TYPE.search(part[:2000])
    return found[1].decode("ascii", "replace").strip().upper() if found else ""


def _unwrapped(part: bytes) -> bytes:
    """Up to the end of the XML; where its wrapping is cut off, up to the end of the document."""
    if end := _XML_END.search(part):
        return part[: end.start()].strip()
    last = part.rfind(_ROOT_END)
    return (part if last < 0 else part[: last + len(_ROOT_END)]).strip()


def _header(head: bytes) -> Header:
    text = "\n".join(head[:_MOST_OF_HEADER].decode("utf-8", "replace").splitlines())
    fields = {found[1] or found[2]: found[3].strip() for found in reversed(list(_FIELD.finditer(text)))}
    accession = fields.get("ACCESSION NUMBER") or fields.get("ACCESSION-NUMBER") or fields.get("SEC-DOCUMENT", "")
    number = _ACCESSION.match(accession)
    issuers, owners = _parties(text)
    return Header(
        accession=number[0] if number else None,
        form=fields.get("CONFORMED SUBMISSION TYPE") or fields.get("TYPE"),
        filed_on=_day(fields.get("FILED AS OF DATE") or fields.get("FILING-DATE")),
        accepted_at=_instant(fields.get("ACCEPTANCE-DATETIME")),
        issuer=issuers[0] if issuers else None,
        owners=owners,
    )


def _parties(text: str) -> tuple[tuple[Party, ...], tuple[Party, ...]]:
    """Issuers and owners, in their order: each section names a party once, what it was called before comes after."""
    parties: dict[str, list[Party]] = {"ISSUER": [], "REPORTING-OWNER": []}
    for found in _PARTY.finditer(text):
        section, name, cik = found[1] or found[4], found[2] or found[5], found[3] or found[6]
        parties[section].append(Party(cik=cik_of(cik), name=name.strip()))
    return tuple(parties["ISSUER"]), tuple(parties["REPORTING-OWNER"])


def _day(text: str | None) -> date | None:
    instant = _eastern(text[:8]) if text else None
    return instant.date() if instant else None


def _instant(text: str | None) -> datetime | None:
    instant = _eastern(text[:14]) if text else None
    return instant.astimezone(UTC) if instant else None


def _eastern(text: str) -> datetime | None:
    """`20220506`, or with the time of day `20220506183057`."""
    found = _CLOCK.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=_EASTERN)
    except ValueError:
        return None
