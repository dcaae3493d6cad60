"""What of an offer can be stored."""

from decimal import Decimal

from pricewatch_pipeline.domain.offers import LONGEST_TEXT, Offer, storable


def test_texts_of_a_variant_are_cut_as_all_texts_are() -> None:
    many = {f"attribute {number}": "red" for number in range(1000)}
    kept = storable(Offer(variant={"x" * 5000: "y" * 100_000, **many})).variant
    assert len(kept) == 50
    assert max(map(len, kept)) == 100
    assert max(map(len, kept.values())) == LONGEST_TEXT


def test_what_fits_is_kept_as_it_is() -> None:
    offer = Offer(price=Decimal("9.99"), currency="EUR", title="Lamp", variant={"color": "red"}, confidence=0.5)
    assert storable(offer) == offer
