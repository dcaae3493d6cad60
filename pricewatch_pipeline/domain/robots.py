"""What is known of a site's robots.txt, and what one answer to a request for it makes of that (RFC 9309). Pure."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from pricewatch_pipeline.domain.hosts import site_of
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest

MOST_BYTES = 512 * 1024
"""What follows is not read; RFC 9309 asks for at least 500 KiB."""
SHORTEST_AGE = timedelta(hours=1)
LONGEST_AGE = timedelta(hours=24)
FIRST_RETRY = timedelta(minutes=5)
LONGEST_RETRY = timedelta(hours=4)
GIVEN_UP_AFTER = timedelta(days=30)
"""A file that could not be reached for so long, and of which there is no copy, forbids nothing any more."""
_LONGEST_SILENCE = timedelta(days=7)
"""When nobody asked for longer, nobody knows that it could not be reached all the while."""
_LONGEST_CRAWL_DELAY = timedelta(hours=1)
_ABSURD_CRAWL_DELAY = timedelta(days=1)
_TIMEOUT = timedelta(seconds=20)
_MAX_AGE = re.compile(r"\bmax-age\s*=\s*\"?(\d+)", re.IGNORECASE)
_NO_CACHE = re.compile(r"\bno-(?:cache|store)\b", re.IGNORECASE)
_ETAG = re.compile(r"[\x21-\x7e]{1,200}")
_GROUP = re.compile(r"(?:\A|[\r\n])[ \t]*user[ -]?agent[ \t]*[: \t]", re.IGNORECASE)
_WALLS = {Outcome.BLOCKED, Outcome.CONSENT, Outcome.LOGIN, Outcome.NOT_FOUND, Outcome.GONE, Outcome.NOT_A_PRODUCT}


@dataclass(frozen=True, kw_only=True)
class RobotsFile:
    """The robots.txt of one site, as it is known."""

    site: str
    """Scheme, host and port."""
    outcome: Outcome
    """Of the last attempt to fetch it."""
    tried_at: datetime
    """When that was."""
    expires_at: datetime
    """When to fetch it anew."""
    status: int | None = None
    """Of the last answer; None: there was none."""
    body: str | None = None
    """The newest copy; None: none is known."""
    etag: str | None = None
    """Of that copy."""
    fetched_at: datetime | None = None
    """When the copy was fetched or confirmed."""
    problem: str | None = None
    """Why it could not be reached the last time; None: it could, or it does not exist."""
    unreachable_since: datetime | None = None

    @property
    def is_unreachable(self) -> bool:
        """Whether nobody knows what it says: then nothing may be fetched."""
        if self.problem is None or self.body is not None or self.unreachable_since is None:
            return False
        return self.tried_at - self.unreachable_since < GIVEN_UP_AFTER


def robots_site(url: str) -> str:
    """What one robots.txt is for: scheme, host and port of a URL.

    Raises:
        ForbiddenAddress: this is no address of a page.
    """
    return f"{url.partition(':')[0].lower()}://{site_of(url)}"


def robots_request(site: str, known: RobotsFile | None) -> PageRequest:
    """How a site's robots.txt is asked for: as plainly as can be, whatever its store says of pages."""
    headers = {"accept": "text/plain,*/*;q=0.5"}
    if known and known.etag and known.body is not None:
        headers["if-none-match"] = known.etag
    return PageRequest(
        url=f"{site}/robots.txt",
        headers=headers,
        fetcher="http",
        timeout=_TIMEOUT,
        max_bytes=MOST_BYTES,
        is_cut=True,
        is_file=True,
    )


