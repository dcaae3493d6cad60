import pytest

from pricewatch_pipeline.parsing.url_ids import ids_in


@pytest.mark.parametrize(
    ("url", "number"),
    [
        ("https://shop.example/fork-steel-1609583.html", "1609583"),
        ("https://shop.example/dp/B076TQK2D6", "B076TQK2D6"),
        ("https://shop.example/dp/B076TQK2D6/", "B076TQK2D6"),
        ("https://shop.example/Prod/144432/", "144432"),
        ("https://shop.example/store/36064?pid=262388", "262388"),
        ("https://shop.example/fork-p400105394.html", "400105394"),
        ("https://shop.example/cognac/p5095418", "5095418"),
        ("https://shop.example/P-7142014-fork-steel.htm", "7142014"),
        ("https://shop.example/fork?sku=AB-12", "AB-12"),
        ("https://shop.example/fork?product_id=77&lang=en", None),
        ("https://shop.example/shop.php?productid=7712&lang=en", "7712"),
        ("https://shop.example/fork?gclid=123456&cid=99881", None),
        ("https://shop.example/2024/fork", None),
        ("https://shop.example/news-20240131", None),
        ("https://shop.example/fork", None),
        ("https://[broken", None),
    ],
)
def test_the_number_is_found_where_addresses_have_it(url: str, number: str | None) -> None:
    assert next(iter(ids_in(url)), None) == number
