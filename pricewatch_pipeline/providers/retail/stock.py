"""Whether the product can be had: gathers what the store's strategies, the page's data and its visible text say."""

from collections.abc import Iterator

from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.stock_choice import CANNOT_BE_HAD, StockChoice, StockSign, choose_stock
from pricewatch_pipeline.parsing.found import FoundOffer
from pricewatch_pipeline.parsing.visible_stock import visible_signs
from pricewatch_pipeline.providers.retail.seen import Seen


def availability_of(seen: Seen, chosen: FoundOffer | None) -> Availability | None:
    """Whether it can be had; None: nothing says."""
    return stock_of(seen, chosen).availability


def stock_of(seen: Seen, chosen: FoundOffer | None) -> StockChoice:
    """Whether it can be had, and why we think so."""
    own = seen.own.availability
    if own:
        return choose_stock([StockSign(availability=own, kind="strategy", said=own.value)])
    return choose_stock([*_from_data(seen, chosen), *visible_signs(seen.document.layout)])


def _from_data(seen: Seen, chosen: FoundOffer | None) -> Iterator[StockSign]:
    """The chosen offer; without a word of it, what can be had of each source's product, which is what a buyer may choose."""
    if chosen and chosen.availability:
        yield StockSign(availability=chosen.availability, kind="offer", said=chosen.availability.value)
    kind = "other data" if chosen and chosen.availability else "offer"
    for source in seen.sources:
        offers = [offer.availability for offer in source.product.offers if offer.availability and offer is not chosen]
        best = next((a for a in offers if a not in CANNOT_BE_HAD), None) or next(iter(offers), None)
        if best and chosen not in source.product.offers:
            yield StockSign(availability=best, kind=kind, said=f"{best.value} in {source.name}")
            kind = "other data"
