import codecs

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.watch_files.loader import MAX_BYTES, load


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("on", "on"),
        ("yes", "yes"),
        ("12:30:00", "12:30:00"),
        ("22:00", "22:00"),
        ("2024-01-01", "2024-01-01"),
        ("99.90", "99.90"),
        ("1e3", "1e3"),
        ("0123", "0123"),
        ("0x10", "0x10"),
        (".inf", ".inf"),
        ("=", "="),
        ("true", True),
        ("False", False),
        ("'true'", "true"),
        ("null", None),
        ("~", None),
        ("", None),
        ('""', ""),
        ("|\n  two\n  lines\n", "two\nlines\n"),
    ],
)
def test_a_plain_value_stays_text_but_for_booleans_and_nothing(text: str, value: object) -> None:
    assert load(f"a: {text}".encode()).value == {"a": value}


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("a:\n\t- b", 2, 1, "tabs cannot indent"),
        ("a: [1\nb: 2", 2, 2, "expected ',' or ']'"),
        ("a: b: c", 1, 5, "a colon where no field can be"),
        ("a:\n  - b\n c: d", 3, 2, "check the indentation"),
        ("a: *x", 1, 4, "an alias"),
        ("a: 1\n---\nb: 2", 2, 1, "a second document"),
        ("a: @x", 1, 4, "quote it"),
        ("x: 1\na: 'b", 2, 6, "begins in line 2"),
        ("a: \x01", 1, 4, "control character U+0001"),
        ("a: 1\nb: \x00", 2, 4, "control character U+0000"),
        ("[" * 100_000, 1, 40, "nested more than 40 deep"),
        ("a: &a [*a]", 1, 4, "aliases repeat too much"),
        ("a: &a {<<: *a}", 1, 4, "aliases repeat too much"),
        ("", 1, 1, "the file is empty"),
        (" \n\n", 1, 1, "the file is empty"),
        ("a: 1\nb: 2\na: 3", 3, 1, "given twice; it is in line 1 already"),
        ("a: {b: 1, b: 2}", 1, 11, "given twice"),
        ("a: !!int 5", 1, 4, "the tag !!int is not used"),
        ("a: !!python/object/apply:os.system [x]", 1, 4, "the tag !!python/object/apply:os.system"),
        ("{{x}}: 1", 1, 1, "must be a plain text"),
        ("<<: 3", 1, 5, "takes an alias of a mapping"),
    ],
)
def test_a_mistake_in_yaml_names_its_line_and_column(text: str, line: int, column: int, says: str) -> None:
    [problem] = load(text.encode()).problems
    assert (problem.line, problem.column) == (line, column)
    assert says in problem.message


def test_a_bomb_of_aliases_is_refused() -> None:
    text = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 30))
    [problem] = load(text.encode()).problems
    assert "aliases repeat too much" in problem.message


def test_merge_keys_bring_in_what_is_not_said_itself() -> None:
    text = "base: &base {every: 1h, tags: [a]}\nmore: &more {every: 2h, title: M}\nx: {<<: [*base, *more], tags: [b]}"
    assert load(text.encode()).value["x"] == {"every": "1h", "tags": ["b"], "title": "M"}


def test_a_problem_within_a_merged_mapping_is_where_it_was_written() -> None:
    document = load(b"base: &base\n  every: 1\nx:\n  <<: *base\n  tags: []")
    problem = document.problem(("x", "every"), "wrong")
    assert (problem.line, problem.column, problem.loc) == (2, 3, ("x", "every"))


def test_a_place_that_is_not_in_the_file_is_its_nearest_parent() -> None:
    document = load(b"watches:\n  - id: a\n  - id: b")
    problem = document.problem(("watches", 1, "url"), "required")
    assert (problem.line, problem.column, problem.loc) == (3, 5, ("watches", 1))


@pytest.mark.parametrize("prefix", [b"", codecs.BOM_UTF8])
def test_utf_8_is_read_with_and_without_a_byte_order_mark(prefix: bytes) -> None:
    assert load(prefix + "a: Kč".encode()).value == {"a": "Kč"}


def test_utf_16_is_read_by_its_byte_order_mark() -> None:
    assert load("a: Kč".encode("utf-16")).value == {"a": "Kč"}


def test_another_encoding_is_refused_where_it_shows() -> None:
    [problem] = load("a: 1\nb: Gerät".encode("latin-1")).problems
    assert (problem.line, problem.column) == (2, 7)
    assert problem.message == "byte 0xe4 is not UTF-8 text; save the file as UTF-8"


def test_a_file_above_the_cap_is_refused_unread() -> None:
    [problem] = load(b"a" * (MAX_BYTES + 1)).problems
    assert "larger than 16 MB" in problem.message


def test_a_file_of_comments_holds_nothing() -> None:
    document = load(b"# nothing yet\n")
    assert document.value is None
    assert document.problems == ()


@given(st.binary(max_size=200))
def test_no_bytes_at_all_make_the_loader_raise(data: bytes) -> None:
    load(data)


@given(
    st.recursive(
        st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=8,
    )
)
def test_what_yaml_writes_is_read_back(value: object) -> None:
    # Quoted throughout, so that YAML's own opinion on plain scalars plays no part.
    text = yaml.safe_dump({"a": value}, default_style='"', allow_unicode=False)
    document = load(text.replace("!!str ", "").encode())
    assert document.problems == ()
    assert document.value == {"a": value}
