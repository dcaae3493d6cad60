"""What a check tells: the latest trade as an offer, what is new as a signal, and its numbers as a row. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from pricewatch_pipeline.domain.filings import Counts, News, OpenMarketTrade
from pricewatch_pipeline.domain.offers import Candidate, Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.providers import Detail, Reading
from pricewatch_pipeline.domain.sweeps import ZONE
from pricewatch_pipeline.providers.sec_form4.ground import Stopped, Tally

METHOD = "sec_form4"
CURRENCY = "USD"
_VERBS = {"P": "purchase", "S": "sale"}
_CENTS = Decimal("0.01")
_SNAPSHOT_DECIMALS = Decimal("0.0001")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What is known of a company at the end of a check."""

    cik: str
    name: str
    counts: Counts
    trade: OpenMarketTrade | None
    news: News
    tally: Tally
    is_unchanged: bool
    """The list of filings is the one that was read the last time."""


def reading_of(seen: Seen, stopped: Stopped | None) -> Reading:
    """The reading of a check: without its pages."""
    outcome = stopped.outcome if stopped else _outcome(seen)
    offer = offer_of(seen) if outcome is Outcome.OK else None
    return Reading(
        outcome=outcome,
        offer=offer,
        details=(_detail(seen, outcome),),
        signals=_signals(seen.news) if offer else {},
        error=stopped.error if stopped else None if outcome.is_success else _why_none(seen),
        is_exact=True,
        news_at=_news_at(seen) if offer else None,
        remaining=0 if stopped else seen.counts.pending,
    )


def offer_of(seen: Seen) -> Offer | None:
    """The latest trade at a price on the open market."""
    trade = seen.trade
    if trade is None:
        return None
    price = shown(trade.price)
    return Offer(
        price=_stored(trade.price),
        currency=CURRENCY,
        price_text=f"{CURRENCY} {price}",
        title=f"{seen.name}: {in_words(trade)}",
        sku=trade.accession,
        seller=trade.owner,
        method=METHOD,
        reason=_reason(seen, trade),
        candidates=(_candidate(trade, price),),
    )


def _signals(news: News) -> dict[str, str]:
    largest = news.largest
    if largest is None:
        return {}
    shares = "" if largest.shares is None else f" of {_number(largest.shares)} shares"
    by = f" by {largest.owner}" if largest.owner else ""
    # A check tells of one: the others must not go unsaid.
    beside = f"; {_filings(largest.others)} more with trades" if largest.others else ""
    words = f"{_verb(largest.code)}{shares}{by} ({largest.accession}{beside})"
    return {"insider_trade_value": f"{largest.value:f}", "insider_trade": words}


def _verb(code: str) -> str:
    return _VERBS.get(code, f"trade ({code})")


def in_words(trade: OpenMarketTrade) -> str:
    """`sale of 3,000 at 172.30 on 2024-04-12`."""
    shares = "" if trade.shares is None else f" of {_number(trade.shares)}"
    return f"{_verb(trade.code)}{shares} at {shown(trade.price):,f} on {trade.traded_on}"


def shown(price: Decimal) -> Decimal:
    """The same price with two decimals at least, and no zeros beyond them."""
    plain = price.normalize()
    return plain.quantize(_CENTS) if plain == plain.quantize(_CENTS) else plain


def _stored(price: Decimal) -> Decimal | None:
    """As snapshots hold prices: what is rounded later would look like a change at every check. None: it would be 0."""
    return shown(price.quantize(_SNAPSHOT_DECIMALS, ROUND_HALF_UP)) or None


def _number(shares: Decimal) -> str:
    return f"{shares.to_integral_value() if shares == shares.to_integral_value() else shares.normalize():,f}"


def _candidate(trade: OpenMarketTrade, price: Decimal) -> Candidate:
    return Candidate(
        source=METHOD,
        place=f"{trade.accession}, Table I, row {trade.row}",
        raw=f"{CURRENCY} {price}",
        amount=price,
        currency=CURRENCY,
        is_chosen=True,
        why=in_words(trade),
    )


def _reason(seen: Seen, trade: OpenMarketTrade) -> str:
    by = f" by {trade.owner}" if trade.owner else ""
    said = [
        f"the latest trade of insiders at a price on the open market: {in_words(trade)}, {trade.security or 'a security'}{by}",
        f"filed on {trade.filed_on} as {trade.accession} (Table I, row {trade.row})",
    ]
    return "; ".join([*said, *_not_read(seen)])


def _not_read(seen: Seen) -> list[str]:
    """What there is besides what was read: nothing is left out without a word."""
    counts = seen.counts
    said = {
        f"{_filings(counts.pending)} still to be read": counts.pending,
        f"{_filings(counts.left_out)} beyond the bounds of the watch": counts.left_out,
        f"{_filings(seen.tally.beyond)} of all forms in older files beyond the bounds": seen.tally.beyond,
    }
    return [words for words, count in said.items() if count]


def _outcome(seen: Seen) -> Outcome:
    if seen.trade is None:
        return Outcome.NO_OFFERS
    # Another watch of this company may have read what is news to this one.
    return Outcome.NOT_MODIFIED if seen.is_unchanged and not seen.news.filings else Outcome.OK


def _why_none(seen: Seen) -> str:
    none = f"the SEC lists no filing of insiders (forms 3, 4, 5) for {seen.name}"
    if seen.counts.listed:
        read = _filings(seen.counts.read)
        none = f"none of the {read} read tells of a trade in shares of {seen.name} at a price on the open market"
    return "; ".join([none, *_not_read(seen)])


def _filings(count: int) -> str:
    return f"{count:,} {'filing' if count == 1 else 'filings'}"


def _news_at(seen: Seen) -> datetime | None:
    """When the latest trade was filed, where it is news: the SEC dates filings, and does not always say the hour."""
    if not seen.news.open_market or seen.trade is None:
        return None
    return datetime.combine(seen.trade.filed_on, time(), ZoneInfo(ZONE)).astimezone(UTC)


def _detail(seen: Seen, outcome: Outcome) -> Detail:
    counts, tally, trade = seen.counts, seen.tally, seen.trade
    row = {
        "outcome": outcome.value,
        "cik": seen.cik,
        "listed": counts.listed,
        "found": tally.found,
        "read": tally.read,
        "gone": tally.gone,
        "unreadable": tally.unreadable,
        "left_out": counts.left_out,
        "remaining": counts.pending,
        "transactions": tally.transactions,
        "holdings": tally.holdings,
        # Without a price nothing is told: what is worth telling waits for the next check that has one.
        "told_up_to": 0 if outcome is Outcome.NO_OFFERS and seen.news.largest else seen.news.up_to,
        "price": trade and _stored(trade.price),
        "currency": CURRENCY if trade else None,
        "traded_on": trade and trade.traded_on,
        "problem": tally.problem,
    }
    return Detail(table="filing_checks", row=row)
