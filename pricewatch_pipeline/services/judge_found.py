"""Whether a price that a replay finds for a failed check is to be believed, beside what is believed of its watch."""

from collections.abc import Sequence
from datetime import datetime

from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.domain.plausibility import bounds_of
from pricewatch_pipeline.domain.replays import SeenPrice, doubt_of_found
from pricewatch_pipeline.domain.watches import Store, Watch
from pricewatch_pipeline.storage import replayable
from pricewatch_pipeline.storage.database import Database


class BelievedPrices:
    """What is believed of one watch: its snapshots, as this replay corrects them, written down yet or not."""

    def __init__(self, database: Database, watch: Watch, store: Store | None) -> None:
        self._database = database
        self._watch_id = watch.watch_id
        self._bounds = bounds_of(watch.plausibility, store.plausibility if store else None)
        self._stored: dict[datetime, SeenPrice] = {}
        self._replayed: dict[datetime, SeenPrice | None] = {}

    def load(self, slots: Sequence[datetime]) -> None:
        """Get what is around these slots, in their order."""
        first, last = slots[0], slots[-1]
        around = self._database.run(lambda connection: replayable.seen_around(connection, self._watch_id, first, last))
        self._stored = {seen.slot_at: seen for seen in around}

    def now_reads(self, slot_at: datetime, offer: Offer | None) -> None:
        """This is what is believed of a slot from now on."""
        self._replayed[slot_at] = _seen(slot_at, offer) if offer else None

    def doubt_of(self, slot_at: datetime, offer: Offer) -> str | None:
        """What is doubtful in an offer that is found for a slot which was loaded; None: nothing."""
        known = self._stored | self._replayed
        around = [seen for _, seen in sorted(known.items()) if seen]
        return doubt_of_found(offer, slot_at, around, self._bounds)


def _seen(slot_at: datetime, offer: Offer) -> SeenPrice | None:
    if offer.price is None:
        return None
    return SeenPrice(slot_at=slot_at, price=offer.price, currency=offer.currency, title=offer.title)
