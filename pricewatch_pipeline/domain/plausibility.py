"""Whether a price that was read is to be believed: bounds, what is measured against, and the decision. Pure functions.

What is beyond the bounds waits until another look confirms it or finds the old price again; a snapshot, and with it an
alert, comes of it only then.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from statistics import median_low
from typing import Any

from pricewatch_pipeline.domain.offers import Offer, PriceRole
from pricewatch_pipeline.domain.titles import may_be_same

RECENT_PRICES = 15
"""How many prices a change is measured against."""
INDEPENDENT_AFTER = timedelta(minutes=5)
"""A look so much later is another look: caches on the way and half-deployed pages last for less."""
DOUBTED_FOR = timedelta(days=7)
"""For so long a price that was doubted counts for those like it."""
DISMISSED_FOR = timedelta(days=30)
"""For so long an operator's word against a price holds."""
MOST_DOUBTS = 3
"""A price that was doubted so often lately is what the page says: shops that go back and forth must come to an end."""
BELIEVED_AT_ONCE = 0.5
"""The least confidence with which a first price is believed: there is none before it to measure it against."""
_SAME = Decimal("0.05")
"""Prices that differ by less are one price, seen twice."""
_SAME_LEVEL = Decimal("0.01")
_SAME_PRODUCT = Decimal("0.10")
_DECIMAL_SHIFTS = tuple(Decimal(10) ** n for n in (1, 2, 3))


class DoubtState(StrEnum):
    """What became of a price that was not believed."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    DROPPED = "dropped"
    """Another look did not show it again."""
    DISMISSED = "dismissed"
    """An operator says that it is wrong."""


@dataclass(frozen=True, kw_only=True)
class PlausibilityBounds:
    """How far a price may move before it is doubted. None: not said here, the next level counts."""

    is_on: bool | None = None
    max_fall: Decimal | None = None
    """Below the recent median, as a share of it; 1: any fall."""
    max_rise: Decimal | None = None
    """Above the recent median, as a share of it; infinity: any rise."""
    checks_currency: bool | None = None
    checks_title: bool | None = None


DEFAULT_BOUNDS = PlausibilityBounds(
    is_on=True, max_fall=Decimal("0.5"), max_rise=Decimal("0.5"), checks_currency=True, checks_title=True
)


def bounds_of(*levels: PlausibilityBounds | None) -> PlausibilityBounds:
    """The bounds that count, of levels that say some or none of them, nearest first; the defaults come last."""
    return merged(*levels, DEFAULT_BOUNDS)


def merged(*levels: PlausibilityBounds | None) -> PlausibilityBounds:
    """What these levels say together, nearest first."""
    said: dict[str, Any] = {}
    for level in levels:
        for each in fields(PlausibilityBounds):
            if level is not None and said.get(each.name) is None:
                said[each.name] = getattr(level, each.name)
    return PlausibilityBounds(**said)


@dataclass(frozen=True, kw_only=True)
class DoubtedPrice:
    """A price of the same watch that was not believed at first."""

    price: Decimal
    currency: str | None
    title: str | None = None
    observed_at: datetime
    state: DoubtState = DoubtState.WAITING


@dataclass(frozen=True, kw_only=True)
class PriceHistory:
    """What a price is measured against."""

    prices: tuple[Decimal, ...] = ()
    """Of the last snapshots in `currency`, oldest first; empty before the first price."""
    currency: str | None = None
    title: str | None = None
    doubted: tuple[DoubtedPrice, ...] = ()
    """Those that wait, and those decided lately."""
    followed: tuple[Decimal, ...] = ()
    """After a look: the prices that it was measured against. Where others count by now, this history is out of date."""

    @property
    def has_waiting(self) -> bool:
        return any(each.state is DoubtState.WAITING for each in self.doubted)


class Belief(StrEnum):
    """How much a reading is believed."""

    PLAUSIBLE = "plausible"
    CONFIRMED = "confirmed"
    """Doubtful by itself, and seen by more than one look."""
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What becomes of a price that was read, and of the one that waits."""

    belief: Belief = Belief.PLAUSIBLE
    doubt: str | None = None
    """What was expected instead, in words; None where nothing is doubtful."""
    is_new: bool = False
    """Doubtful, and not waiting already: it is to be kept, and another look is worth it."""
    may_be_confirmed: bool = True
    """Whether looks can confirm it; else only an operator can."""
    waiting_becomes: DoubtState | None = None
    """Of what waited before; None: it goes on waiting."""


