"""Offers of schema.org's linked data: what is paid, and what else is said to be paid."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from pricewatch_pipeline.domain.offers import PriceRole, is_amount
from pricewatch_pipeline.parsing.availability import read_availability
from pricewatch_pipeline.parsing.currencies import iso_code
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.embedded_json import Json
from pricewatch_pipeline.parsing.found import GTIN_NAMES, FoundAmount, FoundOffer
from pricewatch_pipeline.parsing.linked_data import Graph, Properties, listed, scalar, short, types_of
from pricewatch_pipeline.parsing.price_text import read_amount

VARIANT_KEYS = ("color", "colour", "size", "material", "pattern")
_LIST_PRICES = ("listprice", "strikethrough", "msrp", "srp", "regularprice", "suggestedretail", "retailprice")
_AMOUNT_KEYS = ("price", "amount", "value", "@value")
_LASTS = ("billingDuration", "billingIncrement", "billingPeriod")
_NOT_FOR_ALL = ("validForMemberTier", "eligibleTransactionVolume", "membershipPointsEarned")
_INHERITED = ("priceCurrency", "availability", "seller", "itemCondition", "shippingDetails")


@dataclass(frozen=True, kw_only=True)
class _Specification:
    """One `priceSpecification`."""

    role: PriceRole
    node: Properties
    place: str
    is_sale: bool = False
    """It is said to be the reduced price."""


class OfferReader:
    """Reads offers of one page."""

    def __init__(self, document: Document, graph: Graph, locale: str | None) -> None:
        self.document = document
        self.graph = graph
        self.locale = locale

    def offers(self, owner: Properties, place: str) -> Iterator[FoundOffer]:
        """The offers of a product or variant; an AggregateOffer gives its offers, or its range."""
        is_several = isinstance(owner.get("offers"), list)
        for number, offer in enumerate(self.graph.each(owner.get("offers"))):
            where = f"{place}[{number}]" if is_several else place
            inherited = {key: offer[key] for key in _INHERITED if key in offer}
            inner = [
                self.offer({**inherited, **item}, owner, f"{where}.offers[{n}]")
                for n, item in enumerate(self.graph.each(offer.get("offers")))
            ]
            yield from inner
            if not any(found.amount is not None for found in inner):
                yield self.offer(offer, owner, where)

    def offer(self, offer: Properties, owner: Properties, place: str) -> FoundOffer:
        item = next(self.graph.each(offer.get("itemOffered")), {})
        currency = self._currency(offer)
        specifications = self._specifications(offer, place)
        sale = _sale(specifications)
        raw, where = _bare(offer.get("price")), f"{place}.price"
        amount = self.amount(raw, currency)
        if sale is not None:
            currency = currency or self._currency(sale.node)
            reduced = self.amount(sale.node.get("price"), currency)
            if reduced is not None and (amount is None or (sale.is_sale and reduced < amount)):
                raw, amount, where = _bare(sale.node["price"]), reduced, f"{sale.place}.price"
        low, high = self._range(offer, sale, currency)
        if (
            amount is None
            and low is not None
            and (low == high or (high is None and str(offer.get("offerCount")) == "1"))
        ):
            raw, amount, where = _bare(offer.get("lowPrice")) or str(low), low, f"{place}.lowPrice"
        return FoundOffer(
            place=where,
            raw=scalar(raw),
            amount=amount,
            currency=currency,
            low=low if amount is None else None,
            high=high if amount is None else None,
            list_price=self._list_price(specifications, currency),
            amounts=tuple(self._amounts(specifications, sale, offer, currency, place)),
            availability=read_availability(self.graph.text(offer.get("availability"))),
            condition=short(self.graph.text(offer.get("itemCondition")) or "") or None,
            seller=self.graph.text(offer.get("seller")) or self.graph.text(offer.get("offeredBy")),
            url=self.document.absolute(scalar(_bare(offer.get("url"))) or scalar(_bare(owner.get("url")))),
            sku=self._first(("sku",), offer, item, owner) or self._first(("productID",), item, owner),
            gtin=self._first(GTIN_NAMES, offer, item, owner),
            mpn=self._first(("mpn",), offer, item, owner),
            name=self._first(("name",), offer, item, owner),
            variant=self.variant(owner) | self.variant(item) | self.variant(offer),
        )

    def _first(self, keys: tuple[str, ...], *nodes: Properties) -> str | None:
        return next((text for node in nodes for key in keys if (text := self.graph.text(node.get(key)))), None)

    def variant(self, node: Properties) -> dict[str, str]:
        """What tells a variant from the others: its colour, its size, and properties so named."""
        found = {key: text for key in VARIANT_KEYS if (text := self.graph.text(node.get(key)))}
        for each in self.graph.each(node.get("additionalProperty")):
            name, value = scalar(each.get("name")), scalar(_bare(each.get("value")))
            if name and value and name.lower() in VARIANT_KEYS:
                found.setdefault(name.lower(), value)
        return found

    def amount(self, raw: Json, currency: str | None) -> Decimal | None:
        return read_amount(_bare(raw), currency=currency, locale=self.locale)

    def _currency(self, node: Properties) -> str | None:
        price = node.get("price")
        return iso_code(
            self.graph.text(node.get("priceCurrency"))
            or self.graph.text(node.get("currency"))
            or (scalar(price.get("currency") or price.get("priceCurrency")) if isinstance(price, dict) else None)
        )

    def _specifications(self, offer: Properties, place: str) -> list[_Specification]:
        is_several = isinstance(offer.get("priceSpecification"), list)
        found = []
        for number, node in enumerate(self.graph.each(offer.get("priceSpecification"))):
            if number >= 50:
                break
            where = f"{place}.priceSpecification" + (f"[{number}]" if is_several else "")
            kind = self.graph.text(node.get("priceType")) or self.graph.text(node.get("name")) or ""
            plain = kind.lower().replace(" ", "")
            found.append(_Specification(role=_role(node, plain), node=node, place=where, is_sale="sale" in plain))
        return found

    def _range(
        self, offer: Properties, sale: _Specification | None, currency: str | None
    ) -> tuple[Decimal | None, Decimal | None]:
        specified: Mapping[str, Json] = sale.node if sale else {}
        low, high = (
            self.amount(offer.get(key) if offer.get(key) not in (None, "") else specified.get(other), currency)
            for key, other in (("lowPrice", "minPrice"), ("highPrice", "maxPrice"))
        )
        return low, high

    def _list_price(self, specifications: list[_Specification], currency: str | None) -> Decimal | None:
        listed_prices = (
            self.amount(s.node.get("price"), currency) for s in specifications if s.role is PriceRole.LIST_PRICE
        )
        return next((amount for amount in listed_prices if amount is not None), None)

    def _amounts(
        self,
        specifications: list[_Specification],
        sale: _Specification | None,
        offer: Properties,
        currency: str | None,
        place: str,
    ) -> Iterator[FoundAmount]:
        """Unit prices, instalments, prices for members, what a delivery costs."""
        for specified in specifications:
            amount = self.amount(specified.node.get("price"), currency)
            quantity = next(self.graph.each(specified.node.get("referenceQuantity")), None)
            if amount is None or specified.role is PriceRole.LIST_PRICE:
                continue
            if specified is not sale and specified.role is not PriceRole.PRICE:
                size, unit = self.quantity(quantity)
                yield FoundAmount(
                    role=specified.role,
                    place=specified.place,
                    raw=str(amount),
                    amount=amount,
                    currency=currency,
                    per=size,
                    per_unit=unit,
                )
            elif quantity is not None and "valueReference" in quantity:
                yield from self._per_unit(amount, quantity, currency, specified.place)
        for number, node in enumerate(self.graph.each(offer.get("shippingDetails"))):
            rate = next(self.graph.each(node.get("shippingRate")), {})
            amount = self.amount(rate.get("value") if "value" in rate else rate.get("maxValue"), currency)
            if amount is not None and number < 5:
                yield FoundAmount(
                    role=PriceRole.SHIPPING,
                    place=f"{place}.shippingDetails.shippingRate",
                    raw=str(amount),
                    amount=amount,
                    currency=iso_code(scalar(rate.get("currency"))) or currency,
                )

    def _per_unit(
        self, amount: Decimal, quantity: Properties, currency: str | None, place: str
    ) -> Iterator[FoundAmount]:
        """`referenceQuantity` with a `valueReference` says what the price buys and what the unit is to be: 4.5 litres, per 1."""
        bought, _ = self.quantity(quantity)
        per, unit = self.quantity(next(self.graph.each(quantity.get("valueReference")), None))
        share = amount / bought * (per or 1) if bought else None
        if share is not None and is_amount(share):
            share = round(share, 4)
            yield FoundAmount(
                role=PriceRole.UNIT_PRICE,
                place=f"{place}.referenceQuantity",
                raw=str(share),
                amount=share,
                currency=currency,
                per=per,
                per_unit=unit,
            )

    def quantity(self, node: Properties | None) -> tuple[Decimal | None, str | None]:
        """(how much, of what unit) a QuantitativeValue says."""
        if not isinstance(node, dict):
            return None, None
        unit = scalar(node.get("unitText")) or scalar(node.get("unitCode"))
        return self.amount(node.get("value"), None), short(unit) if unit else None

    def pack(self, node: Properties) -> tuple[Decimal | None, str | None]:
        """How much one buys: as a price's reference or a measurement of mass or volume says; `weight` is what is sent."""
        for offer in self.graph.each(node.get("offers")):
            for specification in self.graph.each(offer.get("priceSpecification")):
                quantity = next(self.graph.each(specification.get("referenceQuantity")), None)
                if quantity and "valueReference" in quantity:
                    return self.quantity(quantity)
        for key in ("size", "hasMeasurement"):
            for value in listed(node.get(key))[:10]:
                size, unit = self.quantity(value)
                if size and unit:
                    return size, unit
        return None, None


