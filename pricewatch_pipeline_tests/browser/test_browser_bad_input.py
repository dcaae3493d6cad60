"""Pages and accidents that would take a browser down: each is an outcome with a sentence, and the next page works."""

import asyncio
import ssl

import pytest
import pytest_asyncio
import trustme

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.proxies import parse_proxies
from pricewatch_pipeline_tests.support.browsing import chromiums, open_browser, site, visit
from pricewatch_pipeline_tests.support.loopback import Reply, drip, html, redirect, serve

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

MB = 1024 * 1024
ZIP = [("content-type", "application/zip"), ("content-disposition", "attachment; filename=a.zip")]
ATTACHMENT = [("content-type", "text/html"), ("content-disposition", "attachment; filename=a.html")]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def fetcher():
    async with open_browser(proxies=parse_proxies("home=http://user:secret@127.0.0.1:9")) as opened:
        yield opened


@pytest.fixture
def fine():
    with site({"/": html("<p>fine")}) as server:
        yield server


async def is_fine(fetcher, fine):
    return "<p>fine" in (await visit(fetcher, fine.url("/"))).text


@pytest.mark.parametrize(
    "script",
    [
        "while (true) {}",
        "setTimeout(() => { while (true) {} })",
        "const grow = () => Promise.resolve().then(grow); grow()",
    ],
    ids=["at once", "later", "in microtasks"],
)
async def test_a_script_that_never_ends_is_ended(fetcher, fine, script):
    with site({"/": html(f"<p>shop</p><script>{script}</script>")}) as shop:
        page, other = await asyncio.gather(visit(fetcher, shop.url("/"), timeout_s=3), visit(fetcher, fine.url("/")))
    assert page.outcome is Outcome.TIMEOUT
    assert "its script never ends (we waited 3 s in all)" in page.error
    assert "<p>fine" in other.text
    assert await is_fine(fetcher, fine)


async def test_a_server_that_drips_is_a_timeout(fetcher, fine):
    with site({"/": drip()}) as shop:
        page = await visit(fetcher, shop.url("/"), timeout_s=2)
    assert page.outcome is Outcome.TIMEOUT
    assert await is_fine(fetcher, fine)


async def test_dialogs_are_dismissed(fetcher, fine):
    script = "alert(1); confirm(2); prompt(3); onbeforeunload = event => { event.preventDefault(); return 'stay' }"
    with site({"/": html(f"<p>shop<script>{script}; print()</script>")}) as shop:
        page = await visit(fetcher, shop.url("/"))
    assert (page.outcome, page.error) == (Outcome.OK, None)
    assert await is_fine(fetcher, fine)


async def test_dialogs_without_end_are_a_timeout(fetcher, fine):
    with site({"/": html("<p>shop<script>while (true) alert('again')</script>")}) as shop:
        page = await visit(fetcher, shop.url("/"), timeout_s=2)
    assert page.outcome is Outcome.TIMEOUT
    assert await is_fine(fetcher, fine)


@pytest.mark.parametrize("headers", [ZIP, ATTACHMENT], ids=["zip", "page as attachment"])
async def test_a_download_is_not_a_product_and_is_not_saved(fetcher, fine, headers, tmp_path):
    with site({"/": Reply(headers=headers, body=b"PK" * 1000)}) as shop:
        page = await visit(fetcher, shop.url("/"))
    assert page.outcome is Outcome.NOT_A_PRODUCT
    assert "give the address of the product's page" in page.error
    assert await is_fine(fetcher, fine)


async def test_a_download_that_a_page_starts_changes_nothing(fetcher):
    with site(
        {"/": html("<p>shop<script>location = '/a.zip'</script>"), "/a.zip": Reply(headers=ZIP, body=b"PK")}
    ) as shop:
        page = await visit(fetcher, shop.url("/"))
    assert (page.outcome, page.final_url) == (Outcome.OK, shop.url("/"))


async def test_redirects_without_end_are_a_transport_failure(fetcher, fine):
    with site(lambda request: redirect(f"/{len(request.path)}{request.path}")) as shop:
        page = await visit(fetcher, shop.url("/"))
    assert page.outcome is Outcome.TRANSPORT
    assert "redirects without end" in page.error
    assert len(shop.requests) < 40
    assert await is_fine(fetcher, fine)


async def test_a_page_that_reloads_itself_without_end_is_told(fetcher, fine):
    with site(lambda _: html("<p>shop<script>location = '/' + Math.random()</script>")) as shop:
        page = await visit(fetcher, shop.url("/"), timeout_s=20)
    assert page.outcome is Outcome.TRANSPORT
    assert "sends us on without end" in page.error
    assert await is_fine(fetcher, fine)


async def test_a_page_of_30_mb_is_too_large_whether_it_says_so_or_not(fetcher, fine):
    async def unannounced(writer):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<p>long<!--")
        for _ in range(30):
            writer.write(b"x" * MB)
            await writer.drain()

    announced = Reply(headers=[("content-type", "text/html")], body=b"x" * 30 * MB)
    with site({"/announced": announced, "/unannounced": unannounced}) as shop:
        pages = [await visit(fetcher, shop.url(path)) for path in ("/announced", "/unannounced")]
    assert [page.outcome for page in pages] == [Outcome.TOO_LARGE] * 2
    assert "announces 31,457,280 bytes" in pages[0].error
    assert "10,000,000 bytes we accept of a page" in pages[1].error
    assert await is_fine(fetcher, fine)


