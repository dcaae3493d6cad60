import pytest
from pydantic import ValidationError

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.domain.watches import Store, Watch
from pricewatch_pipeline.providers.retail import RetailProvider
from pricewatch_pipeline.providers.retail.query import RetailQuery


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"url": "file:///etc/passwd"},
        {"url": "https://user:secret@shop.example/"},
        {"url": "https://shop.example\\@evil.example/"},
        {"url": "shop.example/p"},
        {"url": "https://shop.example/", "colour": "red"},
    ],
)
def test_a_query_that_is_no_product_page_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        RetailQuery.model_validate(query)


def test_the_host_is_the_one_whose_politeness_counts() -> None:
    query = RetailQuery(url="https://www.shop.co.uk/p/1")
    assert RetailProvider().host_of(query) == "shop.co.uk"
    assert RetailProvider().url_of(query) == "https://www.shop.co.uk/p/1"


async def test_a_check_asks_for_one_page_and_takes_for_an_answer_that_it_has_not_changed() -> None:
    asked: list[PageRequest] = []

    async def fetch(request: PageRequest) -> Page:
        asked.append(request)
        return Page(request=request, outcome=Outcome.BLOCKED, final_url=request.url, error="a challenge")

    watch = Watch(watch_id="w", provider="retail", query={"url": "https://shop.example/p"}, host="shop.example")
    reading = await RetailProvider().check(watch, Store(store_id="s", domains=(), fetcher="browser"), fetch)
    assert asked == [PageRequest(url="https://shop.example/p", may_be_unchanged=True)]
    assert (reading.outcome, reading.error) == (Outcome.BLOCKED, "a challenge")
