"""Alerts as messages: one each, in the numbers and times of who reads it. Digests of many are in compose_digests.py."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pricewatch_pipeline.domain import flights
from pricewatch_pipeline.domain.alert_rules import OPERATIONAL, RuleKind
from pricewatch_pipeline.domain.messages import AlertRecord, Audience, Message
from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.price_changes import PriceChange
from pricewatch_pipeline.errors import TemplateError
from pricewatch_pipeline.notifying.formats import Formats, tidy
from pricewatch_pipeline.notifying.plain_text import LONGEST_TITLE, many_lines, one_line
from pricewatch_pipeline.notifying.price_chart import price_chart
from pricewatch_pipeline.notifying.templates import TemplateVariables, render
from pricewatch_pipeline.services.alert_facts import AlertFacts, facts_of
from pricewatch_pipeline.services.alert_troubles import trouble_lines, trouble_title

LONGEST_BODY = 6_000
_LONGEST_REASON = 300
_AVAILABILITIES = {
    Availability.IN_STOCK: "in stock",
    Availability.OUT_OF_STOCK: "sold out",
    Availability.PRE_ORDER: "to be pre-ordered",
    Availability.BACK_ORDER: "on back order",
    Availability.DISCONTINUED: "no longer sold",
    Availability.LIMITED_AVAILABILITY: "few left",
}
_BASELINES = {
    "first": "first price",
    "median": "{days}-day median",
    "low": "{days}-day low",
    "last_alerted": "since the last alert",
}
_BEFORE = "the price before"
_GOALS = frozenset({RuleKind.AT_TARGET, RuleKind.BELOW})


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One alert with its facts, and how its reader writes numbers."""

    record: AlertRecord
    facts: AlertFacts
    formats: Formats

    def money(self, amount: Decimal) -> str:
        return self.formats.money(amount, self.record.currency)

    @property
    def difference(self) -> Decimal | None:
        it = self.record
        return None if it.price is None or it.was_price is None else it.price - it.was_price

    @property
    def share(self) -> Decimal | None:
        """The difference as a part of the price before."""
        it = self.record
        return self.difference / it.was_price if self.difference is not None and it.was_price else None

    @property
    def landed(self) -> Decimal | None:
        it = self.record
        return None if it.price is None or self.facts.shipping_price is None else it.price + self.facts.shipping_price


def alert_for(record: AlertRecord, audience: Audience) -> Alert:
    """The alert as an audience reads it."""
    formats = Formats(locale=audience.locale, timezone=audience.timezone)
    return Alert(record=record, facts=facts_of(record), formats=formats)


def compose(record: AlertRecord, prices: Sequence[PriceChange], audience: Audience) -> Message:
    """The message of one alert. A template of the rule that cannot be used gives way to the standard text, which says so.

    `prices` are the watch's, oldest first, for the chart.
    """
    alert = alert_for(record, audience)
    title, body, notes = title_of(alert), "\n".join(_lines(alert)), []
    try:
        if record.title_template:
            title = one_line(render(record.title_template, variables_of(alert))) or title
        if record.body_template:
            body = many_lines(render(record.body_template, variables_of(alert)), LONGEST_BODY) or body
    except TemplateError as error:
        rule = record.rule_id
        why = one_line(str(error), _LONGEST_REASON)
        notes = [f"The template of the rule {rule} could not be used, so this is the standard text: {why}"]
        title, body = title_of(alert), "\n".join(_lines(alert))
    return Message(
        key=record.key,
        title=title,
        body="\n".join([body, *(["", *notes] if notes else []), "", f"ref {record.key}", ""]),
        url=alert.facts.url,
        image=_chart(alert, prices) if audience.takes_images else None,
    )


def title_of(alert: Alert) -> str:
    """What a person sees first: what, how much, where."""
    kind, facts = alert.record.rule_kind, alert.facts
    if kind in OPERATIONAL:
        return one_line(trouble_title(alert.record, facts, price_of(alert)))
    at = f" at {facts.store}" if facts.store else ""
    price = price_of(alert)
    if kind is RuleKind.OUT_OF_STOCK:
        return one_line(f"{facts.name} is sold out{at}")
    if kind is RuleKind.BACK_IN_STOCK:
        return one_line(f"{facts.name} is back in stock{at}{f': {price}' if price else ''}")
    if kind is RuleKind.INSIDER_TRADE or price is None:
        return one_line(f"{facts.name}: {alert.record.reason}")
    what = {
        RuleKind.LOWEST: f"lowest {f'in {facts.days} days' if facts.days else 'ever'}, {price}{at}",
        RuleKind.RISE: f"up to {price}{at}",
        RuleKind.PRICE_INDICATOR: f"{facts.indicator or 'notable'} price, {price}{at}",
    }
    was = alert.record.was_price
    before = f" ({was_label(alert)} {alert.money(was)})" if was is not None and was != alert.record.price else ""
    # What counts stands at the end, so a long name is cut, and not that.
    rest = f": {what.get(kind, f'{price}{at}')}{before}"
    return one_line(one_line(facts.name, max(LONGEST_TITLE - len(rest), 30)) + rest)


def price_of(alert: Alert) -> str | None:
    price = alert.record.price
    return None if price is None else alert.money(price)


def was_label(alert: Alert) -> str:
    """`was`, or what else the price is compared with."""
    if alert.record.rule_kind is RuleKind.LOWEST:
        return "lowest before"
    named = _BASELINES.get(alert.facts.baseline or "")
    return named.format(days=alert.facts.days or "many") if named else "was"


def availability_of(alert: Alert) -> str | None:
    known = alert.facts.availability
    return _AVAILABILITIES[known] if known else None


