"""What is wrong with a watch file, in words a person can act on."""

import difflib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pricewatch_pipeline.watch_files.loader import Document, Loc, Problem

_MOST_NAMES = 25
_MUST_BE = {
    **dict.fromkeys(("list_type", "tuple_type"), "a list, such as [a, b]"),
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type"), "a set of fields (name: value)"),
    **dict.fromkeys(("bool_parsing", "bool_type"), "true or false"),
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float"), "a whole number"),
    "string_type": "a text (in quotes, should it look like something else)",
}


@dataclass(frozen=True, kw_only=True, order=True)
class Issue:
    """One thing to put right, or in a warning one to know. Lines and columns count from 1."""

    file: str
    """As a person finds it: `watches/shops.yaml`."""
    line: int
    column: int
    field: str
    """`watches[3].every`; empty for the file as a whole."""
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}"
        return f"{place}: {self.field}: {self.message}" if self.field else f"{place}: {self.message}"


def issue_at(file: str, problem: Problem) -> Issue:
    """A problem of a document as an issue of its file."""
    return Issue(
        file=file, line=problem.line, column=problem.column, field=field_name(problem.loc), message=problem.message
    )


def field_name(loc: Loc) -> str:
    """`watches[3].every`."""
    text = ""
    for step in loc:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def did_you_mean(name: str, allowed: Collection[str]) -> str:
    """The end of a message on an unknown name: the closest one and all there are."""
    close = difflib.get_close_matches(name.lower(), sorted(allowed), n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    if len(allowed) > _MOST_NAMES:
        return hint or f" (there are {len(allowed)} others)"
    return f"{hint} (allowed: {', '.join(sorted(allowed)) or 'none'})"


def problems_of(
    document: Document, model: type[BaseModel], error: ValidationError, place: Callable[[Loc], Loc]
) -> Iterator[Problem]:
    """Every problem that validation found; `place` says where in the document a field of the model stands."""
    details = error.errors(include_url=False)
    for detail in details:
        # A list whose every item was refused is not "too short" as well.
        if detail["type"] == "too_short" and any(_is_below(other["loc"], detail["loc"]) for other in details):
            continue
        yield document.problem(place(detail["loc"]), message_of(detail, model))


def _is_below(loc: Loc, parent: Loc) -> bool:
    return len(loc) > len(parent) and loc[: len(parent)] == parent


def message_of(detail: ErrorDetails, model: type[BaseModel]) -> str:
    """What validation found, in our words."""
    match detail["type"]:
        case "extra_forbidden":
            *parents, name = detail["loc"]
            return f"unknown field{did_you_mean(str(name), allowed_fields(model, parents))}"
        case "missing":
            return f"`{detail['loc'][-1]}` is required"
        case "value_error":
            return str(detail["ctx"]["error"])
        case "too_short":
            return f"must hold at least {detail['ctx']['min_length']}"
        case "string_pattern_mismatch":
            return (
                f"{_written(detail['input'])} is not allowed (allowed: {_pattern_in_words(detail['ctx']['pattern'])})"
            )
        case kind if kind in _MUST_BE:
            return f"must be {_MUST_BE[kind]}, not {_written(detail['input'])}"
        case _:
            text = detail["msg"].replace("Input should be", "must be").replace("String should have", "must have")
            return f"{text[0].lower()}{text[1:]}, not {_written(detail['input'])}"


def allowed_fields(model: type[BaseModel], parents: Iterable[Any]) -> list[str]:
    """The names that may stand where validation met an unknown one."""
    for step in parents:
        field = next((f for name, f in model.model_fields.items() if step in (name, f.alias)), None) if model else None
        inner = _model_within(field.annotation) if field else None
        if inner:
            model = inner
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_within(annotation: Any) -> type[BaseModel] | None:
    """The model in `tuple[Model, ...] | None` and the like."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_within(part))), None)


def _pattern_in_words(pattern: str) -> str:
    if pattern.startswith("^[a-z0-9]"):
        most = 128 if "127" in pattern else 64
        return f"lower-case letters, digits, - and _, beginning with a letter or digit, {most} at most"
    if pattern.startswith("^[A-Za-z0-9]"):
        return "the name of a proxy: letters, digits, - and _"
    if pattern.startswith("^(chrome|"):
        return "a browser that curl_cffi knows, such as chrome, firefox, safari or chrome131"
    return pattern


def _written(value: Any) -> str:
    """A value as the file has it, shortened."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case _:
            text = str(value)
            return repr(text if len(text) <= 80 else text[:77] + "...")
