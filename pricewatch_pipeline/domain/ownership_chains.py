"""Ownership chains: one block of shares that several entities report, each in a filing of its own.

A fund, its general partner and that one's manager all own the same shares, one directly and the others indirectly, and each must report
them. Their rows are alike in everything: table, security, date, code, direction, shares, price, and in what is owned afterwards. The one
filed first is the trade; the others *repeat* it (ties: the smaller accession). Rows of one filing never repeat each other: tranches may be
alike. Filings of the same owners are no chain.

Two people who each buy 1,000 at one price own different numbers afterwards, unless both begin from nothing, as at an offering, or with a
grant to all directors. So rows that are both owned directly, by officers or directors who own less than a tenth and have no owner in
common, are trades of their own.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from pricewatch_pipeline.domain.amendments import Key, Trade, wording


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainFiling:
    """As much of a filing as says whether it is of a chain."""

    accession: str
    filed_on: date
    owners: frozenset[str]
    """CIKs."""
    is_of_insiders: bool
    """Officers or directors, none of whom owns a tenth."""


def repeated(filings: Iterable[ChainFiling], trades: Iterable[Trade]) -> Mapping[Key, str]:
    """By transaction that repeats another, the accession of the filing that reports it first. `trades`: those of one issuer that
    stand; what is superseded repeats nothing and is repeated by nothing."""
    by_accession = {filing.accession: filing for filing in filings}
    groups: dict[tuple[object, ...], list[Trade]] = defaultdict(list)
    for trade in trades:
        if block := _block(trade):
            groups[block].append(trade)
    return {
        key: first
        for rows in groups.values()
        if len({row.accession for row in rows}) > 1
        for key, first in _repeated_of_block(rows, by_accession).items()
    }


def _block(trade: Trade) -> tuple[object, ...] | None:
    """What the rows of a chain have in common; None where too little is known of a row to say that it is the same block."""
    numbers = (trade.shares, trade.price, trade.owned_after)
    if trade.traded_on is None or trade.code is None or None in numbers:
        return None
    return trade.table, wording(trade.security), trade.traded_on, trade.code, trade.acquired_disposed, *numbers


def _repeated_of_block(rows: Iterable[Trade], filings: Mapping[str, ChainFiling]) -> Mapping[Key, str]:
    ordered = sorted(rows, key=lambda row: (filings[row.accession].filed_on, *row.key))
    firsts: list[Trade] = []
    seen: Counter[tuple[str, str]] = Counter()
    repeats: dict[Key, str] = {}
    for row in ordered:
        # The second of two tranches that are alike repeats the second of that filing, and so on.
        first = next(
            (
                each.accession
                for each in firsts
                if _are_one_block(row, each, filings) and seen[each.accession, row.accession] < _count(firsts, each)
            ),
            None,
        )
        if first is None:
            firsts.append(row)
        else:
            seen[first, row.accession] += 1
            repeats[row.key] = first
    return repeats


def _count(rows: Iterable[Trade], of: Trade) -> int:
    return sum(each.accession == of.accession for each in rows)


def _are_one_block(row: Trade, other: Trade, filings: Mapping[str, ChainFiling]) -> bool:
    one, two = filings[row.accession], filings[other.accession]
    if one.accession == two.accession or one.owners == two.owners:
        return False
    if one.owners & two.owners or not (one.is_of_insiders and two.is_of_insiders):
        return True
    return not (row.direct_indirect == other.direct_indirect == "D")
