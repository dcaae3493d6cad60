"""An insider query in words, and what is to be said of one that is valid all the same."""

from pricewatch_pipeline.domain.insiders import FORMS
from pricewatch_pipeline.providers.sec_form4.query import InsiderQuery


def in_words(query: InsiderQuery) -> str:
    """`AAPL insiders; forms 3, 4, 5; filed in the last 365 days; at most 40 filings`."""
    who = f"CIK {int(query.cik)}" if query.cik else query.company
    forms = f"form{'s' * (len(query.forms) > 1)} {', '.join(query.forms)}"
    most = f"at most {query.max_filings:,} filing{'s' * (query.max_filings > 1)}" if query.max_filings else None
    return "; ".join(filter(None, (f"{who} insiders", forms, _back(query.days_back), most)))


def _back(days: int | None) -> str:
    if days is None:
        return "since ever"
    return f"filed in the last {days:,} day{'s' * (days != 1)}" if days else "filed from now on"


def remarks_on(query: InsiderQuery) -> tuple[str, ...]:
    """For whoever writes the watch."""
    return tuple(filter(None, (_of_forms(query), _of_bounds(query))))


def _of_forms(query: InsiderQuery) -> str | None:
    if "4" in query.forms:
        return None
    others = ", ".join(form for form in FORMS if form not in query.forms)
    return f"trades are reported on form 4, which is left out ({others} not read): there will hardly ever be a price"


def _of_bounds(query: InsiderQuery) -> str | None:
    if query.days_back == 0:
        return "`days_back: 0` reads only what is filed from the first check on: until then there is no price"
    if query.days_back is None and query.max_filings is None:
        return "every filing there ever was is read at first sight: for an old company these are thousands, at eight a second"
    return None
