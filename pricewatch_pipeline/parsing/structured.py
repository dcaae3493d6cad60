"""Structured data of a page: JSON-LD, microdata and product meta tags, in this order of trust."""

from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.found import Findings
from pricewatch_pipeline.parsing.json_ld import read_json_ld
from pricewatch_pipeline.parsing.meta_tags import read_meta_tags
from pricewatch_pipeline.parsing.microdata import read_microdata


def read_structured(document: Document, *, locale: str | None = None) -> tuple[Findings, Findings, Findings]:
    """What JSON-LD, microdata and meta tags say."""
    return (
        read_json_ld(document, locale=locale),
        read_microdata(document, locale=locale),
        read_meta_tags(document, locale=locale),
    )
