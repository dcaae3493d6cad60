"""Scrapy on the same pages with our reader, as one would use it: fetched and read in one process, nothing stored."""

from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response

from benchmarks.workers import Message, Span, serve
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.providers.retail.query import RetailQuery
from pricewatch_pipeline.providers.retail.reading import read_offer

CONCURRENCY = 16


class PageSpider(scrapy.Spider):
    """Reads every page; the clock runs from the moment the warm-up pages are read."""

    name = "pages"
    custom_settings = {  # noqa: RUF012 - as Scrapy declares it
        "CONCURRENT_REQUESTS": CONCURRENCY,
        "CONCURRENT_REQUESTS_PER_DOMAIN": CONCURRENCY,
        "DOWNLOAD_DELAY": 0,
        "ROBOTSTXT_OBEY": False,
        "TELNETCONSOLE_ENABLED": False,
        "LOG_LEVEL": "ERROR",
    }

    def __init__(self, *, urls: list[str], warm_up: int, spans: list[Span]) -> None:
        super().__init__()
        self.start_urls = urls
        self._warm_up = warm_up
        self._spans = spans

    def parse(self, response: Response, **_: Any) -> None:
        url = response.url
        page = Page(
            request=PageRequest(url=url),
            outcome=Outcome.OK,
            final_url=url,
            status=response.status,
            headers={"content-type": "text/html"},
            body=response.body,
        )
        read_offer(page, store=None, query=RetailQuery(url=url))
        if self._warm_up > 0:
            self._warm_up -= 1
        else:
            self._spans[0].add(1)
        if self._warm_up == 0 and not self._spans:
            self._spans.append(Span())


def handle(message: Message) -> Message:
    """Crawl once: Twisted's reactor does not start again, so a process is good for one crawl."""
    spans: list[Span] = []
    process = CrawlerProcess()
    process.crawl(PageSpider, urls=message["urls"], warm_up=message["warm_up"], spans=spans)
    process.start()
    return spans[0].as_message()


def main() -> None:
    """Answer `{"urls": [...], "warm_up": 50}` with a span, once."""
    serve(handle)


if __name__ == "__main__":
    main()
