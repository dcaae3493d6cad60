"""What a doctor finds: one answer per question, each with what to do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from pricewatch_pipeline.errors import PricewatchError


class Verdict(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The answer to one question."""

    subject: str
    verdict: Verdict
    what: str
    advice: str | None = None
    """What to do; None where nothing is to be done."""


def ok(subject: str, what: str) -> Finding:
    return Finding(subject=subject, verdict=Verdict.OK, what=what)


def warn(subject: str, what: str, advice: str) -> Finding:
    return Finding(subject=subject, verdict=Verdict.WARN, what=what, advice=advice)


def fail(subject: str, what: str, advice: str) -> Finding:
    return Finding(subject=subject, verdict=Verdict.FAIL, what=what, advice=advice)


Examination = Callable[[], Iterator[Finding]]


def findings_of(subject: str, examine: Examination) -> list[Finding]:
    """What an examination finds. That it breaks down is a finding too: a doctor who faints helps nobody."""
    found: list[Finding] = []
    try:
        found.extend(examine())
    except PricewatchError as error:
        first, _, rest = str(error).partition("\n")
        found.append(fail(subject, first, rest.replace("\n", " ") or "do what the message says"))
    except Exception as error:  # noqa: BLE001 - see above
        what = f"the examination broke down: {type(error).__name__}: {str(error).partition(chr(10))[0]}"
        found.append(fail(subject, what, "this is a fault of pricewatch: please report it with this line"))
    return found