def learnt(site: str, page: Page, known: RobotsFile | None, *, now: datetime) -> RobotsFile:
    """What is known of the file once this answer came.

    A wall is no robots.txt, whatever its status. RFC 9309 knows it only as a 4xx, which forbids nothing; one that
    answers 200 is taken for the same, but says nothing against a copy that is known. The pages behind it will tell.
    """
    status = page.status or 0
    fresh = RobotsFile(
        site=site, outcome=page.outcome, status=page.status, tried_at=now, expires_at=now + _age(page, now)
    )
    if page.outcome is Outcome.NOT_MODIFIED and known and known.body is not None:
        return replace(fresh, body=known.body, etag=known.etag, fetched_at=now)
    if 200 <= status < 300:
        text = _text_of(page)
        if page.outcome is Outcome.OK or text:
            return replace(fresh, outcome=Outcome.OK, body=text, etag=_etag_of(page), fetched_at=now)
        if page.outcome in _WALLS:
            return _with_copy(fresh, known)
    # A page that says we ask too often says nothing of the file, whatever its status.
    if 400 <= status < 500 and status != 429 and page.outcome is not Outcome.RATE_LIMITED:
        return fresh
    return _unreachable(fresh, page, known)


def crawl_delay(seconds: float | None) -> timedelta | None:
    """What of a Crawl-delay counts: nothing of an absurd one, at most an hour of any other."""
    if not seconds or not 0 < seconds <= _ABSURD_CRAWL_DELAY.total_seconds():
        return None
    return min(timedelta(seconds=seconds), _LONGEST_CRAWL_DELAY)


def _text_of(page: Page) -> str:
    """The file's text; empty when there is nothing in it that robots could go by, such as HTML."""
    body = page.body
    if len(body) >= MOST_BYTES:  # half a line could forbid more than the whole one
        body = body[: max(body.rfind(b"\n"), body.rfind(b"\r")) + 1]
    text = body.decode("utf-8-sig", errors="replace").replace("\0", "\ufffd")
    return text if _GROUP.search(text) else ""


def _etag_of(page: Page) -> str | None:
    """Only one that can be sent back as it is."""
    etag = page.headers.get("etag", "")
    return etag if _ETAG.fullmatch(etag) else None


def _unreachable(fresh: RobotsFile, page: Page, known: RobotsFile | None) -> RobotsFile:
    """Asked for again after a while that doubles with the time it has been away; a copy goes on counting (RFC 9309, 2.4)."""
    now = fresh.tried_at
    has_been_away = known is not None and now - known.tried_at < _LONGEST_SILENCE
    since = (known.unreachable_since if known and has_been_away else None) or now
    wait = min(max(now - since, FIRST_RETRY), LONGEST_RETRY)
    asked_for = min(page.retry_after or timedelta(0), LONGEST_AGE)
    problem = page.error or f"{page.final_url} answered {page.status}, which is no robots.txt"
    return replace(
        _with_copy(fresh, known),
        outcome=Outcome.TRANSPORT if page.outcome.is_success else page.outcome,
        problem=problem.encode(errors="replace").decode().replace("\0", "\ufffd"),
        unreachable_since=since,
        expires_at=now + max(wait, asked_for),
    )


def _with_copy(fresh: RobotsFile, known: RobotsFile | None) -> RobotsFile:
    if known is None:
        return fresh
    return replace(fresh, body=known.body, etag=known.etag, fetched_at=known.fetched_at)


def _age(page: Page, now: datetime) -> timedelta:
    """For how long an answer is good, by its own word; from one hour to a day."""
    control, expires = page.headers.get("cache-control", ""), page.headers.get("expires")
    if _NO_CACHE.search(control):
        return SHORTEST_AGE
    if named := _MAX_AGE.search(control):
        # Compared as a number of digits first: a hostile header may hold thousands of them.
        age = timedelta(seconds=int(named[1])) if len(named[1]) <= 9 else LONGEST_AGE
    elif expires is not None:
        age = _until(expires, now)
    else:
        return LONGEST_AGE
    return min(max(age, SHORTEST_AGE), LONGEST_AGE)


def _until(date: str, now: datetime) -> timedelta:
    """Nothing for what is no date: RFC 9111 takes it for one long past."""
    try:
        instant = parsedate_to_datetime(date)
    except (ValueError, IndexError, OverflowError):
        return timedelta(0)
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)) - now
