"""What a company's list of filings says goes on the shelf: the list itself where it has changed, and its older files as far as they are
within the bounds."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from pricewatch_pipeline.domain.filings import FeedState, ListedFiling
from pricewatch_pipeline.domain.insiders import FORMS
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page
from pricewatch_pipeline.providers.sec_form4.access import request_of
from pricewatch_pipeline.providers.sec_form4.addresses import feed_url, part_url
from pricewatch_pipeline.providers.sec_form4.feeds import Feed, FeedOf, OlderPart, read_feed, read_part
from pricewatch_pipeline.providers.sec_form4.ground import NOT_THERE, PASSING, Ground, Stopped, Tally


class Listing:
    """The list of one company, in one check."""

    def __init__(self, ground: Ground, cik: str, tally: Tally) -> None:
        self._ground = ground
        self._cik = cik
        self._tally = tally
        # All forms are listed; which are wanted, the bounds say: another watch of this company may want more of them.
        self._of = FeedOf(cik=cik, forms=FORMS, site=ground.query.site)
        self._state = FeedState(cik=cik)
        self.late: Stopped | None = None
        """Why the check cannot end well, though it goes on."""

    @property
    def name(self) -> str | None:
        """Of the company, as its list gives it."""
        return self._state.name

    async def take(self) -> Page | Stopped:
        """The page of the list, or why the check ends here.

        Raises:
            HostResting: nobody may ask the host now.
        """
        self._state = await self._ground.shelf.feed(self._cik)
        url = feed_url(self._cik, self._ground.query.data_site)
        page = await self._ground.fetch(request_of(url, may_be_unchanged=True))
        if page.outcome is Outcome.NOT_MODIFIED and self._state.first_seen_on is None:
            # What was read of it is not here any more.
            page = await self._ground.fetch(request_of(url))
        if page.outcome is Outcome.NOT_MODIFIED:
            # What an index listed meanwhile may be within the bounds.
            await self._ground.shelf.list_filings(self._state, (), self._ground.query.bounds)
            missing = [OlderPart(name=name, filings=None, filed_to=None) for name in self._state.missing_parts]
            return await self._take_parts(missing) or page
        feed = await self._read(page)
        if isinstance(feed, Stopped):
            return feed
        await self._list(feed)
        return await self._take_parts(self._wanted(feed)) or page

    async def _read(self, page: Page) -> Feed | Stopped:
        if page.outcome in NOT_THERE:
            error = f"the SEC knows no company with the CIK {self._cik}: {page.final_url} answered {page.status}"
            return Stopped(outcome=page.outcome, error=error, page=page)
        if page.outcome is not Outcome.OK:
            return Stopped.by(page)
        if not page.body.strip():
            error = f"{page.final_url} answered with an empty list of filings; it will be tried again"
            return Stopped(outcome=Outcome.TRANSPORT, error=error, page=page)
        feed = await asyncio.to_thread(read_feed, page.body, self._of)
        if feed.error:
            return Stopped(outcome=Outcome.UNREADABLE, error=f"{page.final_url}: {feed.error}", page=page)
        return feed

    async def _list(self, feed: Feed) -> None:
        needed = {part.name for part in self._wanted(feed)}
        self._tally.beyond = sum(
            part.filings or 0 for part in feed.parts if part.name not in needed and part.name not in self._state.parts
        )
        # What another watch of this company missed is still missing, though it is beyond the bounds of this one.
        unread = {part.name for part in self._unread(feed)}
        missing = tuple(name for name in self._state.missing_parts if name in unread)
        self._state = replace(self._state, name=feed.name or self._state.name, missing_parts=missing)
        await self._keep(feed, "the list of filings")

    async def _keep(self, feed: Feed, what: str) -> None:
        if feed.untold:
            self._tally.problems.append(f"{feed.untold:,} of {feed.filings:,} rows of {what} could not be understood")
        shelf, bounds = self._ground.shelf, self._ground.query.bounds
        self._tally.found += await shelf.list_filings(self._state, feed.listed, bounds)

    def _wanted(self, feed: Feed) -> Sequence[OlderPart]:
        """The older files that may hold what is wanted and are not known as they are."""
        first_seen_on = self._state.first_seen_on or self._ground.today
        return [
            part
            for part in self._unread(feed)
            if part.may_hold(first_seen_on)
            or (self._is_short_of(feed.listed, first_seen_on) and part.may_hold(self._since))
        ]

    def _unread(self, feed: Feed) -> Sequence[OlderPart]:
        return [p for p in feed.parts if p.filings is None or self._state.parts.get(p.name) != p.filings]

    @property
    def _since(self) -> date | None:
        days = self._ground.query.days_back
        today = self._ground.today
        return None if days is None or days >= today.toordinal() else today - timedelta(days=days)

    def _is_short_of(self, listed: Iterable[ListedFiling], first_seen_on: date) -> bool:
        """Whether fewer filings are known than the watch may read of what was filed before."""
        query = self._ground.query
        before = sum(f.filed_on < first_seen_on and f.form.removesuffix("/A") in query.forms for f in listed)
        return query.max_filings is None or before < query.max_filings

    async def _take_parts(self, parts: Iterable[OlderPart]) -> Stopped | None:
        for part in parts:
            page = await self._ground.fetch(request_of(part_url(part.name, self._ground.query.data_site)))
            found = await asyncio.to_thread(read_part, page.body, self._of) if page.outcome is Outcome.OK else None
            if found and not found.error:
                await self._part_read(part, found)
                continue
            await self._part_missing(part, (found and found.error) or page.error or page.outcome.verdict.meaning)
            if page.outcome in PASSING:
                self.late = Stopped.by(page)
            elif page.outcome is not Outcome.OK and page.outcome not in NOT_THERE:
                return Stopped.by(page)
        return None

    async def _part_read(self, part: OlderPart, found: Feed) -> None:
        parts = {**self._state.parts, part.name: found.filings if part.filings is None else part.filings}
        missing = tuple(name for name in self._state.missing_parts if name != part.name)
        self._state = replace(self._state, parts=parts, missing_parts=missing)
        await self._keep(found, part.name)

    async def _part_missing(self, part: OlderPart, why: str) -> None:
        self._tally.problems.append(f"an older file of the list of filings is missing, {part.name}: {why}")
        if part.name not in self._state.missing_parts:
            self._state = replace(self._state, missing_parts=(*self._state.missing_parts, part.name))
            await self._ground.shelf.list_filings(self._state, (), self._ground.query.bounds)
