"""What each trait of an amount is worth before any page was looked at: the knowledge of how shops write prices, by hand.

The fit moves these only as far as the pages ask for it, so that a trait that the corpus hardly shows keeps its meaning.
"""

from collections.abc import Mapping

from pricewatch_pipeline.domain.sightings import TRAITS

_BY_LABEL = {
    "price": 0.7, "now": 1.2, "list": -3.0, "saving": -3.0, "unit": -2.0, "instalment": -3.0, "shipping": -2.5,
    "conditional": -1.5, "without_tax": -3.5, "with_tax": 0.7, "used": -1.5, "extra": -2.0, "cart": -1.5, "from": 0.0,
    "up_to": -1.0, "points": -2.0, "quantity": -1.5, "lowest_before": -3.0, "other_offer": -1.5,
}  # fmt: skip
_BY_SOURCE = {"json_ld": 4.0, "microdata": 3.5, "rdfa": 3.5, "meta": 3.0, "state": 1.5, "data": 1.5}
_BY_KIND = {"offer": 1.0, "range": 1.0, "list": -2.0, "beside": -2.0, "other": -1.0}
_WORTH = {
    "text": -2.0, "hidden": -2.5, "struck": -4.0, "repeated": -1.5,
    "title_near": 1.5, "title_mid": 0.5, "title_far": -1.0, "title_before": -0.5, "title_same_block": 1.0,
    "buy_near": 1.0, "buy_mid": 0.4, "buy_far": -0.7, "buy_same_block": 0.7, "buy_closest": 0.8,
    "first_shown": 1.5, "second_shown": 0.3, "large": 0.5, "heading": 0.2, "link": -0.7, "control": -0.3, "option": -1.0,
    "cell": -0.3, "with_currency": 1.0, "with_cents": 0.3, "shares_line": -0.3, "wordy": -0.7, "range_low": -0.2,
    "beside_struck": 1.0, "low_of_line": 0.5, "zero": -4.0, "often": 0.5, "matches_data": 2.5, "other_currency": -1.5,
    "page_has_main_data": -1.5, "data_shown": 1.0, "data_not_shown": -1.0, "data_contradicted": -1.5, "with_tax_of_data": 2.0, "data_without_tax": -1.5,
    "signed": -2.5, "lone_struck": -0.5,
    "region_header": -1.5, "region_navigation": -2.0, "region_footer": -3.0, "region_aside": -0.7, "region_related": -3.0,
    "region_reviews": -1.5, "region_dialog": -1.2, "region_cart": -3.0,
    "data_sure": 0.5, "data_out_of_stock": -0.3, "data_two_sources": 0.5,
    "class_price": 0.8, "class_now": 0.7, "class_list": -0.8, "class_unit": -0.8, "class_extra": -0.6, "class_other_offer": -0.4,
    "class_conditional": -0.7, "near_saving": -0.5, "near_shipping": -0.5, "class_shipping": -0.7,
}  # fmt: skip


def priors() -> Mapping[str, float]:
    """Of every trait."""
    known = dict.fromkeys(TRAITS, 0.0)
    for label, worth in _BY_LABEL.items():
        known |= {
            f"label_{label}": worth,
            f"near_{label}": worth / 2,
            f"class_{label}": worth / 2,
            f"outer_{label}": worth / 4,
        }
        known[f"next_{label}"] = worth / 2
    for source, worth in _BY_SOURCE.items():
        known |= {f"{source}_{kind}": value for kind, value in _BY_KIND.items()} | {f"{source}_chosen": worth}
    return {name: (known | _WORTH)[name] for name in TRAITS}
