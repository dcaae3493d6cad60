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
        ("http://schema.org/MadeToOrder", Availability.IN_STOCK),
        ("InStoreOnly", Availability.IN_STOCK),
        ("Reserved", Availability.OUT_OF_STOCK),
        ("https://schema.org/instock", Availability.IN_STOCK),
        ("IN_STOCK", Availability.IN_STOCK),
        ("in-stock", Availability.IN_STOCK),
        ("Auf Lager, Lieferzeit 1-3 Tage", Availability.IN_STOCK),
        ("Нет в наличии", Availability.OUT_OF_STOCK),
        ("Indisponível", Availability.OUT_OF_STOCK),
        ("17", Availability.IN_STOCK),
        ("0", Availability.OUT_OF_STOCK),
        (3, Availability.IN_STOCK),
        (0, Availability.OUT_OF_STOCK),
        (True, Availability.IN_STOCK),
        (False, Availability.OUT_OF_STOCK),
        ("perhaps", None),
        ("", None),
        (None, None),
        ({"@id": "InStock"}, None),
        ("x" * 1000, None),
    ],
)
def test_availability_is_what_was_said_and_never_a_guess(raw: object, expected: Availability | None) -> None:
    assert read_availability(raw) == expected
