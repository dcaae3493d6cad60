"""Many alerts as one message: each watch once, by product, the best prices first, in bounded length."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256

from pricewatch_pipeline.domain.alert_rules import OPERATIONAL, Digest
from pricewatch_pipeline.domain.messages import AlertRecord, Audience, Message
from pricewatch_pipeline.notifying.formats import Formats
from pricewatch_pipeline.services.compose_messages import Alert, alert_for, title_of

MOST_ENTRIES = 40
"""Watches in one digest; the others are only counted."""
_KEY_DIGITS = 20


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What became of one watch, host or run."""

    newest: Alert
    count: int

    @property
    def rank(self) -> tuple[bool, Decimal]:
        """Prices before troubles, and those that fell furthest first."""
        return self.newest.record.rule_kind in OPERATIONAL, self.newest.share or Decimal(0)


def compose_digest(records: Sequence[AlertRecord], audience: Audience, period: Digest) -> Message:
    """One message for all of them; they are not empty."""
    formats = Formats(locale=audience.locale, timezone=audience.timezone)
    groups = _groups(_entries(records, audience))
    key = sha256("|".join(sorted({record.key for record in records})).encode()).hexdigest()[:_KEY_DIGITS]
    return Message(
        key=key,
        title=_title(records, groups, formats, period),
        body="\n".join(["\n".join(_lines(groups, formats)).strip(), "", f"ref {key}", ""]),
    )


def _entries(records: Sequence[AlertRecord], audience: Audience) -> list[Entry]:
    by_subject: dict[tuple[bool, str], list[AlertRecord]] = defaultdict(list)
    for record in records:
        # That a watch fails is no news about its price, and does not hide any.
        by_subject[record.rule_kind in OPERATIONAL, record.subject].append(record)
    return [
        Entry(newest=alert_for(max(of_one, key=lambda r: (r.slot_at, r.fired_at)), audience), count=len(of_one))
        for of_one in by_subject.values()
    ]


def _groups(entries: Sequence[Entry]) -> list[list[Entry]]:
    """By product, where there is one; best first, in groups and among them."""
    groups: dict[tuple[bool, str], list[Entry]] = defaultdict(list)
    for entry in sorted(entries, key=lambda e: (*e.rank, e.newest.facts.name, e.newest.record.subject)):
        is_trouble = entry.newest.record.rule_kind in OPERATIONAL
        product = None if is_trouble else entry.newest.facts.product_id
        groups[is_trouble, f"product:{product}" if product else entry.newest.record.subject].append(entry)
    return list(groups.values())


def _title(records: Sequence[AlertRecord], groups: Sequence[list[Entry]], formats: Formats, period: Digest) -> str:
    """`Prices today: 12 alerts on 5 products`."""
    newest = max(record.fired_at for record in records)
    oldest = min(record.fired_at for record in records)
    when = formats.day(newest)
    if period is Digest.WEEKLY and formats.day(oldest) != when:
        when = f"{formats.day(oldest)} to {when}"
    troubles = sum(group[0].rank[0] for group in groups)
    parts = [_counted(formats, len(groups) - troubles, "product"), _counted(formats, troubles, "trouble")]
    what = " and ".join(part for part in parts if part)
    return f"Prices, {when}: {_counted(formats, len(records), 'alert')} on {what}"


def _counted(formats: Formats, count: int, what: str) -> str:
    return f"{formats.number(count)} {what}{'' if count == 1 else 's'}" if count else ""


def _lines(groups: Sequence[list[Entry]], formats: Formats) -> Iterator[str]:
    left = MOST_ENTRIES
    is_trouble = False
    for group in groups:
        if left <= 0:
            break
        if group[0].rank[0] and not is_trouble:
            is_trouble = True
            yield "\nFor who runs it:"
        shown = group[:left]
        left -= len(shown)
        if len(group) > 1:
            yield f"\n{group[0].newest.facts.name}, {formats.number(len(group))} offers:"
        for entry in shown:
            yield from _entry_lines(entry, formats)
        if len(group) > 1:
            yield ""
    hidden = sum(len(group) for group in groups) - (MOST_ENTRIES - left)
    if hidden > 0:
        yield f"\n... and {formats.number(hidden)} more: `pricewatch alerts list`"


def _entry_lines(entry: Entry, formats: Formats) -> Iterator[str]:
    share = entry.newest.share
    change = f", {'+' if share > 0 else ''}{formats.share(share)}" if share else ""
    count = f" · {formats.number(entry.count)} alerts" if entry.count > 1 else ""
    yield f"- {title_of(entry.newest)}{change}{count}"
    if entry.newest.facts.url:
        yield f"  {entry.newest.facts.url}"
