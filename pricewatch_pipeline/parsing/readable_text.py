"""What a person reads on a page, as plain text."""

import re

from selectolax.lexbor import LexborHTMLParser

from pricewatch_pipeline.parsing.bounds import refusal

_UNSEEN = ["script", "style", "noscript", "template", "svg", "head", "iframe"]
_TAG = re.compile("<[^<>]*>")
_BLANKS = re.compile(r"[^\S\n]+")
_EMPTY_LINES = re.compile(r" ?\n[ \n]*")


def readable_text(page: str) -> str:
    """The text of an HTML page: a line for each piece, nothing of scripts and styles. Of a page that no parser should be
    given, what is between its tags."""
    body = page.encode("utf-8", "replace")
    text = _TAG.sub("\n", page) if refusal(body) else _text_of(LexborHTMLParser(body))
    return _EMPTY_LINES.sub("\n", _BLANKS.sub(" ", text)).strip()


def _text_of(tree: LexborHTMLParser) -> str:
    tree.strip_tags(_UNSEEN)
    return tree.body.text(separator="\n") if tree.body else ""
