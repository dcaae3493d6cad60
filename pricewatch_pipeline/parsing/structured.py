"""Structured data of a page, kind by kind, in the order of trust: what is marked for machines, then what scripts and attributes hold."""

from collections.abc import Iterable
from decimal import Decimal

from pricewatch_pipeline.parsing.app_state import read_state
from pricewatch_pipeline.parsing.data_attributes import read_data_attributes
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.found import Findings
from pricewatch_pipeline.parsing.json_ld import read_json_ld
from pricewatch_pipeline.parsing.meta_tags import read_meta_tags
from pricewatch_pipeline.parsing.microdata import read_microdata
from pricewatch_pipeline.parsing.rdfa import read_rdfa


def read_structured(document: Document, *, locale: str | None = None) -> tuple[Findings, ...]:
    """What JSON-LD, microdata, RDFa, meta tags, scripts and attributes say."""
    marked = (
        read_json_ld(document, locale=locale),
        read_microdata(document, locale=locale),
        read_rdfa(document, locale=locale),
        read_meta_tags(document, locale=locale),
    )
    return (
        *marked,
        read_state(document, locale=locale, known=_amounts(marked)),
        read_data_attributes(document, locale=locale),
    )


def _amounts(findings: Iterable[Findings]) -> frozenset[Decimal]:
    offers = (offer for found in findings for product in found.products for offer in product.offers)
    return frozenset(a for offer in offers for a in (offer.amount, offer.low, offer.high) if a is not None)
