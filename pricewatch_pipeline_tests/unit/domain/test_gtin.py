import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.domain.gtin import check_digit, gtin_of


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("4006381333931", "4006381333931"),
        ("4 006381 333931", "4006381333931"),
        ("978-0-306-40615-7", "9780306406157"),
        ("ISBN: 9780306406157", "9780306406157"),
        ("urn:isbn:0306406152", "9780306406157"),
        ("0-306-40615-2", "9780306406157"),
        ("080442957X", "9780804429573"),
        ("080442957x", "9780804429573"),
        ("036000291452", "036000291452"),
        ("73513537", "73513537"),
        ("10012345678902", "10012345678902"),
        ("gtin13:4006381333931", "4006381333931"),
    ],
)
def test_numbers_are_read_however_they_are_written(text: str, number: str) -> None:
    assert gtin_of(text) == number


@pytest.mark.parametrize(
    "text",
    [
        *("4006381333932", "0306406153", "0000000000000", "1111111111116", "12345", "400638133393", "", "no number"),
        *("４００６３８１３３３９３１", "4006381333931 4006381333931", "does not apply", "1" * 60),
    ],
)
def test_what_is_none_or_is_misread_is_no_number(text: str) -> None:
    assert gtin_of(text) is None


@given(st.text(alphabet="0123456789", min_size=7, max_size=13).filter(lambda text: len(set(text.lstrip("0"))) > 1))
def test_exactly_one_last_digit_is_right(digits: str) -> None:
    right = [str(last) for last in range(10) if last == check_digit(digits)]
    assert len(right) == 1
    if len(digits) in (7, 11, 12, 13):
        assert gtin_of(digits + right[0]) == digits + right[0]
        assert all(gtin_of(f"{digits}{last}") is None for last in range(10) if str(last) != right[0])
