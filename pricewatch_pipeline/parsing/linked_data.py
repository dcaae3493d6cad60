"""Nodes of schema.org's linked data: their types, their texts, and what `@id` refers to."""

from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any

from pricewatch_pipeline.parsing.embedded_json import Json, nodes

Properties = dict[str, Any]
MOST_ENTRIES = 2_000
"""Of one list that are looked at."""

_LONGEST_TEXT = 2_000
_SAYS_NOTHING = frozenset({"@id", "@type", "@context"})
_NAMES = ("name", "@value", "value", "url", "contentUrl", "@id")


class Graph:
    """All nodes of a page that have an `@id`."""

    def __init__(self, values: list[Json]) -> None:
        self._by_id: dict[str, list[Properties]] = {}
        self._merged: dict[tuple[str, frozenset[str]], Properties] = {}
        for value in values:
            for node in nodes(value):
                if isinstance(node, dict) and isinstance(node.get("@id"), str) and node.keys() - _SAYS_NOTHING:
                    same = self._by_id.setdefault(node["@id"], [])
                    if len(same) < 10:
                        same.append(node)

    def resolved(self, node: Properties) -> Properties:
        """The node that a mere reference stands for; a product told in pieces put together."""
        identity = node.get("@id")
        if not isinstance(identity, str) or identity not in self._by_id:
            return node
        same = self._by_id[identity]
        if not node.keys() - _SAYS_NOTHING:
            return same[0]
        return self._whole(identity, node, same) if len(same) > 1 else node

    def _whole(self, identity: str, node: Properties, same: list[Properties]) -> Properties:
        """A node told in several places, which must agree; shops also give one `@id` to different things."""
        kinds = types_of(node)
        parts = [other for other in same if types_of(other) == kinds and _agree(other, node)]
        if len(parts) < 2:
            return node
        return self._merged.setdefault((identity, kinds), {key: v for part in parts for key, v in part.items()})

    def each(self, value: Json) -> Iterator[Properties]:
        """The nodes of a property, references resolved; bounded."""
        for item in listed(value)[:MOST_ENTRIES]:
            if isinstance(item, dict):
                yield self.resolved(item)

    def text(self, value: Json) -> str | None:
        """A scalar as text; the name of a thing; the first of several."""
        for _ in range(5):
            if isinstance(value, list):
                value = next((item for item in value[:20] if item not in (None, "", [], {})), None)
            elif isinstance(value, dict):
                node = self.resolved(value)
                value = next((node[key] for key in _NAMES if node.get(key) not in (None, "")), None)
            else:
                break
        return scalar(value)


def _agree(one: Properties, other: Properties) -> bool:
    if one is other:
        return True
    shared = [(one[key], other[key]) for key in one.keys() & other.keys() - _SAYS_NOTHING]
    # Only scalars are compared: comparing what is nested a thousand levels deep would exhaust the stack.
    return not any(isinstance(value, dict | list) for pair in shared for value in pair) and all(
        a == b for a, b in shared
    )


def scalar(value: Json) -> str | None:
    """A string or number as text."""
    if value is None or isinstance(value, bool | dict | list):
        return None
    text = str(value)[: 2 * _LONGEST_TEXT]
    # Many shops escape for HTML what stands in a script.
    return (unescape(text) if "&" in text else text).strip()[:_LONGEST_TEXT] or None


def listed(value: Json) -> list[Json]:
    """A property's values: none, one or several."""
    return value if isinstance(value, list) else [] if value is None else [value]


def short(name: str) -> str:
    """`https://schema.org/InStock` and `schema:InStock` are `InStock`."""
    return name.strip().rstrip("/").rsplit("/", 1)[-1].rsplit("#", 1)[-1].rsplit(":", 1)[-1]


def types_of(node: Mapping[str, Any]) -> frozenset[str]:
    """Short type names of a node."""
    kinds = node.get("@type")
    if isinstance(kinds, str):
        return frozenset((short(kinds),))
    return frozenset(short(kind) for kind in listed(kinds)[:20] if isinstance(kind, str))
