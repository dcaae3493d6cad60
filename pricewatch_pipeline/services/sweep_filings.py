"""The nightly sweep: the index of a day names filings of watched companies that no feed has listed; they are fetched, too.

Safe to run twice, and at the same time as another sweep or check: a filing is listed once, under its accession number.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial

from pydantic import ValidationError

from pricewatch_pipeline.domain.checks import CheckKind, OpenCheck
from pricewatch_pipeline.domain.filings import ListedFiling
from pricewatch_pipeline.domain.hosts import host_key
from pricewatch_pipeline.domain.insiders import SUBMITTED_FORMS
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page
from pricewatch_pipeline.domain.sweeps import (
    MOST_DAYS_BACK,
    days_to_sweep,
    last_business_days,
    skipped_days,
    today_in_new_york,
)
from pricewatch_pipeline.domain.watches import Watch
from pricewatch_pipeline.errors import ConfigurationError, HostResting
from pricewatch_pipeline.registry import sec_form4
from pricewatch_pipeline.services.checking_run import Engine, GuestRun, SilentObserver, run_to_end
from pricewatch_pipeline.services.fetch_politely import PoliteFetch
from pricewatch_pipeline.services.make_check import CHECK_TIMEOUT, LONGEST_ERROR
from pricewatch_pipeline.storage import insider_feeds, insider_sweeps
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.insider_sweeps import WatchedCompany

_NOT_THERE = frozenset({Outcome.NOT_FOUND, Outcome.GONE})


@dataclass(frozen=True, kw_only=True)
class DaySwept:
    """What the sweep of one day came to."""

    day: date
    outcome: Outcome
    """`ok`; `not_found`: the SEC was closed, or its index is late; else how it failed: it is tried again the next time."""
    filings: int = 0
    """Ownership filings of companies that are watched."""
    missed: int = 0
    """Of these: those that no feed has listed."""
    due: tuple[str, ...] = ()
    """Watches that are checked at once for them."""
    error: str | None = None


@dataclass(kw_only=True)
class SweepReport:
    """What a sweep came to."""

    companies: int = 0
    """Whose list was read before: of the others there is nothing to compare."""
    days: list[DaySwept] = field(default_factory=list)
    skipped: int = 0
    """Business days that were never swept and are too long ago to be made up for by themselves."""
    left_out: list[str] = field(default_factory=list)
    """Watches whose query says nothing that this version understands."""

    @property
    def remark(self) -> str | None:
        """What is worth knowing beside the days."""
        if not self.companies:
            return "No insider watch was checked yet: there is nothing to compare."
        remarks = []
        if self.skipped:
            remarks.append(
                f"{self.skipped} business days more than {MOST_DAYS_BACK} days ago were not swept: "
                "`pricewatch sec sweep --days N` goes back as far as you say."
            )
        if self.left_out:
            remarks.append(
                f"Left out, as this version does not understand their queries: {', '.join(self.left_out)}. "
                "`pricewatch check` says what is wrong with each."
            )
        return " ".join(remarks) or None


def sweep_filings(
    engine: Engine, *, days: Sequence[date] | None = None, is_asked: bool = False, run_id: str | None = None
) -> SweepReport:
    """Compare the indexes of these days, or of all that are still to be swept, with what the feeds have listed.

    Raises:
        DatabaseUnavailable: PostgreSQL went away for longer than we wait; what was listed stays.
    """
    run = _SweepRun(engine, run_id, days, is_asked=is_asked)
    run_to_end(run)
    return run.swept


def days_asked(database: Database, *, day: date | None = None, count: int | None = None) -> tuple[date, ...] | None:
    """The days that a person asks for: one, or the last so many business days; None: those that are still to be swept.

    Raises:
        ConfigurationError: the index of that day is not there yet.
    """
    today = today_in_new_york(database.now())
    if day is not None and day >= today:
        raise ConfigurationError(
            f"{day}: the index of a day comes at its end, and in New York it is {today}; ask for a day before that"
        )
    if day is not None:
        return (day,)
    return None if count is None else last_business_days(today, count)


class _SweepRun(GuestRun):
    """One day after the other."""

    def __init__(self, engine: Engine, run_id: str | None, days: Sequence[date] | None, *, is_asked: bool) -> None:
        super().__init__(engine, run_id, SilentObserver())
        self.is_asked = is_asked
        self.swept = SweepReport()
        self._days = days

    async def work(self) -> None:
        now = await self.off_loop(self.engine.database.now)
        watched = await self.in_database(insider_sweeps.watched_companies)
        self.swept.companies = len({each.cik for each in watched})
        if not watched:
            return
        days = self._days
        if days is None:
            before = await self.in_database(insider_sweeps.swept_days)
            days = days_to_sweep(today_in_new_york(now), before)
            self.swept.skipped = skipped_days(today_in_new_york(now), before)
        sites = self._by_site(watched)
        for day in days if sites else ():
            try:
                self.swept.days.append(await self._sweep(day, sites, now))
            except HostResting as resting:  # the other days are made up for the next time
                self.swept.days.append(await self._failed(day, Outcome.RATE_LIMITED, str(resting)))
                return

    def _by_site(self, watched: Sequence[WatchedCompany]) -> Mapping[str, Sequence[WatchedCompany]]:
        sites: defaultdict[str, list[WatchedCompany]] = defaultdict(list)
        for each in watched:
            try:
                sites[sec_form4().asked_by(each.watch).site].append(each)
            except ValidationError:  # stored by another version: its own check says what is wrong with it
                self.swept.left_out.append(each.watch.watch_id)
        return sites

    async def _sweep(self, day: date, sites: Mapping[str, Sequence[WatchedCompany]], now: datetime) -> DaySwept:
        found: dict[str, ListedFiling] = {}
        outcomes: list[Outcome] = []
        notes: list[str] = []
        for site, watched in sites.items():
            page = await self._index_of(day, site, watched[0].watch, now)
            if page.outcome is not Outcome.OK:
                if page.outcome not in _NOT_THERE:
                    return await self._failed(day, page.outcome, page.error or page.outcome.verdict.meaning)
                outcomes.append(Outcome.NOT_FOUND)
                continue
            index = await asyncio.to_thread(sec_form4().read_daily_index, page.text)
            if index.error:
                return await self._failed(day, Outcome.UNREADABLE, f"{page.final_url}: {index.error}")
            if index.malformed:
                notes.append(f"{index.malformed:,} lines of {page.final_url} could not be understood")
            outcomes.append(Outcome.OK)
            ciks = {each.cik for each in watched}
            listed = [
                ListedFiling(
                    accession=row.accession,
                    form=row.form,
                    filed_on=row.filed_on,
                    url=f"{site}/Archives/{row.path}",
                    feed_cik=row.cik,
                    source="index",
                )
                for row in index.rows
                if row.cik in ciks and row.form in SUBMITTED_FORMS
            ]
            await self._list(listed, watched)
            found |= {each.accession: each for each in listed}
        return await self._ended(day, found, outcomes, notes, sites)

    async def _index_of(self, day: date, site: str, watch: Watch, now: datetime) -> Page:
        """As a check of this watch would ask for it.

        Raises:
            HostResting: nobody may ask the host now.
        """
        request = sec_form4().daily_index_request(day, site)
        store = await self.in_database(partial(insider_sweeps.store_of, watch=watch))
        asking = Watch(
            watch_id="sweep", provider=watch.provider, query=watch.query, host=host_key(site), url=request.url
        )
        check = OpenCheck(watch=asking, store=store, kind=CheckKind.MANUAL, slot_at=now, attempt=1)
        fetch = PoliteFetch(self.guest, check, read_with="", now=now)
        try:
            async with fetch.in_hand(), fetch.limited(CHECK_TIMEOUT):
                return await fetch(request)
        except TimeoutError:
            error = f"{request.url} took longer than {CHECK_TIMEOUT}"
            return Page(request=request, outcome=Outcome.TIMEOUT, final_url=request.url, error=error)

    async def _list(self, listed: Sequence[ListedFiling], watched: Sequence[WatchedCompany]) -> None:
        """Several watches of one company want what any of them wants."""
        for each in watched:
            if own := [filing for filing in listed if filing.feed_cik == each.cik]:
                bounds = sec_form4().asked_by(each.watch).bounds
                await self.in_database(partial(insider_feeds.list_missed, cik=each.cik, listed=own, bounds=bounds))

    async def _ended(
        self,
        day: date,
        found: Mapping[str, ListedFiling],
        outcomes: Sequence[Outcome],
        notes: Sequence[str],
        sites: Mapping[str, Sequence[WatchedCompany]],
    ) -> DaySwept:
        missed = await self.in_database(partial(insider_sweeps.missed, accessions=found))
        waiting = [w.watch.watch_id for watched in sites.values() for w in watched if w.cik in missed.due]
        due = await self.in_database(partial(insider_sweeps.make_due, watch_ids=waiting)) if waiting else []
        swept = DaySwept(
            day=day,
            outcome=Outcome.OK if Outcome.OK in outcomes else Outcome.NOT_FOUND,
            filings=len(found),
            missed=missed.count,
            due=tuple(due),
            error="; ".join(notes) or None,
        )
        return await self._recorded(swept)

    async def _failed(self, day: date, outcome: Outcome, error: str) -> DaySwept:
        return await self._recorded(DaySwept(day=day, outcome=outcome, error=error[:LONGEST_ERROR]))

    async def _recorded(self, swept: DaySwept) -> DaySwept:
        record = partial(
            insider_sweeps.record,
            day=swept.day,
            outcome=swept.outcome,
            filings=swept.filings,
            missed=swept.missed,
            error=swept.error,
        )
        await self.in_database(record)
        return swept
