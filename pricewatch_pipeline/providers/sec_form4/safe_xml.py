"""Bytes -> the tree of an ownership document. No entities, no network, no half of a document."""

from lxml import etree

from pricewatch_pipeline.providers.sec_form4.cells import Element
from pricewatch_pipeline.providers.sec_form4.refusals import Unreadable, what_it_is

ROOT = "ownershipDocument"
_MOST_BYTES = 2_000_000
"""The forms have at most thirty rows a table and ninety-nine footnotes: real ones have less than 200 kB."""


def root_of(document: bytes) -> tuple[Element, tuple[str, ...]]:
    """The root, and what is odd about the document.

    Raises:
        Unreadable: says what the document is, or where it breaks off.
    """
    if ROOT.encode() not in document:
        raise Unreadable(what_it_is(document))
    if len(document) > _MOST_BYTES:
        raise Unreadable(f"it has {len(document):,} bytes: no ownership filing is longer than {_MOST_BYTES:,}")
    if b"<!ENTITY" in document:
        raise Unreadable("it declares entities, which no ownership filing does: it is not read")
    root, flags = _parsed(document)
    if b"xmlns" in document:
        _forget_namespaces(root)
    if root.tag != ROOT:
        raise Unreadable(what_it_is(document))
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable("it has a DOCTYPE, which no ownership filing has: it is not read")
    return root, flags


def _parsed(document: bytes) -> tuple[Element, tuple[str, ...]]:
    try:
        return etree.fromstring(document, _parser()), ()
    except etree.XMLSyntaxError as error:
        broken = error
    # Documents do not always have the encoding that they declare.
    encoding = "utf-8" if _is_utf_8(document) else "windows-1252"
    try:
        return etree.fromstring(document, _parser(encoding)), ("encoding_not_as_declared",)
    except etree.XMLSyntaxError:
        raise Unreadable(_where(document, broken)) from broken


def _parser(encoding: str | None = None) -> etree.XMLParser:
    return etree.XMLParser(
        encoding=encoding,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _forget_namespaces(root: Element) -> None:
    for element in root.iter(etree.Element):
        element.tag = str(element.tag).rpartition("}")[2]


def _is_utf_8(document: bytes) -> bool:
    try:
        document.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _where(document: bytes, error: etree.XMLSyntaxError) -> str:
    if document.lstrip()[:1] != b"<" or b"<html" in document[:2000].lower():
        return what_it_is(document)
    if f"{ROOT}>".encode() not in document[-2000:]:
        return "the document breaks off before its end: it is truncated"
    return f"the XML is damaged: {' '.join(str(error.msg).split())}"
