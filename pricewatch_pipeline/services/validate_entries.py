"""Entries that come as values, not as a file: through the same reader as the files, many at a time, each by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pricewatch_pipeline.domain.providers import Provider
from pricewatch_pipeline.domain.watches import Product, Store, Watch
from pricewatch_pipeline.watch_files.issues import field_name
from pricewatch_pipeline.watch_files.loader import Document, Loc, Problem
from pricewatch_pipeline.watch_files.parse import ParsedFile, parse_document
from pricewatch_pipeline.watch_files.resolve import Known, resolve

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


def valid_products(entries: Sequence[Entry], providers: Mapping[str, Provider]) -> tuple[dict[int, Product], Problems]:
    """The products that entries describe, by number; and what is wrong with the others."""
    parsed, problems = _parsed("products", entries, providers)
    sound = [number for number in range(len(entries)) if number not in problems]
    return dict(zip(sound, parsed.products, strict=True)), problems


def valid_watches(
    entries: Sequence[Entry], known: Known, providers: Mapping[str, Provider]
) -> tuple[dict[int, Watch], Problems]:
    """The watches that entries describe, by number, with their stores; and what is wrong with the others.

    Ids must be given and differ. One that could never be scheduled is wrong: somebody is there to put it right.
    """
    parsed, problems = _parsed("watches", entries, providers)
    while True:
        drafts = tuple(draft for draft in parsed.drafts if draft.loc[1] not in problems)
        sound = replace(
            parsed,
            problems=(),
            drafts=drafts,
            declared=tuple(each for each in parsed.declared if each.loc[1] not in problems),
            references=tuple(each for each in parsed.references if each.loc[1] not in problems),
        )
        (result,) = resolve([sound], known, folder_name="")
        if result.definitions:
            break
        problems |= {issue.line - 1: f"{issue.field.partition('.')[2]}: {issue.message}" for issue in result.issues}
    watches = {
        number: watch
        for draft, watch in zip(drafts, result.definitions.watches, strict=True)
        if isinstance(number := draft.loc[1], int)
    }
    problems |= {
        number: f"it cannot be scheduled: {watch.schedule_error}"
        for number, watch in watches.items()
        if watch.schedule_error
    }
    return {number: watch for number, watch in watches.items() if number not in problems}, problems


def _parsed(section: str, entries: Sequence[Entry], providers: Mapping[str, Provider]) -> tuple[ParsedFile, Problems]:
    parsed = parse_document(section, _Values(value={section: list(entries)}), providers)
    problems: Problems = {}
    for problem in parsed.problems:
        text = f"{field_name(problem.loc[2:])}: {problem.message}" if len(problem.loc) > 2 else problem.message
        number = problem.line - 1
        problems[number] = f"{problems[number]}; {text}" if number in problems else text
    return parsed, problems
