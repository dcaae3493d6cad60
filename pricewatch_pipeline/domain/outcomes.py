"""How a check or a fetch can end, and what follows from it. Outcomes are types, not strings in a log."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Outcome(StrEnum):
    """The way one page, and with it one check, ended."""

    OK = "ok"
    NOT_MODIFIED = "not_modified"
    BLOCKED = "blocked"
    CONSENT = "consent"
    LOGIN = "login"
    NOT_FOUND = "not_found"
    GONE = "gone"
    RATE_LIMITED = "rate_limited"
    ROBOTS = "robots"
    TRANSPORT = "transport"
    TIMEOUT = "timeout"
    TOO_LARGE = "too_large"
    NOT_A_PRODUCT = "not_a_product"
    NOT_PRICED = "not_priced"
    """A product's page without a price: on request, or not on sale yet."""
    UNREADABLE = "unreadable"
    IMPLAUSIBLE = "implausible"
    FORBIDDEN_ADDRESS = "forbidden_address"
    PROVIDER_ERROR = "provider_error"
    ABANDONED = "abandoned"
    """The worker died or lost its lease before it could finish the check."""
    NO_OFFERS = "no_offers"
    """The site says that nothing is on offer: an empty market, as it says itself."""
    FINISHED = "finished"
    """There is nothing left to watch, as when a trip's last date has gone by: the watch is never due again."""
    CANCELLED = "cancelled"
    """A person stopped it before it was finished."""

    @property
    def is_success(self) -> bool:
        """Only a success may yield a snapshot."""
        return self in _SUCCESSES

    @property
    def is_failure(self) -> bool:
        """Whether something went wrong: an answer that yields no snapshot may still be an answer."""
        return self not in _SUCCESSES and self not in _ANSWERS

    @property
    def verdict(self) -> "Verdict":
        return VERDICTS[self]


_SUCCESSES = frozenset({Outcome.OK, Outcome.NOT_MODIFIED})
_ANSWERS = frozenset({Outcome.NO_OFFERS, Outcome.FINISHED, Outcome.CANCELLED})


class Blame(StrEnum):
    """Whose fault an outcome is: it decides who is told."""

    NOBODY = "nobody"
    SITE = "site"
    HOST = "host"
    WATCH = "watch"
    US = "us"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a scheduler does after an outcome."""

    blame: Blame
    first_retry: timedelta
    """Wait before the first retry; it doubles with every further failure, up to the watch's own interval."""
    meaning: str
    """One sentence for a person."""


_SOON = timedelta(minutes=1)
_LATER = timedelta(minutes=15)
_MUCH_LATER = timedelta(hours=6)

VERDICTS: dict[Outcome, Verdict] = {
    outcome: Verdict(blame=blame, first_retry=first_retry, meaning=meaning)
    for outcome, blame, first_retry, meaning in [
        (Outcome.OK, Blame.NOBODY, timedelta(0), "The page was read."),
        (Outcome.NOT_MODIFIED, Blame.NOBODY, timedelta(0), "The page is the same as last time."),
        (Outcome.BLOCKED, Blame.SITE, _LATER, "The site showed a block or a challenge instead of the page."),
        (Outcome.CONSENT, Blame.SITE, _LATER, "The site showed a consent page instead of the page."),
        (Outcome.LOGIN, Blame.SITE, _MUCH_LATER, "The page wants a login."),
        (Outcome.NOT_FOUND, Blame.WATCH, _LATER, "The page does not exist (404)."),
        (Outcome.GONE, Blame.WATCH, _MUCH_LATER, "The page is gone for good (410)."),
        (Outcome.RATE_LIMITED, Blame.HOST, _LATER, "The site asked us to slow down."),
        (Outcome.ROBOTS, Blame.SITE, _MUCH_LATER, "robots.txt does not allow this page."),
        (Outcome.TRANSPORT, Blame.HOST, _SOON, "The site could not be reached or answered with a server error."),
        (Outcome.TIMEOUT, Blame.HOST, _SOON, "The site took too long."),
        (Outcome.TOO_LARGE, Blame.SITE, _MUCH_LATER, "The page is larger than we accept."),
        (Outcome.NOT_A_PRODUCT, Blame.WATCH, _LATER, "The page is not one product's page."),
        (Outcome.NOT_PRICED, Blame.SITE, _MUCH_LATER, "The page gives no price: on request, or not on sale yet."),
        (Outcome.UNREADABLE, Blame.US, _LATER, "No price could be read from the page."),
        (Outcome.IMPLAUSIBLE, Blame.US, _LATER, "The price read is not plausible and waits for confirmation."),
        (Outcome.FORBIDDEN_ADDRESS, Blame.WATCH, _MUCH_LATER, "The address is private, local or otherwise refused."),
        (Outcome.PROVIDER_ERROR, Blame.US, _LATER, "The provider failed on this watch."),
        (Outcome.ABANDONED, Blame.US, _SOON, "The worker died before the check was finished."),
        (Outcome.NO_OFFERS, Blame.NOBODY, timedelta(0), "The site says that nothing is on offer."),
        (Outcome.FINISHED, Blame.NOBODY, timedelta(0), "There is nothing left to watch: it is not checked again."),
        (Outcome.CANCELLED, Blame.NOBODY, timedelta(0), "The check was cancelled."),
    ]
}
