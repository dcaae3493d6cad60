"""YAML to plain values that remember where they stood. Scalars stay text until a field says what they are.

Only `true`, `false` and nothing (`null`, `~`) are taken from plain YAML: `NO`, `12:30`, dates and `99.90` keep the exact
characters of the file. Anchors, aliases and merge keys work; tags do not.
"""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

MAX_BYTES = 16 * 1024 * 1024
MAX_VALUES = 2_000_000
MAX_DEPTH = 40
_ALIAS_FACTOR = 10
_ALIAS_ROOM = 10_000
"""A file's aliases may make it this many times as large, and this much larger in any case."""

Loc = tuple[str | int, ...]

_PLAIN: Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NOT_PRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAGS = {
    ScalarNode: "tag:yaml.org,2002:str",
    SequenceNode: "tag:yaml.org,2002:seq",
    MappingNode: "tag:yaml.org,2002:map",
}
_HINTS = {
    "found character that cannot start any token": "a character that cannot begin a value; quote it (tabs cannot indent)",
    "mapping values are not allowed in this context": "a colon where no field can be; quote a text that holds ': '",
    "did not find expected key": "no field where one is expected; check the indentation and that texts are quoted",
    "found undefined alias": "an alias (*name) whose anchor (&name) is not in this file; quote a text that begins with *",
    "but found another document": "a second document (---); one file holds one document",
}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something wrong at a place of a document; lines and columns count from 1."""

    line: int
    column: int
    loc: Loc
    message: str


@dataclass(frozen=True, kw_only=True)
class Document:
    """A file's values, and where each stood."""

    value: Any = None
    problems: tuple[Problem, ...] = ()
    root: Node | None = field(default=None, repr=False)

    def problem(self, loc: Loc, message: str) -> Problem:
        """A problem at the deepest known place of `loc`: the field's name, or the list's item."""
        node, mark, known = self.root, self.root.start_mark if self.root else None, 0
        for depth, step in enumerate(loc, start=1):
            match node:
                case MappingNode() if entry := _entry(node, str(step)):
                    mark, node, known = entry[0].start_mark, entry[1], depth
                case SequenceNode() if isinstance(step, int) and step < len(node.value):
                    node = node.value[step]
                    mark, known = node.start_mark, depth
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return Problem(line=line, column=column, loc=loc[:known], message=message)


def load(data: bytes) -> Document:
    """Read a file's bytes. What cannot be read is a problem of the document, never an exception."""
    if len(data) > MAX_BYTES:
        return _unreadable(1, 1, f"the file is larger than {MAX_BYTES // 1024**2} MB; split it into several")
    try:
        text = _decode(data)
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", errors="replace")) + 1
        message = f"byte 0x{data[error.start]:02x} is not {error.encoding.upper()} text; save the file as UTF-8"
        return _unreadable(before.count(b"\n") + 1, column, message)
    if bad := _NOT_PRINTABLE.search(text):
        line, column = text.count("\n", 0, bad.start()) + 1, bad.start() - text.rfind("\n", 0, bad.start())
        return _unreadable(line, column, f"control character U+{ord(bad[0]):04X} cannot be in YAML; remove it")
    if not text.strip():
        # What an editor leaves for a moment while it saves must not look like "nothing is watched any more".
        return _unreadable(1, 1, "the file is empty; delete it, or write `watches: []` to say that it watches nothing")
    return _compose(text)


