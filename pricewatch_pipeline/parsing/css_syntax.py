"""Whether a text is a CSS selector that a browser can look for."""

from cssselect import SelectorError
from cssselect.parser import parse
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from pricewatch_pipeline.errors import UnsafePattern

_EMPTY_PAGE = LexborHTMLParser("<p>")


def check_css(selector: str) -> None:
    """Refuse what can never be found in a browser.

    Raises:
        UnsafePattern: says why.
    """
    try:
        _EMPTY_PAGE.css(selector)
    except SelectolaxError:
        _check_loosely(selector)


def _check_loosely(selector: str) -> None:
    """By a parser that knows less of CSS, but lets pass what only some browsers and drivers know (`:visible`)."""
    try:
        selectors = parse(selector)
    except (SelectorError, RecursionError) as error:
        raise UnsafePattern(f"{selector!r} is not a CSS selector: {error}") from error
    if any(each.pseudo_element for each in selectors):
        raise UnsafePattern(f"{selector!r}: `::` names a part of an element; here the element itself is meant")
