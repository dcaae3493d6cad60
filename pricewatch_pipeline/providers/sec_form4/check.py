"""One check of a company: who it is, what is listed, which documents are wanted, and what all of it comes to."""

import asyncio
from dataclasses import replace

from pricewatch_pipeline.domain.filings import Company
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.providers.sec_form4.documents import Documents, InHand, Read
from pricewatch_pipeline.providers.sec_form4.ground import Ground, Stopped, Tally
from pricewatch_pipeline.providers.sec_form4.listing import Listing
from pricewatch_pipeline.providers.sec_form4.offers import Seen, reading_of
from pricewatch_pipeline.providers.sec_form4.tickers import company_of


class Shared:
    """What the checks of one run share."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        """Of the checks that want the list of companies."""
        self.in_hand = InHand()


async def check_company(ground: Ground, read: Read, shared: Shared) -> Reading:
    """Look once. What was read stays read, however the check ends.

    Raises:
        HostResting: nobody may ask the host now, and nothing was read yet.
    """
    started_at = ground.now()
    tally = Tally()
    company = await company_of(ground, tally, shared.turn)
    if isinstance(company, Stopped):
        return _ended(company)
    listing = Listing(ground, company.cik, tally)
    listed = await listing.take()
    if isinstance(listed, Stopped):
        return await _told(ground, company, listing.name, tally, listed)
    documents = Documents(ground, company.cik, tally, read, shared.in_hand, started_at=started_at)
    stopped = await documents.take() or listing.late
    return await _told(ground, company, listing.name, tally, stopped, listed)


async def _told(
    ground: Ground,
    company: Company,
    name: str | None,
    tally: Tally,
    stopped: Stopped | None,
    listed: Page | None = None,
) -> Reading:
    shelf, cik = ground.shelf, company.cik
    seen = Seen(
        cik=cik,
        name=name or company.name,
        counts=await shelf.counts(cik),
        trade=await shelf.latest_trade(cik),
        news=await shelf.news(cik, watch_id=ground.watch_id),
        tally=tally,
        is_unchanged=listed is not None and listed.outcome is Outcome.NOT_MODIFIED,
    )
    reading = reading_of(seen, stopped)
    # The documents are kept with their filings: what belongs to the check is the list that it rests on, or what ended it.
    page = stopped.page if stopped else listed
    return replace(reading, pages=(page,) if page else ())


def _ended(stopped: Stopped) -> Reading:
    return Reading(outcome=stopped.outcome, error=stopped.error, pages=(stopped.page,) if stopped.page else ())
