"""JSON as a stream of records, with bounded memory: the items of the lists at its top, and what else its top holds."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import ijson  # type: ignore[import-untyped]
from ijson.common import ObjectBuilder  # type: ignore[import-untyped]

from pricewatch_pipeline.importing.texts import Stream

MOST_VALUES = 200_000
"""Of one record: a product with its history of many years fits."""
MOST_DEPTH = 40


@dataclass(frozen=True, kw_only=True)
class Item:
    """A record: an item of a list at the top, of a list under a name at the top, or the value of a name at the top."""

    place: str
    """`[3]`, `products[3]`, `0f02-...`."""
    section: str | None = None
    """The name at the top that it stands below."""
    is_in_list: bool = False
    value: Any = None
    problem: str | None = None


def items_of(stream: Stream, sections: Collection[str]) -> Iterator[Item]:
    """The records, in the order of the file: items of a list at the top, and of those under the names in `sections`; every
    other value under a name is one. What is broken ends it, with a last one that says where."""
    events = ijson.basic_parse(stream, buf_size=256 * 1024)
    where = _Where(sections)
    try:
        for event, value in events:
            match event:
                case "start_array" if where.may_begin_list:
                    where.begin_list()
                case "end_array" | "end_map" if where.is_list_end(event):
                    where.end_list()
                case "start_map" if where.depth == 0:
                    where.begin_map()
                case "map_key" if where.is_at_top:
                    where.section = value
                case "end_map" if where.is_at_top:
                    where.depth = 0
                case _:
                    yield where.item(event, value, events)
    except (ijson.JSONError, ValueError) as error:
        reason = str(error).strip().splitlines()[0][:120] if str(error).strip() else "it ends too early"
        yield Item(place=where.place, problem=f"not valid JSON from here on: {reason}")


class _Where:
    """Where a reader of a document stands: at its top, or in a list there."""

    def __init__(self, sections: Collection[str]) -> None:
        self._sections = sections
        self.depth = 0
        self.section: str | None = None
        self.index: int | None = None
        self._is_map = False

    @property
    def is_at_top(self) -> bool:
        return self.depth == 1 and self._is_map and self.index is None

    @property
    def may_begin_list(self) -> bool:
        return self.depth == 0 or (self.is_at_top and self.section in self._sections)

    @property
    def place(self) -> str:
        section = self.section or ""
        return section if self.index is None else f"{section}[{self.index}]"

    def begin_map(self) -> None:
        self.depth, self._is_map = 1, True

    def begin_list(self) -> None:
        self.depth += 1
        self.index = 0

    def is_list_end(self, event: str) -> bool:
        return event == "end_array" and self.index is not None

    def end_list(self) -> None:
        self.depth -= 1
        self.index = None

    def item(self, event: str, value: Any, events: Iterator[tuple[str, Any]]) -> Item:
        """The value that begins with this event, read to its end."""
        built, problem = _built(event, value, events)
        item = Item(
            place=self.place, section=self.section, is_in_list=self.index is not None, value=built, problem=problem
        )
        if self.index is not None:
            self.index += 1
        return item


def _built(event: str, value: Any, events: Iterator[tuple[str, Any]]) -> tuple[Any, str | None]:
    builder = ObjectBuilder()
    depth = count = 0
    problem: str | None = None
    while True:
        depth += {"start_map": 1, "start_array": 1, "end_map": -1, "end_array": -1}.get(event, 0)
        count += 1
        if count > MOST_VALUES or depth > MOST_DEPTH:
            problem = problem or (
                f"it holds more than {MOST_VALUES:,} values"
                if count > MOST_VALUES
                else f"nested more than {MOST_DEPTH} deep"
            )
            builder = ObjectBuilder()  # what it held is let go, and the rest of it is only counted
        if problem is None:
            builder.event(event, value)
        if depth == 0:
            return (None, problem) if problem else (builder.value, None)
        event, value = next(events)
