"""Which of the amounts seen on a page is what a buyer pays: a sum of weights for what was noticed of each, and why in words."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

from pricewatch_pipeline.domain.offers import PriceRole
from pricewatch_pipeline.domain.sightings import TEXT, TRAITS, Sighting

_MODEL = Path(__file__).with_name("price_weights.json")
_LEAST_SHARE = 0.3
"""Of belief among all amounts and none: with less, no amount is the price."""
_LEAST_LEAD = 0.4
"""Of belief among the amounts alone."""
_CLEAR_LEAD = 1.1
"""Times the belief of the next amount; with less, nothing tells the two apart."""
_LEAST_OF_HIGH = 4
"""Times the belief of a range's lower end; with less it is not what the upper end is the end of."""
_NEVER = frozenset(
    {"struck", "signed", "region_related", "region_cart"}
    | {f"label_{name}" for name in ("instalment", "shipping", "saving", "lowest_before", "points")}
)
"""An amount that is only in the text and of which this was noticed is no price, also where there is no other."""
_MOST_REASONS = 3
_MARKED = frozenset({"json_ld", "microdata", "rdfa", "meta"})
"""Data made for others to read. What scripts hold for themselves is a hint: it says nothing against other amounts."""
_MAIN_DATA = ("_chosen", "_offer", "_range")
_ORDER = ("json_ld", "microdata", "rdfa", "meta", "state", "data")


@cache
def fitted_weights() -> Mapping[str, float]:
    """What each trait is worth, as `benchmarks/fit_price_choice.py` found it."""
    weights: Mapping[str, float] = json.loads(_MODEL.read_text(encoding="utf-8"))["weights"]
    return weights


@dataclass(frozen=True, kw_only=True)
class Option:
    """One amount, with all that was noticed of it wherever it was seen."""

    amount: Decimal
    best: Sighting
    """Where it stands best."""
    sightings: tuple[Sighting, ...]
    traits: frozenset[str]
    worth: float = 0.0
    share: float = 0.0
    """Of belief, among all amounts and none."""

    @property
    def high(self) -> Decimal | None:
        """The upper end where it is the lower end of a range."""
        return next((s.high for s in (self.best, *self.sightings) if s.high is not None and s.high > self.amount), None)


@dataclass(frozen=True, kw_only=True)
class PriceChoice:
    """The price, or None, and every option in the order of belief."""

    chosen: Option | None = None
    options: tuple[Option, ...] = ()
    reason: str = ""
    list_price: Decimal | None = None
    weights: Mapping[str, float] = field(default_factory=dict)

    def why(self, option: Option) -> str:
        """What counted most for or against an option, in words."""
        is_winner = option is self.chosen
        told = spoken(option.traits, self.weights, is_for=is_winner) or spoken(
            option.traits, self.weights, is_for=not is_winner
        )
        if is_winner:
            return told
        return told if option.worth < 0 or self.chosen is None else f"less likely: {told}" if told else "less likely"


def choose_price(sightings: Sequence[Sighting], weights: Mapping[str, float] | None = None) -> PriceChoice:
    """Choose among the amounts seen; the order in which they are given does not matter.

    Args:
        sightings: all amounts seen on a page.
        weights: what each trait is worth; as fitted when None.
    """
    weights = fitted_weights() if weights is None else weights
    options = shared_out(options_of(sightings, weights))
    if not options:
        return PriceChoice(reason="no amount of money is on the page", weights=weights)
    possible = _low_before_high([option for option in options if _may_be_price(option)] or options)
    best = possible[0]
    options = tuple(best if option.amount == best.amount else option for option in options)
    if rivals := _rivals(possible):
        amounts = ", ".join(f"{option.amount:f}" for option in rivals[:6])
        return PriceChoice(options=options, weights=weights, reason=f"several prices are equally likely ({amounts})")
    is_unclear = best.share < _LEAST_SHARE or best.share < _LEAST_LEAD * sum(option.share for option in options)
    if is_unclear or not _may_be_price(best):
        against = spoken(best.traits, weights, is_for=False) or "too little speaks for it"
        said = f"no amount of the page is clearly its price; {best.best.raw[:40]!r} is not: {against}"
        return PriceChoice(options=options, weights=weights, reason=said)
    return PriceChoice(
        chosen=best,
        options=options,
        weights=weights,
        reason=spoken(best.traits, weights, is_for=True),
        list_price=list_price_of(best, options),
    )


