"""The provider of insider filings: finds what a company's insiders file, reads each filing once, and tells the latest trade."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import ClassVar

from pydantic import BaseModel, ValidationError

from pricewatch_pipeline.domain.fair_access import FairAccess
from pricewatch_pipeline.domain.filings import FilingShelf, ListedFiling
from pricewatch_pipeline.domain.hosts import host_key
from pricewatch_pipeline.domain.insiders import ParsedFiling
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Fetch, PageRequest
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.domain.watches import Store, Watch
from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.providers.sec_form4 import values
from pricewatch_pipeline.providers.sec_form4.access import FAIR_ACCESS, request_of
from pricewatch_pipeline.providers.sec_form4.addresses import company_in, daily_index_url, filings_page_url
from pricewatch_pipeline.providers.sec_form4.check import Shared, check_company
from pricewatch_pipeline.providers.sec_form4.daily_index import DailyIndex, read_daily_index
from pricewatch_pipeline.providers.sec_form4.ground import Ground
from pricewatch_pipeline.providers.sec_form4.query import SEC, InsiderQuery
from pricewatch_pipeline.providers.sec_form4.words import in_words, remarks_on

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
        self._shared = Shared()

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

    def daily_index_request(self, day: date, site: str = SEC) -> PageRequest:
        """What asks for that list."""
        return request_of(daily_index_url(day, site))

    def asked_by(self, watch: Watch) -> InsiderQuery:
        """What a watch asks for."""
        return InsiderQuery.model_validate(dict(watch.query))

    def company_said(self, text: str) -> str:
        """A CIK as ten digits, or a ticker as the SEC writes it.

        Raises:
            ConfigurationError: it is neither.
        """
        try:
            return values.company(text)
        except ValueError as error:
            raise ConfigurationError(str(error)) from error

    def in_words(self, query: BaseModel) -> str:
        return in_words(_insiders(query))

    def remarks_on(self, query: BaseModel) -> tuple[str, ...]:
        return remarks_on(_insiders(query))

    def query_of(self, url: str) -> InsiderQuery | None:
        """The company that one of the SEC's pages is about; None: it is about none.

        Raises:
            ConfigurationError: what it names is no company.
        """
        company = company_in(url)
        if company is None:
            return None
        try:
            return InsiderQuery(company=company)
        except ValidationError as error:
            raise ConfigurationError(
                f"this page of the SEC's names no company: {company[:60]!r} is no ticker or CIK"
            ) from error

    async def check(self, watch: Watch, store: Store | None, fetch: Fetch) -> Reading:
        if self._shelf is None:
            error = (
                "filings are kept in the database, and this look was taken without one: "
                "add the watch and check it (pricewatch check), or read saved filings (pricewatch sec parse)"
            )
            return Reading(outcome=Outcome.PROVIDER_ERROR, error=error)
        ground = Ground(
            query=self.asked_by(watch), watch_id=watch.watch_id, shelf=self._shelf, fetch=fetch, now=self._now
        )
        return await check_company(ground, lambda body, listed: self.read(body, listed=listed), self._shared)


def _insiders(query: BaseModel) -> InsiderQuery:
    return query if isinstance(query, InsiderQuery) else InsiderQuery.model_validate(query.model_dump())
