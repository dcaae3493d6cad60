"""The article number that a product page's address ends with, as most shops write it."""

import re
from urllib.parse import parse_qsl, unquote, urlsplit

_PARAMETERS = re.compile(
    r"(?:sku|(?:product|prod|item|article|artikel|art|goods|deal|offer)[_-]?(?:id|no|nr|num|number|code|sku)?|"
    r"p?id|[ap]nr|code|[a-z]{1,3}_?id|produkt(?:id|nr)?|producto?|idp|idprod\w*|id_?(?:product\w*|prod|item|article\w*|produkt\w*))",
    re.IGNORECASE,
)
"""Names of query parameters that hold a product's number."""
_NOT_PARAMETERS = frozenset(
    {
        "cid",
        "gid",
        "uid",
        "tid",
        "sid",
        "aid",
        "vid",
        "lid",
        "rid",
        "wid",
        "gclid",
        "fbclid",
        "msclkid",
        "dclid",
        "clid",
    }
    | {"catid", "cat_id", "affid", "aff_id", "refid", "ref_id", "srsltid", "campaign_id", "adid"}
)
"""Of categories, sessions, visitors and advertisements."""
_ENDING = re.compile(r"\.(?:html?|php\d?|aspx?|jsp|do|cfm|xhtml|shtml)$", re.IGNORECASE)
_WHOLE = re.compile(r"(?=[^\d]*\d)(?:\d{4,20}|(?=.*[A-Z])[A-Z0-9][A-Z0-9_-]{4,23})")
"""A part of the path that is nothing but a number, or capitals and digits."""
_TAIL = re.compile(r"(?:^|[-_,./+~=])(?:[a-z]{1,3}(?=\d{5}))?(\d{5,20})$", re.IGNORECASE)
_HEAD = re.compile(r"^(?:[a-z]{1,2}[-_]?)?(\d{5,20})(?=[-_,])", re.IGNORECASE)
_MIXED_TAIL = re.compile(r"[-_,./](?=\w*\d)(?=\w*[A-Z])([A-Z0-9]{6,20})$")
_YEAR = re.compile(r"(?:19|20)\d\d(?:[01]\d(?:[0-3]\d)?)?")
_MOST_PARTS = 12
_LONGEST_PART = 300


def ids_in(url: str) -> list[str]:
    """What may be the article's number in an address, the likeliest first."""
    try:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, max_num_fields=60)
    except ValueError:
        return []
    found = [
        value
        for name, value in query
        if _PARAMETERS.fullmatch(name) and name.lower() not in _NOT_PARAMETERS and _is_id(value)
    ]
    path = [unquote(part) for part in parts.path.split("/") if part][-_MOST_PARTS:]
    for part in reversed(path):
        bare = _ENDING.sub("", part[-_LONGEST_PART:])
        whole = _WHOLE.fullmatch(bare)
        match = _TAIL.search(bare) or _MIXED_TAIL.search(bare) or _HEAD.match(bare)
        if whole and not (match and bare.isalnum() and not bare[0].isdigit() and bare[1:].isdigit()):
            found.append(bare)
        elif match:
            found.append(match[1])
    return list(dict.fromkeys(value for value in found if not _YEAR.fullmatch(value)))


def _is_id(value: str) -> bool:
    return 2 < len(value) <= 40 and any(map(str.isdigit, value)) and re.fullmatch(r"[\w.-]+", value) is not None
