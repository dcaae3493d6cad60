import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pricewatch_pipeline.domain.offers import Candidate, Offer, PriceRole
from pricewatch_pipeline.domain.watches import Store, Strategy
from pricewatch_pipeline.services.look_alone import look_with
from pricewatch_pipeline.services.read_pages import UNKNOWN_URL, fetch_from
from pricewatch_pipeline.services.show_lines import Marks
from pricewatch_pipeline.services.show_reading import kind_of, marks_of, reading_html
from pricewatch_pipeline.services.try_page import Trial

DATA = """<script type="application/ld+json">{"@type": "Product", "name": "Lamp", "offers": {"@type": "Offer",
 "price": "19.90", "priceCurrency": "EUR", "availability": "https://schema.org/InStock"}}</script>"""
BODY = """<nav><a href="/">Home</a></nav><main><h1>Lamp</h1><p>was <s>29,90 €</s> now <b class="price">19,90 €</b></p>
<button>Add to cart</button></main>"""


def _trial(tmp_path: Path, body: str, head: str = DATA, store: Store | None = None) -> Trial:
    file = tmp_path / "page.html"
    page = f"<html lang='de'><head><meta charset='utf-8'><title>Lamp</title>{head}</head><body>{body}</body></html>"
    file.write_text(page, encoding="utf-8")
    return Trial(url=None, file=file, store=store, reading=look_with(fetch_from(file), UNKNOWN_URL, store))


def _lines(html: str) -> dict[int, str]:
    """What stands in each line of the page's text, with its marks."""
    found = re.findall(r'<p class="line[^"]*" id="l(\d+)"><i>\d+</i><span dir="auto">(.*?)</span></p>\n', html)
    return {int(number): text for number, text in found}


def test_every_price_is_marked_in_the_line_where_it_stands_by_what_it_is(tmp_path: Path) -> None:
    lines = _lines(reading_html(_trial(tmp_path, BODY)))
    marked = {text: re.findall(r'<mark id="m\d+" class="(\w+)"[^>]*>([^<]*)<', line) for text, line in lines.items()}
    assert [mark for marks in marked.values() for mark in marks] == [
        ("list_price", "29,90 €"),
        ("agrees", "now 19,90 €"),
    ]


def test_the_table_leads_to_each_mark_and_holds_those_of_the_data(tmp_path: Path) -> None:
    html = reading_html(_trial(tmp_path, BODY))
    links, anchors = set(re.findall(r'href="#(m\d+)"', html)), re.findall(r'id="(m\d+)"', html)
    assert links <= set(anchors)
    assert len(anchors) == len(set(anchors)) == 3
    assert '<td id="m1"><mark class="chosen">19.90 EUR</mark></td><td>chosen</td><td>JSON-LD</td>' in html
    assert "<code>[0].offers.price</code>" in html


def test_a_price_that_is_read_from_the_text_is_marked_as_chosen_there(tmp_path: Path) -> None:
    html = reading_html(_trial(tmp_path, "<h1>Lamp</h1><p class=price>19,90 €</p><button>Buy now</button>", head=""))
    assert re.search(r'<mark id="m1" class="chosen" title="chosen \(\d\.\d\d\): [^"]+">19,90 €</mark>', html)
    assert '<p class="price"><a href="#m1"' in html


HOSTILE = """<h1>&lt;script&gt;alert(1)&lt;/script&gt;</h1><p class="x&quot; onload=&quot;y">&lt;img src=x onerror=alert(2)&gt; 19,90 €</p>
<p>"'&gt;&lt;/style&gt;&lt;link rel=stylesheet href=https://evil.example/x.css&gt;\u202egnp</p><button>&lt;b&gt; Buy</button>"""


def test_whatever_a_page_says_is_shown_as_text_and_loads_nothing(tmp_path: Path) -> None:
    data = DATA.replace('"Lamp"', r'"</title><script>alert(3)<\/script>"')
    store = Store(store_id="s", domains=(), strategies={"title": (Strategy(kind="css", expression="h1"),)})
    html = reading_html(_trial(tmp_path, HOSTILE, head=data, store=store))
    tags = set(re.findall(r"<([a-z0-9]+)", html))
    assert tags.isdisjoint({"script", "img", "link", "iframe", "base", "object", "form", "svg"})
    targets = re.findall(r"""(?:src|href|action)\s*=\s*["']?([^"'\s>]+)""", re.sub(r">[^<]*<", "><", html))
    assert targets != []
    assert all(re.fullmatch(r"#m\d+", target) for target in targets)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert " onload=" not in re.sub(r">[^<]*<", "><", html)
    assert "\u202e" not in html
    assert "content=\"default-src 'none'; style-src 'sha256-" in html


