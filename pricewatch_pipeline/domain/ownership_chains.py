"""Ownership chains: one block of shares that several entities report, each in a filing of its own.

A fund, its general partner and that one's manager all own the same shares, one directly and the others indirectly, and each must report
them. Their rows are alike in everything: table, security, date, code, direction, shares, price, and in what is owned afterwards. The one
filed first is the trade; the others *repeat* it (ties: the smaller accession). Rows of one filing never repeat each other: tranches may be
alike. Filings of the same owners are no chain.

An amendment is of the block of what it restates, whatever it puts right: the others need not have put it right, too. The block counts once,
as the filing that reported it first says now.

Two people who each buy 1,000 at one price own different numbers afterwards, unless both begin from nothing, as at an offering, or with a
grant to all directors. So rows that are both owned directly, by officers or directors who own less than a tenth and have no owner in
common, are trades of their own.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from pricewatch_pipeline.domain.amendments import Key, Trade, heirs, wording


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainFiling:
    """As much of a filing as says whether it is of a chain."""

    accession: str
    filed_on: date
    owners: frozenset[str]
    """CIKs."""
    is_of_insiders: bool
    """Officers or directors, none of whom owns a tenth."""


def repeated(
    filings: Iterable[ChainFiling], trades: Iterable[Trade], restated: Mapping[Key, str] | None = None
) -> Mapping[Key, str]:
    """By transaction that repeats another, the accession of the filing that reports it: the first, or what amended that one.

    Args:
        filings: Those of the trades.
        trades: Of one issuer, those that amendments restate among them: what hangs together with any of them is there whole.
        restated: By transaction that is superseded, the accession of the amendment that restates it; it repeats nothing.
    """
    by_accession = {filing.accession: filing for filing in filings}
    trades, restated = list(trades), restated or {}
    heir_of = heirs(trades, restated)
    one_of = _Groups()
    for key, other in (*heir_of.items(), *_pairs(trades, by_accession)):
        one_of.join(key, other)
    blocks: dict[Key, list[Trade]] = defaultdict(list)
    for trade in sorted(trades, key=lambda each: (by_accession[each.accession].filed_on, *each.key)):
        blocks[one_of.of(trade.key)].append(trade)
    found: dict[Key, str] = {}
    for rows in blocks.values():
        standing = [row.key for row in rows if row.key not in restated]
        first = _as_it_stands(rows[0].key, heir_of)
        if standing and first not in standing:
            first = standing[0]
        found |= {key: first[0] for key in standing if key[0] != first[0]}
    return found


class _Groups:
    """What is one with what: sets that are joined."""

    def __init__(self) -> None:
        self._parents: dict[Key, Key] = {}

    def of(self, key: Key) -> Key:
        """The same for all of one set."""
        while key in self._parents:
            key = self._parents[key]
        return key

    def join(self, one: Key, other: Key) -> None:
        one, other = self.of(one), self.of(other)
        if one != other:
            self._parents[one] = other


def _as_it_stands(key: Key, heir_of: Mapping[Key, Key]) -> Key:
    while key in heir_of:
        key = heir_of[key]
    return key


def _pairs(trades: Iterable[Trade], filings: Mapping[str, ChainFiling]) -> Iterator[tuple[Key, Key]]:
    """Each row that repeats another as both were filed, and that other."""
    alike: dict[tuple[object, ...], list[Trade]] = defaultdict(list)
    for trade in trades:
        if block := _block(trade):
            alike[block].append(trade)
    for rows in alike.values():
        if len({row.accession for row in rows}) > 1:
            yield from _pairs_of_block(rows, filings)


def _block(trade: Trade) -> tuple[object, ...] | None:
    """What the rows of a chain have in common; None where too little is known of a row to say that it is the same block."""
    numbers = (trade.shares, trade.price, trade.owned_after)
    if trade.traded_on is None or trade.code is None or None in numbers:
        return None
    return trade.table, wording(trade.security), trade.traded_on, trade.code, trade.acquired_disposed, *numbers


def _pairs_of_block(rows: Iterable[Trade], filings: Mapping[str, ChainFiling]) -> Iterator[tuple[Key, Key]]:
    ordered = sorted(rows, key=lambda row: (filings[row.accession].filed_on, *row.key))
    firsts: list[Trade] = []
    taken: set[tuple[str, Key]] = set()
    for row in ordered:
        # The second of two tranches that are alike repeats the second of that filing, and so on.
        first = next(
            (each for each in firsts if _are_one_block(row, each, filings) and (row.accession, each.key) not in taken),
            None,
        )
        if first is None:
            firsts.append(row)
        else:
            taken.add((row.accession, first.key))
            yield row.key, first.key


def _are_one_block(row: Trade, other: Trade, filings: Mapping[str, ChainFiling]) -> bool:
    one, two = filings[row.accession], filings[other.accession]
    if one.accession == two.accession or one.owners == two.owners:
        return False
    if one.owners & two.owners or not (one.is_of_insiders and two.is_of_insiders):
        return True
    return not (row.direct_indirect == other.direct_indirect == "D")