def judge(offer: Offer | None, history: PriceHistory, bounds: PlausibilityBounds, *, now: datetime) -> Judgement:
    """Whether to believe what a successful look read at `now`; no offer: the last one stands as it was."""
    has_waiting = history.has_waiting
    dropped = DoubtState.DROPPED if has_waiting else None
    doubt = doubt_of(offer, history, bounds) if offer and bounds.is_on else None
    if offer is None or offer.price is None or doubt is None:
        return Judgement(waiting_becomes=dropped)
    alike = [each for each in history.doubted if _is_alike(offer, each.price, each.currency, each.title)]
    if any(each.state is DoubtState.DISMISSED and now - each.observed_at < DISMISSED_FOR for each in alike):
        doubt = f"{doubt} An operator has dismissed this price."
        return Judgement(belief=Belief.DOUBTFUL, doubt=doubt, may_be_confirmed=False, waiting_becomes=dropped)
    waits_since = min((each.observed_at for each in alike if each.state is DoubtState.WAITING), default=None)
    is_new = waits_since is None
    superseded = dropped if is_new else None
    if why := _why_only_an_operator(offer, history, bounds):
        doubt = f"{doubt} {why}"
        return Judgement(
            belief=Belief.DOUBTFUL, doubt=doubt, is_new=is_new, may_be_confirmed=False, waiting_becomes=superseded
        )
    if waits_since is not None and now - waits_since >= INDEPENDENT_AFTER:
        return Judgement(belief=Belief.CONFIRMED, doubt=doubt, waiting_becomes=DoubtState.CONFIRMED)
    if _looks([each.observed_at for each in alike if now - each.observed_at < DOUBTED_FOR]) >= MOST_DOUBTS:
        return Judgement(belief=Belief.CONFIRMED, doubt=doubt, waiting_becomes=dropped)
    return Judgement(belief=Belief.DOUBTFUL, doubt=doubt, is_new=is_new, waiting_becomes=superseded)


def believed_as_stated(history: PriceHistory) -> Judgement:
    """Of a price that nobody doubts, whatever it was before: an authority states it."""
    return Judgement(waiting_becomes=DoubtState.DROPPED if history.has_waiting else None)


def confirmed_by_another_way(first: Judgement, offer: Offer, second: Offer) -> bool:
    """Whether a doubtful offer is confirmed by what another way of fetching shows at the same time."""
    return first.may_be_confirmed and _is_alike(offer, second.price, second.currency, second.title)


def confirmed(judgement: Judgement, history: PriceHistory) -> Judgement:
    """A doubtful judgement after it was confirmed."""
    becomes = DoubtState.DROPPED if judgement.is_new else DoubtState.CONFIRMED
    return Judgement(
        belief=Belief.CONFIRMED, doubt=judgement.doubt, waiting_becomes=becomes if history.has_waiting else None
    )


def doubt_of(offer: Offer, history: PriceHistory, bounds: PlausibilityBounds) -> str | None:
    """What is doubtful in an offer, in sentences; None when nothing is. Sold out without a price is no change of price."""
    if offer.price is None:
        return None
    doubts = _changes(offer, history, bounds) if history.prices else _of_first_price(offer)
    if not doubts and _is_new_zero(offer, history):
        doubts = ["The price is 0."]
    return " ".join(doubts) or None


def _of_first_price(offer: Offer) -> list[str]:
    if offer.confidence is None or offer.confidence >= BELIEVED_AT_ONCE:
        return []
    return [
        f"The first price is read with a confidence of {offer.confidence:.2f} only; another look is to show it too."
    ]


def _changes(offer: Offer, history: PriceHistory, bounds: PlausibilityBounds) -> list[str]:
    doubts = []
    if _is_other_currency(offer, history):
        if bounds.checks_currency:
            doubts.append(f"The price is in {offer.currency}; the ones before were in {history.currency}.")
    elif moved := _move(offer, history, bounds):
        doubts.append(moved)
    if bounds.checks_title and not may_be_same(offer.title, history.title):
        doubts.append(f"The title is {_cut(offer.title)}; before, it was {_cut(history.title)}.")
    return doubts


def _move(offer: Offer, history: PriceHistory, bounds: PlausibilityBounds) -> str | None:
    """What is doubtful in how far the price has moved. A price that was believed lately is so again."""
    price = offer.price
    if price is None or any(_is_near(price, known, within=_SAME_LEVEL) for known in history.prices):
        return None
    median = median_low(history.prices)
    is_shifted = any(_is_shifted(price, known) for known in (median, history.prices[-1]))
    if not is_shifted and not _is_beyond(price, median, bounds):
        return None
    count = len(history.prices)
    expected = (
        f"the median {shown(median)} of the last {count} prices" if count > 1 else f"the last price, {shown(median)}"
    )
    text = f"{shown(price)} is {_distance(price, median)} {expected}."
    if is_shifted:
        text += " Moves by 10, 100 and 1000 times are mostly a misread decimal mark."
    return text + _second_opinion(offer, median, bounds)


