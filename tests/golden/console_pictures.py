"""Pictures of the console after three months: `python -m tests.golden.console_pictures FOLDER`."""

import asyncio
import sys
import tempfile
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from playwright.async_api import Browser, Page, async_playwright
from starlette.applications import Starlette
from starlette.routing import Mount

from tests.measured.browser import CHROMIUM
from tests.support.console_weeks import FUNNELBEAT, OPS, SCHEDULES, console_weeks
from tests.support.set_clock import PROJECT
from worker.adapters.event_log import configure
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.redis_store.connection import connect
from worker.domain.access import TokenScope
from worker.entry.draft import checked_draft
from worker.flow.operate.access_tokens import add_token
from worker.flow.services import Services
from worker.web.console.app import console

WIDTHS = (1600, 1280, 768, 320)
NARROW = 500
"""Pixels. What is narrower is drawn twice as sharp."""

HEIGHT = 900
LOOKS = 100
"""How often a frame is looked at before it counts as empty."""

HALF = 40.0
"""Seconds that the console's own clock stands at."""

PLACES = {
    "overview": "",
    "schedules": "schedules",
    "schedule": "schedule/weekly-pipeline",
    "history": "history/weekly-pipeline",
    "runs": "runs",
    "run": "run/weekly-pipeline@latest",
    "moves": "moves/weekly-pipeline@latest",
    "explain": "explain/weekly-pipeline@latest",
    "alerts": "alerts",
    "backtest": "backtest/stalled-watch/big-deal-stalled",
    "subscriptions": "subscriptions",
    "deployments": "deployments",
    "connections": "connections",
    "audit": "audit",
    "nowhere": "run/nothing",
}
WRONG = """==> funnelbeat.yaml <==
project: {project}
==> schedules/weekly.yaml <==
name: Weekly
when: {{cron: "0 9 * * Mondy"}}
"""
"""Pasted by somebody who has not read much."""


async def main(folder: Path) -> None:
    """`folder` is there."""
    configure("error")
    with tempfile.TemporaryDirectory() as place, EmbeddedRedis(Path(place) / "redis") as redis:
        client = connect(redis.url)
        async with console_weeks(client, Path(place) / "project") as (made, _):
            scopes = [TokenScope.MANAGE]
            _, token = await add_token(made.services, OPS, "jonas.weber", scopes, address="jonas.weber@acme.example")
            async with _served(made.services) as base, async_playwright() as playwright:
                options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
                browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=options)
                for width in WIDTHS:
                    for colours in ("light", "dark"):
                        await _shoot(browser, f"{base}/console/", token, folder, (width, colours))
                await browser.close()
        await client.aclose()


@asynccontextmanager
async def _served(services: Services) -> AsyncIterator[str]:
    app = Starlette(routes=[Mount("/console", console(services, lambda: HALF, PROJECT, checked_draft))])
    config = uvicorn.Config(app, port=0, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    going = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn tells nobody when it has started
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await going


async def frames_are_painted(page: Page) -> None:
    """A message is in a frame that runs no script, which is a process of its own. It paints anew after each change of
    the window, and a picture that is taken meanwhile shows an empty frame.
    """
    for one in await page.locator("iframe:visible").all():
        await one.scroll_into_view_if_needed()
        await one.content_frame.locator("body").wait_for()
    size = page.viewport_size
    assert size is not None
    height = await page.evaluate("Math.ceil(document.documentElement.getBoundingClientRect().height)")
    await page.set_viewport_size({"width": size["width"], "height": max(height, size["height"])})
    for one in await page.locator("iframe:visible").all():
        for _ in range(LOOKS):
            if painted(await one.screenshot()):
                break
        else:
            raise AssertionError(f"a frame of {page.url} stayed empty")


def painted(png: bytes) -> bool:
    """Whether a picture shows more than one colour with a border. PNG keeps differences to the pixel beside or above,
    which are zero on a plain ground.
    """
    at, packed = 8, b""
    while at < len(png):
        size, kind = int.from_bytes(png[at : at + 4]), png[at + 4 : at + 8]
        packed += png[at + 8 : at + 8 + size] if kind == b"IDAT" else b""
        at += size + 12
    rows = zlib.decompress(packed)
    return len(rows) - rows.count(0) > len(rows) / 100


async def _shoot(browser: Browser, base: str, token: str, folder: Path, form: tuple[int, str]) -> None:
    width, colours = form
    context = await browser.new_context(
        viewport={"width": width, "height": HEIGHT},
        color_scheme="dark" if colours == "dark" else "light",
        device_scale_factor=1 if width > NARROW else 2,
    )
    page = await context.new_page()

    async def shoot(name: str) -> None:
        await frames_are_painted(page)
        await page.screenshot(path=folder / f"console-{name}.{width}-{colours}.png", full_page=True)
        await page.set_viewport_size({"width": width, "height": HEIGHT})

    await page.goto(base)
    await shoot("sign-in")
    await page.get_by_label("Your token").fill(token)
    await page.get_by_role("button", name="Sign in").click()
    for name, place in PLACES.items():
        await page.goto(base + place)
        if name != "nowhere":
            await page.locator("#live").get_by_text("Live").wait_for()
        await shoot(name)
    for name, ask in ASKED.items():
        await ask(page, base)
        await shoot(name)
    await context.close()


async def _alert(page: Page, base: str) -> None:
    await page.goto(f"{base}alerts")
    await page.locator("#a-rows tbody a").first.click()
    await page.locator("#live").get_by_text("Live").wait_for()


async def _preview(page: Page, base: str) -> None:
    await page.goto(f"{base}schedule/weekly-pipeline")
    await page.get_by_role("button", name="Preview").click()


async def _plan(page: Page, base: str) -> None:
    """One schedule comes an hour later, with another condition, and one goes."""
    changed = SCHEDULES["stalled-watch"].replace("0 8 *", "0 9 *").replace("20000", "10000")
    schedules = {name: text for name, text in SCHEDULES.items() if name != "board"} | {"stalled-watch": changed}
    files = {"funnelbeat.yaml": FUNNELBEAT} | {f"schedules/{name}.yaml": text for name, text in schedules.items()}
    await _planned(page, base, "".join(f"==> {path} <=={text}\n" for path, text in files.items()))


async def _faults(page: Page, base: str) -> None:
    await _planned(page, base, WRONG.format(project=PROJECT))


async def _planned(page: Page, base: str, draft: str) -> None:
    await page.goto(f"{base}deployments")
    await page.get_by_label("Pasted files").fill(draft)
    await page.get_by_role("button", name="Plan").click()


async def _checked(page: Page, base: str) -> None:
    await page.goto(f"{base}connections")
    await page.get_by_role("button", name="Check now").click()


ASKED = {"alert": _alert, "preview": _preview, "plan": _plan, "faults": _faults, "checked": _checked}
"""Pages that have no address of their own, or none that is known before."""


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    asyncio.run(main(Path(sys.argv[1])))
