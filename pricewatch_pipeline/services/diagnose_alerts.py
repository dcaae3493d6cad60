"""Examines the channels of alerts and their outbox. Sends nothing and repairs nothing."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pricewatch_pipeline.domain.alert_rules import RuleKind, ScopeKind
from pricewatch_pipeline.notifying.senders import problem_of
from pricewatch_pipeline.services.findings import Finding, fail, ok, warn
from pricewatch_pipeline.services.open_channels import read_channels_file
from pricewatch_pipeline.settings import Settings
from pricewatch_pipeline.storage.outbox import Backlog

MOST_LATE = timedelta(minutes=10)
MOST_RULES = 5
"""That are silent, of which each is named."""


def examine_channels(settings: Settings) -> Iterator[Finding]:
    """The file of channels: there, readable by us alone, and each address one that something can be sent to."""
    file = read_channels_file(settings)
    if not file.is_there:
        yield ok("channels", f"{file.path} is not there: alerts are kept, and sent nowhere")
        return
    problems = {name: problem for name, channel in file.channels.items() if (problem := problem_of(channel))}
    for name, problem in problems.items():
        yield fail(f"channel {name}", problem, f"correct it in {file.path}, and try `pricewatch alerts test {name}`")
    if file.is_open_to_others:
        yield warn("channels", f"{file.path} holds secrets, and others can read it", f"chmod 600 {file.path}")
    elif not problems:
        yield ok("channels", f"{', '.join(file.channels) or 'none'} in {file.path}")


def judge_backlog(stands: Backlog) -> Finding:
    """What the outbox says of the delivery of alerts."""
    said = f"{stands.due} alerts are due, {stands.waiting} wait for later, {stands.dead} are given up"
    late = datetime.now(UTC) - stands.oldest_due_at if stands.oldest_due_at else timedelta(0)
    if late > MOST_LATE:
        advice = "`pricewatch alerts channels` says which channel fails; `pricewatch up` sends what is due"
        return warn("alerts", f"{said}; the first is due since {stands.oldest_due_at:%Y-%m-%d %H:%M} UTC", advice)
    if stands.dead:
        advice = "`pricewatch alerts list --state dead` shows them, `pricewatch alerts retry --dead` tries them again"
        return warn("alerts", said, advice)
    return ok("alerts", said)


def judge_silence(found: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """A finding for each rule that waits for prices in a currency which a watch has left; none where all is well.

    Args:
        found: as `alert_views.silenced_by_currency` has them.
    """
    for row in found:
        others = row["watches"] - 1
        for_whom = row["watch_id"] + (f" (and {others:,} other{'s' if others > 1 else ''})" if others else "")
        since = f" since {row['since']:%d %b %Y}".replace(" 0", " ") if row["since"] else ""
        said = (
            f"the rule {row['rule_id']} is silent for {for_whom}: it compares {row['compares']}, "
            f"and {row['watch_id']} has had {row['currency']}{since}"
        )
        yield warn("alert rules", said, _how_to_speak(row))
    if found and (more := found[0]["rules"] - len(found)):
        said = "1 more rule is like this" if more == 1 else f"{more:,} more rules are like this"
        yield warn("alert rules", said, "`pricewatch alerts rules` marks them: `silent for`")


def _how_to_speak(row: Mapping[str, Any]) -> str:
    """What lets a rule speak again: a currency where it can name one, else a new beginning."""
    watch_id, currency = row["watch_id"], row["currency"]
    if row["kind"] == RuleKind.AT_TARGET:
        in_a_file = f"`target: {{amount: AMOUNT, currency: {currency}}}`"
        return (
            f"`pricewatch watch edit {watch_id} --target AMOUNT --currency {currency}`, "
            f"or {in_a_file} where a file manages the watch"
        )
    if not row["has_amount"]:
        how = (
            "leave it out of its file for one `pricewatch sync`" if row["source_file"] else "remove it and add it again"
        )
        return f"{how}: it begins anew then, with {currency}"
    named = f"name the currency in the rule: `{'below' if row['kind'] == RuleKind.BELOW else 'by'}: AMOUNT {currency}`"
    return named if row["scope"] == ScopeKind.WATCH else f"{named}, or add such a rule for {watch_id} alone"
