"""How other tools say where a page shows what, as strategies of ours. What cannot be said is said to be left out."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pricewatch_pipeline.domain.watches import Strategy
from pricewatch_pipeline.errors import UnsafePattern
from pricewatch_pipeline.importing.rows import Entry, said, shortened
from pricewatch_pipeline.parsing.selectors import check_strategy

_FIELDS = {
    "price": "price",
    "title": "title",
    "name": "title",
    "image": "image",
    "image_url": "image",
    "availability": "availability",
    "stock": "availability",
    "currency": "currency",
    "list_price": "list_price",
    "original_price": "list_price",
    "sku": "sku",
}
_KINDS = {"selector": "css", "css": "css", "xpath": "xpath", "regex": "regex", "json": "json", "jsonpath": "json"}
_BY_ITSELF = frozenset({"schema_org", "schema", "json_ld", "jsonld", "microdata", "auto", "opengraph", "meta"})
"""What is read without being told."""
_ATTRIBUTE = re.compile(r"(?P<selector>.+?)\s*(?:\|\s*|::attr\()(?P<name>[\w:.-]{1,80})\)?", re.DOTALL)
_BARE_VALUE = re.compile(r"\[\s*([\w:-]+)\s*([~|^$*]?=)\s*([^\]\"']+?)\s*\]")
"""`[property=og:image]`: browsers want quotes around such a value, and people leave them out."""
_DELIMITED = re.compile(r"(?P<mark>[^\w\s\\])(?P<pattern>.*)(?P=mark)(?P<flags>[a-zA-Z]*)", re.DOTALL)
_PAIRS = {"(": ")", "[": "]", "{": "}", "<": ">"}
_PAIRED = re.compile(r"(?P<mark>[(\[{<])(?P<pattern>.*)[)\]}>](?P<flags>[a-zA-Z]*)", re.DOTALL)
_FLAGS = {"i": "i", "s": "s", "m": "m", "x": "x", "u": "", "U": None, "A": None, "D": "", "g": ""}
"""Of PHP; None: there is nothing like it here."""


def strategies_from(foreign: Any) -> tuple[Entry, tuple[str, ...]]:
    """`strategies:` of a store, and what is left out, each with the reason."""
    if foreign in (None, [], {}, ""):
        return {}, ()
    if not isinstance(foreign, Mapping):
        return {}, (f"strategies: {shortened(foreign)} is not a set of fields",)
    entry: Entry = {}
    notes: list[str] = []
    for name, ways in foreign.items():
        if name not in _FIELDS:
            notes.append(f"strategy for {shortened(name, 30)}: no field of ours")
            continue
        for way in ways if isinstance(ways, list) else [ways]:
            strategy, why = _strategy_of(way)
            if strategy:
                entry.setdefault(_FIELDS[name], []).append(_written(strategy))
            elif why:
                notes.append(f"strategy for {name}: {why}")
    return entry, tuple(notes)


def _strategy_of(way: Any) -> tuple[Strategy | None, str | None]:
    """A strategy; or why there is none, None where none is needed."""
    if isinstance(way, str):
        begin, _, rest = way.partition(":")
        way = {"type": begin.strip(), "value": rest.strip()} if way.strip() else {}
    if not isinstance(way, Mapping):
        return None, f"{shortened(way)} is not a way to read a page"
    kind, value = str(way.get("type") or "").lower(), way.get("value")
    if not kind or kind in _BY_ITSELF:
        return None, None
    if kind not in (*_KINDS, "attr"):
        return None, f"there is nothing like {shortened(kind, 30)} here"
    if not isinstance(value, str) or not value.strip():
        return None, None
    try:
        strategy = _translated(_KINDS.get(kind, kind), value.strip(), way)
        check_strategy(strategy)
    except UnsafePattern as error:
        return None, str(error)
    return strategy, None


def _translated(kind: str, value: str, way: Mapping[str, Any]) -> Strategy:
    if kind == "css":
        value = _BARE_VALUE.sub(r'[\1\2"\3"]', value)
    if kind == "css" and (with_attribute := _ATTRIBUTE.fullmatch(value)):
        kind, value = "attr", f"{with_attribute['selector']}::{with_attribute['name']}"
    elif kind == "css":
        value = value.removesuffix("::text")
    elif kind == "regex":
        value = _pattern(value)
    around = {name: text for name in ("prepend", "append") if isinstance(text := way.get(name), str) and text}
    return Strategy(kind=kind, expression=value, **around)


def _pattern(written: str) -> str:
    """A pattern as PHP writes it, `~"price":(\\d+)~i`, without delimiters and with its flags inside.

    Raises:
        UnsafePattern: a flag has no like here.
    """
    match = _DELIMITED.fullmatch(written) or _PAIRED.fullmatch(written)
    if match is None or (match["mark"] in _PAIRS and not written.rstrip("imsxuUADg").endswith(_PAIRS[match["mark"]])):
        return written
    unknown = [flag for flag in match["flags"] if _FLAGS.get(flag) is None]
    if unknown:
        raise UnsafePattern(f"regex:{written}: there is nothing like its flag {unknown[0]!r} here")
    flags = "".join(dict.fromkeys(_FLAGS[flag] or "" for flag in match["flags"]))
    return f"(?{flags}){match['pattern']}" if flags else match["pattern"]


def _written(strategy: Strategy) -> Entry:
    return said(
        {
            "type": strategy.kind,
            "value": strategy.expression,
            "prepend": strategy.prepend,
            "append": strategy.append,
        }
    )


def ids_and_domains(foreign: Mapping[str, Any]) -> Entry:
    """What stores of other tools have alike: a slug, a name, domains."""
    domains = foreign.get("domains")
    hosts: Iterable[Any] = domains if isinstance(domains, list) else []
    names = [str(host.get("domain") if isinstance(host, Mapping) else host or "").strip().lower() for host in hosts]
    plain = [name.partition("://")[2].partition("/")[0] if "://" in name else name.partition("/")[0] for name in names]
    return {
        "id": slug(str(foreign.get("slug") or foreign.get("name") or "")),
        "name": foreign.get("name"),
        "domains": list(dict.fromkeys(name.removeprefix("www.") for name in plain if name)),
    }


def slug(text: str) -> str:
    """A text as an id."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:64].strip("-")
