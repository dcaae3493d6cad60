"""RDFa: products marked with `typeof` and `property`, in schema.org's words, GoodRelations' or those of data-vocabulary.org."""

from collections.abc import Mapping

from pricewatch_pipeline.parsing.documents import MOST_NODES, Document, Notable
from pricewatch_pipeline.parsing.found import Findings
from pricewatch_pipeline.parsing.microdata import read_marked

_NOT_OURS = ("og:", "fb:", "product:", "article:", "twitter:", "book:", "al:")
"""Of meta tags, which are read as such."""
_NAMES = {
    "hascurrencyvalue": "price",
    "hasmincurrencyvalue": "lowPrice",
    "hasmaxcurrencyvalue": "highPrice",
    "hascurrency": "priceCurrency",
    "currency": "priceCurrency",
    "haspricespecification": "priceSpecification",
    "hasstockkeepingunit": "sku",
    "hasean_ucc-13": "gtin13",
    "hasmpn": "mpn",
    "hasmanufacturer": "brand",
    "hasbrand": "brand",
    "hasbusinessfunction": "",
    "offerdetails": "offers",
    "photo": "image",
    "title": "name",
}
"""Older vocabularies' words in schema.org's."""
_TYPES = {"Offering": "Offer", "ProductOrServiceModel": "Product", "SomeItems": "Product", "ActualProductOrServiceInstance": "Product"}  # fmt: skip


def read_rdfa(document: Document, *, locale: str | None = None) -> Findings:
    """Products of the page's RDFa."""
    if not document.has_typed:
        return Findings()
    elements: list[Notable] = []
    last = 0
    for node in document.tree.css("[typeof], [property], [rel][resource]")[:MOST_NODES]:
        if node.mem_id == last:  # one that several of the selectors match is given once for each
            continue
        last = node.mem_id
        attributes = node.attributes
        if not (attributes.get("property") or "").lower().startswith(_NOT_OURS):
            elements.append((node, _as_microdata(attributes)))
    return read_marked(document, elements, source="rdfa", locale=locale)


def _as_microdata(attributes: Mapping[str, str | None]) -> dict[str, str | None]:
    """The attributes of RDFa under the names of microdata's; the words without their prefixes."""
    told = dict(attributes)
    names = [_short(name) for name in (attributes.get("property") or attributes.get("rel") or "").split()]
    words = [word for name in names if (word := _NAMES.get(name.lower(), name))]
    if words:
        told["itemprop"] = " ".join(words)
    if "typeof" in attributes:
        told["itemscope"] = ""
        kinds = [_short(kind) for kind in (attributes["typeof"] or "").split()]
        told["itemtype"] = " ".join(_TYPES.get(kind, kind) for kind in kinds)
    if "content" not in told and "typeof" not in attributes and attributes.get("resource"):
        told["content"] = attributes["resource"]
    return told


def _short(name: str) -> str:
    """`schema:price` and `http://schema.org/price` are `price`."""
    return name.rstrip("/").rsplit("/", 1)[-1].rsplit("#", 1)[-1].rsplit(":", 1)[-1]
