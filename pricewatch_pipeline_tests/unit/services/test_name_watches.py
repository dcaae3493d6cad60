import re

import pytest

from pricewatch_pipeline.domain.watches import WATCH_ID_PATTERN
from pricewatch_pipeline.errors import ForbiddenAddress
from pricewatch_pipeline.services.name_watches import watch_id_for


@pytest.mark.parametrize(
    ("url", "watch_id"),
    [
        ("https://www.shop.de/p/blue-kettle.html", "shop-de-blue-kettle"),
        ("https://shop.co.uk/products/Blue%20Kettle/", "shop-co-uk-blue-kettle"),
        ("https://www.amazon.de/dp/B0CX23V2ZK?th=1", "amazon-de-b0cx23v2zk"),
        ("https://shop.pl/plecak/12345", "shop-pl-plecak-12345"),
        ("https://shop.de/", "shop-de"),
        ("https://shop.de/Küche/Töpfe", "shop-de-topfe"),
        ("https://shop.jp/商品/炊飯器", "shop-jp"),
        ("http://127.0.0.1:8801/p/lamp", "127-0-0-1-8801-lamp"),
        ("https://shop.de/" + "very-" * 30 + "long", "shop-de-" + ("very-" * 30)[:56]),
    ],
)
def test_an_id_is_made_of_site_and_path(url: str, watch_id: str) -> None:
    assert watch_id_for(url) == watch_id.strip("-")
    assert re.fullmatch(WATCH_ID_PATTERN, watch_id_for(url))


def test_what_is_no_page_has_no_id() -> None:
    with pytest.raises(ForbiddenAddress, match="only http"):
        watch_id_for("file:///etc/passwd")
