"""Zero connections of a browser reach what may not be reached, whatever a page makes it do."""

import socket

import pytest
import pytest_asyncio

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline_tests.support.browsing import open_browser, site, visit
from pricewatch_pipeline_tests.support.loopback import Names, html, redirect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

NAMES = Names(
    {
        "localhost": ["127.0.0.1", "::1"],
        "shop.example": ["127.0.0.2"],
        "inside.example": ["127.0.0.1"],
        "both.example": ["8.8.8.8", "127.0.0.1"],
    }
)
ATTACKS = """<!doctype html><title>shop</title>
<link rel="prefetch" href="{http}/prefetch"><link rel="preconnect" href="{http}"><link rel="dns-prefetch" href="//inside.example">
<link rel="stylesheet" href="{http}/style.css"><link rel="icon" href="{http}/icon.png"><link rel="modulepreload" href="{http}/m.js">
<script type="speculationrules">{{"prerender": [{{"urls": ["{http}/prerender"]}}], "prefetch": [{{"urls": ["{http}/spec"]}}]}}</script>
<body style="background: url({http}/background.png)">
<img src="{http}/image.png"><img src="{name}/image.png"><script src="{http}/script.js"></script><iframe src="{http}/frame"></iframe>
<video src="{http}/video.mp4" autoplay></video><object data="{http}/object"></object><embed src="{http}/embed">
<a href="/" ping="{http}/ping" id="ping">x</a>
<iframe name="sink"></iframe><form action="{http}/form" method="post" target="sink" id="form"><input name="a" value="b"></form>
<script>
const ends = [];
const end = (make) => ends.push(new Promise(resolve => {{ try {{ make(resolve) }} catch (error) {{ resolve(error) }} }}));
for (const base of ['{http}', '{name}', 'http://localhost:{port}', 'https://127.0.0.1:{port}', 'http://[::ffff:127.0.0.1]:{port}'])
  end(done => fetch(base + '/fetch', {{mode: 'no-cors'}}).then(done, done));
end(done => {{ const request = new XMLHttpRequest(); request.onloadend = done; request.open('POST', '{http}/xhr'); request.send('a') }});
end(done => {{ const socket = new WebSocket('{ws}/socket'); socket.onerror = socket.onopen = done }});
end(done => {{ const source = new EventSource('{http}/events'); source.onerror = source.onopen = done }});
end(done => {{ navigator.sendBeacon('{http}/beacon', 'a'); done() }});
end(done => {{ navigator.serviceWorker?.register('/worker.js').then(done, done) ?? done() }});
end(done => {{ const w = new Worker(URL.createObjectURL(new Blob(["fetch('{http}/worker').finally(() => postMessage(1))"]))); w.onmessage = w.onerror = done }});
end(done => {{ new WebTransport('https://127.0.0.1:{udp}/transport').ready.then(done, done) }});
end(done => {{
  const peer = new RTCPeerConnection({{iceServers: [{{urls: ['stun:127.0.0.1:{udp}', 'stun:inside.example:{udp}']}},
    {{urls: ['turn:127.0.0.1:{port}?transport=tcp', 'turn:127.0.0.1:{udp}'], username: 'a', credential: 'b'}}]}});
  peer.createDataChannel('x'); peer.onicegatheringstatechange = () => peer.iceGatheringState === 'complete' && done();
  peer.createOffer().then(offer => peer.setLocalDescription(offer)); setTimeout(done, 1500);
}});
document.getElementById('form').submit(); document.getElementById('ping').dispatchEvent(new MouseEvent('click', {{ctrlKey: true}}));
open('{http}/popup');
Promise.all(ends).then(() => {{ const mark = document.createElement('p'); mark.id = 'done'; document.body.append(mark) }});
</script>"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def fetcher():
    async with open_browser(resolver=NAMES) as opened:
        yield opened


@pytest.fixture
def udp_canary():
    """A port to which no datagram may ever come."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        yield listener.getsockname()[1]
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.recv(10)


