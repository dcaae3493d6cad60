"""Users' own texts for messages: Jinja templates that can do little, and so no harm.

Variables, `if`, arithmetic and a few filters. Nothing repeats and nothing is called, so that what a template takes is bounded by its length.
The sandbox of Jinja is the second wall. Written down for users in docs/howto/alert-messages.md.
"""

import difflib
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, nodes
from jinja2 import TemplateError as JinjaError
from jinja2.exceptions import TemplateSyntaxError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pricewatch_pipeline.errors import TemplateError

LONGEST_TEMPLATE = 8_000
LONGEST_OUTPUT = 20_000
"""Characters of what a template gives, and of every text on the way there."""
_DEEPEST = 40
_LARGEST = Decimal(10) ** 30
_MOST_PLACES = 6
_ALLOWED: tuple[type[nodes.Node], ...] = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.Name, nodes.Const, nodes.CondExpr),
    *(nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Filter, nodes.Test, nodes.Keyword),
    *(nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Neg, nodes.Pos, nodes.Concat),
    *(nodes.List, nodes.Tuple),
)
_REFUSED: Mapping[type[nodes.Node], str] = {
    nodes.Getattr: "variables have no parts: write {{ price }}, not {{ price.something }}",
    nodes.Getitem: "variables have no parts: [...] cannot be used",
    nodes.Call: "nothing can be called: (...) behind a name cannot be used",
    nodes.For: "{% for %} cannot be used: no variable has several values",
    nodes.Assign: "{% set %} cannot be used",
    nodes.Macro: "{% macro %} cannot be used",
    nodes.Pow: "** cannot be used",
}


@dataclass(frozen=True, kw_only=True)
class TemplateVariables:
    """All that a template can show. Texts are one line each; what is not known is none."""

    product: str
    """The product's title, else the page's, else the id of the watch"""
    title: str | None = None
    """The title on the page"""
    store: str | None = None
    """The shop's name"""
    price: Decimal | None = None
    """The price now, a number"""
    price_text: str | None = None
    """The price now, as it is written where you live"""
    was: Decimal | None = None
    """What it is compared with, mostly the price before"""
    was_text: str | None = None
    """The same as text"""
    difference: Decimal | None = None
    """`price - was`: below 0 when it fell"""
    difference_text: str | None = None
    """The same as text, without a sign"""
    difference_percent: Decimal | None = None
    """In percent of `was`: below 0 when it fell"""
    currency: str | None = None
    """ISO 4217"""
    target: Decimal | None = None
    """The price at which the rule fires"""
    target_text: str | None = None
    """The same as text"""
    lowest: Decimal | None = None
    """The lowest price ever, this one included"""
    lowest_text: str | None = None
    """The same as text"""
    lowest_at: str | None = None
    """Its date"""
    landed: Decimal | None = None
    """The price with shipping, where the page says what that costs"""
    landed_text: str | None = None
    """The same as text"""
    unit_price_text: str | None = None
    """Such as 46,47 € per l"""
    availability: str | None = None
    """In words: in stock, sold out, ..."""
    url: str | None = None
    """The page's address"""
    reason: str
    """Why it fired, in one sentence"""
    rule: str
    """The rule's id"""
    kind: str
    """The rule's kind, such as at_target"""
    watch: str | None = None
    """The id of the watch"""
    fired_at: str
    """When it fired, in your time zone"""
    error: str | None = None
    """What went wrong, where the alert is about that"""
    key: str
    """The alert's number, the same in every message about it"""


VARIABLES = tuple(field.name for field in fields(TemplateVariables))
_SAMPLE = TemplateVariables(
    product="Kettle 1.7 l",
    title="Kettle 1.7 l, steel",
    store="laden.example",
    price=Decimal("79.00"),
    price_text="79,00 €",
    was=Decimal("99.00"),
    was_text="99,00 €",
    difference=Decimal("-20.00"),
    difference_text="20,00 €",
    difference_percent=Decimal("-20.2"),
    currency="EUR",
    target=Decimal("80.00"),
    target_text="80,00 €",
    lowest=Decimal("75.00"),
    lowest_text="75,00 €",
    lowest_at="12.03.2026",
    landed=Decimal("83.90"),
    landed_text="83,90 €",
    unit_price_text="46,47 € per l",
    availability="in stock",
    url="https://laden.example/p/kettle",
    reason="at or below your target",
    rule="target",
    kind="at_target",
    watch="kettle",
    fired_at="22.11.2026, 14:03",
    error="HTTP 404",
    key="0123456789abcdef0123",
)


def check_template(text: str) -> None:
    """Whether the template can be used, tried on an alert where everything is known.

    Raises:
        TemplateError: says the line and why.
    """
    render(text, _SAMPLE)


