"""Entries that come as values, not as a file: through the same reader as the files, many at a time, each by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pricewatch_pipeline.domain.alert_rules import AlertRule
from pricewatch_pipeline.domain.providers import Provider
from pricewatch_pipeline.domain.watches import Product, Store, Watch
from pricewatch_pipeline.watch_files.issues import field_name
from pricewatch_pipeline.watch_files.loader import Document, Loc, Problem
from pricewatch_pipeline.watch_files.parse import ParsedFile, parse_document
from pricewatch_pipeline.watch_files.resolve import Definitions, Known, resolve

Entry = Mapping[str, Any]
Problems = dict[int, str]
"""What is wrong, by the entry's number."""


@dataclass(frozen=True, kw_only=True)
class _Values(Document):
    """Values without a file: the line of an entry is its number, counted from 1."""

    def problem(self, loc: Loc, message: str) -> Problem:
        number = loc[1] if len(loc) > 1 and isinstance(loc[1], int) else 0
        return Problem(line=number + 1, column=1, loc=loc, message=message)


def valid_stores(entries: Sequence[Entry], providers: Mapping[str, Provider]) -> tuple[dict[int, Store], Problems]:
    """The stores that entries describe, by number; and what is wrong with the others."""
    parsed, problems = _parsed("stores", entries, providers)
    sound = [number for number in range(len(entries)) if number not in problems]
    return dict(zip(sound, parsed.stores, strict=True)), problems


def valid_products(
    entries: Sequence[Entry], known: Known, providers: Mapping[str, Provider]
) -> tuple[dict[int, Product], tuple[AlertRule, ...], Problems]:
    """The products that entries describe, by number, and their rules; and what is wrong with the others."""
    sound, found, problems = _resolved("products", entries, known, providers)
    return dict(zip(sound, found.products, strict=True)), found.rules, problems


def valid_rules(
    entries: Sequence[Entry], known: Known, providers: Mapping[str, Provider]
) -> tuple[dict[int, AlertRule], Problems]:
    """The rules that entries of `alerts:` describe, by number; and what is wrong with the others."""
    sound, found, problems = _resolved("alerts", entries, known, providers)
    return dict(zip(sound, found.rules, strict=True)), problems


def valid_watches(
    entries: Sequence[Entry], known: Known, providers: Mapping[str, Provider]
) -> tuple[dict[int, Watch], tuple[AlertRule, ...], Problems]:
    """The watches that entries describe, by number, with their stores, and their rules; and what is wrong with the others.

    Ids must be given and differ. One that could never be scheduled is wrong: somebody is there to put it right.
    """
    sound, found, problems = _resolved("watches", entries, known, providers)
    watches = dict(zip(sound, found.watches, strict=True))
    late = {number: watch.schedule_error for number, watch in watches.items() if watch.schedule_error}
    problems |= {number: f"it cannot be scheduled: {why}" for number, why in late.items()}
    gone = {watches.pop(number).watch_id for number in late}
    return watches, tuple(rule for rule in found.rules if rule.scope_id not in gone), problems


def _resolved(
    section: str, entries: Sequence[Entry], known: Known, providers: Mapping[str, Provider]
) -> tuple[list[int], Definitions, Problems]:
    """The numbers of the entries that are sound, and what they define together."""
    parsed, problems = _parsed(section, entries, providers)
    products = dict(zip((n for n in range(len(entries)) if n not in problems), parsed.products, strict=False))
    while True:
        sound = [number for number in range(len(entries)) if number not in problems]
        (result,) = resolve([_without(parsed, problems, products)], known, folder_name="")
        if result.definitions:
            return sound, result.definitions, problems
        problems |= {issue.line - 1: f"{issue.field.partition('.')[2]}: {issue.message}" for issue in result.issues}


def _without(parsed: ParsedFile, problems: Problems, products: Mapping[int, Product]) -> ParsedFile:
    return replace(
        parsed,
        problems=(),
        products=tuple(product for number, product in products.items() if number not in problems),
        drafts=tuple(each for each in parsed.drafts if each.loc[1] not in problems),
        declared=tuple(each for each in parsed.declared if each.loc[1] not in problems),
        references=tuple(each for each in parsed.references if each.loc[1] not in problems),
        rules=tuple(each for each in parsed.rules if each.loc[1] not in problems),
    )


def _parsed(section: str, entries: Sequence[Entry], providers: Mapping[str, Provider]) -> tuple[ParsedFile, Problems]:
    parsed = parse_document(section, _Values(value={section: list(entries)}), providers)
    problems: Problems = {}
    for problem in parsed.problems:
        text = f"{field_name(problem.loc[2:])}: {problem.message}" if len(problem.loc) > 2 else problem.message
        number = problem.line - 1
        problems[number] = f"{problems[number]}; {text}" if number in problems else text
    return parsed, problems