def _low_before_high(options: Sequence[Option]) -> Sequence[Option]:
    """With the lower end of a range in place of its upper end where that would be chosen: belief in either is belief in both."""
    best = options[0]
    low = next((o for o in options[1:] if o.high == best.amount and o.share * _LEAST_OF_HIGH > best.share), None)
    if low is None:
        return options
    return [replace(low, share=low.share + best.share), *(o for o in options if o is not low and o is not best)]


def _may_be_price(option: Option) -> bool:
    return any(_is_main_data(s) for s in option.sightings) or option.traits.isdisjoint(_NEVER)


def _rivals(options: Sequence[Option]) -> list[Option]:
    """The amounts between which nothing tells, where there are several that may be the price."""
    best = options[0]
    near = [o for o in options if o.share * _CLEAR_LEAD > best.share]
    return near if len(near) > 1 and best.worth > 0 else []


def options_of(sightings: Sequence[Sighting], weights: Mapping[str, float]) -> list[Option]:
    """One option for each amount, with its worth."""
    by_amount: dict[Decimal, list[Sighting]] = {}
    for sighting in sightings:
        by_amount.setdefault(sighting.amount.normalize(), []).append(sighting)
    page = _Page(
        data=frozenset(amount for amount, seen in by_amount.items() if any(_is_main_data(s) for s in seen)),
        shown=frozenset(amount for amount, seen in by_amount.items() if any(_is_shown(s) for s in seen)),
        has_first=any("first_shown" in s.traits for s in sightings),
        currencies=frozenset(s.currency for s in sightings if s.source == TEXT and s.has_currency and s.currency),
    )
    return [_option(amount, seen, weights, _compared(amount, seen, page)) for amount, seen in by_amount.items()]


@dataclass(frozen=True, kw_only=True)
class _Page:
    """What an amount is compared with."""

    data: frozenset[Decimal]
    """The main product's, in the product data."""
    shown: frozenset[Decimal]
    """In the visible text."""
    currencies: frozenset[str]
    """Written in the visible text."""
    has_first: bool
    """A price that nothing speaks against stands behind the title."""


def _is_shown(sighting: Sighting) -> bool:
    return sighting.source == TEXT and "hidden" not in sighting.traits


def shared_out(options: Iterable[Option]) -> tuple[Option, ...]:
    """With the share of belief of each, the likeliest first; `none of them` has a worth of 0."""
    ranked = sorted(options, key=lambda o: (-o.worth, o.amount))
    top = max((o.worth for o in ranked), default=0.0)
    top = max(top, 0.0)
    total = math.exp(-top) + sum(math.exp(o.worth - top) for o in ranked)
    return tuple(
        Option(amount=o.amount, best=o.best, sightings=o.sightings, traits=o.traits, worth=o.worth,
               share=math.exp(o.worth - top) / total)
        for o in ranked
    )  # fmt: skip


def _option(amount: Decimal, seen: list[Sighting], weights: Mapping[str, float], more: frozenset[str]) -> Option:
    texts = [s for s in seen if s.source == TEXT]
    data = [s for s in seen if s.source != TEXT]
    if data:  # what is hidden says nothing of an amount that the data names
        texts = [s for s in texts if "hidden" not in s.traits]
    shown = texts[0] if len(texts) == 1 else None
    if len(texts) > 1:
        shown = max(texts, key=lambda s: (worth_of(s.traits, weights), -s.order))
    traits = frozenset().union(*(s.traits for s in data), more, shown.traits if shown else ())
    if len({s.source for s in data if _is_of_main(s)}) > 1:
        traits |= {"data_two_sources"}
    best = shown
    trusted = sorted((s for s in data if _is_main_data(s)), key=lambda s: (_rank(s), s.place))
    if trusted:
        best = trusted[0]
    return Option(
        amount=amount,
        best=best or min(data, key=lambda s: (_rank(s), s.place)),
        sightings=tuple(
            sorted(seen, key=lambda s: (s is not best, _rank(s), s.order, s.place, s.raw)) if seen[1:] else seen
        ),
        traits=traits,
        worth=worth_of(traits, weights),
    )


def worth_of(traits: Iterable[str], weights: Mapping[str, float]) -> float:
    """The sum of what the traits are worth."""
    return sum(sorted([weights.get(trait, 0.0) for trait in traits]))


