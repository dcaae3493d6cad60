"""What stands in place of a results page: consent, a block, a sign-in. Judged by addresses, forms and fields, not by words.

`fetching/walls.py` judges fetched pages by address and signs; this judges bytes, for a saved file has no address. Bytes are
searched for literals, so that 5 MB take milliseconds.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from pricewatch_pipeline.domain.outcomes import Outcome

_CONSENT_HOST = re.compile(r"consent\.(?:google|youtube)\.[a-z.]{2,8}", re.ASCII)
_LOGIN_HOST = "accounts.google."
_SORRY_PATH = "/sorry"
_TAG_WITHIN = 1_000
"""Bytes before an address in which the tag begins that it belongs to."""
_MOST_MARKS = 200
_SMALL = 4_000
"""What answers with a redirect says little else."""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """What stands there, and by what it was known."""

    outcome: Outcome
    sentence: str


_CONSENT = "Google asks for consent to its cookies before it shows the page"
_BLOCKED = "Google saw unusual traffic from this address and shows a captcha in place of the page"
_LOGIN = "Google wants a sign-in before it shows the page"


def refusal_at(url: str | None) -> Refusal | None:
    """What an address says in which a request ended."""
    try:
        parts = urlsplit(url or "")
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if _CONSENT_HOST.fullmatch(host):
        return Refusal(outcome=Outcome.CONSENT, sentence=f"{_CONSENT}: the request ended at {host}")
    if host.startswith(_LOGIN_HOST):
        return Refusal(outcome=Outcome.LOGIN, sentence=f"{_LOGIN}: the request ended at {host}")
    if parts.path == _SORRY_PATH or parts.path.startswith(f"{_SORRY_PATH}/"):
        return Refusal(outcome=Outcome.BLOCKED, sentence=f"{_BLOCKED}: the request ended at {parts.path}")
    return None


def refusal_in(body: bytes) -> Refusal | None:
    """What a page without flights says by its forms and fields."""
    if _posts_to(body, b"//consent.google.") or _posts_to(body, b"//consent.youtube.") or b'name="set_eom"' in body:
        return Refusal(outcome=Outcome.CONSENT, sentence=f"{_CONSENT}: its form posts there")
    if _is_sorry(body):
        return Refusal(outcome=Outcome.BLOCKED, sentence=_BLOCKED)
    if _posts_to(body, b"//accounts.google.") or b'id="identifierId"' in body:
        return Refusal(outcome=Outcome.LOGIN, sentence=f"{_LOGIN}: its form posts there")
    return _redirect_in(body) if len(body) <= _SMALL else None


def _is_sorry(body: bytes) -> bool:
    return (
        b'id="captcha-form"' in body
        or b'action="CaptchaRedirect"' in body
        or b"/websearch/answer/86640" in body  # Google's own page on unusual traffic, linked in every language
        or _posts_to(body, b"/sorry/")
    )


def _redirect_in(body: bytes) -> Refusal | None:
    """The few words of a 302, saved as a page."""
    for mark, outcome, sentence in (
        (b"//consent.google.", Outcome.CONSENT, _CONSENT),
        (b"/sorry/index", Outcome.BLOCKED, _BLOCKED),
        (b"//accounts.google.", Outcome.LOGIN, _LOGIN),
    ):
        if any(tag.startswith((b"a", b"meta")) for tag in _tags_with(body, mark)):
            return Refusal(outcome=outcome, sentence=f"{sentence}: the answer leads there")
    return None


def _posts_to(body: bytes, address: bytes) -> bool:
    """Whether a form's action (or the base of all the page's addresses) holds this."""
    return any(tag.startswith((b"form", b"base")) for tag in _tags_with(body, address))


def _tags_with(body: bytes, mark: bytes) -> Iterator[bytes]:
    """The starts of tags, in lower case, in which something is written; the first hundreds."""
    at = body.find(mark)
    for _ in range(_MOST_MARKS):
        if at < 0:
            return
        opens = body.rfind(b"<", max(0, at - _TAG_WITHIN), at)
        if opens >= 0 and body.find(b">", opens, at) < 0:
            yield body[opens + 1 : opens + 8].lower()
        at = body.find(mark, at + 1)
