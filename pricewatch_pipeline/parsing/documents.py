"""A page parsed once, and the views that readers share: the tree, scripts, meta tags, visible text."""

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import urljoin

from lxml import etree
from selectolax.lexbor import LexborHTMLParser, LexborNode

from pricewatch_pipeline.domain.lazy import cached_property
from pricewatch_pipeline.parsing.bounds import parsed, refusal
from pricewatch_pipeline.parsing.layout import PRESSED_QUERY, Layout, layout_of

Element = etree._Element  # noqa: SLF001 - lxml has no public name for it
Node = LexborNode
Notable = tuple[Node, dict[str, str | None]]
"""An element and its attributes."""

LONGEST_PAGE = 12_000_000
"""Bytes; the rest of a longer page is not looked at."""
MOST_NODES = 20_000
"""Of one kind, such as scripts; a page with more is not a shop's."""
MOST_HEADINGS = 40

_NOTABLE = (
    "script, meta[content], title, h1, link[rel~=canonical i], [itemprop], [itemscope], [typeof], "
    f"option[selected], input[checked], [aria-checked=true], [aria-selected=true], {PRESSED_QUERY}"
)
_PICKED = frozenset({"selected", "checked", "aria-checked", "aria-selected"})
_SPACES = re.compile(r"\s+")
_HIDDEN = frozenset({"script", "style", "noscript", "template", "svg", "head"})
_LONGEST_TEXT_NODES = 1_000
_MARKUP = frozenset({"script", "style"})


