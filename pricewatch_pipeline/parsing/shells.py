"""Pages whose content comes by script: an empty shell, which only a browser fills."""

from pricewatch_pipeline.parsing.documents import Document, Node, text_length

SHELL_CHARACTERS = 300
"""A page that shows less text than this, and no product data, has not been rendered yet."""
ROOT_CHARACTERS = 50
"""An application's own element that shows less than this is empty ..."""
PAGE_CHARACTERS = 3_000
"""... and what stands around it are menus, unless it is as much as this."""

_APP_ROOTS = frozenset({"root", "app", "__next", "__nuxt", "___gatsby", "app-root", "react-root", "main-app"})


def shell_of(document: Document) -> str | None:
    """Why a page without product data is a shell; None when it is not. Reads no more of the page than it takes."""
    if document.tree.css_first("script") is None:
        return None
    length = text_length(document.tree.body, SHELL_CHARACTERS)
    if length < SHELL_CHARACTERS:
        return f"the page is an empty shell ({length} characters of text)"
    root = _empty_root(document.tree.body)
    if root is not None and text_length(document.tree.body, PAGE_CHARACTERS) < PAGE_CHARACTERS:
        return f"the page is an empty shell (nothing in <{root.tag} id={root.id or ''!r}>)"
    return None


def _empty_root(body: Node | None) -> Node | None:
    """The element at the top of the page into which an application renders itself, when it has not."""
    for child in body.iter() if body is not None else ():
        if (child.id in _APP_ROOTS or child.tag == "app-root") and text_length(
            child, ROOT_CHARACTERS
        ) < ROOT_CHARACTERS:
            return child
    return None