def render(template: str, variables: TemplateVariables) -> str:
    """The text that a template gives.

    Raises:
        TemplateError: the template is not valid, or cannot be used with these values.
    """
    compiled = _compiled(template)
    parts: list[str] = []
    length = 0
    try:
        for part in compiled.generate(asdict(variables)):
            length += len(part)
            if length > LONGEST_OUTPUT:
                raise TemplateError(f"it gives more than {LONGEST_OUTPUT:,} characters")
            parts.append(part)
    except (JinjaError, ArithmeticError, TypeError, ValueError) as error:
        raise TemplateError(_reason(error), _line_of(error)) from error
    return "".join(parts)


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja with operators for numbers, and for nothing else."""

    intercepted_binops = frozenset(["+", "-", "*", "/", "//", "%"])
    intercepted_unops = frozenset(["+", "-"])

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        return _number(super().call_binop(context, operator, _number(left), _number(right)))

    def call_unop(self, context: Context, operator: str, arg: Any) -> Any:
        return super().call_unop(context, operator, _number(arg))


def _number(value: object) -> Decimal:
    """Floats as they are written: 0.1 is meant as 0.1."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        kind = "nothing" if value is None else f"the text {str(value)[:30]!r}"
        raise TypeError(f"{kind} is no number to calculate with; texts are put together with ~")
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if not abs(number) < _LARGEST:
        raise ValueError("a number is too large")
    return number


def _text(value: object) -> str:
    text = str(value)
    if len(text) > LONGEST_OUTPUT:
        raise ValueError(f"a text has more than {LONGEST_OUTPUT:,} characters")
    return text


def _round(value: object, places: int = 0) -> Decimal:
    if not isinstance(places, int) or not 0 <= places <= _MOST_PLACES:
        raise ValueError(f"round takes 0 to {_MOST_PLACES} decimals")
    return round(_number(value), places)


def _replace(value: object, old: object, new: object) -> str:
    text, old_text, new_text = _text(value), _text(old), _text(new)
    if not old_text or text.count(old_text) * len(new_text) > LONGEST_OUTPUT:
        raise ValueError("replace would give too much")
    return _text(text.replace(old_text, new_text))


def _truncate(value: object, length: int = 80) -> str:
    text = _text(value)
    if not isinstance(length, int) or length < 1:
        raise ValueError("truncate takes a number of characters")
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _default(value: object, other: object = "") -> object:
    return other if value is None else value


_FILTERS: Mapping[str, Callable[..., Any]] = {
    "abs": lambda value: abs(_number(value)),
    "capitalize": lambda value: _text(value).capitalize(),
    "default": _default,
    "length": lambda value: len(_text(value)),
    "lower": lambda value: _text(value).lower(),
    "replace": _replace,
    "round": _round,
    "trim": lambda value: _text(value).strip(),
    "truncate": _truncate,
    "upper": lambda value: _text(value).upper(),
}
FILTERS = tuple(_FILTERS)
_TESTS: Mapping[str, Callable[[object], bool]] = {
    "defined": lambda value: value is not None,
    "none": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float | Decimal),
}


def _environment() -> _Environment:
    # Not optimized: what is constant would be worked out while it is compiled.
    environment = _Environment(
        undefined=StrictUndefined, autoescape=False, optimized=False, finalize=_shown, keep_trailing_newline=True
    )
    environment.globals.clear()
    environment.filters = dict(_FILTERS)
    environment.tests = {**_TESTS, "in": environment.tests["in"]}
    return environment


def _shown(value: object) -> object:
    """None as an empty text."""
    return "" if value is None else value


_ENVIRONMENT = _environment()


@lru_cache(maxsize=256)
def _compiled(text: str) -> Template:
    if len(text) > LONGEST_TEMPLATE:
        raise TemplateError(f"it is longer than {LONGEST_TEMPLATE:,} characters")
    try:
        tree = _ENVIRONMENT.parse(text)
        _check(tree)
        return _ENVIRONMENT.from_string(tree)
    except TemplateSyntaxError as error:
        raise TemplateError(error.message or "it is not valid", error.lineno) from error
    except JinjaError as error:
        raise TemplateError(_reason(error)) from error
    except (RecursionError, ValueError, SyntaxError) as error:
        raise TemplateError("it is nested too deeply, or holds a number that is too long") from error


def _check(tree: nodes.Template) -> None:
    """Refuse whatever is not known to be harmless."""
    waiting: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        line = node.lineno or 1
        if depth > _DEEPEST:
            raise TemplateError("it is nested too deeply", line)
        if not isinstance(node, _ALLOWED) or isinstance(node, nodes.Pow):
            raise TemplateError(_REFUSED.get(type(node), f"{type(node).__name__} cannot be used"), line)
        if isinstance(node, nodes.Const) and isinstance(node.value, float) and not math.isfinite(node.value):
            raise TemplateError("a number is too large", line)
        if isinstance(node, nodes.Name):
            _require_known("variable", node.name, VARIABLES, line)
        elif isinstance(node, nodes.Filter):
            _require_known("filter", node.name, FILTERS, line)
        elif isinstance(node, nodes.Test):
            _require_known("test", node.name, tuple(_TESTS), line)
        waiting += [(child, depth + 1) for child in node.iter_child_nodes()]


def _require_known(what: str, name: str, known: tuple[str, ...], line: int) -> None:
    if name in known:
        return
    near = difflib.get_close_matches(name[:60], known, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    raise TemplateError(f"there is no {what} {name[:60]}; {hint}", line)


def _reason(error: Exception) -> str:
    """What a template's reader can understand of an error while it was rendered."""
    if isinstance(error, ArithmeticError):
        return "it divides by nothing, or a number is too large"
    text = str(error)
    return text.splitlines()[0][:200] if text else type(error).__name__


def _line_of(error: Exception) -> int:
    """Jinja puts the template's own lines into the traceback."""
    line, at = 1, error.__traceback__
    while at is not None:
        if at.tb_frame.f_code.co_filename == "<template>":
            line = at.tb_lineno
        at = at.tb_next
    return line
