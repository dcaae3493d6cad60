"""What a later reader makes of a stored page, compared with what was stored then: values and a pure decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.plausibility import RECENT_PRICES, Belief, PlausibilityBounds, PriceHistory, judge

COMPARED = (
    *("price", "currency", "price_high", "list_price", "shipping_price", "unit_price", "unit_price_per"),
    *("pack_size", "pack_unit", "availability", "title", "brand", "sku", "gtin", "mpn", "variant", "image_url"),
    *("seller", "condition"),
)
"""What an offer says of the product. How it was read (method, confidence, candidates) changes with every reader, and
corrects nothing."""
READ_AGAIN = (
    *(Outcome.UNREADABLE, Outcome.NOT_A_PRODUCT, Outcome.PROVIDER_ERROR, Outcome.NOT_FOUND, Outcome.GONE),
    *(Outcome.LOGIN, Outcome.NOT_PRICED, Outcome.NO_OFFERS),
)
"""Ends without a price whose page may hold an offer that a better reader finds. Not `implausible`: its price was read, and is waited
for; not `blocked` and its like: what tells them may be in headers, which are not kept."""
NOT_OF_THE_PAGE = frozenset(
    {
        *(Outcome.PROVIDER_ERROR, Outcome.TIMEOUT, Outcome.FORBIDDEN_ADDRESS, Outcome.NOT_MODIFIED),
        *(Outcome.ABANDONED, Outcome.FINISHED, Outcome.CANCELLED),
    }
)
"""Ends of a reading that say nothing of a page."""
_SCALE = Decimal("0.0001")


class ReplayKind(StrEnum):
    """What reading a page again comes to."""

    SAME = "same"
    PRICE = "price"
    """Another price or currency."""
    DETAILS = "details"
    """The same price, and something else differs."""
    FOUND = "found"
    """There was no price, and now there is; or the check had failed, and now it reads."""
    LOST = "lost"
    """There was a price, and now there is none."""
    IMPLAUSIBLE = "implausible"
    """The check had failed, and what reads now is hard to believe beside the prices before and after it: not added."""
    NO_PAGE = "no_page"
    """The page is not kept, or no more."""
    OTHER_PAGE = "other_page"
    """The watch asked for another page then; what it asks for now says nothing of that one."""
    FAILED = "failed"
    """The page could not be read again at all."""

    @property
    def is_change(self) -> bool:
        return self in _CHANGES


_CHANGES = (ReplayKind.PRICE, ReplayKind.DETAILS, ReplayKind.FOUND, ReplayKind.LOST)


@dataclass(frozen=True, kw_only=True)
class PastCheck:
    """A check of the ledger, with what is believed of it now."""

    watch_id: str
    slot_at: datetime
    attempt: int
    finished_at: datetime
    outcome: Outcome
    url: str | None
    final_url: str | None
    http_status: int | None
    fetcher: str | None
    page_sha256: bytes | None
    content_type: str
    """As far as it is kept; empty: it was not sent."""
    is_kept: bool
    """Whether there is a page to read."""
    has_snapshot: bool
    is_last: bool = True
    """Whether no other attempt at its slot came after it."""
    offer: Offer | None
    """As the newest correction says; None where there is no snapshot."""
    offer_outcome: Outcome | None
    """`ok`, or why there is no offer, as the newest correction says."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One check whose page reads otherwise, or cannot be read."""

    kind: ReplayKind
    watch_id: str
    slot_at: datetime
    finished_at: datetime
    outcome_before: Outcome
    outcome: Outcome
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    """Field: (before, now)."""
    reason: str | None = None
    """Why this price now, or why none, in words."""


@dataclass(frozen=True, kw_only=True)
class SeenPrice:
    """A price that is believed, and the slot it was seen for."""

    slot_at: datetime
    price: Decimal
    currency: str | None = None
    title: str | None = None


def doubt_of_found(
    offer: Offer, slot_at: datetime, around: Sequence[SeenPrice], bounds: PlausibilityBounds
) -> str | None:
    """What is doubtful in an offer that is found for a failed check; None: nothing. `around` is what is believed of the
    watch, oldest first. A price moves between two checks: one that fits those before it or those after it is believed."""
    before = [seen for seen in around if seen.slot_at < slot_at]
    after = [seen for seen in around if seen.slot_at > slot_at]
    sides = [_history(side) for side in (before, after[::-1]) if side] or [PriceHistory()]
    judgements = [judge(offer, side, bounds, now=slot_at) for side in sides]
    if any(judgement.belief is not Belief.DOUBTFUL for judgement in judgements):
        return None
    return judgements[0].doubt


def _history(side: Sequence[SeenPrice]) -> PriceHistory:
    """What a price is measured against, of one side of it; the nearest comes last."""
    nearest = side[-1]
    prices = [seen.price for seen in side if seen.currency == nearest.currency]
    return PriceHistory(prices=tuple(prices[-RECENT_PRICES:]), currency=nearest.currency, title=nearest.title)


def compare(check: PastCheck, outcome: Outcome, offer: Offer | None) -> tuple[ReplayKind, dict[str, tuple[Any, Any]]]:
    """What reading the check's page again comes to; `offer` as it would be stored, exactly when `outcome` is `ok`."""
    if check.offer is None:
        if offer is None:
            return ReplayKind.SAME, {}
        return ReplayKind.FOUND, _changes(Offer(), offer)
    before = Outcome(check.offer_outcome or Outcome.OK)
    changes = _changes(check.offer, offer or Offer())
    if before is not outcome:
        changes["outcome"] = (before, outcome)
    return _kind(check.offer, offer or Offer(), changes), changes


def _changes(before: Offer, now: Offer) -> dict[str, tuple[Any, Any]]:
    pairs = {name: (_as_stored(getattr(before, name)), _as_stored(getattr(now, name))) for name in COMPARED}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _as_stored(value: Any) -> Any:
    """Amounts as their columns hold them."""
    match value:
        case Decimal():
            return value.quantize(_SCALE, rounding=ROUND_HALF_UP)
        case Mapping():
            return dict(value)
        case _:
            return value


def _kind(before: Offer, now: Offer, changes: Mapping[str, Any]) -> ReplayKind:
    if not changes:
        return ReplayKind.SAME
    if before.price is None and now.price is not None:
        return ReplayKind.FOUND
    if before.price is not None and now.price is None:
        return ReplayKind.LOST
    # A currency without a price is no other price.
    is_priced = now.price is not None and ("price" in changes or "currency" in changes)
    return ReplayKind.PRICE if is_priced else ReplayKind.DETAILS
