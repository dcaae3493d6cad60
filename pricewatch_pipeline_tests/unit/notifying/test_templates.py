"""Users' templates: what they can show, and that whatever they try ends soon, in bounds, with our error."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.errors import TemplateError
from pricewatch_pipeline.notifying.templates import (
    FILTERS,
    LONGEST_OUTPUT,
    VARIABLES,
    TemplateVariables,
    check_template,
    render,
)
from pricewatch_pipeline_tests.support.hostile_templates import ENDLESS, HARMLESS, REACHING

GUIDE = Path(__file__).parents[3] / "docs" / "howto" / "alert-messages.md"
KETTLE = TemplateVariables(
    product="Kettle",
    store="laden.example",
    price=Decimal("79.00"),
    price_text="79,00 €",
    was=Decimal("99.00"),
    was_text="99,00 €",
    difference=Decimal("-20.00"),
    reason="at or below 80 EUR",
    rule="target",
    kind="at_target",
    fired_at="22.11.2026, 15:03",
    key="0123456789abcdef0123",
)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ product }}: {{ price_text }}", "Kettle: 79,00 €"),
        ("{% if was %}{{ was_text }}{% else %}new{% endif %}", "99,00 €"),
        ("{% if target is none %}no target{% endif %}", "no target"),
        ("{% if target is defined %}{{ target }}{% elif price < 80 %}cheap{% endif %}", "cheap"),
        ("{{ target_text }}", ""),
        ("{{ target_text|default('none set') }}", "none set"),
        ("{{ price * 2 }}", "158.00"),
        ("{{ price + 0.1 }}", "79.10"),
        ("{{ (price / 7)|round(2) }}", "11.29"),
        ("{{ -difference }} {{ difference|abs }}", "20.00 20.00"),
        ("{{ was - price if was else 'new' }}", "20.00"),
        ("{{ product|upper ~ '!' }}", "KETTLE!"),
        ("{{ product|replace('tt', 't')|truncate(4) }} {{ product|length }}", "Ket… 6"),
        ("{{ 'yes' if kind in ['at_target', 'below'] and not error else 'no' }}", "yes"),
        ("{# a remark #}{% raw %}{{ product }}{% endraw %}", "{{ product }}"),
        ("<b>{{ store }}</b>", "<b>laden.example</b>"),
    ],
)
def test_a_template_shows_variables_and_calculates(template: str, text: str) -> None:
    assert render(template, KETTLE) == text


@pytest.mark.parametrize(
    ("template", "reason", "line"),
    [
        ("{{ product", "unexpected end of template", 1),
        ("\n\n{% if product %}", "Unexpected end of template", 3),
        ("a\n{{ pric }}", "there is no variable pric; did you mean price?", 2),
        ("{{ product|upperr }}", "there is no filter upperr; did you mean upper?", 1),
        ("{{ product is odd }}", "there is no test odd", 1),
        ("\n{{ product - 1 }}", "is no number to calculate with", 2),
        ("{{ price / 0 }}", "it divides by nothing", 1),
        ("{{ price < 'a' }}", "not supported between", 1),
        ("\n\n\n{% for a in product %}{% endfor %}", "{% for %} cannot be used", 4),
        ("{% set a = 1 %}", "{% set %} cannot be used", 1),
    ],
)
def test_a_template_that_does_not_work_is_refused_with_its_line(template: str, reason: str, line: int) -> None:
    with pytest.raises(TemplateError) as refused:
        check_template(template)
    assert reason in refused.value.reason
    assert refused.value.line == line
    assert str(refused.value).startswith(f"line {line} of the template: ")


def test_what_pages_say_is_text_and_never_a_template() -> None:
    hostile = replace(KETTLE, product="{{ price }}{% if %}<script>")
    assert render("{{ product }}", hostile) == "{{ price }}{% if %}<script>"


def test_calculating_with_what_is_not_known_is_our_error() -> None:
    with pytest.raises(TemplateError, match="nothing is no number"):
        render("{{ target - 1 }}", KETTLE)


def test_output_ends_where_it_becomes_too_long() -> None:
    with pytest.raises(TemplateError, match="more than 20,000 characters"):
        render("{{ product }}" * 200, replace(KETTLE, product="a" * (LONGEST_OUTPUT // 100)))


@given(st.text(alphabet=st.sampled_from("{}%# |()[]'\"~+-*/.,0123456789abcproductforifsetendin_\n"), max_size=60))
def test_any_text_gives_a_text_or_our_error(template: str) -> None:
    with suppress(TemplateError):
        assert isinstance(render(template, KETTLE), str)


@pytest.fixture(scope="module")
def tried() -> Mapping[str, str | None]:
    """Why each was refused, by name; what comes after the one that took too much is missing."""
    program = [sys.executable, "-m", "pricewatch_pipeline_tests.support.hostile_templates"]
    ended = subprocess.run(program, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-300:] + ended.stderr[-2000:]
    return {result["name"]: result["error"] for result in map(json.loads, ended.stdout.splitlines())}


@pytest.mark.parametrize("name", [*REACHING, *ENDLESS])
def test_what_reaches_for_the_interpreter_or_does_not_end_is_refused(
    name: str, tried: Mapping[str, str | None]
) -> None:
    assert tried[name]


@pytest.mark.parametrize("name", HARMLESS)
def test_what_takes_little_is_not_refused(name: str, tried: Mapping[str, str | None]) -> None:
    assert tried[name] is None


def test_the_guide_lists_exactly_the_variables_and_filters_that_there_are() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [*VARIABLES, *FILTERS]


def test_the_guides_own_templates_work() -> None:
    guide = GUIDE.read_text(encoding="utf-8").replace("\\|", "|")
    templates = re.findall(r"`(\{\{.*?\}\})`|^(\{\{.*)$", guide, re.MULTILINE)
    assert len(templates) == 5
    for inline, block in templates:
        check_template(inline or block)
