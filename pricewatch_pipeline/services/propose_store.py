"""Proposes a store from pages that were looked at: where it is, what its numbers mean, and how its price is best read."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pricewatch_pipeline.domain.hosts import registrable_domain, site_of, split_url
from pricewatch_pipeline.domain.offers import Candidate, PriceRole
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.domain.watches import Store, Strategy
from pricewatch_pipeline.errors import WatchFileError
from pricewatch_pipeline.parsing.currencies import country_of_host, locale_of
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.propose_strategies import read_with, strategies_for
from pricewatch_pipeline.services.fetch_ways import AUTO, DEAR
from pricewatch_pipeline.services.look_alone import look_again
from pricewatch_pipeline.services.sample_store import Sample
from pricewatch_pipeline.services.steer_stores import store_from
from pricewatch_pipeline.watch_files.write import Entry

GENERAL = "without strategies"
MOST_SHOWN = 6
"""Strategies that are proposed, the best first."""
_NOT_IN_ID = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, kw_only=True)
class Money:
    """What was read as a price."""

    amount: Decimal
    currency: str | None = None


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to read the price, and what it reads on each page."""

    name: str
    """`without strategies`, a source such as `json_ld`, or a strategy such as `css:.price`."""
    prices: tuple[Money | None, ...]
    strategy: Strategy | None = None

    def fits(self, due: Sequence[Decimal | None]) -> bool:
        """Whether it reads a price on every page, and the one that is due where that is known."""
        return all(
            price is not None and known in (None, price.amount) for price, known in zip(self.prices, due, strict=True)
        )


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A store, and what speaks for it."""

    store: Store
    samples: tuple[Sample, ...]
    due: tuple[Decimal | None, ...]
    """The price of each page, as far as it is known."""
    ways: tuple[Way, ...]
    readings: tuple[Reading, ...]
    """What a check reads on each page with the proposed store."""
    reasons: tuple[str, ...]
    problems: tuple[str, ...]
    """What speaks against storing it."""


def first_draft(urls: Sequence[str], given: Entry) -> Store:
    """The store with which its pages are looked at first: what is given, and the domain; a browser where one is needed.

    Raises:
        WatchFileError, ForbiddenAddress: what was given is not valid; every issue is named.
    """
    domains = list(dict.fromkeys(domain_of(url) for url in urls))
    draft = {"domains": domains, "fetcher": AUTO, **_known(given)}
    return store_from({"id": id_of(draft["domains"]), **draft})


def propose(samples: Sequence[Sample], given: Entry, *, expected: Decimal | None = None) -> Proposal:
    """The store that fits these pages; what is `given` stands. `expected` is the price a person sees on the first page.

    Raises:
        WatchFileError: what was given is not valid; every issue is named.
    """
    documents = [sample.document() for sample in samples]
    given = _known(given)
    entry, reasons = _described(samples, documents, given)
    store = store_from(entry)
    general = Way(name=GENERAL, prices=tuple(_money(sample.reading) for sample in samples))
    own = [_tried(one, documents, store) for one in store.strategies.get("price", ())]
    due = _due(samples, expected, own)
    found = [] if own else _found(documents, due, store)
    is_enough = all(_is_right(s.reading, known) for s, known in zip(samples, due, strict=True))
    best = next((way for way in found if way.fits(due)), None)
    if own:
        reasons.append("price: by the strategies that you gave")
    elif is_enough:
        reasons.append("strategies: none are needed, for the price is read without any")
    elif best and best.strategy:
        entry["strategies"] = {**entry.get("strategies", {}), "price": best.name}
        store = store_from(entry)
        reasons.append(f"price: by {best.name}, which reads {_count(len(samples))} right")
    readings = tuple(_reading_with(sample, store) for sample in samples)
    return Proposal(
        store=store,
        samples=tuple(samples),
        due=due,
        ways=(general, *_sources(samples), *own, *found[:MOST_SHOWN]),
        readings=readings,
        reasons=tuple(reasons),
        problems=tuple(_problems(samples, readings, due, expected)),
    )


def _known(given: Entry) -> Entry:
    return {name: value for name, value in given.items() if value not in (None, [], {}, ())}


def domain_of(url: str) -> str:
    """The site of a page as a store's domain: without `www.`."""
    site = site_of(url)
    return site.removeprefix("www.") if registrable_domain(site.removeprefix("www.")) else site


def _described(
    samples: Sequence[Sample], documents: Sequence[Document | None], given: Entry
) -> tuple[Entry, list[str]]:
    pages = [sample.page for sample in samples]
    urls = [sample.url for sample in samples if not sample.is_found]
    domains = list(dict.fromkeys(domain_of(url) for url in [*urls, *(page.final_url for page in pages if page)]))
    shown = [document for document in documents if document]
    name = next((text for document in shown if (text := document.meta("og:site_name", "application-name"))), None)
    locale = next((text for document in shown if (text := _locale(document))), None)
    currency, why_no_currency = _currency(samples)
    is_browsed = any(page and page.request.fetcher == DEAR for page in pages)
    needs_script = is_browsed or any(sample.reading.needs_script for sample in samples)
    reasons = [f"currency: {why_no_currency}"] if why_no_currency and "currency" not in given else []
    if needs_script and "fetcher" not in given:
        reasons.append("fetcher: auto, for a page is an empty shell without a browser")
    entry = {
        "name": " ".join(name.split())[:100] if name else None,
        "domains": domains,
        "locale": locale,
        "currency": currency,
        "fetcher": AUTO if needs_script else None,
        "test_urls": urls,
    }
    entry = _known({**entry, **given})
    return {"id": id_of(given.get("domains") or domains), **entry}, reasons


