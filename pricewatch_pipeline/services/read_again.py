"""One stored page, read by the very code that reads fetched ones: the provider is given a `fetch` that serves it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pricewatch_pipeline.domain.offers import Offer, problem_of, storable
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.domain.providers import CollectingProvider, Detail, Provider, Reading, as_of
from pricewatch_pipeline.domain.redaction import CUT
from pricewatch_pipeline.domain.replays import NOT_OF_THE_PAGE, PastCheck
from pricewatch_pipeline.domain.watches import Store, Watch
from pricewatch_pipeline.errors import EvidenceUnavailable, PricewatchError
from pricewatch_pipeline.fetching.walls import behind_wall
from pricewatch_pipeline.services.keep_evidence import read_page
from pricewatch_pipeline.services.place_pages import PagePlace
from pricewatch_pipeline.storage.corrections import as_stored
from pricewatch_pipeline.storage.database import Database

log = logging.getLogger(__name__)

READ_TIMEOUT_S = 60.0
MOST_UNAVAILABLE = 3
"""Pages in a row that cannot be got at: then the place is away, and not a page."""
_MOST_REMEMBERED = 64
_OF_MANY = "its price is the latest of many documents, and the page of a check says nothing of them"

RunCoroutine = Callable[[Coroutine[Any, Any, Reading]], Reading]


@dataclass(frozen=True, kw_only=True)
class Again:
    """What today's reader makes of a stored page."""

    outcome: Outcome
    offer: Offer | None = None
    """As it would come back from the database, its candidates apart; exactly when the outcome is `ok`."""
    stored: Offer = field(default_factory=Offer)
    """What is written down of it: the offer, or why there is none."""
    problem: str | None = None
    """Why the page could not be read again at all."""
    is_gone: bool = False
    """The page is not kept any more."""
    details: tuple[Detail, ...] = ()
    """Rows for the provider's own tables."""


class StoredPages:
    """Reads the pages behind the checks of one watch after another. A page that is behind many checks is read once."""

    def __init__(
        self, database: Database, place: PagePlace | None, providers: Mapping[str, Provider], *, run: RunCoroutine
    ) -> None:
        self.pages_read = 0
        self._database = database
        self._place = place
        self._providers = providers
        self._run = run
        self._known: dict[tuple[bytes | None, str | None, str | None], Again] = {}
        self._settled: tuple[str, object] | None = None
        self._unavailable = 0

    def is_settled(self, check: PastCheck) -> bool:
        """Whether another attempt at this slot has said all there is to say."""
        return self._settled == (check.watch_id, check.slot_at)

    def settle(self, check: PastCheck) -> None:
        """Nothing more is to be said of this slot. Checks come in the order of their slots."""
        self._settled = (check.watch_id, check.slot_at)

    def forget(self) -> None:
        """Another watch comes, which reads the same page for itself."""
        self._known.clear()

    def read(self, check: PastCheck, watch: Watch, store: Store | None) -> Again:
        """Read the page of a check.

        Raises:
            EvidenceUnavailable, MissingExtra: the place where pages lie cannot be read, again and again.
        """
        key = (check.page_sha256, check.final_url, check.fetcher)
        if key not in self._known:
            if len(self._known) >= _MOST_REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[key] = self._read(check, watch, store)
        return self._known[key]

    def _read(self, check: PastCheck, watch: Watch, store: Store | None) -> Again:
        provider = self._providers.get(watch.provider)
        if provider is None:
            return _failed(f"no provider {watch.provider!r} is installed here")
        if isinstance(provider, CollectingProvider):
            return _failed(_OF_MANY)
        try:
            body = read_page(self._database, self._place, check.page_sha256 or b"")
        except EvidenceUnavailable as error:
            self._unavailable += 1
            if self._unavailable >= MOST_UNAVAILABLE:
                raise
            return _failed(str(error))
        self._unavailable = 0
        if body is None:
            return Again(outcome=check.outcome, is_gone=True)
        self.pages_read += 1
        again = _as_again(self._ask(as_of(provider, check.finished_at), watch, store, _Shelf(check, body)))
        if CUT in body and not again.problem:
            note = f"{again.stored.reason or ''}; the page is kept without the values of its cookies".removeprefix("; ")
            return replace(again, stored=replace(again.stored, reason=note))
        return again

    def _ask(self, provider: Provider, watch: Watch, store: Store | None, shelf: "_Shelf") -> Reading:
        try:
            return self._run(_limited(provider.check(watch, store, shelf.fetch)))
        except TimeoutError:
            return Reading(outcome=Outcome.TIMEOUT, error=f"reading took longer than {READ_TIMEOUT_S:.0f} s")
        except PricewatchError as error:
            return Reading(outcome=Outcome.PROVIDER_ERROR, error=str(error))
        except Exception as error:  # a provider may raise anything; the other pages are read
            log.exception("provider %s failed on a stored page of watch %s", watch.provider, watch.watch_id)
            return Reading(outcome=Outcome.PROVIDER_ERROR, error=f"{type(error).__name__}: {error}")


async def _limited(reading: Coroutine[Any, Any, Reading]) -> Reading:
    async with asyncio.timeout(READ_TIMEOUT_S):
        return await reading


class _Shelf:
    """Serves one stored page, once."""

    def __init__(self, check: PastCheck, body: bytes) -> None:
        self._check = check
        self._body = body
        self._is_taken = False

    async def fetch(self, request: PageRequest) -> Page:
        if self._is_taken:
            raise EvidenceUnavailable("the provider asks for more pages than the one that is kept of a check")
        self._is_taken = True
        check = self._check
        page = Page(
            request=replace(request, fetcher=check.fetcher or request.fetcher),
            outcome=Outcome.OK,
            final_url=check.final_url or request.url,
            fetched_at=check.finished_at,
            status=check.http_status or 200,
            headers={"content-type": check.content_type},
            body=self._body,
            wire_bytes=len(self._body),
        )
        return await asyncio.to_thread(behind_wall, page)


def _as_again(reading: Reading) -> Again:
    if reading.outcome in NOT_OF_THE_PAGE:
        return _failed(f"{reading.outcome}: {reading.error or reading.outcome.verdict.meaning}")
    if reading.outcome is not Outcome.OK:
        return replace(_nothing(reading.outcome, reading.error), details=reading.details)
    if reading.offer is None:
        return _failed("the provider says ok and gives no offer")
    if problem := problem_of(reading.offer):
        return _nothing(Outcome.UNREADABLE, problem)
    offer = storable(reading.offer)
    return Again(outcome=Outcome.OK, offer=as_stored(offer), stored=offer, details=reading.details)


def _nothing(outcome: Outcome, error: str | None) -> Again:
    return Again(outcome=outcome, stored=storable(Offer(reason=error or outcome.verdict.meaning)))


def _failed(problem: str) -> Again:
    return Again(outcome=Outcome.PROVIDER_ERROR, problem=problem)
