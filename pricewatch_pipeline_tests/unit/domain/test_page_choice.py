from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.domain.page_choice import PageFeatures, is_listing

FEATURES = st.builds(
    PageFeatures,
    is_search=st.booleans(),
    list_types=st.frozensets(st.sampled_from(["ItemList", "SearchResultsPage", "OfferCatalog"])),
    price_tags_in_head=st.integers(0, 9),
    listed_products=st.integers(0, 9),
    cards=st.integers(0, 40),
    list_controls=st.integers(0, 4),
    has_own_product=st.booleans(),
    has_own_price=st.booleans(),
    has_own_button=st.booleans(),
    has_own_statement=st.booleans(),
    has_heading=st.booleans(),
)


@pytest.mark.parametrize(
    ("features", "is_list"),
    [
        (PageFeatures(), False),
        (PageFeatures(is_search=True), True),
        (PageFeatures(is_search=True, has_own_button=True), False),
        (PageFeatures(list_types=frozenset({"SearchResultsPage"})), True),
        (PageFeatures(list_types=frozenset({"ItemList"})), False),
        (PageFeatures(list_types=frozenset({"ItemList"}), cards=6), True),
        (PageFeatures(listed_products=2), True),
        (PageFeatures(listed_products=9, cards=30, has_own_price=True), False),
        (PageFeatures(price_tags_in_head=5), True),
        (PageFeatures(cards=40), False),
        (PageFeatures(cards=40, list_controls=2), True),
        (PageFeatures(cards=40, list_controls=2, has_own_button=True), False),
        (PageFeatures(cards=40, list_controls=2, has_own_product=True), False),
        (PageFeatures(list_controls=3), False),
    ],
)
def test_several_signs_make_a_list(features: PageFeatures, is_list: bool) -> None:
    assert is_listing(features) is is_list


@given(FEATURES)
def test_what_tells_of_one_product_never_makes_a_list_of_a_page(features: PageFeatures) -> None:
    if not is_listing(features):
        assert not is_listing(replace(features, has_own_product=True, has_own_button=True, has_own_statement=True))
    assert not is_listing(replace(features, has_own_price=True))
