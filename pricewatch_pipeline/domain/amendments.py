"""What amendments amend, and which transactions they restate.

**What is amended.** A 4/A amends the filing of the same issuer and base form, with an owner in common, that was filed on its
`dateOfOriginalSubmission`; where none was, one that tells of the same period. Of several it is the one with the most transactions like
its own (a long list of trades comes as several filings of one day), then the newest. It was filed before, as far as dates say. An
amendment may amend an amendment. It does not matter which of the two is read first.

**What is restated.** The filings that hang together so are gone through in the order in which they were filed. Each amendment
replaces, of what still stands of those before it, what it restates, and only that: rows without a counterpart stay, so an amendment of
holdings deletes no trade. Rows are compared within their group: same table, security, date, code, and nature of ownership.

- As many rows in the amendment as stand in the group, or more: it restates the group, unless the holdings say that its rows go on
  where those of the group end.
- Fewer: each restates one row, the one with the same shares and price if there is one, else with the same shares, else with the same
  price. The last two only unless the holdings, both before and after it, say that it is another tranche.
- No such row stands in the group, but one in the same table with the same shares, price and holdings after it, in a group that the
  amendment does not have: the same trade with its date, code or wording put right.

**Limits.** A trade whose date and number were both put right counts twice, as nothing says that it is one; one that an amendment
takes back without restating it stays; and one that an amendment adds, with the shares or price of another tranche and without the
holdings after it, takes that one's place.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

_EPOCH = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class FilingHead:
    """As much of a filing as says what it amends. All are of one issuer."""

    accession: str
    form: str
    filed_on: date
    accepted_at: datetime | None = None
    period: date | None = None
    original_filed_on: date | None = None
    owners: frozenset[str]
    """CIKs."""

    @property
    def is_amendment(self) -> bool:
        return self.form.endswith("/A")

    @property
    def base_form(self) -> str:
        return self.form.removesuffix("/A")


@dataclass(frozen=True, kw_only=True, slots=True)
class Trade:
    """As much of a transaction as says whether another restates or repeats it."""

    accession: str
    table: str
    row: int
    security: str | None = None
    traded_on: date | None = None
    code: str | None = None
    acquired_disposed: str | None = None
    shares: Decimal | None = None
    price: Decimal | None = None
    owned_after: Decimal | None = None
    direct_indirect: str | None = None
    nature: str | None = None

    @property
    def key(self) -> tuple[str, str, int]:
        return self.accession, self.table, self.row


Key = tuple[str, str, int]


def amended(amendment: FilingHead, others: Iterable[FilingHead], trades: Iterable[Trade] = ()) -> str | None:
    """The accession of the filing that this one amends; None: it is not among these, or this is no amendment. `trades`: of all of
    them."""
    if not amendment.is_amendment:
        return None
    found = [
        other
        for other in others
        if other.base_form == amendment.base_form
        and other.owners & amendment.owners
        and _order(other) < _order(amendment)
        and _may_be_original(amendment, other)
    ]
    if len(found) > 1:
        rows = _by_accession(trades)
        own = rows[amendment.accession]
        found.sort(
            key=lambda each: (
                each.filed_on == amendment.original_filed_on,
                _likeness(own, rows[each.accession]),
                _order(each),
            )
        )
    return found[-1].accession if found else None


def _likeness(amending: Iterable[Trade], original: Sequence[Trade]) -> tuple[int, int]:
    """How many rows have one that is alike in all but what is held, and how many have one in their group."""
    alike = {(_group(each), each.shares, each.price) for each in original}
    groups = {_group(each) for each in original}
    own = list(amending)
    return sum((_group(each), each.shares, each.price) in alike for each in own), sum(
        _group(each) in groups for each in own
    )


def _may_be_original(amendment: FilingHead, other: FilingHead) -> bool:
    if other.filed_on == amendment.original_filed_on:
        return True
    return amendment.period is not None and other.period == amendment.period


def _order(filing: FilingHead) -> tuple[date, bool, datetime, str]:
    """Filings in the order in which they were filed: on one day, what is amended comes before what amends it."""
    return filing.filed_on, filing.is_amendment, filing.accepted_at or _EPOCH, filing.accession


def superseded(filings: Sequence[FilingHead], trades: Iterable[Trade]) -> Mapping[Key, str]:
    """By transaction, the accession of the amendment that restates it. `filings`: all that hang together with each other."""
    trades = list(trades)
    rows = _by_accession(trades)
    standing: dict[str, list[Trade]] = {}
    families: dict[str, str] = {}
    restated: dict[Key, str] = {}
    for filing in sorted(filings, key=_order):
        original = amended(filing, filings, trades)
        family = families[filing.accession] = families[original] if original else filing.accession
        own = sorted(rows[filing.accession], key=lambda each: each.key)
        replaced = _restated(own, standing.get(family, []))
        restated |= dict.fromkeys(replaced, filing.accession)
        standing[family] = [each for each in standing.get(family, []) if each.key not in replaced] + own
    return restated


def heirs(trades: Iterable[Trade], restated: Mapping[Key, str]) -> Mapping[Key, Key]:
    """By transaction that an amendment restates, the row of the amendment that does: the likest one, each once. `restated`: as
    `superseded` says."""
    trades = sorted(trades, key=lambda each: each.key)
    rows = _by_accession(trades)
    found: dict[Key, Key] = {}
    taken: set[Key] = set()
    for is_alike in (
        _has_same_shares_and_price,
        _has_same_shares,
        _has_same_price,
        _is_of_same_group,
        _has_same_numbers,
    ):
        for each in trades:
            if each.key not in restated or each.key in found:
                continue
            left = (other for other in rows[restated[each.key]] if other.key not in taken)
            # In another group, only the numbers tell that it is the same trade.
            match = next(
                (
                    other
                    for other in left
                    if is_alike(other, each) and (is_alike is _has_same_numbers or _is_of_same_group(other, each))
                ),
                None,
            )
            if match:
                found[each.key] = match.key
                taken.add(match.key)
    return found


def _restated(amending: Sequence[Trade], standing: Sequence[Trade]) -> frozenset[Key]:
    """Which of the standing rows these rows restate."""
    if not standing:
        return frozenset()
    new, old = _by_group(amending), _by_group(standing)
    restated = {each.key for group in new for each in _restated_in_group(new[group], old.get(group, []))}
    homeless = [each for group in new if group not in old for each in new[group]]
    orphans = [each for group in old if group not in new for each in old[group]]
    for each in homeless:
        same = [other for other in orphans if _has_same_numbers(other, each)]
        if same and None not in (each.shares, each.owned_after):
            restated.add(same[0].key)
            orphans.remove(same[0])
    return frozenset(restated)


def _restated_in_group(new: Sequence[Trade], old: Sequence[Trade]) -> list[Trade]:
    if len(new) >= len(old):
        return [] if _goes_on(new, old) else list(old)
    left, found = list(old), []
    # The surest first, over all rows: one that is alike in all must not lose its counterpart to one that is half alike.
    waiting = list(new)
    for is_alike in (_has_same_shares_and_price, _has_same_shares, _has_same_price):
        for each in list(waiting):
            if match := next((other for other in left if is_alike(each, other)), None):
                waiting.remove(each)
                left.remove(match)
                found.append(match)
    return found


def _has_same_shares_and_price(one: Trade, other: Trade) -> bool:
    return one.shares is not None and (one.shares, one.price) == (other.shares, other.price)


def _has_same_shares(one: Trade, other: Trade) -> bool:
    return one.shares is not None and one.shares == other.shares and not _is_another_tranche(one, other)


def _has_same_price(one: Trade, other: Trade) -> bool:
    return bool(one.price) and one.price == other.price and not _is_another_tranche(one, other)


def _is_another_tranche(one: Trade, other: Trade) -> bool:
    """Whether what is held tells that they are two trades: one that is put right begins or ends with the same holdings."""
    if one.owned_after is None or other.owned_after is None or one.owned_after == other.owned_after:
        return False
    return _owned_before(one) is None or _owned_before(one) != _owned_before(other)


def _goes_on(new: Sequence[Trade], old: Sequence[Trade]) -> bool:
    """Whether rows begin with the holdings with which others end: they were forgotten, and are added."""
    ends = {each.owned_after for each in old}
    return all(_is_another_tranche(each, other) for each in new for other in old) and any(
        _owned_before(each) in ends for each in new
    )


def _owned_before(trade: Trade) -> Decimal | None:
    if trade.owned_after is None or trade.shares is None or trade.acquired_disposed not in ("A", "D"):
        return None
    return trade.owned_after + (trade.shares if trade.acquired_disposed == "D" else -trade.shares)


def _by_accession(trades: Iterable[Trade]) -> dict[str, list[Trade]]:
    rows: dict[str, list[Trade]] = defaultdict(list)
    for trade in trades:
        rows[trade.accession].append(trade)
    return rows


def _by_group(trades: Iterable[Trade]) -> Mapping[tuple[object, ...], list[Trade]]:
    groups: dict[tuple[object, ...], list[Trade]] = defaultdict(list)
    for each in trades:
        groups[_group(each)].append(each)
    return groups


def _group(trade: Trade) -> tuple[object, ...]:
    return (
        trade.table,
        wording(trade.security),
        trade.traded_on,
        trade.code,
        trade.direct_indirect,
        wording(trade.nature),
    )


def _is_of_same_group(one: Trade, other: Trade) -> bool:
    return _group(one) == _group(other)


def _has_same_numbers(one: Trade, other: Trade) -> bool:
    return _numbers(one) == _numbers(other)


def _numbers(trade: Trade) -> tuple[object, ...]:
    return trade.table, trade.acquired_disposed, trade.shares, trade.price, trade.owned_after


def wording(text: str | None) -> str:
    """A text as it is compared: filers write the same security with other capitals and spaces."""
    return " ".join((text or "").casefold().split())
