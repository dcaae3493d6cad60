"""What a store's file can ask of the browser, against a real Chromium and a real server."""

import asyncio

import pytest
import pytest_asyncio

from pricewatch_pipeline.domain.browsing import Action, Blockable, Step, WaitUntil
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline_tests.support.browsing import open_browser, site, visit
from pricewatch_pipeline_tests.support.loopback import Reply, drip, html, raw, redirect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

VARIANTS = """<!doctype html><title>shirt</title>
<div id="consent" role="dialog" aria-label="Cookies"><p>We use cookies.</p><button onclick="accept()">Alle akzeptieren</button></div>
<select id="colour"><option value="1">Red</option><option value="2">Blue</option></select>
<div class="sizes"><button onclick="size('M')">M</button><button onclick="size('XL')">XL</button></div>
<input id="zip"><button id="go" onclick="document.getElementById('to').textContent = document.getElementById('zip').value">go</button>
<p id="price">19.99</p><p id="to"></p>
<script>
function accept() { document.cookie = 'accepted=yes-please'; document.getElementById('consent').remove() }
async function size(name) { const answer = await fetch('/price?' + name); document.getElementById('price').textContent = await answer.text() }
document.getElementById('colour').onchange = event => document.body.dataset.colour = event.target.selectedOptions[0].label;
</script>"""


def shop_of_variants(request):
    return html(f"29.99 for {request.path[-2:]}") if request.path.startswith("/price") else html(VARIANTS)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def fetcher():
    async with open_browser() as opened:
        yield opened


def step(action, selector=None, value=None, *, is_optional=False):
    return Step(action=Action(action), selector=selector, value=value, is_optional=is_optional)


async def test_a_page_is_read_as_its_scripts_left_it(fetcher):
    page_of_scripts = "<!DOCTYPE html><title>x</title><p id=price></p><script>setTimeout(() => price.textContent = '9,99 €', 300)</script>"
    with site({"/": redirect("/shown"), "/shown": html(page_of_scripts)}) as shop:
        page = await visit(fetcher, shop.url("/"), wait_for="#price:not(:empty)")
    assert (page.outcome, page.status, page.final_url) == (Outcome.OK, 200, shop.url("/shown"))
    assert page.text.startswith('<!DOCTYPE html><html><head><title>x</title></head><body><p id="price">9,99 €</p>')
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.wire_bytes > len(page_of_scripts)


async def slow_price(writer):
    await asyncio.sleep(0.4)
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n\r\n9.99")
    await writer.drain()


@pytest.mark.parametrize(
    "script",
    [
        "setTimeout(() => shop.textContent = '9.99', 400)",
        "onload = () => { shop.textContent = 'Loading'; fetch('/price').then(a => a.text()).then(t => shop.textContent = t) }",
    ],
)
async def test_scripts_may_fill_a_page_after_it_loaded_though_the_store_does_not_say_so(fetcher, script):
    with site({"/": html(f"<div id=shop></div><script>{script}</script>"), "/price": slow_price}) as shop:
        page = await visit(fetcher, shop.url("/"))
    assert '<div id="shop">9.99</div>' in page.text


async def test_we_say_who_we_are(fetcher):
    with site({"/": html("<p>shop")}) as shop:
        await visit(fetcher, shop.url("/"))
    agent = shop.requests[0].headers["user-agent"]
    assert "Chrome/" in agent
    assert "Headless" not in agent
    assert agent.endswith(" test/1")


async def test_cookies_of_the_caller_go_to_the_site_that_is_asked(fetcher):
    with site({"/a/b": html("<p>a lamp<script src=/c.js></script>")}) as shop:
        page = await visit(fetcher, shop.url("/a/b"), headers={"Cookie": "answer=what-we-said"})
    assert [(request.path, request.headers.get("cookie")) for request in shop.requests[:2]] == [
        ("/a/b", "answer=what-we-said"),
        ("/c.js", "answer=what-we-said"),
    ]
    assert page.cookie_values == {"what-we-said"}


async def test_steps_are_taken_in_their_order_and_what_they_set_off_is_awaited(fetcher):
    steps = (
        step("accept_cookies", is_optional=True),
        step("choose", "#colour", "Blue"),
        step("fill", "#zip", "10115"),
        step("click", "#go"),
        step("choose", ".sizes button", "XL"),
    )
    with site(shop_of_variants) as shop:
        page = await visit(fetcher, shop.url("/"), steps=steps)
    assert (page.outcome, page.error) == (Outcome.OK, None)
    assert '<p id="price">29.99 for XL</p>' in page.text
    assert '<p id="to">10115</p>' in page.text
    assert 'data-colour="Blue"' in page.text
    assert 'id="consent"' not in page.text
    assert "yes-please" in page.cookie_values


