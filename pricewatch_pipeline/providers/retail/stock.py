"""Whether the product can be had: gathers what the store's strategies, the page's data and its visible text say."""

from collections.abc import Iterable, Iterator

from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.stock_choice import CANNOT_BE_HAD, StockChoice, StockSign, choose_stock
from pricewatch_pipeline.parsing.found import FoundOffer
from pricewatch_pipeline.parsing.visible_stock import visible_signs
from pricewatch_pipeline.providers.retail.seen import Seen


def availability_of(seen: Seen, chosen: FoundOffer | None, price_line: int | None = None) -> Availability | None:
    """Whether it can be had; None: nothing says."""
    return stock_of(seen, chosen, price_line).availability


def stock_of(seen: Seen, chosen: FoundOffer | None, price_line: int | None = None) -> StockChoice:
    """Whether it can be had, and why we think so.

    Args:
        seen: what the readers found.
        chosen: the offer of the product data that the price is of.
        price_line: the line of the visible text in which the price stands.
    """
    own = seen.own.availability
    if own:
        return choose_stock([StockSign(availability=own, kind="strategy", said=own.value)])
    return choose_stock([*_from_data(seen, chosen), *visible_signs(seen.document.layout, price_line)])


def _from_data(seen: Seen, chosen: FoundOffer | None) -> Iterator[StockSign]:
    """The chosen offer; without a word of it, what can be had of each source's product, which is what a buyer may choose."""
    said = _said_of(seen, chosen) if chosen else None
    if said:
        yield StockSign(availability=said, kind="offer", said=said.value)
    kind = "other data" if said else "offer"
    for source in seen.sources:
        offers = source.product.offers
        best = _best(offer.availability for offer in offers if offer is not chosen)
        if best and chosen not in offers:
            yield StockSign(availability=best, kind=kind, said=f"{best.value} in {source.name}")
            kind = "other data"


def _said_of(seen: Seen, chosen: FoundOffer) -> Availability | None:
    """What is said of an offer. Where several variants cost the same and nobody chose one, that of the best of them."""
    is_asked_for = chosen.is_selected or seen.clues.query.sku or seen.clues.query.variant
    if chosen.availability not in CANNOT_BE_HAD or is_asked_for:
        return chosen.availability
    offers = next((source.product.offers for source in seen.sources if chosen in source.product.offers), (chosen,))
    return _best(offer.availability for offer in offers if offer.amount == chosen.amount)


def _best(said: Iterable[Availability | None]) -> Availability | None:
    known = [availability for availability in said if availability]
    return next((availability for availability in known if availability not in CANNOT_BE_HAD), next(iter(known), None))