def _rank(sighting: Sighting) -> tuple[bool, int]:
    if sighting.source not in _ORDER:
        return True, len(_ORDER)
    return f"{sighting.source}_chosen" not in sighting.traits, _ORDER.index(sighting.source)


def _is_main_data(sighting: Sighting) -> bool:
    """Whether the page tells it to machines as the main product's."""
    return sighting.source in _MARKED and _is_of_main(sighting)


def _is_of_main(sighting: Sighting) -> bool:
    return sighting.source != TEXT and any(trait.endswith(_MAIN_DATA) for trait in sighting.traits)


def _compared(amount: Decimal, seen: Sequence[Sighting], page: _Page) -> frozenset[str]:
    """How an amount stands to those of the product data and of the text: the same, rounded, with tax, another."""
    found = set()
    named = {s.currency for s in seen if s.currency}
    if page.currencies and named and named.isdisjoint(page.currencies):
        found.add("other_currency")
    if any(_is_of_main(s) for s in seen):
        is_shown = amount in page.shown or any(is_same_rounded(other, amount) for other in page.shown)
        found.add("data_shown" if is_shown else "data_not_shown" if page.shown else "")
        if not is_shown and page.has_first:
            found.add("data_contradicted")
        if not is_shown and any(is_with_tax(other, amount) for other in page.shown):
            found.add("data_without_tax")
    elif any(is_same_rounded(amount, other) for other in page.data):
        found.add("matches_data")
    elif page.data:
        found.add("page_has_main_data")
        if any(other not in page.shown and is_with_tax(amount, other) for other in page.data):
            found.add("with_tax_of_data")
    return frozenset(found - {""})


_TAX_RATES = tuple(
    Decimal(rate) / 100
    for rate in (
        "5",
        "5.5",
        "6",
        "7",
        "8",
        "8.1",
        "9",
        "10",
        "12",
        "13",
        "14",
        "15",
        "16",
        "17",
        "18",
        "19",
        "20",
        "21",
        "22",
        "23",
        "24",
        "25",
        "25.5",
        "27",
    )
)
"""Value added tax and sales taxes as countries have them."""
_ROUNDING = Decimal("0.011")


def is_with_tax(gross: Decimal, net: Decimal) -> bool:
    """Whether one amount is another with a usual rate of tax on it."""
    return 0 < net < gross <= net * 2 and any(abs(net * (1 + rate) - gross) <= _ROUNDING for rate in _TAX_RATES)


def is_same_rounded(shown: Decimal, exact: Decimal) -> bool:
    """Whether one is what a page shows of the other: `20639` of 20638.61."""
    if shown != shown.to_integral_value() or exact < 10:
        return False
    return shown in (exact.quantize(Decimal(1), ROUND_HALF_UP), exact.quantize(Decimal(1), ROUND_DOWN))


def list_price_of(chosen: Option, options: Sequence[Option]) -> Decimal | None:
    """The higher amount that is called so: of the same offer in the product data, or struck or named beside the price."""
    offers = _own_offers(chosen)
    found: list[tuple[int, Decimal]] = []
    for option in options:
        if option.amount <= chosen.amount or option.amount > 20 * chosen.amount:
            continue
        if any(f"{s.source}_list" in s.traits and (s.source, s.place) in offers for s in option.sightings):
            found.append((0, option.amount))
        for sighting in option.sightings:
            if sighting.role is PriceRole.LIST_PRICE and sighting.source == TEXT:
                away = min((abs(sighting.order - s.order) for s in chosen.sightings if s.source == TEXT), default=99)
                if away <= 6:
                    found.append((1 + away, option.amount))
    return min(found)[1] if found else None


def _own_offers(chosen: Option) -> set[tuple[str, str]]:
    """Where the product data has the offer of a price; of several variants at this price, only the one that it chooses."""
    data = [s for s in chosen.sightings if s.source != TEXT]
    selected = {s.source for s in data if f"{s.source}_chosen" in s.traits}
    return {(s.source, s.place) for s in data if s.source not in selected or f"{s.source}_chosen" in s.traits}


def spoken(traits: Iterable[str], weights: Mapping[str, float], *, is_for: bool) -> str:
    """What counted most for an amount, or against it."""
    sign = 1 if is_for else -1
    counted = sorted(((sign * weights.get(t, 0.0), t) for t in traits), key=lambda pair: (-pair[0], pair[1]))
    told = [TRAITS[trait] for worth, trait in counted[:_MOST_REASONS] if worth > 0.2]
    return ", ".join(dict.fromkeys(told))
