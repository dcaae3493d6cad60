"""Examines the channels of alerts and their outbox. Sends nothing and repairs nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from pricewatch_pipeline.notifying.senders import problem_of
from pricewatch_pipeline.services.findings import Finding, fail, ok, warn
from pricewatch_pipeline.services.open_channels import read_channels_file
from pricewatch_pipeline.settings import Settings
from pricewatch_pipeline.storage.outbox import Backlog

MOST_LATE = timedelta(minutes=10)


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
