"""The words of alerts for who runs the pipeline: what happened, since when, and what to do about it."""

import shlex
from collections.abc import Iterator

from pricewatch_pipeline.domain.alert_rules import RuleKind
from pricewatch_pipeline.domain.messages import AlertRecord
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.notifying.formats import Formats
from pricewatch_pipeline.notifying.plain_text import one_line
from pricewatch_pipeline.services.alert_facts import AlertFacts

_LONGEST_REASON = 300
_GONE = frozenset({Outcome.NOT_FOUND, Outcome.GONE, Outcome.NOT_A_PRODUCT})
_UNREAD = frozenset({Outcome.UNREADABLE, Outcome.NOT_PRICED})
_WALLS = frozenset({Outcome.BLOCKED, Outcome.CONSENT, Outcome.LOGIN, Outcome.RATE_LIMITED})


def trouble_title(alert: AlertRecord, facts: AlertFacts, price: str | None) -> str:
    """What happened, in a few words. `price` as it is written."""
    at = f" at {facts.store}" if facts.store else ""
    if alert.rule_kind is RuleKind.FAILING:
        outcome = f" ({facts.outcome.replace('_', ' ')})" if facts.outcome else ""
        return f"{facts.name}{at}: {_times(facts)}{outcome}"
    if alert.rule_kind is RuleKind.BLOCKED:
        return f"{_host(facts)} blocks us"
    if alert.rule_kind is RuleKind.QUARANTINED:
        return f"{facts.name}{at}: {f'a price of {price}' if price else 'a price'} is not believed yet"
    return f"A run failed{f': {facts.job}' if facts.job else ''}"


def trouble_lines(alert: AlertRecord, facts: AlertFacts, formats: Formats, price: str | None) -> Iterator[str]:
    """The whole text."""
    yield f"{trouble_title(alert, facts, price)}."
    yield ""
    yield f"What: {one_line(alert.reason, _LONGEST_REASON)}"
    if facts.error and facts.error not in alert.reason:
        yield f"Error: {facts.error}"
    if alert.rule_kind is RuleKind.FAILING:
        last = formats.time(facts.last_success_at) if facts.last_success_at else "never"
        yield f"Last success: {last}"
    yield f"Seen: {formats.time(alert.fired_at)}"
    if alert.rule_kind is RuleKind.RUN_FAILED and facts.run_id:
        yield f"Run: {facts.run_id}"
    if facts.url:
        yield facts.url
    yield ""
    yield "What to do:"
    yield from (f"- {line}" for line in _advice(alert, facts))


def _times(facts: AlertFacts) -> str:
    return f"{facts.times} checks in a row failed" if facts.times else "checks fail"


def _host(facts: AlertFacts) -> str:
    return facts.host or facts.store or facts.name


def _advice(alert: AlertRecord, facts: AlertFacts) -> Iterator[str]:
    watch = shlex.quote(alert.watch_id or facts.name)
    if alert.rule_kind is RuleKind.FAILING:
        yield from _advice_on_failing(facts, watch)
    elif alert.rule_kind is RuleKind.BLOCKED:
        host = shlex.quote(_host(facts))
        yield f"Nothing, at first: it is left alone for a while. `pricewatch host show {host}` says until when."
        yield f"To ask it again at once: `pricewatch host resume {host}`"
        yield "When it goes on: ask it less often, or fetch it another way (docs/howto/hard-sites.md)"
    elif alert.rule_kind is RuleKind.QUARANTINED:
        yield f"See what the page showed: `pricewatch page open {watch}`"
        yield f"The price is right: `pricewatch watch confirm {watch}`"
        yield f"It is wrong: `pricewatch watch dismiss {watch}`. Else further looks decide."
    else:
        yield "See what stands and why: `pricewatch status`"
        yield "Examine everything around it: `pricewatch doctor`"
        yield "The run's log is in Dagster's UI, under Runs."


def _advice_on_failing(facts: AlertFacts, watch: str) -> Iterator[str]:
    yield f"See what its checks say: `pricewatch watch show {watch}`"
    if facts.outcome in _GONE:
        yield f"The page has moved: `pricewatch watch edit {watch} --url ADDRESS`"
        yield f"It is gone for good: `pricewatch watch remove {watch}`"
    elif facts.outcome in _UNREAD:
        yield f"See what the page shows: `pricewatch page open {watch}`"
        yield "Say where the price is: docs/howto/add-a-store.md"
    elif facts.outcome in _WALLS:
        host = shlex.quote(_host(facts))
        yield f"See how the shop answers: `pricewatch host show {host}`"
        yield "Ask it less often, or fetch it another way: docs/howto/hard-sites.md"
    yield f"Try again now: `pricewatch check {watch}`"