def change_of(alert: Alert) -> str | None:
    """`20,00 € less, -20 %`."""
    if not alert.difference:
        return None
    by = f"{alert.money(abs(alert.difference))} {'less' if alert.difference < 0 else 'more'}"
    return f"{by}, {alert.formats.share(alert.share)}" if alert.share is not None else by


def _lines(alert: Alert) -> Iterator[str]:
    """The standard text."""
    if alert.record.rule_kind in OPERATIONAL:
        yield from trouble_lines(alert.record, alert.facts, alert.formats, price_of(alert))
        return
    facts = alert.facts
    yield f"{facts.name}{f' at {facts.store}' if facts.store else ''}"
    if facts.title and facts.title != facts.name:
        yield f"On the page: {facts.title}"
    yield ""
    yield from _price_lines(alert)
    yield from _further_lines(alert)
    yield ""
    yield f"Why: {_why(alert)}"
    if facts.url:
        yield facts.url
    yield ""
    yield f"Seen {alert.formats.time(alert.record.fired_at)}, rule {alert.record.rule_id}"


def _price_lines(alert: Alert) -> Iterator[str]:
    it, facts = alert.record, alert.facts
    if it.price is not None:
        yield f"Price: {alert.money(it.price)}"
    if it.was_price is not None:
        label, change = was_label(alert), change_of(alert)
        yield f"{label[0].upper()}{label[1:]}: {alert.money(it.was_price)}{f' ({change})' if change else ''}"
    if it.threshold is not None and it.rule_kind in _GOALS:
        yield f"Target: {alert.money(it.threshold)}"
    if facts.lowest_price is not None:
        yield _lowest_line(alert, facts.lowest_price)


def _lowest_line(alert: Alert, lowest: Decimal) -> str:
    it, at = alert.record, alert.facts.lowest_at
    if it.price == lowest and (at is None or at >= it.slot_at):
        return "Lowest ever: this price"
    return f"Lowest ever: {alert.money(lowest)}{f' on {alert.formats.day(at)}' if at else ''}"


def _further_lines(alert: Alert) -> Iterator[str]:
    facts = alert.facts
    if facts.shipping_price == 0:
        yield "Shipping: free"
    elif facts.shipping_price is not None and alert.landed is not None:
        yield f"With shipping: {alert.money(alert.landed)} ({alert.money(facts.shipping_price)} shipping)"
    if unit_price := _unit_price(alert):
        yield f"Unit price: {unit_price}"
    if facts.list_price is not None and facts.list_price != alert.record.price:
        yield f"List price: {alert.money(facts.list_price)}"
    if facts.provider == flights.PROVIDER:  # a seat is no stock
        if facts.seller:
            yield f"Airline: {facts.seller}"
    elif availability := availability_of(alert):
        yield f"Availability: {availability}"


def _unit_price(alert: Alert) -> str | None:
    per = alert.facts.unit_price_per
    if alert.facts.unit_price is None:
        return None
    return f"{alert.money(alert.facts.unit_price)}{f' per {per}' if per else ''}"


def _why(alert: Alert) -> str:
    """The rule's sentence, with amounts as they are written here."""
    it, facts = alert.record, alert.facts
    if it.threshold is not None and it.rule_kind in _GOALS:
        return (
            f"at or below {'your target of ' if it.rule_kind is RuleKind.AT_TARGET else ''}{alert.money(it.threshold)}"
        )
    if it.rule_kind is RuleKind.LOWEST:
        return f"the lowest price {f'in {facts.days} days' if facts.days else 'ever'}"
    if it.rule_kind in (RuleKind.DROP, RuleKind.RISE) and alert.share and it.was_price is not None:
        side = "below" if alert.share < 0 else "above"
        return f"{alert.formats.share(abs(alert.share))} {side} {alert.money(it.was_price)} ({_BEFORE if (label := was_label(alert)) == 'was' else label})"
    return one_line(it.reason, _LONGEST_REASON).rstrip(".")


def _chart(alert: Alert, prices: Sequence[PriceChange]) -> bytes | None:
    it = alert.record
    if it.watch_id is None or it.currency is None:
        return None
    return price_chart(
        prices,
        until=it.fired_at,
        currency=it.currency,
        title=alert.facts.name,
        formats=alert.formats,
        threshold=it.threshold if it.rule_kind in _GOALS else None,
    )


def variables_of(alert: Alert) -> TemplateVariables:
    """What a template of the user's can show."""
    it, facts = alert.record, alert.facts
    share = alert.share

    def written(amount: Decimal | None) -> str | None:
        return None if amount is None else alert.money(amount)

    def number(amount: Decimal | None) -> Decimal | None:
        return None if amount is None else tidy(amount, it.currency)

    return TemplateVariables(
        product=facts.name,
        title=facts.title,
        store=facts.store,
        price=number(it.price),
        price_text=written(it.price),
        was=number(it.was_price),
        was_text=written(it.was_price),
        difference=number(alert.difference),
        difference_text=None if alert.difference is None else alert.money(abs(alert.difference)),
        difference_percent=None if share is None else round(100 * share, 1),
        currency=it.currency,
        target=number(it.threshold),
        target_text=written(it.threshold),
        lowest=number(facts.lowest_price),
        lowest_text=written(facts.lowest_price),
        lowest_at=alert.formats.day(facts.lowest_at) if facts.lowest_at else None,
        landed=number(alert.landed),
        landed_text=written(alert.landed),
        unit_price_text=_unit_price(alert),
        availability=availability_of(alert),
        url=facts.url,
        reason=one_line(it.reason, _LONGEST_REASON),
        rule=it.rule_id,
        kind=it.rule_kind.value,
        watch=it.watch_id,
        fired_at=alert.formats.time(it.fired_at),
        error=facts.error,
        key=it.key,
    )
