import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pricewatch_pipeline.parsing.phrases import Phrases, caseless, folded, numbered

COLOURS = Phrases({"warm": "red|dark red|rouge*\n赤", "cold": "blue|bleu marine|ブルー|# blues"})


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("  In   STOCK ", "in stock"),
        ("Pre-order", "pre order"),
        ("ÉPUISÉ", "epuise"),
        ("SATIN AL", "satin al"),
        ("Satın Al", "satin al"),
        ("Wyłącz", "wylacz"),
        ("ＩＮ ＳＴＯＣＫ", "in stock"),
        ("Straße", "strasse"),
        ("no\u00a0stock", "no stock"),
        ("Всё", "все"),
        ("أضف", "اضف"),
    ],
)
def test_texts_are_compared_without_case_accents_and_width(text: str, plain: str) -> None:
    assert folded(text) == plain


@pytest.mark.parametrize(
    "text", ["ALSO LIKE", "BENZER ÜRÜNLER", "İLGİNİZİ", "birlikte alınan", "BİRLİKTE ALINAN", "ΊΣΩΣ", "ίσως", "ſimilar"]
)
@pytest.mark.parametrize("words", ["also like", "ürünler", "ilginizi", "alinan", "alınan", "ίσως", "similar"])
def test_texts_in_lower_case_are_told_as_patterns_without_case_tell_them(text: str, words: str) -> None:
    assert (caseless(words) in caseless(text)) is bool(re.search(words, text, re.IGNORECASE))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a red one", [(2, 5, "warm")]),
        ("dark red", [(0, 8, "warm")]),
        ("rougeatre", [(0, 9, "warm")]),
        ("redder, blueish", []),
        ("(blue)", [(1, 5, "cold")]),
        ("bleu marine", [(0, 11, "cold")]),
        ("真赤なブルー", [(1, 2, "warm"), (3, 7, "cold")]),
        ("# blues", [(0, 7, "cold")]),
    ],
)
def test_phrases_are_found_as_words_and_the_longer_wins(text: str, found: list[tuple[int, int, str]]) -> None:
    assert COLOURS.find(folded(text)) == found


def test_numbers_stand_as_one_mark() -> None:
    assert numbered("only 3 of 1,200.50 left") == "only # of # left"


@given(st.text(max_size=60))
@example("\U0001d4d0")
def test_folding_twice_changes_nothing_and_what_is_found_lies_in_the_text(text: str) -> None:
    plain = folded(text)
    assert folded(plain) == plain
    assert all(0 <= start < end <= len(plain) for start, end, _ in COLOURS.find(plain))
