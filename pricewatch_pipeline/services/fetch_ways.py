"""Fetches a page in the ways that a store's file allows: its fetcher, its proxies, and what it permits on a block."""

from dataclasses import replace
from datetime import timedelta

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Fetch, Page, PageRequest
from pricewatch_pipeline.domain.proxies import RestingProxies, goes_on, ways
from pricewatch_pipeline.domain.watches import Store

AUTO = "auto"
CHEAP = "http"
DEAR = "browser"


def obeys_robots(store: Store | None) -> bool:
    """Whether robots.txt counts: unless the store's file says that it does not."""
    return store is None or store.politeness.obeys_robots


def first_kind(store: Store | None, learned: str | None) -> str:
    """The fetcher to begin with."""
    if store is None:
        return CHEAP
    return (learned or CHEAP) if store.fetcher == AUTO else store.fetcher


def may_escalate(store: Store | None, kind: str) -> bool:
    """Whether a page that is an empty shell may be fetched again, by the browser."""
    return store is not None and store.fetcher == AUTO and kind == CHEAP


def another_kind(store: Store | None, kind: str) -> str | None:
    """The fetcher by which a doubtful page may be looked at again: one that the store's file names; None: there is none."""
    if may_escalate(store, kind):
        return DEAR
    return next((other for other in store.when_blocked if other != kind), None) if store else None


async def fetch_as_allowed(
    request: PageRequest, fetch: Fetch, *, store: Store | None, kind: str, turn: int, resting: RestingProxies
) -> tuple[Page, ...]:
    """The pages of all attempts, in their order; the last one counts.

    Args:
        request: what the provider asks for; a fetcher that it names is used and no other.
        fetch: makes one attempt.
        store: whose file says what is allowed; None: one attempt, without a proxy.
        kind: the fetcher to begin with.
        turn: decides with which proxy to begin, where a store rotates them.
        resting: the proxies that were found down; asked only when there is no other way.
    """
    if store is None:
        return (await fetch(replace(request, fetcher=request.fetcher or kind)),)
    proxies = sorted(ways(store.proxies, turn), key=lambda name: name is not None and resting.is_resting(name))
    # Who says who asks does not come in disguise.
    named = CHEAP if request.wants_contact else request.fetcher
    kinds = (named,) if named else (kind, *(k for k in store.when_blocked if k != kind))
    tried: list[Page] = []
    for each in kinds:
        for proxy in proxies:
            attempt = replace(
                request,
                fetcher=each,
                proxy=proxy,
                browsing=store.browsing,
                impersonates=store.impersonates,
                closes_host=request.closes_host and each == kinds[-1],  # while another way is left, it is to be gone
            )
            page = await fetch(attempt)
            tried.append(page)
            if proxy and page.is_proxy_failure:
                resting.found_down(proxy)
            if not goes_on(store.proxies, page.outcome, page.is_proxy_failure):
                break
        if tried[-1].outcome is not Outcome.BLOCKED:
            break
    blocked = [page for page in tried if page.outcome is Outcome.BLOCKED]
    if blocked and tried[-1].outcome is Outcome.PROVIDER_ERROR:
        # The other way does not exist on this machine; what the site said is what the operator must know.
        error = f"{blocked[-1].error or 'the site blocks us'} (and the other way is closed: {tried[-1].error})"
        tried.append(replace(blocked[-1], error=error, wire_bytes=0, elapsed=timedelta(0)))
    return tuple(tried)