@pytest.mark.parametrize(
    ("candidate", "kind"),
    [
        ({"amount": Decimal(5), "is_chosen": True}, "chosen"),
        ({"amount": Decimal("5.00")}, "agrees"),
        ({"amount": Decimal(5), "role": PriceRole.RANGE_LOW}, "agrees"),
        ({"amount": Decimal(5), "role": PriceRole.OTHER_PRODUCT}, "other_product"),
        ({"amount": Decimal(6)}, "price"),
        ({"amount": None}, "price"),
        ({"amount": Decimal(6), "role": PriceRole.LIST_PRICE}, "list_price"),
    ],
)
def test_a_mark_is_coloured_by_what_the_amount_is(candidate: dict[str, Any], kind: str) -> None:
    seen = Candidate(source="text", place="line 1: p", raw="5", **candidate)
    assert kind_of(seen, Offer(price=Decimal(5))) == kind


@pytest.mark.parametrize(
    ("source", "place", "line"),
    [
        ("text", "line 48: span", 48),
        ("text", "p.price", None),
        ("meta", "line 3: x", None),
        ("text", "line x: p", None),
    ],
)
def test_the_line_of_a_candidate_is_told_by_its_place(source: str, place: str, line: int | None) -> None:
    marks: Marks = marks_of(Offer(candidates=(Candidate(source=source, place=place, raw="5"),)))
    assert list(marks.by_line) == ([] if line is None else [line])


def test_several_amounts_of_one_line_are_marked_each_and_one_that_is_not_found_marks_the_line(tmp_path: Path) -> None:
    trial = _trial(tmp_path, "<p>from 5 to 7 EUR</p>", head="")
    seen = [Candidate(source="text", place="line 0: p", raw=raw) for raw in ("7", "5")]
    whole = Candidate(source="text", place="line 0: p", raw="nowhere")
    assert re.sub(r' title="[^"]*"', "", _lines(_with(trial, seen))[0]) == (
        'from <mark id="m2" class="price">5</mark> to <mark id="m1" class="price">7</mark> EUR'
    )
    assert _lines(_with(trial, [whole]))[0].endswith(">from 5 to 7 EUR</mark>")


def _with(trial: Trial, candidates: list[Candidate]) -> str:
    reading = replace(trial.reading, offer=Offer(candidates=tuple(candidates)))
    return reading_html(replace(trial, reading=reading))


def test_what_is_hidden_or_far_from_every_price_is_folded_and_all_of_it_is_there(tmp_path: Path) -> None:
    links = "".join(f"<li><a href='/{n}'>Shelf {n}</a></li>" for n in range(30))
    prose = "".join(f"<p>Paragraph {n}</p>" for n in range(300))
    hidden = "<p hidden>Secret</p>"
    html = reading_html(_trial(tmp_path, f"<nav><ul>{links}</ul></nav>{BODY}{hidden}{prose}"))
    assert "<details><summary>navigation: 31 lines</summary>" in html
    assert "<summary>1 hidden line</summary>" in html
    assert re.search(r"<summary>\d+ more lines</summary>", html)
    assert all(f">Paragraph {n}</span>" in html for n in range(300))


def test_a_long_line_is_cut_and_one_with_a_price_is_not(tmp_path: Path) -> None:
    trial = _trial(tmp_path, f"<p>{'word ' * 200}</p><p>{'long ' * 100} 19,90 €</p>", head="")
    lines = _lines(_with(trial, [Candidate(source="text", place="line 1: p", raw="19,90 €")]))
    assert lines[0].endswith(" …")
    assert lines[1].endswith('">19,90 €</mark>')


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "The page has no text that a reader would see."),
        ("<div>" * 100_000, "The page is not shown: "),
        ("<h1>Lamp</h1><p>A lamp.</p>", "<h2>Prices seen</h2><p>None.</p>"),
        (
            "<h1>Page not found</h1><p>We could not find this page.</p>",
            "They were not looked for: the outcome is not_found.",
        ),
    ],
)
def test_a_page_from_which_nothing_was_read_says_why(tmp_path: Path, body: str, says: str) -> None:
    html = reading_html(_trial(tmp_path, body, head=""))
    assert says in html
    assert 'class="outcome bad"' in html


def test_a_page_that_never_came_says_why() -> None:
    missing = Path("/no/such/page.html")
    reading = look_with(fetch_from(missing), "https://shop.de/1", None)
    html = reading_html(Trial(url="https://shop.de/1", file=missing, store=None, reading=reading))
    assert "No page came: there is no file /no/such/page.html." in html


def test_each_strategy_of_the_store_is_listed_with_what_it_reads(tmp_path: Path) -> None:
    ways = tuple(Strategy(kind="css", expression=text) for text in (".none", ".price"))
    trial = _trial(tmp_path, BODY, store=Store(store_id="s", domains=(), strategies={"price": ways}))
    assert [(tried.text, tried.read) for tried in trial.strategies] == [("css:.none", None), ("css:.price", "19,90 €")]
    html = reading_html(trial)
    assert '<td><code>css:.none</code></td><td dir="auto">nothing</td>' in html
