import pytest

from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.parsing.availability import read_availability


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("https://schema.org/InStock", Availability.IN_STOCK),
        ("http://schema.org/InStock/", Availability.IN_STOCK),
        ("schema:InStock", Availability.IN_STOCK),
        ("in stock", Availability.IN_STOCK),
        ("In_Stock", Availability.IN_STOCK),
        ("OnlineOnly", Availability.IN_STOCK),
        ("https://schema.org/SoldOut", Availability.OUT_OF_STOCK),
        ("out of stock", Availability.OUT_OF_STOCK),
        ("oos", Availability.OUT_OF_STOCK),
        ("PreSale", Availability.PRE_ORDER),
        ("pre-order", Availability.PRE_ORDER),
        ("https://schema.org/BackOrder", Availability.BACK_ORDER),
        ("Discontinued", Availability.DISCONTINUED),
        ("LimitedAvailability", Availability.LIMITED_AVAILABILITY),
        ("perhaps", None),
        ("", None),
        (None, None),
        (True, None),
        ("x" * 1000, None),
    ],
)
def test_availability_is_what_was_said_and_never_a_guess(raw: object, expected: Availability | None) -> None:
    assert read_availability(raw) == expected