def id_of(domains: Sequence[str]) -> str:
    """A store's id, made of its first domain."""
    plain = _NOT_IN_ID.sub("-", (domains[0] if domains else "store").lower()).strip("-")
    return plain[:64].strip("-") or "store"


def _locale(document: Document) -> str | None:
    """Language and country: as the page says, the country else from the host."""
    host = split_url(document.url).hostname or ""
    for tag in (document.language, document.meta("og:locale")):
        if tag and len(tag) < 36 and (parsed := locale_of(tag)):
            country = parsed.territory or country_of_host(host)
            return _valid_locale(f"{parsed.language}-{country}" if country else parsed.language)
    return None


def _valid_locale(text: str) -> str | None:
    try:
        return store_from({"id": "x", "domains": ["x.test"], "locale": text}).locale
    except WatchFileError:
        return None


def _currency(samples: Sequence[Sample]) -> tuple[str | None, str | None]:
    """The currency of all pages, or why there is none to be proposed."""
    read = [s.reading.offer.currency for s in samples if s.reading.offer and s.reading.offer.price is not None]
    known = Counter(code for code in read if code)
    if len(known) == 1:
        return next(iter(known)), None
    if known:
        return None, f"its pages show several ({', '.join(sorted(known))}), so none is proposed; give --currency"
    return None, "no page shows one; give --currency" if read else None


def _due(samples: Sequence[Sample], expected: Decimal | None, own: Sequence[Way]) -> tuple[Decimal | None, ...]:
    read = [money.amount if (money := _money(sample.reading)) else None for sample in samples]
    if own:  # who says how a price is read knows better than a reader who was told nothing
        by_own = [
            next((price.amount for price in prices if price), None)
            for prices in zip(*(w.prices for w in own), strict=True)
        ]
        read = [mine if mine is not None else other for mine, other in zip(by_own, read, strict=True)]
    if expected is None or not read or read[0] == expected:
        return tuple(read)
    # The reader was wrong on the page that somebody looked at: what it says of the others counts for nothing.
    return (expected, *([None] * (len(read) - 1)))


def _money(reading: Reading) -> Money | None:
    offer = reading.offer
    if not reading.outcome.is_success or offer is None or offer.price is None:
        return None
    return Money(amount=offer.price, currency=offer.currency)


def _is_right(reading: Reading, due: Decimal | None) -> bool:
    money = _money(reading)
    return reading.outcome.is_success and (money.amount if money else None) == due


def _sources(samples: Sequence[Sample]) -> list[Way]:
    """What each source of the pages gives for the price by itself."""
    seen = [sample.reading.offer.candidates if sample.reading.offer else () for sample in samples]
    names = dict.fromkeys(candidate.source for candidates in seen for candidate in candidates)
    return [Way(name=name, prices=tuple(_best(name, candidates) for candidates in seen)) for name in names]


def _best(source: str, candidates: Iterable[Candidate]) -> Money | None:
    mine = [
        c
        for c in candidates
        if c.source == source and c.amount is not None and (c.is_chosen or c.role == PriceRole.PRICE)
    ]
    if not mine:
        return None
    best = max(mine, key=lambda candidate: (candidate.is_chosen, candidate.score or 0))
    return Money(amount=best.amount or Decimal(0), currency=best.currency)


def _found(documents: Sequence[Document | None], due: Sequence[Decimal | None], store: Store) -> list[Way]:
    """Strategies that read what is due, those that fit all pages first."""
    proposed = dict.fromkeys(
        strategy
        for document, amount in zip(documents, due, strict=True)
        if document and amount is not None
        for strategy in strategies_for(document, amount, locale=_hint(document, store))
    )
    ways = [_tried(strategy, documents, store) for strategy in proposed]
    return sorted(ways, key=lambda way: (not way.fits(due), -sum(price is not None for price in way.prices)))


def _tried(strategy: Strategy, documents: Sequence[Document | None], store: Store) -> Way:
    prices = tuple(_read(strategy, document, store) if document else None for document in documents)
    return Way(name=f"{strategy.kind}:{strategy.expression}", prices=prices, strategy=strategy)


def _read(strategy: Strategy, document: Document, store: Store) -> Money | None:
    price = read_with(document, strategy, locale=_hint(document, store))
    if price is None or price.amount is None:
        return None
    return Money(amount=price.amount, currency=price.currency or store.currency)


def _hint(document: Document, store: Store) -> str | None:
    return store.locale or document.language


def _reading_with(sample: Sample, store: Store) -> Reading:
    page = sample.page
    return look_again(page, sample.url, store) if page else sample.reading


def _problems(
    samples: Sequence[Sample], readings: Sequence[Reading], due: Sequence[Decimal | None], expected: Decimal | None
) -> Iterable[str]:
    for sample, reading, known in zip(samples, readings, due, strict=True):
        money = _money(reading)
        if not reading.outcome.is_success:
            yield f"{sample.url}: {reading.outcome}: {reading.error or reading.outcome.verdict.meaning}"
        elif known is not None and (money is None or money.amount != known):
            yield f"{sample.url}: read {money.amount if money else 'no price'}, but the price is {known}"
    if expected is None and samples and not any(_money(reading) for reading in readings):
        yield "no price was read on any page; name one that shows a price, or say with --expect which price the first one shows"


def _count(pages: int) -> str:
    return "the page" if pages == 1 else f"all {pages} pages"
