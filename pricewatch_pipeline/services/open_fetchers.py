"""Opens the fetchers as the settings say."""

from pricewatch_pipeline.fetching.browser.limits import BrowserLimits
from pricewatch_pipeline.fetching.fetchers import Fetchers, open_fetchers
from pricewatch_pipeline.settings import Settings, parse_allowed_address


def fetchers_for(settings: Settings) -> Fetchers:
    """The fetchers of one run: `async with fetchers_for(settings) as fetchers`."""
    return open_fetchers(
        user_agent=settings.user_agent,
        declared_user_agent=settings.declared_user_agent,
        allowed_addresses=[parse_allowed_address(entry) for entry in settings.allowed_addresses],
        max_connections=settings.concurrency * 2,
        proxies=settings.proxies,
        browser=BrowserLimits(
            program=settings.chromium, pages=settings.browser_pages, memory_mb=settings.browser_max_mb
        ),
    )
