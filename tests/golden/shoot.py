"""Takes pictures of pages: `python -m tests.golden.shoot FOLDER`, of every *.html in it, or of a choice:
`python -m tests.golden.shoot FOLDER 'brand-*' '*.gap.*' --width 320 --scheme dark`.

One browser, driven over its DevTools pipe (https://chromedevtools.github.io/devtools-protocol/), with several tabs. A
tab is as wide as a picture, so that 320 pixels are 320 pixels, and as high as its page.
"""

import argparse
import asyncio
import base64
import itertools
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Self

from tests.measured.browser import CHROMIUM

WIDTHS = (1200, 600, 375, 320)
SCHEMES = ("light", "dark")
TABS = 4
HIGHEST = 12_000
"""Pixels: past these a picture is cut, because the browser paints none that is higher than 16,384."""

PATIENCE = 60
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


@dataclass(frozen=True, slots=True)
class Picture:
    page: Path
    width: int
    scheme: str
    file: Path


class Browser:
    """DevTools over a pipe: JSON messages, each with a zero byte behind it."""

    def __init__(self, profile: str) -> None:
        self._profile = profile
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._loaded: dict[str, asyncio.Event] = {}

    async def __aenter__(self) -> Self:
        commands, self._out = os.pipe()
        self._answers, answers = os.pipe()
        command = f'exec "$@" 3<&{commands} 4>&{answers}'
        started = (str(CHROMIUM), *OPTIONS, f"--user-data-dir={self._profile}")
        self._process = await asyncio.create_subprocess_exec(
            "bash", "-c", command, "chromium", *started, pass_fds=(commands, answers), stderr=asyncio.subprocess.DEVNULL
        )
        os.close(commands)
        os.close(answers)
        self._reading = asyncio.create_task(asyncio.to_thread(self._read, asyncio.get_running_loop()))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.ask("Browser.close")
        await self._process.wait()
        await self._reading
        os.close(self._out)

    async def ask(self, method: str, session: str = "", **given: Any) -> dict[str, Any]:
        """Raises RuntimeError for what the browser refuses, TimeoutError where it says nothing."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": given} | ({"sessionId": session} if session else {})
        self._waiting[number] = asyncio.get_running_loop().create_future()
        os.write(self._out, json.dumps(message).encode() + b"\0")
        async with asyncio.timeout(PATIENCE):
            return await self._waiting[number]

    async def tab(self) -> str:
        target = await self.ask("Target.createTarget", url="about:blank")
        session = str((await self.ask("Target.attachToTarget", targetId=target["targetId"], flatten=True))["sessionId"])
        await self.ask("Page.enable", session)
        return session

    async def open(self, session: str, page: Path) -> None:
        """Returns when the page is loaded."""
        self._loaded[session] = asyncio.Event()
        await self.ask("Page.navigate", session, url=page.as_uri())
        async with asyncio.timeout(PATIENCE):
            await self._loaded[session].wait()

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        left = b""
        with os.fdopen(self._answers, "rb", buffering=0) as stream:
            while data := stream.read(1 << 20):
                *whole, left = (left + data).split(b"\0")
                for one in whole:
                    loop.call_soon_threadsafe(self._take, json.loads(one))

    def _take(self, message: dict[str, Any]) -> None:
        waiting = self._waiting.pop(message.get("id", 0), None)
        if waiting is None:
            if message.get("method") == "Page.loadEventFired" and message["sessionId"] in self._loaded:
                self._loaded[message["sessionId"]].set()
        elif "error" in message:
            waiting.set_exception(RuntimeError(message["error"]["message"]))
        else:
            waiting.set_result(message["result"])


async def shoot(browser: Browser, session: str, picture: Picture) -> None:
    size = {"width": picture.width, "deviceScaleFactor": 1, "mobile": False}
    features = [{"name": "prefers-color-scheme", "value": picture.scheme}]
    await browser.ask("Emulation.setEmulatedMedia", session, features=features)
    await browser.ask("Emulation.setDeviceMetricsOverride", session, height=800, **size)
    await browser.open(session, picture.page)
    height = (await browser.ask("Page.getLayoutMetrics", session))["cssContentSize"]["height"]
    await browser.ask("Emulation.setDeviceMetricsOverride", session, height=min(HIGHEST, int(height)), **size)
    taken = await browser.ask("Page.captureScreenshot", session, format="png", optimizeForSpeed=True)
    picture.file.write_bytes(base64.b64decode(taken["data"]))


def pictures(folder: Path, names: Sequence[str], widths: Sequence[int], schemes: Sequence[str]) -> Iterator[Picture]:
    """`names`: patterns of the names of pages; none of them: all pages."""
    for page in sorted(folder.resolve().glob("*.html")):
        if names and not any(fnmatch(page.name, name) for name in names):
            continue
        for width, scheme in itertools.product(widths, schemes):
            suffix = "" if scheme == SCHEMES[0] else f"-{scheme}"
            yield Picture(page, width, scheme, page.with_suffix(f".{width}{suffix}.png"))


async def take(found: list[Picture]) -> None:
    left = iter(found)
    with tempfile.TemporaryDirectory() as profile:
        async with Browser(profile) as browser:

            async def one_after_another() -> None:
                session = await browser.tab()
                for picture in left:
                    await shoot(browser, session, picture)

            async with asyncio.TaskGroup() as group:
                for _ in range(TABS):
                    group.create_task(one_after_another())


def main(given: Sequence[str]) -> int:
    """1 where no page has such a name."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--width", type=int, nargs="+", default=WIDTHS)
    parser.add_argument("--scheme", choices=SCHEMES, nargs="+", default=SCHEMES)
    chosen = parser.parse_args(given)
    found = list(pictures(chosen.folder, chosen.names, chosen.width, chosen.scheme))
    asyncio.run(take(found))
    sys.stdout.write(f"{len(found)} pictures\n")
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
