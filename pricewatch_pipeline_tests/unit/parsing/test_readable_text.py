import pytest

from pricewatch_pipeline.parsing.readable_text import readable_text


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<h1>A  lamp</h1><p>19,99 &euro;</p><script>var x</script>", "A lamp\n19,99 €"),
        ("<head><title>t</title></head><style>p{}</style><p>a\n\n <b>b</b> \xa0 c", "a\nb\nc"),
        ("<p>yes<noscript>no</noscript><template>no</template>", "yes"),
        ("just text", "just text"),
        ("", ""),
        ("half of a pair: \udc80", "half of a pair: ?"),
    ],
)
def test_what_a_person_reads(page: str, text: str) -> None:
    assert readable_text(page) == text


@pytest.mark.parametrize(
    "page", ["<div>" * 300_000 + "lamp", "<p " + "a=1 " * 300_000 + ">lamp", "<" * 300_000 + "lamp"]
)
def test_a_page_that_would_hold_a_parser_for_hours_is_read_too(page: str) -> None:
    assert "lamp" in readable_text(page)
