"""`pricewatch insights`: what the history of a watch or a product says."""

from dataclasses import asdict
from decimal import Decimal
from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.output import JsonFlag, decimal_text, print_json, print_rows, shown
from pricewatch_pipeline.cli.prices import price_text
from pricewatch_pipeline.domain.insights import ENOUGH_POINTS, Drop, Insights, PricedAt
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.show_insights import show_insights
from pricewatch_pipeline.settings import load_settings

_SHOWN_DROPS = 5


def insights(
    name: Annotated[str, typer.Argument(metavar="WATCH|PRODUCT", help="A watch's id, or a product's.")],
    is_product: Annotated[bool, typer.Option("--product", help="The product, where a watch has this id too.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """What a history says: lowest and highest ever, lows and medians, how good the price is, drops, a target within reach."""
    with opened_pipeline(load_settings()) as pipeline:
        found = show_insights(pipeline, name, is_product=is_product)
    if as_json:
        print_json({"kind": found.kind, "id": found.id, "title": found.title, **insights_record(found.insights)})
    else:
        title = f"{found.kind} {found.id}" + (f": {found.title}" if found.title else "")
        # A product's stores may have prices none of which is compared, for want of a rate or because all is sold out.
        where = f": `pricewatch product show {found.id}`" if found.kind == "product" else ""
        print_insights(found.insights, title=title, nothing="no price that counts was ever seen" + where)


def insights_record(found: Insights) -> dict[str, Any]:
    """As JSON has it."""
    drops = [asdict(drop) | {"share": drop.share.quantize(Decimal("0.0001"))} for drop in found.drops]
    return asdict(found) | {"drops": drops}


def print_insights(found: Insights, *, title: str, nothing: str = "no price was ever seen") -> None:
    """A table for a person."""
    currency = found.currency

    def text(amount: Decimal | None) -> str | None:
        return price_text(amount, currency)

    facts: dict[str, Any] = {
        "price now": text(found.price) or ("not to be had" if found.lowest else nothing),
        "trend": found.trend,
        "lowest ever": _dated(found.lowest, currency),
        "highest ever": _dated(found.highest, currency),
    }
    for window in found.windows:
        if window.low is not None:
            facts[f"last {window.days} days"] = f"low {text(window.low)}, median {text(window.median)}"
    facts |= {
        "as cheap or cheaper": None
        if found.percentile is None
        else f"{_percent(found.percentile)} of the last year's time",
        "deal score": _score(found),
        "changed last": None
        if found.changed_at is None
        else f"{found.changed_at:%Y-%m-%d}, {found.days_since_change} days ago",
        f"drops ({len(found.drops)})": "; ".join(_drop(drop, currency) for drop in found.drops[-_SHOWN_DROPS:]) or None,
        "target": _target(found),
        "target to propose": text(found.proposed_target),
    }
    rows = [{"what": what, "value": value} for what, value in facts.items() if value is not None]
    print_rows(rows, ("what", "value"), as_json=False, title=shown(title))


def _score(found: Insights) -> str | None:
    if found.score is None:
        return None
    score = f"{decimal_text(found.score.quantize(Decimal('0.1')))} of 10"
    guess = (
        f" (a guess: {found.points} {'day' if found.points == 1 else 'days'} with a price; {ENOUGH_POINTS} are enough)"
    )
    return score if found.is_confident else score + guess


def _target(found: Insights) -> str | None:
    outlook = found.outlook
    if outlook is None:
        return None
    said = "reached" if outlook.is_reached else "it was as low before" if outlook.is_reachable else "never as low yet"
    return f"{price_text(outlook.target, found.currency)}: {said}"


def _dated(priced: PricedAt | None, currency: str | None) -> str | None:
    return None if priced is None else f"{price_text(priced.price, currency)} on {priced.at:%Y-%m-%d}"


def _drop(drop: Drop, currency: str | None) -> str:
    fell = f"{price_text(drop.was, currency)} to {price_text(drop.price, currency)}"
    return f"{drop.at:%Y-%m-%d} {fell} (-{_percent(drop.share)})"


def _percent(share: Decimal) -> str:
    return f"{share * 100:.0f} %"
