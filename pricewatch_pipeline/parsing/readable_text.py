"""What a person reads on a page, as plain text."""

import re

from selectolax.lexbor import LexborHTMLParser

_UNSEEN = ["script", "style", "noscript", "template", "svg", "head", "iframe"]
_BLANKS = re.compile(r"[^\S\n]+")
_EMPTY_LINES = re.compile(r"\s*\n\s*")


def readable_text(page: str) -> str:
    """The text of an HTML page: a line for each piece, nothing of scripts and styles."""
    tree = LexborHTMLParser(page)
    tree.strip_tags(_UNSEEN)
    text = tree.body.text(separator="\n") if tree.body else ""
    return _EMPTY_LINES.sub("\n", _BLANKS.sub(" ", text)).strip()
