"""The offer beside price and availability: what it is, who sells it in which condition, and what comes with it."""

from collections.abc import Sequence

from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.parsing.conditions import condition_in_name, condition_of
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.found import FoundOffer
from pricewatch_pipeline.parsing.labels import Fact, Label, facts_of
from pricewatch_pipeline.providers.retail.identity import brand_in, gtin_in, mpn_in, sku_in, values_of
from pricewatch_pipeline.providers.retail.naming import title_in
from pricewatch_pipeline.providers.retail.seen import Seen, first
from pricewatch_pipeline.providers.retail.terms import pack_of
from pricewatch_pipeline.providers.retail.variants import as_variant, own_name, told_variant, variant_of

_LONGEST_NAME = 80
_MOST_PICTURES = 300
_SHORTEST_ALT = 7


def described(seen: Seen, chosen: FoundOffer | None = None) -> Offer:
    """All that the page says of the product and who sells it; without price, availability and what depends on a price.

    Args:
        seen: what was found on the page.
        chosen: the offer of the structured data that the price is of.
    """
    variant = told_variant(seen, chosen)
    # The page may show another variant than the one that the watch asks for: its labels are of that one.
    asked = variant if seen.clues.query.sku or seen.clues.query.variant else None
    name = own_name(seen, variant)
    seen = as_variant(seen, variant)
    document, own = seen.document, seen.own
    facts = facts_of(document.layout.lines)
    title = title_in(seen, variant=name)
    pack = pack_of(seen, facts, title)
    return Offer(
        title=title,
        brand=brand_in(seen, facts),
        sku=own.sku or (asked.sku if asked and asked.sku else sku_in(seen, facts)),
        gtin=gtin_in(seen, facts if asked is None else ()),
        mpn=mpn_in(seen, facts if asked is None else ()),
        variant=variant_of(seen, facts, variant),
        image_url=document.absolute(own.image) or _image(seen, title),
        seller=_seller(facts, chosen),
        condition=_condition(title, facts, chosen),
        pack_size=pack.amount if pack else None,
        pack_unit=pack.unit if pack else None,
    )


def _image(seen: Seen, title: str | None) -> str | None:
    """As the data or the page's head gives it, else the picture that bears the title."""
    document = seen.document
    given = first(source.product.image_url for source in seen.sources)
    stated = given or document.absolute(document.meta("og:image", "og:image:secure_url", "twitter:image", "image"))
    return stated or (document.absolute(_picture_of(document, title)) if title else None)


def _picture_of(document: Document, title: str) -> str | None:
    """The first picture that is described by the product's title, or by its beginning."""
    name = title.casefold()
    for node in document.tree.css("img[alt]")[:_MOST_PICTURES]:
        given = node.attributes
        alt = " ".join((given.get("alt") or "").casefold().split())
        if len(alt) > _SHORTEST_ALT and (name.startswith(alt) or alt.startswith(name)):
            source = given.get("data-src") or given.get("src") or ""
            if source and not source.startswith("data:"):
                return source
    return None


def _seller(facts: Sequence[Fact], chosen: FoundOffer | None) -> str | None:
    stated = chosen.seller if chosen else None
    return stated if stated and len(stated) <= _LONGEST_NAME else first(values_of(facts, Label.SELLER))


def _condition(title: str | None, facts: Sequence[Fact], chosen: FoundOffer | None) -> str | None:
    stated = condition_of(chosen.condition) if chosen else None
    labelled = (condition_of(value) for value in values_of(facts, Label.CONDITION))
    # A shop's data mostly says `new` of everything.
    return condition_in_name(title) or stated or first(labelled)
