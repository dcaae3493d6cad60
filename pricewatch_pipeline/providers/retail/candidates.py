"""From what was found on a page to the amounts to choose from, and from the choice to the candidates that are kept."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from pricewatch_pipeline.domain.offers import Availability, Candidate, PriceRole
from pricewatch_pipeline.domain.price_choice import Option, PriceChoice, choose_price, list_price_of
from pricewatch_pipeline.domain.sightings import TEXT, Sighting
from pricewatch_pipeline.parsing.boxes import Box
from pricewatch_pipeline.parsing.buy_words import is_buy_control
from pricewatch_pipeline.parsing.found import FoundOffer, FoundProduct
from pricewatch_pipeline.parsing.layout import Layout
from pricewatch_pipeline.parsing.visible_prices import visible_prices
from pricewatch_pipeline.providers.retail.choosing import LOOSE
from pricewatch_pipeline.providers.retail.seen import Seen, Source, first

MOST_CANDIDATES = 60
_MOST_OFFERS = 60
"""Of one product, and products of one source, that are looked at."""
_NOT_FOR_SALE = frozenset({"related", "footer", "dialog", "navigation", "reviews", "cart"})


def choose(seen: Seen) -> tuple[PriceChoice, str | None]:
    """The choice among all amounts, and why it does not hold: the variant that is asked for is not there, or not clear."""
    choice = choose_price(sightings_of(seen))
    wanted = seen.clues.query.sku or seen.clues.query.variant
    if wanted:
        return _of_the_variant(seen, choice, wanted)
    return choice, None


def _of_the_variant(seen: Seen, choice: PriceChoice, wanted: str) -> tuple[PriceChoice, str | None]:
    """What the watch asks for by name is found in the product data, or the page names it."""
    offers = [source.choice.offer for source in seen.sources if source.choice.offer is not None]
    amounts = {offer.amount.normalize() for offer in offers if offer.amount is not None}
    if amounts:
        option = next((option for option in choice.options if option.amount in amounts), None)
        listed = list_price_of(option, choice.options) if option else None
        why = "the selected variant in the page's product data"
        return replace(choice, chosen=option, list_price=listed, reason=why), None
    if seen.sources:
        return choice, "; ".join(dict.fromkeys(source.choice.reason for source in seen.sources))
    is_named = any(wanted.casefold() in line.text.casefold() for line in seen.document.layout.lines)
    return choice, None if is_named else f"the page nowhere names {wanted!r}"


def why_none(seen: Seen, choice: PriceChoice) -> str:
    """Why nothing was chosen: what is missing in the product data, then what speaks against the amounts seen."""
    if choice.options and all(option.amount == 0 for option in choice.options):
        return "the page gives a price of 0, which no shop means"
    unclear = [source.choice.reason for source in seen.sources if source.choice.offer is None]
    reasons = unclear if seen.sources else ["the page has no product data"]
    return "; ".join(dict.fromkeys([*reasons, choice.reason]))


def found_offer(seen: Seen, option: Option | None) -> FoundOffer | None:
    """The offer of the product data that the price is of, else the one that the data chooses."""
    amount = option.amount if option else None
    chosen = [source.choice.offer for source in seen.sources if source.choice.offer is not None]
    every = [*chosen, *(offer for source in seen.sources for offer in source.product.offers)]
    same = (o for o in every if amount is not None and amount in (o.amount, o.low))
    return next(same, chosen[0] if chosen else None)


def currency_of(seen: Seen, option: Option) -> str | None:
    """As written beside the price, else as declared with it, else of the market."""
    shown = (s.currency for s in option.sightings if s.source == TEXT and s.has_currency)
    data = (s.currency for s in option.sightings if s.source != TEXT)
    declared = first(shown) or first(data) or first(offer.currency for offer in seen.offers())
    return seen.market.currency_of(option.best.raw, declared)


def confidence_of(choice: PriceChoice, *, has_doubt: bool) -> float:
    """The share of such answers that is right.

    Args:
        choice: which has chosen.
        has_doubt: the store's own strategies read nothing.
    """
    share = choice.chosen.share if choice.chosen else 0.0
    return round(max(0.05, min(0.99, share) - (0.2 if has_doubt else 0.0)), 2)


def sightings_of(seen: Seen) -> list[Sighting]:
    """All amounts: those in the product data, then those in the visible text."""
    return [*_in_data(seen), *_in_text(seen)]


def _in_text(seen: Seen) -> list[Sighting]:
    layout = seen.document.layout
    currencies = {offer.currency for offer in seen.offers() if offer.currency}
    data = frozenset(o.amount for o in seen.offers() if o.amount is not None)
    hint = seen.market.store_currency or (currencies.pop() if len(currencies) == 1 else seen.market.page_currency)
    return visible_prices(layout, buys=_buys(layout), locale=seen.market.hint, currency_hint=hint, known=data)


def _buys(layout: Layout) -> list[tuple[int, Box]]:
    """Buttons that buy the product, so far as can be told: not those of lists."""
    return [
        (control.line, control.box)
        for control in layout.controls[:400]
        if is_buy_control(control) and control.region not in _NOT_FOR_SALE
    ][:12]


def _in_data(seen: Seen) -> Iterable[Sighting]:
    # By offer: those of several variants may have been put together to one product.
    mains = {id(offer): source for source in seen.sources for offer in source.product.offers}
    for found in seen.findings:
        for product in found.products[:_MOST_OFFERS]:
            for offer in product.offers[:_MOST_OFFERS]:
                yield from _offered(product, offer, mains.get(id(offer)))


def _offered(product: FoundProduct, offer: FoundOffer, main: Source | None) -> Iterable[Sighting]:
    name = product.source
    chosen = main.choice.offer if main else None
    kind = "other" if main is None else "chosen" if offer is chosen else "offer"
    # What scripts and attributes hold and nothing ties to the page may be its own all the same: it says nothing.
    is_untied = main is None and name in LOOSE
    traits = set() if is_untied else {f"{name}_{kind}"}
    if main is not None and offer is chosen and main.choice.is_sure:
        traits.add("data_sure")
    if offer.availability in (Availability.OUT_OF_STOCK, Availability.DISCONTINUED):
        traits.add("data_out_of_stock")
    if offer.amount is not None:
        if offer.role is not PriceRole.PRICE and not is_untied:
            traits = {f"{name}_beside"}
        if offer.amount == 0:
            traits.add("zero")
        role = PriceRole.OTHER_PRODUCT if main is None else offer.role
        yield _sighting(name, offer, offer.amount, offer.raw or str(offer.amount), role, traits)
    if offer.low is not None:
        kind = "other" if main is None else "range"
        low = set() if is_untied else {f"{name}_{kind}"}
        yield _sighting(name, offer, offer.low, str(offer.low), PriceRole.RANGE_LOW, low, high=offer.high)
    if offer.high is not None and offer.high != offer.low:
        yield _sighting(name, offer, offer.high, str(offer.high), PriceRole.RANGE_HIGH, {f"{name}_beside"})
    if offer.list_price is not None:
        yield _sighting(name, offer, offer.list_price, str(offer.list_price), PriceRole.LIST_PRICE, {f"{name}_list"})
    for beside in offer.amounts[:8]:
        yield Sighting(
            source=name, place=beside.place, raw=beside.raw, amount=beside.amount, role=beside.role,
            currency=beside.currency or offer.currency, traits=frozenset({f"{name}_beside"}),
        )  # fmt: skip


def _sighting(
    name: str,
    offer: FoundOffer,
    amount: Decimal,
    raw: str,
    role: PriceRole,
    traits: set[str],
    high: Decimal | None = None,
) -> Sighting:
    return Sighting(
        source=name,
        place=offer.place,
        raw=raw,
        amount=amount,
        currency=offer.currency,
        has_currency=offer.currency is not None,
        high=high,
        role=role,
        traits=frozenset(traits),
    )


def candidates_of(choice: PriceChoice, *, is_decided: bool) -> tuple[Candidate, ...]:
    """Every option with its best places, the chosen first.

    Args:
        choice: among the amounts seen.
        is_decided: whether the choice made the price; False where the store's own strategies did.
    """
    found: list[Candidate] = []
    for option in choice.options:
        for place in _places(option):
            is_chosen = is_decided and option is choice.chosen and place is option.best
            found.append(
                Candidate(
                    source=place.source,
                    place=place.place[:300],
                    raw=place.raw[:200],
                    amount=place.amount,
                    currency=place.currency,
                    role=PriceRole.PRICE if is_chosen else place.role,
                    is_chosen=is_chosen,
                    score=round(option.share, 3),
                    why=choice.why(option) or None,
                )
            )
    found.sort(key=lambda c: not c.is_chosen)
    return tuple(found[:MOST_CANDIDATES])


def _places(option: Option) -> Sequence[Sighting]:
    """The best sighting of each source, then the others of it that say something else."""
    kept: dict[tuple[str, str, PriceRole], Sighting] = {}
    for sighting in option.sightings:
        kept.setdefault((sighting.source, sighting.raw, sighting.role), sighting)
    return list(kept.values())[:6]
