"""Lines of visible text: what belongs together, what stands apart, and where on the page it is."""

import pytest

from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.layout import Layout


def laid_out(body: str, head: str = "") -> Layout:
    page = f"<html><head>{head}</head><body>{body}</body></html>"
    return Document(page.encode(), url="https://shop.example/p").layout


@pytest.mark.parametrize(
    ("markup", "lines"),
    [
        ("<p><span>19</span><sup>99</sup> €</p>", ["19.99 €"]),
        ("<p><span>1.299</span><sup>99</sup> €</p>", ["1.299,99 €"]),
        ("<p><span>142</span>,<span>00</span></p>", ["142,00"]),
        ("<p>$<span>3</span><span>49</span></p>", ["$3.49"]),
        ("<p><span class='whole'>214,</span><span> 41</span> €</p>", ["214, 41 €"]),
        ("<p>19<!-- -->.99 $</p>", ["19.99 $"]),
        ("<p><span>100 €</span><span>80 €</span></p>", ["100 €", "80 €"]),
        ("<p><span>100,00</span> <span>80,00</span></p>", ["100,00", "80,00"]),
        ("<p><del>100</del> <ins>80</ins></p>", ["100", "80"]),
        ("<p><span>26 €</span> - <span>50 €</span></p>", ["26 € - 50 €"]),
        ("<p>Delivery in <b>2</b> to <b>3</b> days</p>", ["Delivery in 2 to 3 days"]),
        ("<p><span>Sold out</span><b>1 890 Kč</b><a>Notify me</a></p>", ["Sold out 1 890 Kč Notify me"]),
        ("<p>H<sub>2</sub>O and <b>H</b>ello</p>", ["H2O and Hello"]),
        ("<p><span>Blender 900</span><span>86,79 €</span></p>", ["Blender 900 86,79 €"]),
        ("<a><span>Drill 18 V</span><span>173,99 €</span></a>", ["Drill 18 V 173,99 €"]),
        ("<p><a>Buy now</a><a>Add to cart</a></p>", ["Buy now Add to cart"]),
        ("<p><span>£129.00</span><span class=badge>Sold out</span></p>", ["£129.00", "Sold out"]),
        ("one<br>two<div>three</div>four", ["one", "two", "three", "four"]),
        ("<script>1</script><style>2</style><template>3</template><noscript>4</noscript>five", ["five"]),
    ],
)
def test_pieces_of_one_price_are_one_line_and_neighbouring_prices_are_two(markup: str, lines: list[str]) -> None:
    assert [line.text for line in laid_out(markup).lines] == lines


@pytest.mark.parametrize(
    ("markup", "is_hidden"),
    [
        ("<p hidden>x</p>", True),
        ("<p style='display: none'>x</p>", True),
        ("<div style='visibility:hidden'><p>x</p></div>", True),
        ("<p class='d-none'>x</p>", True),
        ("<p class='d-none d-md-block'>x</p>", False),
        ("<p class='hidden md:block'>x</p>", False),
        ("<p aria-hidden=true>x</p>", False),
        ("<p class=hidden-xs>x</p>", False),
        ("<p>x</p>", False),
    ],
)
def test_hidden_text_is_marked(markup: str, is_hidden: bool) -> None:
    assert [line.is_hidden for line in laid_out(markup).lines] == [is_hidden]


@pytest.mark.parametrize("name", ["sr-only", "visually-hidden", "screen-reader-text", "a-offscreen", "visuallyHidden"])
def test_text_for_screen_readers_is_spoken_and_not_hidden(name: str) -> None:
    (line,) = laid_out(f"<p class='{name}'>19,99 €</p>").lines
    assert (line.is_spoken, line.is_hidden) == (True, False)


@pytest.mark.parametrize(
    ("markup", "is_struck"),
    [
        ("<del>5</del>", True),
        ("<s><span>5</span></s>", True),
        ("<span style='text-decoration:line-through'>5</span>", True),
        ("<span class=old-price>5</span>", True),
        ("<span class=priceWas>5</span>", True),
        ("<span class=strike-through>5</span>", True),
        ("<div class=has-old-price>5</div>", False),
        ("<span class=golden>5</span>", False),
        ("<span class=price>5</span>", False),
    ],
)
def test_struck_text_is_marked(markup: str, is_struck: bool) -> None:
    assert [line.is_struck for line in laid_out(markup).lines] == [is_struck]


@pytest.mark.parametrize(
    ("markup", "region"),
    [
        ("<p>x</p>", "main"),
        ("<header><p>x</p></header>", "header"),
        ("<main><header>x</header></main>", "main"),
        ("<nav>x</nav>", "navigation"),
        ("<footer>x</footer>", "footer"),
        ("<aside>x</aside>", "aside"),
        ("<div role=dialog>x</div>", "dialog"),
        ("<div class=related-products><main>x</main></div>", "related"),
        ("<div class='youMayAlsoLike'>x</div>", "related"),
        ("<section id=customer-reviews>x</section>", "reviews"),
        ("<div class=mini-cart>x</div>", "cart"),
        ("<form class=add-to-cart>x</form>", "main"),
        ("<div class=has-related>x</div>", "main"),
    ],
)
def test_a_line_knows_the_part_of_the_page_it_stands_in(markup: str, region: str) -> None:
    assert [line.region for line in laid_out(markup).lines] == [region]


def test_words_of_a_line_are_those_of_its_elements_then_of_those_around() -> None:
    (line,) = laid_out(
        "<div id=buyBox><p class='product-price' data-price-type=final><b itemprop=price>5</b></p></div>"
    ).lines
    assert line.words == ("price", "product", "price", "data", "price", "type", "buy", "box")


def test_controls_are_buttons_inputs_and_links_that_look_so() -> None:
    layout = laid_out(
        "<p>Kettle</p><button disabled>Add <b>to cart</b></button><input type=submit value=Go><input type=text value=no>"
        "<a class='btn'>Buy</a><a>Home</a><div role=button aria-label=Close></div>"
    )
    assert [(c.text, c.line, c.is_disabled) for c in layout.controls] == [
        ("Add to cart", 1, True),
        ("Go", 2, False),
        ("Buy", 2, False),
        ("Close", 4, False),
    ]
    assert layout.lines[1].control is layout.controls[0]


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("", "<p>menu</p><h1>Blue kettle</h1>", "Blue kettle"),
        ("<title>Blue kettle | Shop</title>", "<h1>Our shop</h1><h2>Blue kettle</h2>", "Blue kettle"),
        ("<meta property=og:title content='Blue kettle, 2 l'>", "<h1>Shop</h1><h1>Blue kettle</h1>", "Blue kettle"),
        ("<title>Blue kettle</title>", "<p>a</p><div>Blue kettle</div>", "Blue kettle"),
        ("<title>Blue kettle</title>", "<p>Something else</p>", None),
        ("", "<h1 hidden>No</h1><h1>Blue kettle</h1>", "Blue kettle"),
    ],
)
def test_the_title_is_the_heading_that_the_head_repeats(head: str, body: str, title: str | None) -> None:
    found = laid_out(body, head).title_line
    assert (found and found.text) == title


def test_deep_pages_are_laid_out_without_recursion() -> None:
    assert [line.text for line in laid_out("<div>" * 900 + "x" + "</div>" * 900).lines] == ["x"]
