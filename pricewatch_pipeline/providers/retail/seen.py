"""Everything that was found on a page, before anything is decided."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.found import Findings, FoundOffer, FoundProduct
from pricewatch_pipeline.providers.retail.choosing import Choice, Clues
from pricewatch_pipeline.providers.retail.market import Market
from pricewatch_pipeline.providers.retail.strategies import OwnReading

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Source:
    """One kind of structured data: its main product, and the offer chosen from it."""

    name: str
    product: FoundProduct
    choice: Choice


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the readers found."""

    document: Document
    market: Market
    clues: Clues
    findings: tuple[Findings, ...]
    """Of all structured data, the most trusted first."""
    sources: tuple[Source, ...]
    """Those that know the main product."""
    own: OwnReading
    """What the store's strategies read."""

    def offers(self, chosen: FoundOffer | None = None) -> list[FoundOffer]:
        """The chosen offer, then all others of the main product, by trust."""
        return ([chosen] if chosen else []) + [offer for source in self.sources for offer in source.product.offers]


def first(values: Iterable[T | None]) -> T | None:
    """The first that is not None."""
    return next((value for value in values if value is not None), None)