async def test_nothing_that_a_page_can_do_reaches_a_private_address(fetcher, canary, udp_canary):
    page_of_attacks = ATTACKS.format(
        http=canary.base_url,
        ws=canary.base_url.replace("http", "ws"),
        name=f"http://inside.example:{canary.port}",
        port=canary.port,
        udp=udp_canary,
    )
    with site(lambda request: html(page_of_attacks if request.path == "/" else "")) as shop:
        page = await visit(fetcher, shop.url("/"), wait_for="#done", blocked=frozenset())
    assert (page.outcome, page.error) == (Outcome.OK, None)
    assert 'id="done"' in page.text


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://inside.example:{port}/",
        "http://both.example:{port}/",
        "https://both.example/",
        "http://2130706433:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/",
        "file:///etc/passwd",
        "view-source:http://127.0.0.1:{port}/",
        "chrome://version/",
        "ftp://127.0.0.1:{port}/",
        "data:text/html,x",
        "javascript:1",
    ],
)
async def test_a_private_address_or_another_scheme_is_not_opened(fetcher, canary, url):
    page = await visit(fetcher, url.format(port=canary.port))
    assert page.outcome is Outcome.FORBIDDEN_ADDRESS
    assert page.error
    assert page.body == b""


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{port}/",
        "http://inside.example:{port}/",
        "https://127.0.0.1:{port}/",
        "http://both.example/",
        "http://169.254.169.254/",
        "http://0x7f000001:{port}/",
        "file:///etc/passwd",
    ],
)
async def test_a_redirect_to_a_private_address_ends_as_forbidden(fetcher, canary, target):
    with site({"/": redirect("/on"), "/on": redirect(target.format(port=canary.port))}) as shop:
        page = await visit(fetcher, shop.url("/"))
    assert page.outcome is Outcome.FORBIDDEN_ADDRESS, page.error
    assert shop.paths[:2] == ["/", "/on"]


async def test_a_redirect_to_what_is_no_web_page_is_not_followed(fetcher, canary):
    with site({"/": redirect(f"ftp://127.0.0.1:{canary.port}/")}) as shop:
        page = await visit(fetcher, shop.url("/"))
    assert page.outcome is Outcome.TRANSPORT
    assert "answered with nothing that is a page" in page.error


async def test_a_refusal_says_what_the_guard_says(fetcher, canary):
    with site({"/": redirect(f"http://inside.example:{canary.port}/")}) as shop:
        page = await visit(fetcher, shop.url("/"))
    assert "'inside.example' resolves to an address that is refused" in page.error
    assert "PRICEWATCH_ALLOWED_ADDRESSES" in page.error


@pytest.mark.parametrize(
    "how", ["location = '{url}'", "document.write('<meta http-equiv=refresh content=\"0;{url}\">')"]
)
async def test_a_page_that_moves_on_to_a_private_address_is_forbidden(fetcher, canary, how):
    script = how.format(url=canary.url("/"))
    with site({"/": html(f"<p>shop<script>{script}</script>")}) as shop:
        page = await visit(fetcher, shop.url("/"), wait_for="#never", timeout_s=4)
    assert page.outcome is Outcome.FORBIDDEN_ADDRESS, page.error


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "view-source:file:///etc/passwd", "chrome://version", "ftp://127.0.0.1/"]
)
async def test_a_script_cannot_leave_the_web(fetcher, target):
    page_that_tries = (
        f"<p>shop</p><iframe src='{target}'></iframe><script>location = '{target}'; open('{target}')</script>"
    )
    with site({"/": html(page_that_tries)}) as shop:
        page = await visit(fetcher, shop.url("/"))
    assert page.outcome is Outcome.OK, page.error
    assert "<p>shop</p>" in page.text
    assert "root:" not in page.text


async def test_a_name_is_resolved_by_us_and_by_nobody_else(fetcher):
    NAMES.asked.clear()
    with site({"/": html("<p>shop")}) as shop:
        page = await visit(fetcher, f"http://shop.example:{shop.port}/")
    assert page.outcome is Outcome.OK, page.error
    assert set(NAMES.asked) == {"shop.example"}


async def test_an_unknown_name_is_a_transport_failure_that_says_so(fetcher):
    page = await visit(fetcher, "https://no-such-shop.example/")
    assert page.outcome is Outcome.TRANSPORT
    assert "cannot be resolved" in page.error


async def test_cookies_do_not_outlive_a_page_and_are_told_for_redaction(fetcher):
    handler = {
        "/": html("<p>shop<script>document.cookie = 'b=script-secret'</script>", set_cookie="a=server-secret; HttpOnly")
    }
    with site(handler) as shop:
        pages = [await visit(fetcher, shop.url("/")) for _ in range(2)]
    assert [page.cookie_values for page in pages] == [frozenset({"server-secret", "script-secret"})] * 2
    assert all("cookie" not in request.headers for request in shop.requests if request.path == "/")
    assert all("set-cookie" not in page.headers for page in pages)


async def test_a_caller_s_headers_do_not_go_to_every_host_of_a_page(fetcher):
    with (
        site({"/": html("<p>other")}) as other,
        site({"/": html(f"<script src='{other.url('/s.js')}'></script>")}) as shop,
    ):
        await visit(
            fetcher, shop.url("/"), headers={"Authorization": "Bearer secret", "Accept-Language": "de-DE,de;q=0.9"}
        )
    assert other.requests[0].headers["accept-language"] == "de-DE,de;q=0.9"
    assert "authorization" not in other.requests[0].headers