def _decode(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    return data.removeprefix(codecs.BOM_UTF8).decode("utf-8")


def _compose(text: str) -> Document:
    composer = _Composer(text)
    converter = _Converter()
    try:
        root = composer.get_single_node()
        converter.most = min(MAX_VALUES, _ALIAS_FACTOR * composer.count + _ALIAS_ROOM)
        value = converter.value(root) if root else None
    except yaml.MarkedYAMLError as error:
        return _not_yaml(error)
    finally:
        composer.dispose()
    return Document(value=value, problems=tuple(converter.problems), root=root)


def _not_yaml(error: yaml.MarkedYAMLError) -> Document:
    mark = error.problem_mark or error.context_mark
    problem = error.problem or "it cannot be read"
    if problem in _HINTS:
        problem = _HINTS[problem]
    elif error.context:
        start = f" that begins in line {error.context_mark.line + 1}" if error.context_mark else ""
        problem += f" ({error.context}{start})"
    return _unreadable(mark.line + 1 if mark else 1, mark.column + 1 if mark else 1, f"not valid YAML: {problem}")


def _unreadable(line: int, column: int, message: str) -> Document:
    return Document(problems=(Problem(line=line, column=column, loc=(), message=message),))


class _Composer(yaml.CBaseLoader):
    """Composes nodes in C. It calls us at every node, which is where depth and number are bounded: without that bound
    deep nesting overflows its stack and ends the process."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self.count = 0

    def descend_resolver(self, parent: Node | None, index: Any) -> None:
        self._depth += 1
        self.count += 1
        if self._depth > MAX_DEPTH:
            raise yaml.MarkedYAMLError(problem=f"nested more than {MAX_DEPTH} deep", problem_mark=_mark(parent))
        if self.count > MAX_VALUES:
            raise yaml.MarkedYAMLError(problem=f"more than {MAX_VALUES:,} values", problem_mark=_mark(parent))

    def ascend_resolver(self) -> None:
        self._depth -= 1

    def resolve(self, kind: type[Node], value: Any, implicit: Any) -> str:
        return _TAGS[kind]


class _Converter:
    """Nodes to plain values, collecting what is wrong on the way."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.most = MAX_VALUES
        self._loc: list[str | int] = []
        self._count = 0

    def value(self, node: Node) -> Any:
        """The plain value; None where there is a problem that leaves none."""
        self._count += 1
        # An alias is visited each time it is used: a few lines of aliases of aliases can stand for billions of values.
        if len(self._loc) > MAX_DEPTH or self._count > self.most:
            mark = _mark(node)
            raise yaml.MarkedYAMLError(
                problem="aliases repeat too much, or one holds itself; write it out", problem_mark=mark
            )
        if node.tag != _TAGS[type(node)]:
            self._report(node, f"the tag {node.tag.replace('tag:yaml.org,2002:', '!!')} is not used here; remove it")
            return None
        match node:
            case ScalarNode():
                return node.value if node.style else _PLAIN.get(node.value, node.value)
            case SequenceNode():
                return [self._under(index, item) for index, item in enumerate(node.value)]
            case _:
                return self._mapping(node)

    def _under(self, step: str | int, node: Node) -> Any:
        self._loc.append(step)
        value = self.value(node)
        self._loc.pop()
        return value

    def _mapping(self, node: Node) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self._report(key, "a field's name must be a plain text")
            elif key.value == "<<" and not key.style:
                merged = self._merge(value) | merged
            elif key.value in own:
                self._loc.append(key.value)
                self._report(key, f"given twice; it is in line {lines[key.value]} already")
                self._loc.pop()
            else:
                own[key.value] = self._under(key.value, value)
                lines[key.value] = key.start_mark.line + 1
        return merged | own if merged else own

    def _merge(self, node: Node) -> dict[str, Any]:
        """What `<<` brings in; of several mappings the first that has a field gives it."""
        parts = node.value if isinstance(node, SequenceNode) else [node]
        merged: dict[str, Any] = {}
        for part in parts:
            if isinstance(part, MappingNode):
                found = self._under("<<", part)
                merged = (found or {}) | merged
            else:
                self._report(part, "`<<` takes an alias of a mapping, such as `<<: *base`")
        return merged

    def _report(self, node: Node, message: str) -> None:
        mark = node.start_mark
        self.problems.append(Problem(line=mark.line + 1, column=mark.column + 1, loc=tuple(self._loc), message=message))


def _entry(node: MappingNode, name: str) -> tuple[Node, Node] | None:
    """The key and value nodes of a field, merged ones included."""
    merges: list[Node] = []
    for key, value in node.value:
        if isinstance(key, ScalarNode) and key.value == name:
            return key, value
        if isinstance(key, ScalarNode) and key.value == "<<":
            merges += value.value if isinstance(value, SequenceNode) else [value]
    found = (_entry(part, name) for part in merges if isinstance(part, MappingNode))
    return next((entry for entry in found if entry), None)


def _mark(node: Node | None) -> Any:
    return node.start_mark if node else None
