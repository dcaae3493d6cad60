"""What a watch's price was, and since when: the history that rules, insights and charts are made of. Values only."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from pricewatch_pipeline.domain.offers import Availability


@dataclass(frozen=True, kw_only=True)
class PriceChange:
    """From `began_at` on, until the next change, successful checks said this."""

    began_at: datetime
    price: Decimal | None = None
    """None: the page showed none, as of something sold out."""
    currency: str | None = None
    availability: Availability | None = None