async def test_a_page_that_grows_in_the_browser_is_too_large(fetcher):
    script = "document.body.append('x'.repeat(2e6))"
    with site({"/": html(f"<body><script>{script}</script>")}) as shop:
        page = await visit(fetcher, shop.url("/"), max_bytes=MB)
    assert page.outcome is Outcome.TOO_LARGE


async def test_a_page_that_draws_in_too_much_is_too_large(fetcher, fine):
    part = Reply(headers=[("content-type", "text/plain")], body=b"x" * MB)
    script = "(async () => { for (;;) await (await fetch('/part?' + Math.random())).text() })()"
    with site({"/": html(f"<body><p>shop<script>{script}</script>"), "/part": part}) as shop:
        page = await visit(fetcher, shop.url("/"), max_bytes=MB, wait_for="#never")
    assert page.outcome is Outcome.TOO_LARGE
    assert "with all that it draws in" in page.error
    assert page.wire_bytes < 12 * MB
    assert await is_fine(fetcher, fine)


async def test_popups_are_closed_and_disturb_nobody(fetcher, fine):
    script = "for (let i = 0; i < 100; i++) open('/popup?' + i)"
    with site({"/": html(f'<p>shop<button onclick="{script}">x</button><script>{script}</script>')}) as shop:
        page = await visit(fetcher, shop.url("/"))
    assert (page.outcome, page.error) == (Outcome.OK, None)
    assert await is_fine(fetcher, fine)


async def test_a_page_that_takes_memory_without_end_loses_its_tab_and_no_other(fine):
    greedy = "const all = []; setInterval(() => all.push(new Uint8Array(40e6).fill(1)), 20)"
    with site({"/": html(f"<p>shop<script>{greedy}</script>")}) as shop:
        async with open_browser(memory_mb=600) as small:
            page, other = await asyncio.gather(
                visit(small, shop.url("/"), wait_for="#never"), visit(small, fine.url("/"))
            )
            assert page.outcome is Outcome.TOO_LARGE
            assert "PRICEWATCH_BROWSER_MAX_MB" in page.error
            assert "<p>fine" in other.text
            assert await is_fine(small, fine)


async def test_a_browser_that_is_killed_in_the_middle_is_replaced_and_its_pages_shown_again(fine):
    killed, others = [], chromiums()

    def handler(request):
        if request.path == "/" and not killed:
            killed.extend(process for process in chromiums() if process not in others)
            for process in killed:
                process.kill()
        return html("<p>shop")

    with site(handler) as shop:
        async with open_browser() as own:
            page = await visit(own, shop.url("/"))
            assert (page.outcome, page.error) == (Outcome.OK, None)
            assert len(killed) == 1
            assert await is_fine(own, fine)


async def test_a_page_on_which_every_browser_dies_is_given_up(fine):
    others = chromiums()

    def handler(request):
        for process in chromiums():
            if process not in others:
                process.kill()
        return html("<p>shop")

    with site(handler) as shop:
        async with open_browser() as own:
            page = await visit(own, shop.url("/"))
            assert page.outcome is Outcome.PROVIDER_ERROR
            assert "the browser ended while it showed" in page.error
            assert await is_fine(own, fine)


async def test_a_worn_browser_is_replaced_and_none_is_left():
    others, seen = set(chromiums()), set()
    async with open_browser(pages_each=1) as own:
        for _ in range(2):
            with site(lambda _: seen.update(chromiums()) or html("<p>shop")) as shop:
                await visit(own, shop.url("/"))
    assert len(seen - others) == 2
    assert set(chromiums()) == others


async def test_a_proxy_that_is_down_is_the_proxy_s_failure(fetcher, fine):
    page = await visit(fetcher, fine.url("/"), proxy="home")
    assert (page.outcome, page.is_proxy_failure) == (Outcome.TRANSPORT, True)
    assert "the proxy 'home' (http://***@127.0.0.1:9) cannot be reached" in page.error
    unknown = await visit(fetcher, fine.url("/"), proxy="nobody")
    assert "unknown proxy 'nobody'" in unknown.error
    assert fine.paths == []
    assert await is_fine(fetcher, fine)


async def test_a_certificate_that_is_not_valid_is_told(fetcher, fine):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.2").configure_cert(context)
    with serve({"/": html("<p>shop")}, host="127.0.0.2", ssl_context=context) as shop:
        page = await visit(fetcher, shop.url("/"))
    assert page.outcome is Outcome.TRANSPORT
    assert "shows a certificate that is not valid (ERR_CERT_AUTHORITY_INVALID)" in page.error
    assert shop.requests == []
    assert await is_fine(fetcher, fine)


async def test_a_missing_browser_says_how_to_get_one(fine):
    async with open_browser(program="no-such-chromium") as own:
        page = await visit(own, fine.url("/"))
    assert page.outcome is Outcome.PROVIDER_ERROR
    assert page.error == "PRICEWATCH_CHROMIUM: 'no-such-chromium' is not a program that can be run"


async def test_a_browser_that_does_not_start_is_an_outcome(fine):
    async with open_browser(program="/bin/false") as own:
        page = await visit(own, fine.url("/"))
    assert page.outcome is Outcome.PROVIDER_ERROR
    assert "/bin/false does not start" in page.error
