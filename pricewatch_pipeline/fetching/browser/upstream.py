"""The operator's own proxy, behind ours: how a browser's connection goes on through it."""

import asyncio
from dataclasses import dataclass

from pricewatch_pipeline.domain.proxies import Proxy
from pricewatch_pipeline.fetching.browser.heads import END, Head, basic_auth, parse_head, status_of
from pricewatch_pipeline.fetching.outcomes import ProxyFailed, reason_of

_REACH_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Upstream:
    """An HTTP proxy that the operator named."""

    proxy: Proxy

    @property
    def authorization(self) -> tuple[tuple[str, str], ...]:
        """The header with its user and password; empty where it has none."""
        credentials = self.proxy.credentials
        return (("Proxy-Authorization", basic_auth(*credentials)),) if credentials else ()

    async def reach(self, authority: str, *, is_tunnel: bool) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the proxy; for a tunnel, already through it.

        Raises:
            ProxyFailed: the proxy is of a kind we do not speak, is down, wants another password, or opens no tunnel.
        """
        if self.proxy.is_socks:
            raise ProxyFailed(
                self.proxy, "speaks SOCKS; the fetcher `browser` goes through http and https proxies only"
            )
        is_tls = self.proxy.scheme == "https"
        try:
            async with asyncio.timeout(_REACH_S):
                reader, writer = await asyncio.open_connection(self.proxy.host, self.proxy.port, ssl=is_tls or None)
        except OSError as error:
            raise ProxyFailed(self.proxy, f"cannot be reached ({reason_of(error)})") from error
        try:
            if is_tunnel:
                async with asyncio.timeout(_REACH_S):
                    await self._open_tunnel(authority, reader, writer)
        except TimeoutError as error:
            writer.close()
            raise ProxyFailed(self.proxy, f"did not answer within {_REACH_S:.0f} s") from error
        except BaseException:
            writer.close()
            raise
        return reader, writer

    async def _open_tunnel(self, authority: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        headers = [f"{name}: {value}" for name, value in (("Host", authority), *self.authorization)]
        writer.write("\r\n".join([f"CONNECT {authority} HTTP/1.1", *headers]).encode("latin-1") + END)
        try:
            answer = parse_head(await reader.readuntil(END))
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, ConnectionError) as error:
            raise ProxyFailed(self.proxy, "closed the connection instead of opening a tunnel") from error
        self.check_answer(answer)
        if not 200 <= (status := status_of(answer)) < 300:
            raise ProxyFailed(self.proxy, f"opens no tunnel to {authority} (it answered {status})")

    def check_answer(self, answer: Head) -> None:
        """Tell the one answer that is the proxy's own from those of sites.

        Raises:
            ProxyFailed: it wants another password.
        """
        if status_of(answer) == 407:
            raise ProxyFailed(self.proxy, "wants another user name or password (407)")
