"""Texts of pages as parts of messages."""

import pytest

from pricewatch_pipeline.notifying.plain_text import many_lines, one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  Kettle \t 1.7 l\n", "Kettle 1.7 l"),
        ("a\r\nBcc: b@example.com", "a Bcc: b@example.com"),
        ("a\x00b\x1b[31mc\x7fd\x9be", "a b [31mc d e"),
        ("a\u2028b\u2029c\x85d\x0be\x0cf", "a b c d e f"),
        ("\u202eab\u2066c", "ab c"),
        ("soft\u00adhyphen and zero\u200bwidth\ufeff", "softhyphen and zerowidth"),
        ("lone \ud83d surrogate", "lone surrogate"),
        ("[a](https://b.example)", "[a]\u200b(https://b.example)"),
        ("@everyone and @Here, mail@example.com", "@\u200beveryone and @\u200bHere, mail@example.com"),
        (
            "<!channel> <@U1> <https://b.example|c> 2 < 3",
            "<\u200b!channel> <\u200b@U1> <\u200bhttps://b.example|c> 2 < 3",
        ),
        ("family 👨\u200d👩\u200d👧", "family 👨\u200d👩\u200d👧"),
        ("غلاية 湯沸かし", "غلاية 湯沸かし"),
        ("", ""),
    ],
)
def test_a_text_becomes_one_line_that_does_nothing(text: str, line: str) -> None:
    assert one_line(text) == line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("exactly ten", "exactly…"),
        ("1234567890", "1234567890"),
        ("12345678901", "123456789…"),
        ("a b c d e f", "a b c d…"),
    ],
)
def test_what_is_too_long_is_cut_at_a_word(text: str, line: str) -> None:
    assert one_line(text, 10) == line


def test_a_text_of_lines_keeps_them_and_nothing_else() -> None:
    assert many_lines("\n\n a \r\n\r\nb\x00c\u2028d\n\n", 100) == " a\n\nb c\nd"
    assert many_lines("abc\n" * 100, 20) == "abc\nabc\nabc\nabc\nabc…"
