"""Examines whether insider filings come in, where there are any watches of them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.services.explain_waiting import why_left_alone
from pricewatch_pipeline.services.findings import Finding, fail, ok, warn
from pricewatch_pipeline.storage.insider_troubles import FilingTroubles

SUBJECT = "insider filings"
_ADVICE = {
    Outcome.BLOCKED: "the SEC refuses who does not say who asks: see that the name and address in PRICEWATCH_CONTACT are true",
    Outcome.RATE_LIMITED: "it goes on by itself after the rest; is something else on this network asking the SEC too?",
    Outcome.ROBOTS: "its robots.txt does not allow it: docs/howto/robots.md says what you may decide",
    Outcome.NOT_FOUND: "the SEC lists no such company: see the ticker, or give its CIK (`pricewatch watch show WATCH` names similar ones)",
}


def judge_insiders(
    found: Sequence[Mapping[str, Any]], troubles: FilingTroubles, nobody: str | None, *, now: datetime
) -> Iterator[Finding]:
    """A finding for each thing that keeps filings from coming in, or one that all is well; none where none are watched.

    Args:
        found: how the last checks ended, by host and outcome, the most frequent first.
        troubles: of the filings that were listed.
        nobody: what to say where nobody is named who asks; None: somebody is.
        now: the database's instant.
    """
    if not found:
        return
    bad = [*_of_contact(nobody), *_of_checks(found), *_of_rests(found, now), *_of_filings(troubles)]
    yield from bad
    if not bad:
        watches = sum(row["watches"] for row in found)
        yield ok(SUBJECT, f"{watches} watches, {troubles.read:,} filings read, none missing")


def _of_contact(nobody: str | None) -> Iterator[Finding]:
    if nobody:
        yield fail(SUBJECT, nobody, "set PRICEWATCH_CONTACT and start again")


def _of_checks(found: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    for row in found:
        if row["outcome"] in _ADVICE:
            outcome = Outcome(row["outcome"])
            total = sum(other["watches"] for other in found if other["host"] == row["host"])
            said = (
                f"{row['watches']} of {total} watches at {row['host']} ended with {outcome}, such as {row['example']}"
            )
            yield warn(SUBJECT, said, _ADVICE[outcome])


def _of_rests(found: Sequence[Mapping[str, Any]], now: datetime) -> Iterator[Finding]:
    for host in {row["host"]: row for row in found}.values():
        if alone := why_left_alone(host, now=now):
            yield warn(SUBJECT, alone, "nothing: who asks during the rest only makes it longer")


def _of_filings(troubles: FilingTroubles) -> Iterator[Finding]:
    if troubles.gone:
        said = f"{troubles.gone:,} filings are listed and their documents are not there, such as {troubles.newest_gone}"
        yield warn(SUBJECT, said, "they are asked for again a few times; `pricewatch sec filings` lists them")
    if troubles.unreadable:
        said = f"{troubles.unreadable:,} filings could not be read, such as {troubles.newest_unreadable}"
        yield warn(SUBJECT, said, "`pricewatch sec filings` says why; please report those that are as they should be")
    if troubles.missing_parts:
        said = f"{troubles.missing_parts:,} older files of lists could not be had, such as {troubles.a_missing_part}"
        yield warn(
            SUBJECT, said, "they are tried again with every check; filings older than the list itself may be missing"
        )
