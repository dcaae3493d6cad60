import pytest

from pricewatch_pipeline.cli.check import waiting_text


@pytest.mark.parametrize(
    ("left", "says"),
    [
        ({}, ""),
        ({"shop.de": 0}, ""),
        ({"shop.de": 7, "other.de": 2}, "shop.de: 7 left, one request every 2 s"),
        ({"shop.de": 1, "other.de": 2}, "other.de: 2 left"),
    ],
)
def test_progress_says_which_host_holds_up_the_rest(left: dict[str, int], says: str) -> None:
    assert waiting_text(left, {"shop.de": "one request every 2 s"}) == says
