"""Dagster's webserver behind a guard: `python -m pricewatch_pipeline.defs.webserver --port N --workspace FILE`.

Dagster has no login and takes mutations by plain GET from any page that a browser on this machine has open. Here only the
UI's own pages may ask for anything, and only by a name that is this machine's (docs/decisions/0007).
"""

import argparse
import errno
import ipaddress
import socket
import sys
from contextlib import suppress
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

import dagster as dg
import uvicorn
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster_webserver.webserver import DagsterWebserver
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pricewatch_pipeline.services.pick_port import PORT_IN_USE
from pricewatch_pipeline.settings import load_settings

STATEMENT_TIMEOUT_MS = 15_000
POOL_RECYCLE_S = 3600
POOL_MAX_OVERFLOW = 20
POLL_MS = 2000

Headers = dict[str, str]
"""Keys in lower case."""


def refusal(
    scope_type: str, method: str, path: str, query: str, headers: Headers, ui_hosts: tuple[str, ...]
) -> str | None:
    """Why a request is refused; None when it may pass. A pure decision."""
    host = headers.get("host", "")
    name = urlsplit(f"//{host}").hostname or ""
    if not _is_ours(name, ui_hosts):
        return f"{name!r} is not a name of this server; PRICEWATCH_UI_HOSTS lists those that are"
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        return "a page of another site may not use this server"
    is_quiet = scope_type == "http" and method in ("GET", "HEAD") and not path.startswith("/report_asset")
    asks_by_link = path.rstrip("/").endswith("/graphql") and "query" in parse_qs(query)
    if is_quiet and not asks_by_link:
        return None
    if asks_by_link:
        return "GraphQL is asked by POST, not by a link"
    if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return "a page of another site may not use this server"
    if scope_type == "http" and not headers.get("content-type", "").startswith("application/json"):
        return "a request that changes something has the content type application/json"
    return None


def _is_ours(name: str, ui_hosts: tuple[str, ...]) -> bool:
    """A name that an attacker's DNS cannot point here: an address, localhost, or one that the operator lists."""
    if name == "localhost" or name in ui_hosts:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class SameOriginOnly:
    """Answers 403 to what `refusal` refuses."""

    def __init__(self, app: ASGIApp, ui_hosts: tuple[str, ...] = ()) -> None:
        self._app = app
        self._ui_hosts = ui_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
            reason = refusal(
                scope["type"],
                scope.get("method", "GET"),
                scope["path"],
                scope["query_string"].decode("latin-1"),
                headers,
                self._ui_hosts,
            )
            if reason:
                await _refuse(scope, receive, send, reason)
                return
        await self._app(scope, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send, reason: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": reason[:120]})
        return
    await PlainTextResponse(f"refused: {reason}\n", status_code=HTTPStatus.FORBIDDEN)(scope, receive, send)


class GuardedWebserver(DagsterWebserver):
    """Dagster's webserver; its pages cannot be framed, its API not be used from elsewhere."""

    def build_middleware(self) -> list[Middleware]:
        return [Middleware(SameOriginOnly, ui_hosts=load_settings().ui_hosts), *super().build_middleware()]

    def make_security_headers(self) -> dict[str, str]:
        return {**super().make_security_headers(), "X-Frame-Options": "DENY"}


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workspace", required=True)
    parser.add_argument("--read-only", action="store_true")
    options = parser.parse_args()
    with dg.DagsterInstance.get() as instance:
        instance.optimize_for_webserver(STATEMENT_TIMEOUT_MS, POOL_RECYCLE_S, POOL_MAX_OVERFLOW)
        with WorkspaceProcessContext(
            instance,
            version=dg.__version__,
            read_only=options.read_only,
            workspace_load_target=WorkspaceFileTarget([options.workspace]),
        ) as context:
            app = GuardedWebserver(context, "", POLL_MS).create_asgi_app()
            serve(app, options.host, options.port)


def serve(app: ASGIApp, host: str, port: int) -> None:
    """Serve until interrupted; a port that another program has taken ends the process with `PORT_IN_USE`."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        sys.stderr.write(f"port {port} is in use by another program\n")
        sys.exit(PORT_IN_USE)
    with listening, suppress(KeyboardInterrupt):
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])


if __name__ == "__main__":
    main()
