"""JSON of our own or of nobody in particular: lists of URLs, of objects with known names, and what `pricewatch export` wrote."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pricewatch_pipeline.importing.fields import field_named, row_of
from pricewatch_pipeline.importing.rows import Entry, ImportRow, What, refused, shortened

SECTIONS = {"stores": What.STORE, "products": What.PRODUCT, "watches": What.WATCH, "alerts": What.ALERT}
_OURS = frozenset({"query", "provider", "plausibility", "alert_cooldown", "active"})


def own_row(place: str, section: str | None, value: Any) -> ImportRow:
    """A row of a list, or an entry of a section of a watch file."""
    what = SECTIONS.get(section or "", What.WATCH)
    if isinstance(value, str) and what is What.WATCH:
        return row_of(place, {"url": value})
    if not isinstance(value, Mapping):
        return refused(place, f"{shortened(value)} is neither a URL nor an object", what=what)
    if section in SECTIONS and (what is not What.WATCH or "id" in value or _OURS & set(value)):
        return ImportRow(place=place, what=what, entry=plain(value))
    named: dict[str, Any] = {}
    for name, each in value.items():
        if (field := field_named(str(name))) and each is not None:
            named.setdefault(field, each)
    if not named.get("url"):
        return refused(place, "there is no URL in it: name it `url`", what=what)
    return row_of(place, named)


def plain(value: Any) -> Any:
    """JSON as a watch file has it: numbers are texts there."""
    match value:
        case Mapping():
            entry: Entry = {str(name): plain(each) for name, each in value.items()}
            return entry
        case list():
            return [plain(each) for each in value]
        case bool() | None | str():
            return value
        case Decimal() if -30 < value.adjusted() < 30:  # 1E+99999999 written out fills the memory
            return f"{value:f}"
        case _:
            return str(value)