class Document:
    """One HTML page, from its bytes in UTF-8."""

    def __init__(self, body: bytes, *, url: str) -> None:
        self.body = body[:LONGEST_PAGE]
        if b"\x00" in self.body:
            self.body = self.body.replace(b"\x00", b"")
        self.url = url

    @cached_property
    def refusal(self) -> str | None:
        """Why this page is not parsed, being of a kind that would hold the process for hours; its tree is empty then."""
        return refusal(self.body)

    @cached_property
    def tree(self) -> LexborHTMLParser:
        return parsed(b"" if self.refusal else self.body)

    @cached_property
    def lxml_root(self) -> Element:
        """The tree of libxml2, for what only XPath can say; parsed when first asked for."""
        # libxml2 itself cuts nesting at 2048 levels, so depth cannot hurt the readers below.
        parser = etree.HTMLParser(recover=True, encoding="utf-8", huge_tree=True)
        try:
            root = etree.fromstring(b"" if self.refusal else self.body, parser)
        except etree.XMLSyntaxError:  # white space or nothing
            root = None
        if root is None:
            return etree.Element("html")
        for stray in list(root.itersiblings("html")):  # what stands after `</html>` becomes a root of its own
            root.append(stray)
        return root

    @property
    def text(self) -> str:
        """The page's source."""
        return self.body.decode("utf-8", errors="replace")

    @cached_property
    def _notable(self) -> dict[str, list[Notable]]:
        """The elements that readers ask for, by tag and as `marked` (microdata), found in one pass."""
        found: dict[str, list[Notable]] = {"all": [], "marked": [], "picked": []}
        last = 0
        for node in self.tree.css(_NOTABLE):
            if node.mem_id == last:  # one that several of the selectors match is given once for each
                continue
            last = node.mem_id
            attributes = node.attributes
            tag = node.tag or ""
            is_data = tag == "script" and "json" in (attributes.get("type") or "").lower()
            found.setdefault("data script" if is_data else tag, []).append((node, attributes))
            found["all"].append((node, attributes))
            if "itemprop" in attributes or "itemscope" in attributes:
                found["marked"].append((node, attributes))
            if not _PICKED.isdisjoint(attributes):
                found["picked"].append((node, attributes))
        return found

    def _all(self, tag: str) -> list[Notable]:
        return self._notable.get(tag, [])[:MOST_NODES]

    @property
    def marked(self) -> list[Notable]:
        """Elements, and their attributes, with `itemprop` or `itemscope`, in document order."""
        return self._all("marked")

    @property
    def picked(self) -> list[Notable]:
        """Elements, and their attributes, that may be chosen and are: options, radio buttons, swatches, tabs."""
        return self._all("picked")

    @property
    def has_typed(self) -> bool:
        """Whether any element says its type in RDFa, with `typeof`."""
        return any("typeof" in attributes for _, attributes in self._notable["all"])

    @property
    def json_scripts(self) -> list[tuple[str, Node]]:
        """(type, element) of every script that holds data; `element.text()` is its source."""
        return [((attributes.get("type") or "").strip().lower(), node) for node, attributes in self._all("data script")]

    @cached_property
    def plain_scripts(self) -> list[Node]:
        """All other scripts."""
        return [node for node, _ in self._all("script") if node.first_child is not None]

    @cached_property
    def metas(self) -> dict[str, list[str]]:
        """Contents of meta tags by `property` and `name`, in lower case."""
        found: dict[str, list[str]] = {}
        for _, attributes in self._all("meta"):
            content = (attributes.get("content") or "").strip()
            for key in {attributes.get("property"), attributes.get("name")} if content else ():
                if key:
                    found.setdefault(key.strip().lower(), []).append(content)
        return found

    def meta(self, *names: str) -> str | None:
        """The first content of the first of these meta tags."""
        return next((self.metas[name][0] for name in names if name in self.metas), None)

    @cached_property
    def language(self) -> str | None:
        """As `<html lang>` or a meta tag declares it."""
        attributes = self.tree.root.attributes if self.tree.root is not None else {}
        return attributes.get("lang") or attributes.get("xml:lang") or self.meta("og:locale")

    @cached_property
    def headings(self) -> list[str]:
        """The texts of the `<h1>`, in document order."""
        texts = (" ".join(line.text for line in layout_of(node).lines) for node, _ in self._all("h1")[:MOST_HEADINGS])
        return [text for text in texts if text]

    @cached_property
    def heading(self) -> str | None:
        """The first `<h1>` with text."""
        return next((text for node, _ in self._all("h1") if (text := text_of(node))), None)

    @cached_property
    def title(self) -> str | None:
        return next((text for node, _ in self._all("title") if (text := text_of(node))), None)

    @cached_property
    def layout(self) -> Layout:
        """The visible text in lines, and the controls."""
        names = (self.meta("og:title"), self.title, self.meta("twitter:title"))
        return layout_of(self.tree.body, tuple(name for name in names if name), self._notable["all"])

    @cached_property
    def canonical_url(self) -> str | None:
        for _, attributes in self._all("link"):
            if attributes.get("href"):
                return self.absolute(attributes["href"])
        return self.absolute(self.meta("og:url"))

    def absolute(self, link: str | None) -> str | None:
        """A link of this page in full; None when it is none."""
        if not link or len(link) > 4000:
            return None
        try:
            return urljoin(self.url, link.strip())
        except ValueError:
            return None


def visible_texts(top: Node) -> Iterator[Node]:
    """The text nodes inside an element that a reader may see, in document order; `node.text_content` is the text."""
    node: Node | None = top.first_child
    while node is not None:
        if node.is_text_node:
            yield node
        inner = node.first_child if node.tag not in _HIDDEN else None
        node = inner if inner is not None else _following(node, top)


def _following(node: Node, top: Node) -> Node | None:
    """The next node in document order that is not inside this one."""
    at: Node | None = node
    while at is not None and at.mem_id != top.mem_id:
        if at.next is not None:
            return at.next
        at = at.parent
    return None


def text_length(top: Node | None, at_most: int) -> int:
    """Characters a reader would see, roughly, counted no further than asked; what styles hide is not told apart."""
    length = 0
    for node in visible_texts(top) if top is not None else ():
        length += len((node.text_content or "").strip())
        if length >= at_most:
            return at_most
    return length


def text_of(node: Node) -> str:
    """An element's text with single spaces; of a huge one, its beginning. Raised digits (`19<sup>99</sup>`) stay apart."""
    pieces: list[str] = []
    for piece in islice(node.traverse(include_text=True), _LONGEST_TEXT_NODES):
        text = piece.text_content
        if text:
            tag = piece.parent.tag if piece.parent is not None else None
            if tag not in _MARKUP:
                pieces.append(f" {text} " if tag in ("sup", "sub") else text)
    return _SPACES.sub(" ", "".join(pieces)).strip()
