"""The rules of one robots.txt for one robot: Protego matches them; what is hostile in the file is left out before.

Protego files every rule under every agent of its group, so that a file of half a megabyte could keep it busy for
minutes. Only the groups that are meant for us reach it, and no more rules than match in a few milliseconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from protego import Protego

from pricewatch_pipeline.domain.robots import crawl_delay

MOST_RULES = 5_000
"""For one robot; more are not looked at."""
MOST_WILDCARDS = 2_000
"""In all rules together."""
LONGEST_PATTERN = 2_000
"""Characters; no address that we fetch is longer."""
_AGENT = {"user-agent", "useragent", "user agent"}
# Misspelt as Protego and Google's parser forgive it.
_DISALLOW = {"disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw"}
_ALLOW = {"allow"}
_DELAY = {"crawl-delay", "crawl delay"}
_KNOWN = _AGENT | _DISALLOW | _ALLOW | _DELAY
_ANYBODY = "*"


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleLine:
    """A line of a robots.txt."""

    number: int
    field: str
    """In lower case."""
    value: str

    def __str__(self) -> str:
        shown = self.value if len(self.value) <= 200 else self.value[:200] + "..."
        return f"line {self.number} ({self.field.capitalize()}: {shown})"


class RobotsRules:
    """What one robot may fetch of one site."""

    def __init__(self, rules: list[RuleLine]) -> None:
        self._rules = rules
        self._protego = _protego(rules)

    @classmethod
    def parse(cls, text: str, token: str) -> Self:
        """The rules of a file for the robot with this product token."""
        return cls(_within_bounds(_meant_for(token, text)))

    def allows(self, url: str) -> bool:
        return self._protego.can_fetch(url, _ANYBODY)

    @property
    def crawl_delay(self) -> timedelta | None:
        return crawl_delay(self._protego.crawl_delay(_ANYBODY))

    def rule_against(self, url: str) -> RuleLine | None:
        """The line that forbids this URL; None where none does. Slow: made for messages."""
        if self.allows(url):
            return None
        against = [rule for rule in self._rules if rule.field in _DISALLOW]
        # The longest one that matches decides (RFC 9309, 2.2.2).
        against.sort(key=lambda rule: len(rule.value), reverse=True)
        return next((rule for rule in against if not _protego([rule]).can_fetch(url, _ANYBODY)), None)


def product_token(user_agent: str) -> str:
    """The name by which a robots.txt knows us: `pricewatch_pipeline` of `pricewatch_pipeline/1.0`."""
    return user_agent.partition("/")[0].strip().lower()


def _protego(rules: list[RuleLine]) -> Protego:
    return Protego.parse("\n".join(["User-agent: *", *(f"{rule.field}: {rule.value}" for rule in rules)]))


def _within_bounds(rules: Iterator[RuleLine]) -> list[RuleLine]:
    kept: list[RuleLine] = []
    wildcards = 0
    for rule in rules:
        if len(kept) >= MOST_RULES:
            break
        more = rule.value.count("*")
        if len(rule.value) <= LONGEST_PATTERN and wildcards + more <= MOST_WILDCARDS:
            wildcards += more
            kept.append(rule)
    return kept


def _meant_for(token: str, text: str) -> Iterator[RuleLine]:
    """The rules of all groups that name this robot; where none does, of those for anybody."""
    ours: list[RuleLine] = []
    anybodys: list[RuleLine] = []
    is_named = names_us = names_anybody = was_agent = False
    for line in _lines(text):
        if line.field in _AGENT:
            if not was_agent:
                names_us = names_anybody = False
            was_agent = True
            names_anybody |= line.value == _ANYBODY
            names_us |= _is_name_of(token, line.value)
            is_named |= names_us
            continue
        was_agent = False
        if line.value and names_us:
            ours.append(line)
        if line.value and names_anybody:
            anybodys.append(line)
    return iter(ours if is_named else anybodys)


def _is_name_of(token: str, agent: str) -> bool:
    """Whether an agent line names this robot: its token in any case, maybe with a version or a wildcard behind."""
    name = agent.lower().split("/")[0].split(" ")[0]
    if name.endswith(_ANYBODY):
        return name != _ANYBODY and token.startswith(name.rstrip(_ANYBODY))
    return name == token != ""


def _lines(text: str) -> Iterator[RuleLine]:
    """The lines that say something we know, also where the colon was forgotten."""
    for number, line in enumerate(text.splitlines(), start=1):
        said = line.partition("#")[0].strip()
        name, colon, value = said.partition(":")
        field = name.strip().lower()
        if not colon or field not in _KNOWN:
            name, _, value = said.partition(" ")
            field = name.lower()
        if field in _KNOWN:
            yield RuleLine(number=number, field=field, value=value.strip())
