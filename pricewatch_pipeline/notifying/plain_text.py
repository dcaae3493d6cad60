"""Texts from outside, such as titles of pages, as parts of messages: they are shown, and do nothing."""

import re

LONGEST_TITLE = 160
"""Characters of a message's title: what a mail's subject, a push message and a chat all show."""
# What no text holds, and what turns the text behind it around.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# What stands between letters and is not seen.
_UNSEEN = re.compile("[\u00ad\u200b\u2060\ufeff]")
# Chats make links of [text](address) and <address|text>, and call everybody at @everyone and <!channel>.
_ACTIVE = re.compile(r"(?<=\])(?=\()|(?<=@)(?=everyone|here|channel|all)|(?<=<)(?=[!@#/a-zA-Z])", re.IGNORECASE)
_APART = "\u200b"


def one_line(text: str, longest: int = LONGEST_TITLE) -> str:
    """A text as one line, cut at a word where it is too long, without what a mail, chat or terminal would act on."""
    # What is far longer than what is shown need not be looked at.
    return _ACTIVE.sub(_APART, cut(" ".join(_shown(text[: 20 * longest]).split()), longest))


def many_lines(text: str, longest: int) -> str:
    """A text that may have lines, as templates write, without other control characters; empty lines at its ends are gone."""
    lines = (_shown(line).rstrip() for line in text[: 2 * longest].splitlines())
    return cut("\n".join(lines).strip("\n"), longest)


def cut(text: str, longest: int) -> str:
    """The text, or its beginning with an ellipsis."""
    if len(text) <= longest:
        return text
    kept = text[: longest - 1]
    at_word, _, rest = kept.rpartition(" ")
    return f"{at_word if at_word and len(rest) < 30 else kept}…"


def _shown(text: str) -> str:
    return _CONTROL.sub(" ", _UNSEEN.sub("", text))
