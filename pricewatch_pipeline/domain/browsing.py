"""What a store's pages need of a browser: what to wait for, what to do first, what to leave out. Values only."""

from dataclasses import dataclass, field
from enum import StrEnum


class WaitUntil(StrEnum):
    """When a page counts as there, before any selector is waited for."""

    LOADED = "loaded"
    NETWORK_IDLE = "network_idle"


class Action(StrEnum):
    """What a step does to the element at its selector."""

    CLICK = "click"
    CHOOSE = "choose"
    """Select an option (by value or label), or click the choice with this text."""
    FILL = "fill"
    WAIT_FOR = "wait_for"
    ACCEPT_COOKIES = "accept_cookies"
    """Needs no selector: the usual consent dialogs are known."""


class Blockable(StrEnum):
    """Kinds of requests that a page can do without."""

    IMAGES = "images"
    MEDIA = "media"
    FONTS = "fonts"
    TRACKERS = "trackers"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to do before the page is read."""

    action: Action
    selector: str | None = None
    """CSS."""
    value: str | None = None
    is_optional: bool = False
    """Go on when the element does not turn up."""


@dataclass(frozen=True, kw_only=True)
class Browsing:
    """How a store's pages are opened in a browser."""

    wait_until: WaitUntil = WaitUntil.LOADED
    wait_for: str | None = None
    """A CSS selector that must turn up; the page counts as failed without."""
    steps: tuple[Step, ...] = ()
    blocked: frozenset[Blockable] = field(
        default_factory=lambda: frozenset({Blockable.IMAGES, Blockable.MEDIA, Blockable.FONTS, Blockable.TRACKERS})
    )
    has_screenshot: bool = False
