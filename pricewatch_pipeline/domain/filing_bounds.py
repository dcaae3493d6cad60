"""Which filings of a company are wanted, by the bounds that a watch sets."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from pricewatch_pipeline.domain.filings import FilingBounds


@dataclass(frozen=True, kw_only=True)
class DatedFiling:
    """As much of a listed filing as bounds are about."""

    accession: str
    form: str
    filed_on: date


def within(listed: Iterable[DatedFiling], bounds: FilingBounds, *, first_seen_on: date, today: date) -> frozenset[str]:
    """Accessions that a watch with these bounds wants, of all that its company's list names.

    What was filed on the day when the company was first looked at, or later, is wanted whatever they say. What was filed before counts
    against the bounds: it is wanted when it was filed `days_back` days ago or later and is among the newest `max_filings`. Several
    watches of one company want what any of them wants.
    """
    asked = [each for each in listed if each.form.removesuffix("/A") in bounds.forms]
    since = [each for each in asked if each.filed_on >= first_seen_on]
    before = sorted(
        (each for each in asked if each.filed_on < first_seen_on),
        key=lambda each: (each.filed_on, each.accession),
        reverse=True,
    )
    earliest = _earliest(bounds.days_back, today)
    wanted = [*since, *(each for each in before[: bounds.max_filings] if each.filed_on >= earliest)]
    return frozenset(each.accession for each in wanted)


def _earliest(days_back: int | None, today: date) -> date:
    if days_back is None or days_back >= today.toordinal():
        return date.min
    return today - timedelta(days=days_back)
