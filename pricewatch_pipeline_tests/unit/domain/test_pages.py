"""The bytes of a page become text as a browser would read them."""

import codecs

import pytest

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest

TEXT = "naïve café, 9 €"
URL = "https://shop.example/p"


def page(body: bytes, content_type: str = "text/html") -> Page:
    headers = {"content-type": content_type}
    return Page(request=PageRequest(url=URL), outcome=Outcome.OK, final_url=URL, headers=headers, body=body)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (TEXT.encode(), "text/html"),
        (TEXT.encode(), "text/html; charset=utf-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "text/html; charset=iso-8859-1"),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "text/html"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "text/html"),
        (TEXT.encode("windows-1252"), "text/html"),
        (TEXT.encode("windows-1252"), 'text/html; charset="ISO-8859-1"'),
        (TEXT.encode("windows-1252"), "text/html; charset=utf-8"),
        (TEXT.encode("windows-1252"), "text/html; charset=nonsense"),
        (TEXT.encode("iso-8859-15"), "text/html; charset=iso-8859-15"),
        *(
            (TEXT.encode(), f"text/html; charset={codec}")
            for codec in ("hex", "zip", "rot13", "undefined", "idna", "punycode", "utf-7", "unicode_escape")
        ),
    ],
)
def test_the_text_is_what_was_written_however_it_is_encoded(body: bytes, content_type: str) -> None:
    assert page(body, content_type).text == TEXT
    assert page(body, content_type).utf8 == TEXT.encode()


@pytest.mark.parametrize("body", [b"plain", TEXT.encode() * 20_000, b"x" * 200_000 + TEXT.encode()])
def test_a_page_in_utf8_is_not_copied(body: bytes) -> None:
    assert page(body).utf8 is body


@pytest.mark.parametrize("body", [TEXT.encode() * 20 + b"\xff" + TEXT.encode() * 20, TEXT.encode()[:-1]])
def test_a_stray_byte_does_not_make_it_another_encoding(body: bytes) -> None:
    assert page(body, "text/html; charset=utf-8").encoding == "utf-8"


def test_a_page_sent_on_in_utf8_is_not_read_by_the_encoding_it_was_written_in() -> None:
    body = f'<meta http-equiv="content-type" content="text/html; charset=ISO-8859-15"><p>{TEXT}'.encode()
    assert page(body).text.endswith(TEXT)
    assert page(body, "text/html; charset=iso-8859-15").encoding == "iso8859-15"


def test_what_is_declared_in_the_page_counts() -> None:
    body = '<meta charset="koi8-r"><p>Чайник'.encode("koi8-r")
    assert page(body).text.endswith("Чайник")


@pytest.mark.parametrize("plain", [8_190, 8_191, 8_192, 131_070, 131_071, 131_072, 200_000])
def test_a_character_anywhere_in_a_long_page_is_no_stray(plain: int) -> None:
    body = b"a" * plain + "€".encode() + b"a" * 10_000
    assert page(body).utf8 is body


def test_a_page_cut_off_within_a_character_is_still_utf8() -> None:
    body = b"a" * 200_000 + "€".encode()
    assert page(body[:-1]).encoding == "utf-8"


def test_many_stray_bytes_far_behind_the_beginning_make_it_another_encoding() -> None:
    assert page(b"a" * 200_000 + "€ à é".encode("windows-1252") * 100).encoding == "windows-1252"
