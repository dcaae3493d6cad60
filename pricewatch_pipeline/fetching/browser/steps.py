"""What a store's file asks to be done on a page before it is read."""

import json
import re
import time

from playwright.async_api import Error, Locator, Page
from playwright.async_api import TimeoutError as NotInTime

from pricewatch_pipeline.domain.browsing import Action, Step
from pricewatch_pipeline.errors import PricewatchError
from pricewatch_pipeline.fetching.browser.consent import accept_cookies

STEP_S = 10.0
OPTIONAL_S = 3.0


class StepFailed(PricewatchError):
    """What the store's file waits for or wants to be done could not be found or done."""


async def take(steps: tuple[Step, ...], page: Page, deadline: float) -> bool:
    """Take the steps in their order, until `deadline` of the monotonic clock; whether the page was changed by one.

    Raises:
        StepFailed: names the step, what it wanted and what to look at.
    """
    is_changed = False
    for number, step in enumerate(steps, start=1):
        left = deadline - time.monotonic()
        within_s = max(0.1, min(left, OPTIONAL_S if step.is_optional else STEP_S))
        try:
            await _take(step, page, within_s)
        except Error as error:
            if step.is_optional and not page.is_closed():
                continue
            raise StepFailed(f"step {number} of the store ({_shown(step)}) failed: {_why(error, within_s)}") from error
        is_changed |= step.action not in (Action.ACCEPT_COOKIES, Action.WAIT_FOR)
    return is_changed


async def wait_for(selector: str, page: Page, within_s: float) -> None:
    """Wait until an element is there, seen or not.

    Raises:
        StepFailed: it does not turn up.
    """
    try:
        await _element(page, selector).wait_for(state="attached", timeout=within_s * 1000)
    except NotInTime as error:
        raise StepFailed(
            f"nothing on the page matches {selector!r}, which the store waits for (wait_for), within {within_s:.0f} s"
        ) from error


async def _take(step: Step, page: Page, within_s: float) -> None:
    if step.action is Action.ACCEPT_COOKIES:
        await accept_cookies(page, within_s)
        return
    element, timeout_ms = _element(page, step.selector or ""), within_s * 1000
    match step.action:
        case Action.CLICK:
            await element.click(timeout=timeout_ms)
        case Action.FILL:
            await element.fill(step.value or "", timeout=timeout_ms)
        case Action.WAIT_FOR:
            await element.wait_for(state="attached", timeout=timeout_ms)
        case Action.CHOOSE:
            await _choose(page, step.selector or "", step.value or "", timeout_ms)


def _element(page: Page, selector: str) -> Locator:
    return page.locator(f"css={selector}").first


async def _choose(page: Page, selector: str, value: str, timeout_ms: float) -> None:
    """An option by value or label; else the choice that says so, or whose attribute does."""
    places = page.locator(f"css={selector}")
    if await places.first.evaluate("element => element.tagName", timeout=timeout_ms) == "SELECT":
        await places.first.select_option(value, timeout=timeout_ms)
        return
    said = re.compile(rf"^\s*{re.escape(value)}\s*$")
    quoted = json.dumps(value, ensure_ascii=False)
    marked = ", ".join(f"[{name}={quoted}]" for name in ("value", "data-value", "aria-label", "title"))
    choices = (
        places.filter(has_text=said)
        .or_(places.get_by_text(said))
        .or_(places.and_(page.locator(f"css={marked}")))
        .or_(places.locator(f"css={marked}"))
    )
    await choices.last.click(timeout=timeout_ms)  # the innermost of those around each other


def _shown(step: Step) -> str:
    value = f", value: {step.value!r}" if step.value is not None else ""
    return f"{step.action}: {step.selector!r}{value}" if step.selector else str(step.action)


def _why(error: Error, within_s: float) -> str:
    if isinstance(error, NotInTime):
        return f"no such element that could be used turned up within {within_s:.0f} s; look at the page and correct the selector"
    return f"{error.message.splitlines()[0][:200]}; look at the page and correct the step"
