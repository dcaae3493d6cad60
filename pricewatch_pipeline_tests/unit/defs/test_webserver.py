"""What the guard in front of Dagster's webserver lets pass. The attacks are those measured on Dagster 1.13.27."""

import socket

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Message

from pricewatch_pipeline.defs.webserver import SameOriginOnly, refusal, serve
from pricewatch_pipeline.services.pick_port import PORT_IN_USE

HERE = {"host": "127.0.0.1:3000"}
EVIL = {**HERE, "origin": "https://evil.example", "sec-fetch-site": "cross-site"}
JSON = {"content-type": "application/json"}

PASSES = [
    ("http", "GET", "/assets/price_snapshots", "view=partitions", HERE),
    ("http", "GET", "/graphql", "", HERE),
    (
        "http",
        "POST",
        "/graphql",
        "",
        {**HERE, **JSON, "origin": "http://127.0.0.1:3000", "sec-fetch-site": "same-origin"},
    ),
    ("http", "POST", "/graphql", "op=x", {**HERE, **JSON}),
    ("http", "POST", "/graphql", "", {"host": "localhost:3000", **JSON, "origin": "http://localhost:3000"}),
    ("http", "POST", "/graphql", "", {"host": "[::1]:3000", **JSON}),
    ("http", "POST", "/graphql", "", {"host": "prices.example.com", **JSON, "origin": "https://prices.example.com"}),
    ("http", "POST", "/report_asset_materialization/price_snapshots", "", {**HERE, **JSON}),
    ("websocket", "GET", "/graphql", "", {**HERE, "origin": "http://127.0.0.1:3000", "sec-fetch-site": "same-origin"}),
    # A link from a page elsewhere may lead here; it changes nothing.
    ("http", "GET", "/runs", "", {**HERE, "sec-fetch-site": "cross-site"}),
]
REFUSED = [
    ("an image whose address is a mutation", "http", "GET", "/graphql", "query=mutation{x}", HERE),
    ("the same on another site's page", "http", "GET", "/graphql", "query=mutation{x}", EVIL),
    ("a mutation in the address of a POST", "http", "POST", "/graphql", "query=mutation{x}", {**HERE, **JSON}),
    ("a form of another site", "http", "POST", "/graphql", "", EVIL),
    ("a form without an origin", "http", "POST", "/graphql", "", {**HERE, "content-type": "text/plain"}),
    ("a script of another site", "http", "POST", "/graphql", "", {**EVIL, **JSON}),
    ("a page without an origin", "http", "POST", "/graphql", "", {**HERE, **JSON, "sec-fetch-site": "cross-site"}),
    ("a report without a body", "http", "POST", "/report_asset_materialization/x", "", HERE),
    ("a report by link", "http", "GET", "/report_asset_materialization/x", "", HERE),
    ("a websocket from elsewhere", "websocket", "GET", "/graphql", "", EVIL),
    ("a name that an attacker's DNS points here", "http", "GET", "/", "", {"host": "evil.example:3000"}),
    ("no name at all", "http", "GET", "/", "", {}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "method", "path", "query", "headers"), PASSES)
def test_the_ui_and_scripts_on_this_machine_pass(
    kind: str, method: str, path: str, query: str, headers: dict[str, str]
) -> None:
    assert refusal(kind, method, path, query, headers, ("prices.example.com",)) is None


@pytest.mark.parametrize(("attack", "kind", "method", "path", "query", "headers"), REFUSED)
def test_an_attack_is_refused(
    attack: str, kind: str, method: str, path: str, query: str, headers: dict[str, str]
) -> None:
    assert refusal(kind, method, path, query, headers, ()), attack


async def test_a_refusal_is_a_403_that_says_why() -> None:
    async def hello(_: Request) -> PlainTextResponse:
        return PlainTextResponse("hello")

    app = SameOriginOnly(Starlette(routes=[Route("/graphql", hello, methods=["GET", "POST"])]))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:3000") as client:
        refused = await client.get("/graphql", params={"query": "mutation{x}"})
        passed = await client.post("/graphql", json={})
    assert (refused.status_code, refused.text) == (403, "refused: GraphQL is asked by POST, not by a link\n")
    assert passed.text == "hello"


async def test_a_websocket_from_elsewhere_is_closed() -> None:
    sent: list[Message] = []

    async def never(*_: object) -> None:
        raise AssertionError("the application was reached")

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"127.0.0.1:3000"), (b"origin", b"https://evil.example")]
    scope = {"type": "websocket", "path": "/graphql", "query_string": b"", "headers": headers}
    await SameOriginOnly(never)(scope, receive, send)
    assert [(message["type"], message["code"]) for message in sent] == [("websocket.close", 1008)]


def test_a_port_that_another_program_was_faster_to_take_ends_it_with_a_status_of_its_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SystemExit) as ended:
            serve(Starlette(), "127.0.0.1", port)
    assert ended.value.code == PORT_IN_USE
    assert capsys.readouterr().err == f"port {port} is in use by another program\n"
