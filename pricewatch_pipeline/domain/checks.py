"""A check from claim to ledger row: the values the engine hands around."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from pricewatch_pipeline.domain.backoff import Plan
from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.plausibility import DoubtState, PriceHistory
from pricewatch_pipeline.domain.providers import Detail
from pricewatch_pipeline.domain.watches import Store, Watch


class CheckKind(StrEnum):
    """Who asked for a check."""

    SCHEDULED = "scheduled"
    MANUAL = "manual"


@dataclass(frozen=True, kw_only=True)
class LastSeen:
    """What the watch's newest snapshot said, and when its materialization was last logged."""

    price: Decimal | None = None
    currency: str | None = None
    availability: str | None = None
    slot_at: datetime | None = None
    event_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class KnownPage:
    """The page behind a watch's newest snapshot, or behind its newest answer that nothing is on offer: what a conditional request needs."""

    url: str
    """As it was asked for."""
    etag: str | None = None
    last_modified: str | None = None
    sha256: bytes
    """Of the body as it came."""
    read_with: str
    """A fingerprint of all that a reading depends on besides the page; another one makes the page worth reading again."""
    read_at: datetime
    """When it was last read in full."""
    has_offer: bool = True
    """False: it said that nothing is on offer; there is none to carry on from it."""


@dataclass(frozen=True, kw_only=True)
class OpenCheck:
    """A check that is to be made: a watch, its slot and all that is needed to look and to plan on."""

    watch: Watch
    store: Store | None
    kind: CheckKind
    slot_at: datetime
    attempt: int
    consecutive_failures: int = 0
    is_quarantined: bool = False
    was_abandoned: bool = False
    """The attempt before this one was never finished: its worker died or lost the lease."""
    last_seen: LastSeen = field(default_factory=LastSeen)
    history: PriceHistory = field(default_factory=PriceHistory)
    """What a price that is read now is measured against."""
    answered_at: datetime | None = None
    """When the last check ended that was no failure."""
    known_page: KnownPage | None = None
    learned_fetcher: str | None = None
    """For stores that say `auto`: what worked last; None: begin with the cheap way."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The watches one worker holds under one lease."""

    token: UUID
    claimed_at: datetime
    """The database's clock."""
    checks: tuple[OpenCheck, ...]


@dataclass(frozen=True, kw_only=True)
class StoredPage:
    """A page as evidence keeps it."""

    sha256: bytes
    """Of the body, redacted."""
    content: bytes
    """Compressed with zstd; a picture as it is. Empty when it lies elsewhere."""
    media_type: str | None
    body_bytes: int
    charset: str | None = None
    """As the header named it; None: it named none, and the page says the rest."""
    dictionary_id: int | None = None
    """The zstd dictionary that it was compressed with."""
    location: str | None = None
    """Where the content lies, when not in the database."""
    stored_bytes: int = 0
    """Of the content, also when it lies elsewhere."""


@dataclass(frozen=True, kw_only=True)
class FinishedCheck:
    """A check that ended: the ledger row, the snapshot when there is one, and how the schedule goes on."""

    watch_id: str
    slot_at: datetime
    attempt: int
    kind: CheckKind
    outcome: Outcome
    started_at: datetime
    finished_at: datetime
    host: str
    offer: Offer | None = None
    """Present exactly when the outcome is `ok`; on `not_modified` the database carries the last one on."""
    doubted_offer: Offer | None = None
    """An offer that is not believed and does not wait already: kept apart from the snapshots."""
    waiting_becomes: DoubtState | None = None
    """Of the offers of this watch that wait; None: they go on waiting."""
    history: PriceHistory | None = None
    """On a success: what the next price is measured against."""
    signals: Mapping[str, str] = field(default_factory=dict)
    """What the provider says beside its offer, for alert rules."""
    details: tuple[Detail, ...] = ()
    """Rows for the provider's own tables: stored with the check."""
    url: str | None = None
    final_url: str | None = None
    is_of_file: bool = False
    """What was read last is a file for programs, and no page that a person would open."""
    http_status: int | None = None
    wire_bytes: int = 0
    body_bytes: int = 0
    fetch_time: timedelta = timedelta(0)
    read_time: timedelta = timedelta(0)
    wait_time: timedelta = timedelta(0)
    """For its turns at the host, and for places."""
    fetcher: str | None = None
    """What fetched the last page."""
    page_count: int = 0
    error: str | None = None
    page: StoredPage | None = None
    screenshot: StoredPage | None = None
    carried_slot_at: datetime | None = None
    """On `not_modified`: the snapshot whose offer is carried on."""
    known_page: KnownPage | None = None
    """What a conditional request next time needs; on `not_modified` the one before stays."""
    plan: Plan | None = None
    """None: the schedule stays as it is."""
    news_at: datetime | None = None
    """When what it tells of happened; None: when its price changed."""
    remaining: int = 0
    """Documents that are left for another check, which follows at once."""
    is_event_due: bool = False
    """Whether Dagster's log is to get a materialization for it."""

    @property
    def shown_url(self) -> str | None:
        """Where a person sees what was read: the page itself, or the watch's own where that was a file."""
        return (None if self.is_of_file else self.final_url) or self.url or self.final_url
