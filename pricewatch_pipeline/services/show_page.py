"""Evidence as a person looks at it: which checks have a page, what it says, and a copy that is safe to open in a browser."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.errors import NotFound
from pricewatch_pipeline.services.keep_evidence import read_page
from pricewatch_pipeline.services.open_pipeline import Pipeline
from pricewatch_pipeline.services.place_pages import PagePlace
from pricewatch_pipeline.services.show_watches import require_known
from pricewatch_pipeline.storage import pages, watches

Record = dict[str, Any]
MOST_LOOKED_THROUGH = 100_000
"""Checks of a watch among which one is looked for by its time."""
_HASH = re.compile(r"[0-9a-f]{6,64}")
_OFFSET = re.compile(r"(?:Z|[+-]00:?00)$")
_POLICY = (
    "script-src 'none'; object-src 'none'; frame-src 'none'; connect-src 'none'; worker-src 'none'; form-action 'none'"
)
_BEFORE_HEAD = re.compile(r"\s*+(?:<!--(?>.*?-->)\s*+)*+<!doctype[^>]*>", re.IGNORECASE | re.DOTALL)
# Also where it may be written in character references.
_REFRESH = re.compile(r"""(http-equiv\s*=\s*["']?\s*)(refresh|[^"'\s>]{0,20}&)""", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class KeptPage:
    """A check with its page."""

    check: Record
    body: bytes
    """Empty where only a picture was kept."""
    screenshot: bytes

    @property
    def page(self) -> Page:
        """As it was fetched, for what needs its text."""
        url = self.check["final_url"] or self.check["url"] or "about:blank"
        return Page(
            request=PageRequest(url=url),
            outcome=Outcome(self.check["outcome"]),
            final_url=url,
            headers={"content-type": pages.content_type_of(self.check["media_type"], self.check["charset"])},
            body=self.body,
        )


def checks_with_pages(pipeline: Pipeline, watch_id: str, *, limit: int = 20) -> list[Record]:
    """The newest checks of a watch with a page or picture, newest first; `check` names each for `find_page`.

    Raises:
        NotFound: there never was such a watch.
    """
    pipeline.database.run(lambda connection: require_known(connection, watch_id))
    found = pipeline.database.run(lambda connection: pages.checks_with_pages(connection, watch_id, limit=limit))
    return [{"check": name_of(record), **record} for record in found]


def name_of(record: Record) -> str:
    """How a check is named: `lamp@2026-05-01T08:00:00Z`."""
    return f"{record['watch_id']}@{record['slot_at'].astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"


def find_page(pipeline: Pipeline, check: str) -> KeptPage:
    """The page of a check: of a watch's newest (`lamp`), of one by its time (`lamp@2026-05-01`), or by its hash.

    Raises:
        NotFound: there is no such check, it has no page, or the page is not kept any more.
        EvidenceUnavailable, MissingExtra: it lies in a location that cannot be read.
    """
    record = _with_picture(pipeline, _record(pipeline, check))
    url = pipeline.settings.pages_url
    place = PagePlace(url) if url else None
    contents = {
        name: record[name] and read_page(pipeline.database, place, record[name])
        for name in ("page_sha256", "screenshot_sha256")
    }
    if not any(contents.values()):
        raise NotFound(_gone_text(pipeline, record))
    return KeptPage(
        check={"check": name_of(record), **record},
        body=contents["page_sha256"] or b"",
        screenshot=contents["screenshot_sha256"] or b"",
    )


def _record(pipeline: Pipeline, check: str) -> Record:
    watch_id, at, time = check.partition("@")
    is_watch = pipeline.database.run(lambda connection: watches.one(connection, watch_id)) is not None
    if not is_watch and not at and _HASH.fullmatch(check.lower()):
        return _by_hash(pipeline, check.lower())
    limit = MOST_LOOKED_THROUGH if at else 1_000
    found = checks_with_pages(pipeline, watch_id, limit=limit)
    if at:
        return _by_time(pipeline, watch_id, time, found)
    if not found:
        raise NotFound(f"no check of {watch_id} has a page: {_what_happened(pipeline, watch_id)}")
    return next((record for record in found if record["is_kept"]), found[0])


def _with_picture(pipeline: Pipeline, record: Record) -> Record:
    """With the picture that was taken when the page was last read, where it has not changed since."""
    watch_id, page, picture = record["watch_id"], record["page_sha256"], record["screenshot_sha256"]
    if picture is None and page is not None and record["outcome"] == Outcome.NOT_MODIFIED:
        picture = pipeline.database.run(lambda connection: pages.picture_of_page(connection, watch_id, page))
    return {**record, "screenshot_sha256": picture}


def _by_hash(pipeline: Pipeline, prefix: str) -> Record:
    hashes = pipeline.database.run(lambda connection: pages.hashes_like(connection, prefix))
    if not hashes:
        raise NotFound(f"no watch and no page that is kept has the name {prefix}: `pricewatch page list WATCH`")
    if len(hashes) > 1:
        raise NotFound(f"{prefix} begins the names of several pages: {', '.join(h.hex()[:16] for h in hashes)}, ...")
    records = pipeline.database.run(lambda connection: pages.checks_of_page(connection, hashes[0]))
    if not records:
        raise NotFound(f"the page {prefix} is kept, but the check that it belongs to is not in the ledger any more")
    return records[0]


def _by_time(pipeline: Pipeline, watch_id: str, time: str, found: list[Record]) -> Record:
    wanted = _OFFSET.sub("", time.strip()).replace(" ", "T")
    for record in found:
        if wanted and any(written.startswith(wanted) for written in _times(record)):
            return record
    if not found:
        raise NotFound(f"no check of {watch_id} has a page: {_what_happened(pipeline, watch_id)}")
    newest, oldest = name_of(found[0]), name_of(found[-1])
    raise NotFound(
        f"no check of {watch_id} with a page is of {time or 'no time'}; the newest is {newest}, the oldest {oldest}. "
        f"`pricewatch page list {watch_id}` shows them"
    )


def _times(record: Record) -> Iterator[str]:
    """When a check was due and when it ended, in UTC and as a terminal here shows it."""
    for at in (record["slot_at"], record["finished_at"]):
        yield at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
        yield at.astimezone().strftime("%Y-%m-%dT%H:%M:%S.%f")


def _what_happened(pipeline: Pipeline, watch_id: str) -> str:
    record = pipeline.database.run(lambda connection: require_known(connection, watch_id))
    if not record["last_checked_at"]:
        return "it was never checked; `pricewatch check` does"
    return f"nothing was fetched; the last one ended with {record['last_outcome']}"


def _gone_text(pipeline: Pipeline, record: Record) -> str:
    settings = pipeline.settings
    since: datetime | None = pipeline.database.run(pages.kept_since)
    oldest = f"the oldest that is kept was last seen at {since:%Y-%m-%d %H:%M} UTC" if since else "none is kept now"
    return (
        f"the page of {name_of(record)} is not kept any more. Pages are kept for {settings.page_retention_days} days and "
        f"up to {settings.page_max_mb} MB; {oldest}. To keep them longer, set PRICEWATCH_PAGE_RETENTION_DAYS and "
        "PRICEWATCH_PAGE_MAX_MB"
    )


def is_html(kept: KeptPage) -> bool:
    """Whether the page is one for a browser; a site may name anything, or nothing."""
    media_type = kept.check["media_type"] or "text/html"
    return media_type.lower() in ("text/html", "application/xhtml+xml")


def safe_copy(kept: KeptPage) -> str:
    """The page for a browser: its pictures and styles load from the shop, its scripts and forms do nothing."""
    check, page = kept.check, kept.page
    shown = "; ".join(f"{name}: {check[name]}" for name in ("check", "outcome", "url", "fetcher") if check[name])
    # What ends a comment must not stand in it.
    note = f"Kept by pricewatch. {shown}; fetched: {check['finished_at'].isoformat()}".replace("--", "- -").replace(
        ">", ""
    )
    head = (
        f'<!-- {note} -->\n<meta charset="utf-8"><base href="{html.escape(page.final_url)}" target="_blank">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><meta name="referrer" content="no-referrer">\n'
    )
    text = _REFRESH.sub(r"\1x-\2", page.text.lstrip("\ufeff"))
    # Behind the doctype, lest the page is shown as one of 1998; before all else, so that it holds for all.
    doctype = _BEFORE_HEAD.match(text)
    at = doctype.end() if doctype else 0
    return text[:at] + head + text[at:]
