"""One running Chromium: how it is started, watched over and ended. It shares nothing with another one."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

import psutil
from playwright.async_api import Browser, BrowserContext, Error, Playwright, async_playwright

from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.fetching.browser.guarding_proxy import GuardingProxy

VIEWPORT = (1280, 900)
_CLOSE_S = 5.0
_OWNER_FILE = "pricewatch-owner"
"""In a profile: whose it is, for whoever finds it after we and Playwright were killed together."""
_PROFILES = "playwright_chromiumdev_profile-*"
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_FLAGS = (
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--dns-prefetch-disable",
    # Nothing but our proxy has an address: Chromium asks no DNS, whatever a page makes it do.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    # WebRTC sends no datagram past the proxy. The name of the flag changed between versions.
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
)
_NOWHERE = "http://127.0.0.1:9"
"""The proxy of whatever belongs to no page: the discard port, where nobody listens and the guard would not let through."""


class BrowserGone(Exception):
    """This Chromium has ended, or does what it is told no more."""


class Chromium:
    """A browser that is up; make it with `Chromium.start`."""

    def __init__(self, playwright: Playwright, browser: Browser, *, user_agent: str, process: psutil.Process) -> None:
        self._playwright = playwright
        self._browser = browser
        self._process = process
        self._profile = _profile_of(process)
        (self._profile / _OWNER_FILE).write_text(f"{process.pid} {process.create_time()}", encoding="ascii")
        self.user_agent = user_agent
        """As this Chromium shows itself."""
        self.in_use = 0
        self.served = 0
        self.is_broken = False
        """It is to serve no other page."""
        self.has_killed_a_tab = False
        """For its memory."""
        self.gone = asyncio.Event()
        browser.on("disconnected", lambda _: self.gone.set())

    @classmethod
    async def start(cls, path: str) -> Self:
        """Start one with an empty profile.

        Raises:
            ConfigurationError: it does not start.
        """
        _sweep_profiles()
        playwright = await async_playwright().start()
        try:
            return await cls._launched(playwright, path)
        except BaseException as error:
            await playwright.stop()
            if isinstance(error, Error | psutil.Error | OSError):
                raise ConfigurationError(f"{path} does not start: {_first_words(error)}") from error
            raise

    @classmethod
    async def _launched(cls, playwright: Playwright, path: str) -> Self:
        is_root = os.geteuid() == 0  # then Chromium's sandbox does not work
        browser = await playwright.chromium.launch(
            executable_path=path,
            args=[*_FLAGS, *(["--no-sandbox"] if is_root else [])],
            chromium_sandbox=not is_root,
            ignore_default_args=["--disable-popup-blocking", "--enable-unsafe-swiftshader"],
            proxy={"server": _NOWHERE},
            # Not our own environment, which holds secrets. At home are the certificates that the operator trusts.
            env={"PATH": _SYSTEM_PATH, "LANG": "C.UTF-8", "HOME": str(Path.home())},
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
        )
        session = await browser.new_browser_cdp_session()
        version: Mapping[str, str] = await session.send("Browser.getVersion")
        info = await session.send("SystemInfo.getProcessInfo")
        pid = next(each["id"] for each in info["processInfo"] if each["type"] == "browser")
        agent = version["userAgent"].replace("HeadlessChrome", "Chrome")
        return cls(playwright, browser, user_agent=agent, process=psutil.Process(pid))

    async def open_context(
        self, proxy: GuardingProxy, *, user_agent: str, headers: Mapping[str, str], locale: str | None
    ) -> BrowserContext:
        """A place for one page, with cookies of its own, that reaches the world through this proxy alone.

        Raises:
            BrowserGone: there is no browser any more.
        """
        try:
            context = await self._browser.new_context(
                proxy={"server": proxy.url, "username": proxy.user, "password": proxy.password},
                user_agent=user_agent,
                extra_http_headers=dict(headers),
                locale=locale,
                viewport={"width": VIEWPORT[0], "height": VIEWPORT[1]},
                accept_downloads=False,
                service_workers="block",
                permissions=[],
            )
        except Error as error:
            self.is_broken = True
            raise BrowserGone(_first_words(error)) from error
        context.set_default_timeout(0)
        return context

    async def close_context(self, context: BrowserContext) -> None:
        """Close it, and do not wait for a browser that cannot."""
        try:
            async with asyncio.timeout(_CLOSE_S):
                await context.close()
        except (Error, TimeoutError):
            self.is_broken = True

    async def keep_below(self, max_bytes: int, every_s: float, when_spent: Callable[[], None]) -> None:
        """End the largest tab whenever all processes together take more; with none to end, say that this one is spent."""
        while not self.gone.is_set():
            if self.in_use and await asyncio.to_thread(self._memory) > max_bytes:
                self.has_killed_a_tab = True
                if not await asyncio.to_thread(self._kill_largest_tab):
                    when_spent()
            await asyncio.sleep(every_s)

    async def memory(self) -> int:
        """Bytes that its processes hold for themselves."""
        return await asyncio.to_thread(self._memory)

    def _memory(self) -> int:
        return sum(map(_own_memory, self._processes()))

    def _kill_largest_tab(self) -> bool:
        tabs = [process for process in self._processes() if _is_renderer(process)]
        if not tabs:
            return False
        with suppress(psutil.Error):
            max(tabs, key=_own_memory).kill()
        return True

    def _processes(self) -> list[psutil.Process]:
        try:
            return [self._process, *self._process.children(recursive=True)]
        except psutil.Error:
            return []

    async def close(self) -> None:
        """End it with all its processes, also when it hangs."""
        with suppress(Error, TimeoutError):
            async with asyncio.timeout(_CLOSE_S):
                await self._browser.close()
        for process in await asyncio.to_thread(self._processes):
            with suppress(psutil.Error):
                process.kill()
        self.gone.set()
        with suppress(Error, TimeoutError):
            async with asyncio.timeout(_CLOSE_S):
                await self._playwright.stop()
        # Playwright removes it, but not while a process that was killed still writes there.
        await asyncio.to_thread(shutil.rmtree, self._profile, ignore_errors=True)


def _own_memory(process: psutil.Process) -> int:
    """What the process holds, without what it shares with others (where the system tells)."""
    try:
        info = process.memory_info()
    except psutil.Error:
        return 0
    return int(info.rss) - int(getattr(info, "shared", 0))


def _is_renderer(process: psutil.Process) -> bool:
    try:
        return "--type=renderer" in process.cmdline()
    except psutil.Error:
        return False


def _profile_of(process: psutil.Process) -> Path:
    """The folder that Playwright made for it."""
    return Path(next(arg for arg in process.cmdline() if arg.startswith("--user-data-dir=")).partition("=")[2])


def _sweep_profiles() -> None:
    """Remove the profiles of browsers of ours that are no more."""
    for mark in Path(tempfile.gettempdir()).glob(f"{_PROFILES}/{_OWNER_FILE}"):
        try:
            pid, _, started = mark.read_text(encoding="ascii").partition(" ")
            process = psutil.Process(int(pid))
            is_same = abs(process.create_time() - float(started)) < 1
            is_alive = is_same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            is_alive = False
        except (OSError, ValueError):
            continue  # another user's, or being removed at this moment
        if not is_alive:
            shutil.rmtree(mark.parent, ignore_errors=True)


def _first_words(error: BaseException) -> str:
    """The line of a message, often a long one of Playwright's, that says something."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = next((line for line in lines if "sandbox" in line.lower() or "error while loading" in line.lower()), None)
    return (telling or (lines[0] if lines else "it ended at once"))[:300]
