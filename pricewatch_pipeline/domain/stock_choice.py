"""Whether a product can be had, decided from everything on the page that says so. Pure; how signs are found is not here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pricewatch_pipeline.domain.offers import Availability

CANNOT_BE_HAD = (Availability.OUT_OF_STOCK, Availability.DISCONTINUED)

WEIGHTS = {
    "strategy": 100.0,
    "offer": 3.0,
    "sold out button": 3.0,
    "other data": 1.5,
    "text": 2.0,
    "far text": 1.0,
    "buy button": 1.6,
    "one of several buttons": 1.0,
    "disabled buy button": 0.6,
    "notify button": 1.2,
    "other shops": 0.8,
}
"""What each kind of sign is worth. A store's own strategy decides alone. The chosen offer's structured data outweighs any one
thing that is seen, and gives way to two that agree: data that is written once and never changed is the usual mistake. A button
that says `sold out` is as good as data. Texts count by their nearness to title and button. That a button is disabled tells little:
many are until a script has run or a variant is chosen."""
_ENOUGH = 0.75
"""What speaks for an answer has to be worth this much."""


@dataclass(frozen=True, kw_only=True)
class StockSign:
    """One thing on a page that says whether the product can be had."""

    availability: Availability
    kind: str
    """One of `WEIGHTS`."""
    said: str
    """As it appears, for people."""

    @property
    def weight(self) -> float:
        return WEIGHTS[self.kind]

    @property
    def can_be_had(self) -> bool:
        return self.availability not in CANNOT_BE_HAD


@dataclass(frozen=True, kw_only=True)
class StockChoice:
    """What was decided, and why in words."""

    availability: Availability | None = None
    reason: str = "nothing on the page says whether it can be had"


def choose_stock(signs: Sequence[StockSign]) -> StockChoice:
    """The availability for which most speaks; None where nothing does. Of each kind, only the first sign of each answer counts:
    a text that is repeated is not said twice."""
    heard = _first_of_each(signs)
    if not heard:
        return StockChoice()
    for_it = [sign for sign in heard if sign.can_be_had]
    against = [sign for sign in heard if not sign.can_be_had]
    winners, losers = (for_it, against) if _weight(for_it) >= _weight(against) else (against, for_it)
    if _weight(winners) < _ENOUGH:
        return StockChoice(reason=f"nothing sure says whether it can be had, only {_told(winners)}")
    best = max(winners, key=lambda sign: sign.weight)
    reason = f"{best.availability.value}: {_told(winners)}" + (f"; against it {_told(losers)}" if losers else "")
    return StockChoice(availability=best.availability, reason=reason)


def _first_of_each(signs: Iterable[StockSign]) -> list[StockSign]:
    found: dict[tuple[str, bool], StockSign] = {}
    for sign in signs:
        found.setdefault((sign.kind.removeprefix("far "), sign.can_be_had), sign)
    return list(found.values())


def _weight(signs: Iterable[StockSign]) -> float:
    return sum(sign.weight for sign in signs)


def _told(signs: Sequence[StockSign]) -> str:
    ordered = sorted(signs, key=lambda sign: -sign.weight)
    return ", ".join(f"{sign.kind.removeprefix('far ')} {sign.said!r}" for sign in ordered)
