"""A page parsed once, and the views that readers share: the tree, scripts, meta tags, visible text."""

import re
from functools import cached_property
from typing import Any, cast
from urllib.parse import urljoin

from lxml import etree
from parsel import Selector

Element = etree._Element  # noqa: SLF001 - lxml has no public name for it

LONGEST_PAGE = 12_000_000
"""Characters; the rest of a longer page is not looked at."""

MOST_ATTRIBUTES = 2000
"""In one tag. libxml2 takes time by their square: 40,000 hold it for 12 s, 200,000 for hours, and nothing interrupts it."""
# Every `<x` is tried as the beginning of a tag, also within scripts and quotes: a tag cannot be hidden behind one.
# Nothing is matched twice (possessive), so that this itself stays fast on any text: 3 ms for a megabyte.
_CROWDED_TAG = re.compile(
    r"""<[a-zA-Z][^\s/><]*+[\s/]++"""
    r"""(?:[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?+)?+[\s/]*+)"""
    rf"""{{{MOST_ATTRIBUTES + 1}}}"""
)

_SPACES = re.compile(r"\s+")
_HIDDEN = frozenset({"script", "style", "noscript", "template", "svg", "head"})
_BLOCK_CONTAINERS = 20_000
"""Script elements looked at; a page with more is not a shop's."""


class Document:
    """One HTML page."""

    def __init__(self, text: str, *, url: str) -> None:
        self.text = text[:LONGEST_PAGE].replace("\x00", "")
        self.url = url

    @cached_property
    def has_crowded_tag(self) -> bool:
        """Whether a tag has more attributes than any real page's; such a page is not parsed."""
        return _CROWDED_TAG.search(self.text) is not None

    @cached_property
    def root(self) -> Element:
        if self.has_crowded_tag:
            return etree.Element("html")
        # libxml2 itself cuts nesting at 2048 levels, so depth cannot hurt the readers below.
        parser = etree.HTMLParser(recover=True, encoding="utf-8", huge_tree=True)
        try:
            root = etree.fromstring(self.text.encode("utf-8", "replace"), parser)
        except etree.XMLSyntaxError:  # white space or nothing
            root = None
        if root is None:
            return etree.Element("html")
        for stray in list(root.itersiblings("html")):  # what stands after `</html>` becomes a root of its own
            root.append(stray)
        return root

    @cached_property
    def selector(self) -> Selector:
        return Selector(root=self.root, type="html")

    @cached_property
    def scripts(self) -> list[tuple[str, str, str]]:
        """(type, id, text) of every inline script."""
        found: list[tuple[str, str, str]] = []
        for element in self.root.iter("script"):
            if element.text and len(found) < _BLOCK_CONTAINERS:
                found.append(((element.get("type") or "").strip().lower(), element.get("id") or "", element.text))
        return found

    @cached_property
    def metas(self) -> dict[str, list[str]]:
        """Contents of meta tags by `property`, `name` or `itemprop`, in lower case."""
        found: dict[str, list[str]] = {}
        for element in self.root.iter("meta"):
            content = (element.get("content") or "").strip()
            for key in {element.get("property"), element.get("name")} - {None, ""}:
                if content:
                    found.setdefault(str(key).strip().lower(), []).append(content)
        return found

    def meta(self, *names: str) -> str | None:
        """The first content of the first of these meta tags."""
        return next((self.metas[name][0] for name in names if name in self.metas), None)

    @cached_property
    def language(self) -> str | None:
        """As `<html lang>` or a meta tag declares it."""
        return (
            self.root.get("lang")
            or self.root.get("{http://www.w3.org/XML/1998/namespace}lang")
            or self.meta("og:locale")
        )

    @cached_property
    def heading(self) -> str | None:
        """The first `<h1>` with text."""
        return next((text for element in self.root.iter("h1") if (text := text_of(element))), None)

    @cached_property
    def title(self) -> str | None:
        return next((text for element in self.root.iter("title") if (text := text_of(element))), None)

    @cached_property
    def canonical_url(self) -> str | None:
        for element in self.root.iter("link"):
            if "canonical" in (element.get("rel") or "").lower().split() and element.get("href"):
                return self.absolute(element.get("href"))
        return self.absolute(self.meta("og:url"))

    @cached_property
    def visible_length(self) -> int:
        """Characters a reader would see, roughly; hidden elements are not told apart."""
        return sum(len(piece.strip()) for piece in self._visible_pieces())

    def _visible_pieces(self) -> list[str]:
        body = self.root.find("body")
        if body is None:
            return []
        pieces: list[str] = []
        for element in body.iter():
            if isinstance(element.tag, str) and element.tag not in _HIDDEN and element.text:
                pieces.append(element.text)
            if element.tail and element is not body:
                pieces.append(element.tail)
        return pieces

    def absolute(self, link: str | None) -> str | None:
        """A link of this page in full; None when it is none."""
        if not link or len(link) > 4000:
            return None
        try:
            return urljoin(self.url, link.strip())
        except ValueError:
            return None


def select(element: Element, xpath: str, *, name: str = "") -> list[Element]:
    """Elements at one of our own XPaths, in which `$name` may stand."""
    return cast("list[Element]", element.xpath(xpath, name=name))


def text_of(element: Element) -> str:
    """An element's text with single spaces. Raised digits (`19<sup>99</sup>`) stay apart."""
    pieces = cast("list[Any]", element.xpath("descendant::text()[not(parent::script or parent::style)]"))
    return _SPACES.sub(" ", "".join(f" {p} " if p.getparent().tag in ("sup", "sub") else p for p in pieces)).strip()
