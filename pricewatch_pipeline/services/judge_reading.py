"""Whether a reading is believed: measured against the watch's history, and where it is doubtful and the store's file allows
another way to the page, against what that way shows at once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from pricewatch_pipeline.domain.checks import OpenCheck
from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.plausibility import (
    Belief,
    Judgement,
    PriceHistory,
    believed_as_stated,
    bounds_of,
    confirmed,
    confirmed_by_another_way,
    history_after,
    judge,
)
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.errors import HostResting
from pricewatch_pipeline.services.fetch_politely import PoliteFetch


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A reading, and what is thought of it."""

    reading: Reading
    """`implausible`, without its offer, where it is doubtful."""
    judgement: Judgement
    doubted_offer: Offer | None = None
    """To be kept until another look confirms or drops it."""
    history: PriceHistory | None = None
    """On a success: what the next price is measured against."""


async def judged(
    check: OpenCheck,
    reading: Reading,
    fetch: PoliteFetch,
    now: Callable[[], datetime],
    look_again: Callable[[], Awaitable[Reading]],
) -> Judged:
    """What to believe of a reading. Of failures there is nothing to judge."""
    judgement = _judgement(check, reading, now)
    if judgement.belief is Belief.DOUBTFUL and reading.offer and fetch.may_go_another_way:
        reading, judgement = await _by_another_way(check, reading, judgement, fetch, now, look_again)
    if judgement.belief is not Belief.DOUBTFUL:
        return Judged(reading=reading, judgement=judgement, history=_history(check, reading, judgement.belief))
    return Judged(
        reading=replace(reading, outcome=Outcome.IMPLAUSIBLE, offer=None, error=judgement.doubt),
        judgement=judgement,
        doubted_offer=reading.offer if judgement.is_new else None,
    )


def _judgement(check: OpenCheck, reading: Reading, now: Callable[[], datetime]) -> Judgement:
    if not reading.outcome.is_success:
        return Judgement()
    if reading.is_exact:
        return believed_as_stated(check.history)
    bounds = bounds_of(check.watch.plausibility, check.store.plausibility if check.store else None)
    return judge(reading.offer, check.history, bounds, now=now())


async def _by_another_way(
    check: OpenCheck,
    reading: Reading,
    judgement: Judgement,
    fetch: PoliteFetch,
    now: Callable[[], datetime],
    look_again: Callable[[], Awaitable[Reading]],
) -> tuple[Reading, Judgement]:
    """The reading that counts after the page was fetched in another way too; the doubtful one, where that says nothing."""
    first_way = fetch.way
    with fetch.another_way() as way:
        try:
            other = await look_again()
        except HostResting:
            return reading, judgement
        second = _judgement(check, other, now)
        is_unchanged = other.outcome is Outcome.NOT_MODIFIED
        has_price = other.offer is not None and other.offer.price is not None
        if other.outcome.is_success and second.belief is Belief.PLAUSIBLE and (has_price or is_unchanged):
            way.stay()
            return other, second
    is_another = fetch.way != first_way  # and not the same again, because the other one was blocked
    if is_another and reading.offer and other.offer and confirmed_by_another_way(judgement, reading.offer, other.offer):
        return reading, confirmed(judgement, check.history)
    return reading, judgement


def _history(check: OpenCheck, reading: Reading, belief: Belief) -> PriceHistory | None:
    if not reading.outcome.is_success:
        return None
    # What did not change is one more price seen.
    carried = Offer(price=check.last_seen.price, currency=check.last_seen.currency)
    after = history_after(check.history, reading.offer or carried, belief)
    return replace(after, followed=check.history.prices)