def _second_opinion(offer: Offer, median: Decimal, bounds: PlausibilityBounds) -> str:
    """Another candidate of the page that fits what was expected."""
    fitting = (
        c for c in offer.candidates
        if c.amount is not None and c.role is PriceRole.PRICE and not c.is_chosen and c.amount != offer.price
        and (c.currency is None or c.currency == offer.currency) and not _is_beyond(c.amount, median, bounds)
    )  # fmt: skip
    best = min(fitting, key=lambda c: abs((c.amount or median) - median), default=None)
    return f" The page's {best.source} says {shown(best.amount or median)}, which would fit." if best else ""


def _is_beyond(price: Decimal, median: Decimal, bounds: PlausibilityBounds) -> bool:
    max_fall, max_rise = bounds.max_fall, bounds.max_rise
    has_fallen = max_fall is not None and price < median * (1 - max_fall)
    has_risen = max_rise is not None and max_rise.is_finite() and price > median * (1 + max_rise)
    return has_fallen or has_risen


def _is_shifted(price: Decimal, known: Decimal) -> bool:
    """Whether it is another price with its decimal mark elsewhere."""
    return price != 0 and any(
        _is_near(price * shift, known, within=Decimal("0.001"))
        or _is_near(price, known * shift, within=Decimal("0.001"))
        for shift in _DECIMAL_SHIFTS
    )


def _looks(instants: Sequence[datetime]) -> int:
    """How many looks these are: runs that look at the same time are one."""
    count, last = 0, None
    for instant in sorted(instants):
        if last is None or instant - last >= INDEPENDENT_AFTER:
            count, last = count + 1, instant
    return count


def _is_alike(offer: Offer, price: Decimal | None, currency: str | None, title: str | None) -> bool:
    """Whether another look at the same page showed the same."""
    if offer.price is None or price is None:
        return False
    is_same_currency = offer.currency is None or currency is None or offer.currency == currency
    return is_same_currency and _is_near(offer.price, price, within=_SAME) and may_be_same(offer.title, title)


def _why_only_an_operator(offer: Offer, history: PriceHistory, bounds: PlausibilityBounds) -> str | None:
    """Why looks cannot confirm a doubtful offer, in a sentence; None where they can."""
    if _is_new_zero(offer, history):
        return "A page mostly says 0 where it has no price: only an operator can say that it is free."
    if _is_another_product(offer, history, bounds):
        return "Title and price changed together: this may be another product, and only an operator can say."
    return None


def _is_new_zero(offer: Offer, history: PriceHistory) -> bool:
    return offer.price == 0 and 0 not in history.prices


def _is_another_product(offer: Offer, history: PriceHistory, bounds: PlausibilityBounds) -> bool:
    price = offer.price
    if price is None or not history.prices or not bounds.checks_title or may_be_same(offer.title, history.title):
        return False
    is_same_price = any(_is_near(price, known, within=_SAME_PRODUCT) for known in history.prices)
    return not is_same_price or _is_other_currency(offer, history)


def _is_other_currency(offer: Offer, history: PriceHistory) -> bool:
    return offer.currency is not None and history.currency is not None and offer.currency != history.currency


def _is_near(price: Decimal, known: Decimal, *, within: Decimal) -> bool:
    return abs(price - known) <= known * within


def _distance(price: Decimal, median: Decimal) -> str:
    if median == 0:
        return "above"
    share = abs(price - median) / median
    if price > median and share >= 1:
        return f"{price / median:.1f}".removesuffix(".0") + " times"
    return f"{share:.0%} {'below' if price < median else 'above'}"


def shown(amount: Decimal) -> str:
    """An amount without the zeros that a column adds: `6290.00`, `0.0005`."""
    trimmed = amount.normalize()
    exponent = trimmed.as_tuple().exponent
    return f"{trimmed:f}" if isinstance(exponent, int) and exponent < -2 else f"{amount:.2f}"


def _cut(title: str | None) -> str:
    text = title or ""
    return f"{text[:100]!r}"


def history_after(history: PriceHistory, offer: Offer, belief: Belief) -> PriceHistory:
    """What the next price is measured against, after an offer that was believed. Sold out without a price changes nothing.

    A confirmed price begins a new level. It was seen twice and counts twice, beside the last one before it: so it is the
    median of what follows, and the way back to the old price stays open: unless they differ by their decimal mark only, for
    then one of the two is a misread one. Prices in several currencies have no median.
    """
    price = offer.price
    if price is None:
        return history
    before = () if _is_other_currency(offer, history) else history.prices
    last = tuple(known for known in before[-1:] if not _is_shifted(price, known))
    prices = (*last, price, price) if belief is Belief.CONFIRMED else (*before, price)[-RECENT_PRICES:]
    return replace(
        history,
        prices=prices,
        currency=offer.currency or history.currency,
        title=offer.title or history.title,
        doubted=(),
    )