def _bare(value: Json) -> Json:
    """A scalar, also of an amount told as an object, or of the first of several."""
    for _ in range(4):
        if isinstance(value, list):
            value = value[0] if value else None
        elif isinstance(value, dict):
            inner = value
            value = next((inner[key] for key in _AMOUNT_KEYS if inner.get(key) not in (None, "")), None)
    return None if isinstance(value, list | dict) or value == "" else value


def _role(node: Properties, kind: str) -> PriceRole:
    """What a price specification tells the price of."""
    types = types_of(node)
    if any(name in kind for name in _LIST_PRICES):
        return PriceRole.LIST_PRICE
    if "DeliveryChargeSpecification" in types:
        return PriceRole.SHIPPING
    if "PaymentChargeSpecification" in types:
        return PriceRole.EXTRA
    if any(key in node for key in _LASTS) or "installment" in kind or "instalment" in kind:
        return PriceRole.INSTALMENT
    if any(key in node for key in _NOT_FOR_ALL) or "member" in kind or _is_for_many(node.get("eligibleQuantity")):
        return PriceRole.CONDITIONAL
    quantity = node.get("referenceQuantity")
    if isinstance(quantity, dict) and "valueReference" not in quantity:
        return PriceRole.UNIT_PRICE
    if str(node.get("valueAddedTaxIncluded")).lower() == "false":
        return PriceRole.WITHOUT_TAX
    return PriceRole.PRICE


def _is_for_many(quantity: Json) -> bool:
    """A price for those who take several."""
    least = scalar(_bare(quantity.get("minValue"))) if isinstance(quantity, dict) else None
    return bool(least) and least not in ("0", "1", "1.0")


def _sale(specifications: list[_Specification]) -> _Specification | None:
    """What a buyer pays: said to be the reduced price, else the plain one, else one without tax or by weight when it is alone."""
    told = [s for s in specifications if {"price", "minPrice"} & s.node.keys()]
    plain = [s for s in told if s.role is PriceRole.PRICE]
    last = [s for s in told if s.role in (PriceRole.WITHOUT_TAX, PriceRole.UNIT_PRICE)]
    return next(iter([s for s in plain if s.is_sale] + plain + (last if len(last) == 1 else [])), None)
