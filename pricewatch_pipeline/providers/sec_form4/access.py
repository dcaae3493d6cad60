"""How the SEC wants to be asked (sec.gov/os/accessing-edgar-data), and how everything there is asked for."""

from datetime import timedelta

from pricewatch_pipeline.domain.fair_access import FairAccess
from pricewatch_pipeline.domain.pages import PageRequest
from pricewatch_pipeline.domain.watches import Politeness

FAIR_ACCESS = FairAccess(
    hosts=("sec.gov",),
    politeness=Politeness(min_delay=timedelta(milliseconds=125), burst=1, concurrency=2),
    most_a_second=10,
    rest_when_refused=timedelta(minutes=10),
    wants_contact=True,
    called="the SEC",
)
"""Ten requests a second are the limit, for one user on all machines. Eight are made, and two are on their way at most: what the net, or
a server that stands still, holds up and then lets through at once are these two and no more."""


def request_of(url: str, *, may_be_unchanged: bool = False) -> PageRequest:
    """A request as the SEC wants it: it says who asks. Files are taken whatever media type they are served as."""
    return PageRequest(
        url=url,
        is_file=True,
        denied_is_missing=True,
        may_be_unchanged=may_be_unchanged,
        wants_contact=FAIR_ACCESS.wants_contact,
        rest_when_refused=FAIR_ACCESS.rest_when_refused,
    )
