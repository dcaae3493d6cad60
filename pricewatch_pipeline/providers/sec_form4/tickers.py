"""From a ticker to its company, by the SEC's list, which is kept and asked for again only when it may have changed."""

import asyncio
from datetime import timedelta

from pricewatch_pipeline.domain.filings import Company
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.providers.sec_form4.access import request_of
from pricewatch_pipeline.providers.sec_form4.addresses import companies_url
from pricewatch_pipeline.providers.sec_form4.companies import near, read_companies
from pricewatch_pipeline.providers.sec_form4.ground import Ground, Stopped, Tally

REFRESHED_AFTER = timedelta(days=1)
SOUGHT_AGAIN_AFTER = timedelta(minutes=10)
"""With a ticker that the list does not know: companies that went public today are in it by now."""


async def company_of(ground: Ground, tally: Tally, turn: asyncio.Lock) -> Company | Stopped:
    """Whom a query is about. `turn`: of the checks of a run, one asks for the list, and the others find it kept."""
    query = ground.query
    if query.cik:
        return Company(cik=query.cik, name=f"CIK {query.cik}")
    async with turn:
        company = await ground.shelf.company_named(query.company, site=query.site)
        failed = None
        if await _is_stale(ground, is_known=company is not None):
            failed = await _refreshed(ground)
            company = await ground.shelf.company_named(query.company, site=query.site)
    if company is None:
        return failed or await _unknown(ground)
    if failed:
        tally.problems.append(f"the list of tickers could not be had: {failed.error}")
    return company


async def _is_stale(ground: Ground, *, is_known: bool) -> bool:
    read_at = await ground.shelf.companies_read_at(site=ground.query.site)
    longest = REFRESHED_AFTER if is_known else SOUGHT_AGAIN_AFTER
    return read_at is None or ground.now() - read_at >= longest


async def _refreshed(ground: Ground) -> Stopped | None:
    """Keep the list as it is now; why it could not be had."""
    page = await ground.fetch(request_of(companies_url(ground.query.site)))
    if page.outcome is not Outcome.OK:
        return Stopped.by(page)
    found = await asyncio.to_thread(read_companies, page.body)
    if found.error:
        return Stopped(outcome=Outcome.UNREADABLE, error=f"{page.final_url}: {found.error}", page=page)
    await ground.shelf.keep_companies(found.companies, site=ground.query.site)
    return None


async def _unknown(ground: Ground) -> Stopped:
    symbol = ground.query.company
    close = await asyncio.to_thread(near, symbol, await ground.shelf.symbols(site=ground.query.site))
    hint = f"; did you mean {' or '.join(close)}?" if close else ""
    error = f"the SEC's list of companies has no ticker {symbol}{hint} (a company without one is watched by its CIK)"
    return Stopped(outcome=Outcome.NOT_FOUND, error=error)
