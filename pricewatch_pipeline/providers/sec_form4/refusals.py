"""What stands in place of an ownership document, in a sentence that says where the XML is to be found."""

import re

_WHERE = (
    "the XML of a filing lies at /Archives/edgar/data/CIK/ACCESSION/ of www.sec.gov, not below its xslF345X0n/ folder"
)
_TITLE = re.compile(rb"<title[^>]*>([^<]{0,300})", re.IGNORECASE)
_XML_ROOT = re.compile(rb"\A\s*(?:<\?[^>]*\?>\s*)*(?:<!--.*?-->\s*)*<([A-Za-z_][\w.:-]{0,80})", re.DOTALL)
_S3_CODE = re.compile(rb"<Code>([A-Za-z]{1,60})</Code>")
_MAGIC = ((b"\x1f\x8b", "gzip"), (b"PK\x03\x04", "zip"), (b"%PDF", "PDF"), (b"\x28\xb5\x2f\xfd", "zstd"))


class Unreadable(Exception):
    """A document that is no ownership filing, or no whole one; its text says why."""


def what_it_is(body: bytes) -> str:
    """One sentence on a document that is no ownership document."""
    head = body.lstrip()[:20_000]
    if not head:
        return "the document is empty"
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return f"a {name} file: unpack it first" if name != "PDF" else f"a PDF file; {_WHERE}"
    if head[:1] in b"{[":
        return f"JSON, such as a list of filings, and no filing; {_WHERE}"
    if b"<html" in head.lower() or head[:14].lower() == b"<!doctype html":
        return _what_page(body)
    if root := _XML_ROOT.match(head):
        return _what_xml(root[1].decode("ascii", "replace"), body)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16 text that is cut, and no XML"
    return f"neither the XML of an ownership filing nor the full text of a submission; {_WHERE}"


def _what_page(body: bytes) -> str:
    found = _TITLE.search(body)
    title = " ".join(found[1].decode("utf-8", "replace").split()) if found else ""
    if "rate threshold" in title.lower():
        return "the SEC's page that says too many requests were made, in place of the filing: ask again in ten minutes"
    if re.fullmatch(r"SEC FORM \d.*", title, re.IGNORECASE):
        return f"a filing rendered as HTML: {_WHERE}"
    if "EDGAR Filing" in title or (b"/Archives/edgar/data/" in body and b"-index.htm" in body):
        return f"an index page of a filing, and not the filing: {_WHERE}"
    named = f" with the title {title[:100]!r}" if title else ""
    return f"an HTML page{named}, and no filing; {_WHERE}"


def _what_xml(root: str, body: bytes) -> str:
    name = root.rpartition(":")[2]
    if name == "feed":
        return f"an Atom feed of filings, and no filing; {_WHERE}"
    if name == "Error":
        code = _S3_CODE.search(body)
        return f"an error in place of the filing ({code[1].decode() if code else 'no code'}): it is not there"
    if name.startswith("SEC-"):
        return "the header of a submission without its documents"
    return f"XML of another kind: its root is <{root}>, not <ownershipDocument>"
