"""`pricewatch product list` and `show`."""

from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.insights import insights_record, print_insights
from pricewatch_pipeline.cli.output import JsonFlag, console, print_json, print_rows, shown
from pricewatch_pipeline.cli.prices import price_text
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.show_insights import ProductView, list_products, show_product
from pricewatch_pipeline.settings import load_settings
from pricewatch_pipeline.watch_files.fields import pack_text

NOTHING_COMPARED = "none that can be compared: rates are wanting"
_COLUMNS = ("product_id", "title", "best_price", "store", "trend", "lowest_ever", "stores", "tags")
_OFFERS = ("watch_id", "store", "price", "converted", "landed", "per_unit", "availability", "since", "why_not")


def list_(
    tag: Annotated[str | None, typer.Option(help="Only products with this tag.")] = None,
    is_favourite: Annotated[bool, typer.Option("--favourite", help="Only favourites.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """List products with their best price now, where that is, where it goes, and the lowest ever."""
    with opened_pipeline(load_settings()) as pipeline:
        found = list_products(pipeline, tag=tag, is_favourite=is_favourite)
    if as_json:
        print_json(found)
    elif found:
        print_rows(map(_row, found), _COLUMNS, as_json=False)
    elif tag or is_favourite:
        console.print("No product is like that.")
    else:
        console.print(
            "No products yet: `pricewatch product add ID --url URL`, or `products:` in a watch file.", highlight=False
        )


def show(
    product: Annotated[str, typer.Argument(metavar="PRODUCT", help="The product's id.")], as_json: JsonFlag = False
) -> None:
    """A product with its stores side by side, and what its best price says over time."""
    with opened_pipeline(load_settings()) as pipeline:
        found = show_product(pipeline, product)
    if as_json:
        print_json({"product": found.state, "offers": found.offers, "insights": insights_record(found.insights)})
    else:
        _print(found)


def _row(state: dict[str, Any]) -> dict[str, Any]:
    currency = state["currency"]
    return {
        "product_id": state["product_id"],
        "title": ("★ " if state["is_favourite"] else "") + (state["title"] or state["product_id"]),
        "best_price": price_text(state["best_price"], currency),
        "store": state["best_store_id"] or state["best_watch_id"],
        "trend": state["trend"],
        "lowest_ever": price_text(state["lowest_ever_price"], currency),
        "stores": f"{state['priced_watches']} of {state['watches']}",
        "tags": state["tags"] or None,
    }


def _print(found: ProductView) -> None:
    state = found.state
    currency = state["currency"]
    facts: dict[str, Any] = {
        "title": state["title"],
        "tags": state["tags"] or None,
        "favourite": True if state["is_favourite"] else None,
        "pack": pack_text(state["pack_size"], state["pack_unit"]),
        "notes": state["notes"],
        "best price": _at(price_text(state["best_price"], currency), state["best_watch_id"]),
        "best with shipping": _at(price_text(state["best_landed_price"], currency), state["best_landed_watch_id"]),
        "best by unit": _at(
            _per(state["best_unit_price"], state["unit_price_per"], currency), state["best_unit_watch_id"]
        ),
        "trend": state["trend"],
        "rates of": state["rates_day"],
        "not comparable": f"{state['not_comparable']}, for want of an exchange rate: `pricewatch rates update`"
        if state["not_comparable"]
        else None,
        "managed by": state["source_file"] or "the command line",
    }
    rows = [{"what": what, "value": value} for what, value in facts.items() if value is not None]
    print_rows(rows, ("what", "value"), as_json=False, title=shown(state["product_id"]))
    if found.offers:
        rows = [_offer(offer, currency) for offer in found.offers]
        # What no store says would take the room of what they do say.
        columns = [name for name in _OFFERS if any(row[name] is not None for row in rows)]
        print_rows(rows, columns, as_json=False, title="Stores")
    nothing = NOTHING_COMPARED if state["not_comparable"] else "no price was ever seen"
    print_insights(found.insights, title="Best price over time", nothing=nothing)


def _offer(offer: dict[str, Any], currency: str) -> dict[str, Any]:
    own = offer["currency"]
    return {
        "watch_id": offer["watch_id"],
        "store": offer["store_name"] or offer["store_id"],
        "price": price_text(offer["price"], own),
        "converted": price_text(offer["converted_price"], currency) if own != currency else None,
        "landed": price_text(offer["landed_price"], currency),
        "per_unit": _per(offer["unit_price"], offer["unit_price_per"], currency),
        "availability": offer["availability"],
        "since": offer["since"] and offer["since"].astimezone().date(),
        "why_not": None if offer["standing"] == "compared" else offer["standing"].replace("_", " "),
    }


def _at(text: str | None, watch_id: str | None) -> str | None:
    return f"{text} ({watch_id})" if text else None


def _per(amount: Any, unit: str | None, currency: str) -> str | None:
    text = price_text(amount, currency)
    return f"{text}/{unit}" if text and unit else None
