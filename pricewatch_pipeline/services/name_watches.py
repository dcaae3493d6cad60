"""Makes a watch id out of a URL, for watches that are added without one."""

import re
import unicodedata
from urllib.parse import unquote

from pricewatch_pipeline.domain.hosts import registrable_domain, site_of, split_url
from pricewatch_pipeline.domain.providers import asked_by, in_words
from pricewatch_pipeline.registry import providers

LONGEST = 64
_NOT_IN_ID = re.compile(r"[^a-z0-9]+")
_NOT_TELLING = frozenset(
    {"p", "dp", "gp", "product", "products", "item", "items", "shop", "index", "html", "htm", "php"}
)
_SUFFIX = re.compile(r"\.(html?|php|aspx?)$")


def watch_id_for(url: str) -> str:
    """`shop-de-blue-kettle` for `https://www.shop.de/p/blue-kettle.html`: the site, then the last words of the path.

    Raises:
        ForbiddenAddress: it is not the URL of a page.
        NotASearch: it is that of a search which cannot be watched.
    """
    if asked := asked_by(url, providers().values()):
        # Its address says nothing to a person, its words do: `lhr-jfk-15-jan-2027-one-way`.
        return _slug((in_words(*asked) or asked[0].name).partition(";")[0])[:LONGEST].strip("-")
    parts = split_url(url)
    site = _slug(registrable_domain(parts.hostname or "") or site_of(url))
    steps = [_slug(_SUFFIX.sub("", unquote(step))) for step in parts.path.split("/")]
    telling = [step for step in steps if step and step not in _NOT_TELLING]
    # A bare number says little: the step before it comes along.
    words = telling[-2:] if telling and telling[-1].isdigit() else telling[-1:]
    return "-".join([site, *words])[:LONGEST].strip("-")


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _NOT_IN_ID.sub("-", plain).strip("-")