async def test_a_step_that_fails_is_named(fetcher):
    steps = (step("accept_cookies", is_optional=True), step("click", ".size-xl"))
    with site({"/": html("<p>shop, a page with nothing to press")}) as shop:
        page = await visit(fetcher, shop.url("/"), steps=steps, timeout_s=5)
    assert page.outcome is Outcome.UNREADABLE
    assert "step 2 of the store (click: '.size-xl')" in page.error
    assert "correct the selector" in page.error
    assert "nothing to press" in page.text


async def test_an_optional_step_that_fails_is_passed_over(fetcher):
    with site({"/": html("<p>shop")}) as shop:
        page = await visit(fetcher, shop.url("/"), steps=(step("click", ".gone", is_optional=True),))
    assert (page.outcome, page.error) == (Outcome.OK, None)


async def test_a_page_without_what_the_store_waits_for_is_unreadable_and_kept_as_evidence(fetcher):
    with site({"/": html("<p>a page, but no price on it")}) as shop:
        page = await visit(fetcher, shop.url("/"), wait_for=".price", timeout_s=4)
    assert page.outcome is Outcome.UNREADABLE
    assert "nothing on the page matches '.price'" in page.error
    assert "no price on it" in page.text


async def test_a_wall_in_place_of_what_the_store_waits_for_is_told_as_a_wall(fetcher):
    wall = "<title>Just a moment...</title><div id='challenge-running'>Checking your browser<script src='/cdn-cgi/challenge-platform/h/b.js'></script>"
    with site({"/": html(wall)}) as shop:
        page = await visit(fetcher, shop.url("/"), wait_for=".price", timeout_s=4)
    assert page.outcome is Outcome.BLOCKED


@pytest.mark.parametrize(
    "dialog",
    [
        "<div id=onetrust-banner-sdk><button id=onetrust-accept-btn-handler onclick=\"done('onetrust')\">OK</button></div>",
        "<a id=CybotCookiebotDialogBodyLevelButtonLevelOptinAllowAll onclick=\"done('cookiebot')\">OK</a>",
        """<div id=usercentrics-root></div><script>document.getElementById('usercentrics-root').attachShadow({mode: 'open'}).innerHTML =
           "<div><button data-testid='uc-accept-all-button' onclick='done()'>Alles</button></div>"</script>""",
        "<button id=didomi-notice-agree-button onclick='done()'>Agree</button>",
        "<iframe id='sp_message_iframe_1' srcdoc=\"<button title='Accept all' class='sp_choice_type_11' onclick='parent.done()'>x</button>\"></iframe>",
        "<div class=cookie-banner><a href=# onclick='done()'>Souhlasím</a></div>",
        "<script>setTimeout(() => document.body.insertAdjacentHTML('beforeend', '<dialog open>Cookies?<button onclick=done()>Tout accepter</button></dialog>'), 700)</script>",
    ],
    ids=["OneTrust", "Cookiebot", "Usercentrics", "Didomi", "Sourcepoint", "Czech words", "late and French"],
)
async def test_consent_is_given_to_the_usual_dialogs(fetcher, dialog):
    page_with_dialog = (
        f"<meta charset=utf-8><script>function done() {{ document.title = 'accepted' }}</script><p>shop{dialog}"
    )
    with site({"/": html(page_with_dialog)}) as shop:
        page = await visit(fetcher, shop.url("/"), steps=(step("accept_cookies"),))
    assert "<title>accepted</title>" in page.text


async def test_no_button_of_the_page_proper_is_taken_for_consent(fetcher):
    with site({"/": html("<p>Voucher terms<button onclick=\"document.title = 'pressed'\">Accept</button>")}) as shop:
        page = await visit(fetcher, shop.url("/"), steps=(step("accept_cookies"),))
    assert page.outcome is Outcome.OK
    assert "<title>pressed" not in page.text


