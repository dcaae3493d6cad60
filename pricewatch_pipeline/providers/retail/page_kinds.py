"""Pages that are no product's: lists, searches."""

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.providers.retail.seen import Seen

_LISTING_TYPES = frozenset({"ItemList", "SearchResultsPage", "CollectionPage", "OfferCatalog"})


def why_no_product(seen: Seen) -> tuple[Outcome, str] | None:
    """The outcome of a page that is not one product's, and why in words; None for a product's page."""
    if _is_listing(seen):
        return Outcome.NOT_A_PRODUCT, "the page lists several products; watch the page of one of them"
    return None


def _is_listing(seen: Seen) -> bool:
    """Several products and none of them the page's own, or a price tag in the head for each of many."""
    metas = seen.document.metas
    tagged = {text for name in ("product:price:amount", "og:price:amount") for text in metas.get(name, ())}
    if len(tagged) > 2 and not any(s.name == "json_ld" for s in seen.sources):
        return True
    products = [product for found in seen.findings for product in found.products]
    types: set[str] = set().union(*(found.page_types for found in seen.findings))
    return not seen.sources and (len(products) > 1 or bool(types & _LISTING_TYPES))
