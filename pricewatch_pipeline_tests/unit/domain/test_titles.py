import pytest

from pricewatch_pipeline.domain.titles import may_be_same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Desk lamp Aurora 40 W", "Desk lamp Aurora 40 W"),
        ("Desk lamp Aurora 40 W", "DESK LAMP AURORA 40 W | Buy online at the best price - Lumen"),
        ("Desk lamp Aurora", "Desk lamp Aurora - now only 19.99 EUR!"),
        ("Aurora desk lamp, black", "Black lamp Aurora for your desk"),
        ("Café crème", "Cafe\u0301 creme"),
        ("Straßenlampe", "STRASSENLAMPE"),
        ("Лампа настольная Аврора", "Аврора лампа"),
        (
            "\u30c7\u30b9\u30af\u30e9\u30a4\u30c8 \u9ed2",
            "\u3010\u9001\u6599\u7121\u6599\u3011\u30c7\u30b9\u30af\u30e9\u30a4\u30c8 \u9ed2\u8272",
        ),
        ("Desk lamp", None),
        (None, "Desk lamp"),
        ("Desk lamp", ""),
        ("Desk lamp", "19.99"),
        ("4711", "4712"),
        ("Desk lamp | Lumen", "Lumen"),
    ],
)
def test_titles_that_may_be_of_one_product(one: str | None, other: str | None) -> None:
    assert may_be_same(one, other)
    assert may_be_same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Desk lamp Aurora", "Garden hose 20 m"),
        ("Desk lamp Aurora | Buy online at Lumen", "Garden hose 20 m | Buy online at Lumen"),
        ("Lumen - Desk lamp Aurora", "Lumen - Garden hose 20 m"),
        ("Lampa stołowa", "Wąż ogrodowy"),
        ("Garden hose 20 m", "Desk lamp 20 W"),
        ("\u30c7\u30b9\u30af\u30e9\u30a4\u30c8", "\u6383\u9664\u6a5f"),
    ],
)
def test_titles_of_two_products(one: str, other: str) -> None:
    assert not may_be_same(one, other)
    assert not may_be_same(other, one)
