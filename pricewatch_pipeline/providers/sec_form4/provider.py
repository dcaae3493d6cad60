"""The provider of insider filings: finds what a company's insiders file, reads each filing once, and tells the latest trade."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import ClassVar

from pydantic import BaseModel

from pricewatch_pipeline.domain.fair_access import FairAccess
from pricewatch_pipeline.domain.filings import FilingShelf, ListedFiling
from pricewatch_pipeline.domain.hosts import host_key
from pricewatch_pipeline.domain.insiders import ParsedFiling
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Fetch
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.domain.watches import Store, Watch
from pricewatch_pipeline.providers.sec_form4.access import FAIR_ACCESS
from pricewatch_pipeline.providers.sec_form4.addresses import daily_index_url, filings_page_url
from pricewatch_pipeline.providers.sec_form4.daily_index import DailyIndex, read_daily_index
from pricewatch_pipeline.providers.sec_form4.query import SEC, InsiderQuery

# What parses documents is imported where it is used: whoever lists watches, loads Dagster's definitions or asks for help
# must not pay for lxml.


class SecForm4Provider:
    """Insider filings of companies, from EDGAR."""

    name: ClassVar[str] = "sec_form4"
    query_model: ClassVar[type[BaseModel]] = InsiderQuery
    fair_access: ClassVar[FairAccess] = FAIR_ACCESS

    def __init__(
        self, *, shelf: FilingShelf | None = None, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._shelf = shelf
        self._now = now

    def with_shelf(self, shelf: FilingShelf) -> "SecForm4Provider":
        """The provider that checks with this shelf."""
        return SecForm4Provider(shelf=shelf, now=self._now)

    def host_of(self, query: BaseModel) -> str:
        return host_key(_insiders(query).site)

    def url_of(self, query: BaseModel) -> str | None:
        """The SEC's page of a company's insider filings."""
        asked = _insiders(query)
        return filings_page_url(asked.company, asked.site)

    def read(self, body: bytes, *, listed: ListedFiling | None = None) -> ParsedFiling:
        """What a document says; `listed` is how a list named it, if that is known."""
        from pricewatch_pipeline.providers.sec_form4.ownership import read_filing  # noqa: PLC0415 - brings lxml

        return read_filing(body, filed_on=listed.filed_on if listed else None)

    def read_daily_index(self, text: str) -> DailyIndex:
        """The filings of one day."""
        return read_daily_index(text)

    def daily_index_url(self, day: date, site: str = SEC) -> str:
        """Where the filings of a day are listed."""
        return daily_index_url(day, site)

    async def check(self, watch: Watch, store: Store | None, fetch: Fetch) -> Reading:
        if self._shelf is None:
            error = "filings are kept in the database, and this check was begun without one: check the watch with pricewatch check"
            return Reading(outcome=Outcome.PROVIDER_ERROR, error=error)
        return Reading(outcome=Outcome.NO_OFFERS)


def _insiders(query: BaseModel) -> InsiderQuery:
    return query if isinstance(query, InsiderQuery) else InsiderQuery.model_validate(query.model_dump())