async def test_what_a_page_can_do_without_is_not_loaded(fetcher):
    heavy = "<style>@font-face{font-family:f;src:url(/font.woff2)}p{font-family:f}</style><img src=/image.png><video src=/film.mp4 autoplay></video><p>text<script src=/script.js></script>"
    with site({"/": html(heavy)}) as shop:
        await visit(fetcher, shop.url("/"))
        lean = set(shop.paths)
        await visit(fetcher, shop.url("/"), blocked=frozenset({Blockable.MEDIA}), wait_until=WaitUntil.NETWORK_IDLE)
    assert lean & {"/image.png", "/film.mp4", "/font.woff2", "/script.js"} == {"/script.js"}
    assert {"/image.png", "/font.woff2"} <= set(shop.paths)
    assert "/film.mp4" not in shop.paths


async def test_a_picture_is_taken_where_the_store_asks_for_one(fetcher):
    with site({"/": html("<p>shop")}) as shop:
        with_picture = await visit(fetcher, shop.url("/"), has_screenshot=True)
        without = await visit(fetcher, shop.url("/"))
    assert with_picture.screenshot.startswith(b"\x89PNG")
    assert without.screenshot == b""


async def test_a_page_that_is_never_idle_is_read_as_it_is_with_a_note(fetcher):
    restless = "<p>12.50<script>setInterval(() => fetch('/tick'), 100)</script>"
    with site({"/": html(restless), "/tick": html("")}) as shop:
        page = await visit(fetcher, shop.url("/"), wait_until=WaitUntil.NETWORK_IDLE, timeout_s=4)
    assert (page.outcome, page.error) == (Outcome.OK, None)
    assert "was never idle" in page.note


async def test_a_page_with_a_part_that_never_comes_is_read_as_it_is_with_a_note(fetcher):
    with site({"/": html("<p>12.50<iframe src=/slow></iframe>"), "/slow": drip()}) as shop:
        page = await visit(fetcher, shop.url("/"), timeout_s=4)
    assert (page.outcome, page.error) == (Outcome.OK, None)
    assert "was still loading" in page.note


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (html("gone for good", status=410), Outcome.GONE),
        (html("no", status=403), Outcome.BLOCKED),
        (html("slow down", status=429, retry_after="7"), Outcome.RATE_LIMITED),
        (html("ill", status=500), Outcome.TRANSPORT),
        (html("", status=500), Outcome.TRANSPORT),
        (html("", status=404), Outcome.NOT_FOUND),
        (html("", status=429, retry_after="7"), Outcome.RATE_LIMITED),
        (html("who?", status=401, www_authenticate='Basic realm="shop"'), Outcome.LOGIN),
        (html(""), Outcome.TRANSPORT),
        (Reply(status=204), Outcome.TRANSPORT),
        (Reply(headers=[("content-type", "application/pdf")], body=b"%PDF-1.4"), Outcome.NOT_A_PRODUCT),
        (Reply(headers=[("content-type", "image/png")], body=b"\x89PNG"), Outcome.NOT_A_PRODUCT),
        (raw(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 900\r\n\r\n<p>cut"), Outcome.TRANSPORT),
        (raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), Outcome.TRANSPORT),
        (raw(), Outcome.TRANSPORT),
    ],
    ids=[
        "410",
        "403",
        "429",
        "500",
        "empty 500",
        "empty 404",
        "empty 429",
        "401",
        "empty",
        "204",
        "pdf",
        "image",
        "cut off",
        "no HTTP",
        "closed",
    ],
)
async def test_an_answer_has_the_outcome_that_other_fetchers_give_it(fetcher, answer, outcome):
    with site({"/": answer}) as shop:
        page = await visit(fetcher, shop.url("/"), timeout_s=12)
    assert page.outcome is outcome, page.error
    assert page.error
    assert (page.retry_after is not None) == (outcome is Outcome.RATE_LIMITED)


async def test_json_comes_as_it_is(fetcher):
    with site({"/": Reply(headers=[("content-type", "application/json")], body=b'{"price": 5}')}) as shop:
        page = await visit(fetcher, shop.url("/"))
    assert (page.outcome, page.body) == (Outcome.OK, b'{"price": 5}')


async def test_many_pages_share_one_browser_and_do_not_mix(fetcher):
    with site(lambda request: html(f"<p>page {request.path}")) as shop:
        pages = await asyncio.gather(*(visit(fetcher, shop.url(f"/{number}")) for number in range(6)))
    assert [f"page /{number}" in page.text for number, page in enumerate(pages)] == [True] * 6
