"""Pictures of the console after three months: `python -m tests.golden.console_pictures FOLDER`."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from playwright.async_api import Browser, async_playwright
from starlette.applications import Starlette
from starlette.routing import Mount

from tests.measured.browser import CHROMIUM
from tests.support.console_weeks import OPS, console_weeks
from tests.support.set_clock import PROJECT
from worker.adapters.event_log import configure
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.redis_store.connection import connect
from worker.domain.access import TokenScope
from worker.entry.draft import checked_draft
from worker.flow.operate.access_tokens import add_token
from worker.flow.services import Services
from worker.web.console.app import console

WIDTHS = (1280, 320)
NARROW = 500
"""Pixels. What is narrower is drawn twice as sharp."""

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
}


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


async def _shoot(browser: Browser, base: str, token: str, folder: Path, form: tuple[int, str]) -> None:
    width, colours = form
    context = await browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if colours == "dark" else "light",
        device_scale_factor=1 if width > NARROW else 2,
    )
    page = await context.new_page()
    await page.goto(base)
    await page.get_by_label("Your token").fill(token)
    await page.get_by_role("button", name="Sign in").click()
    for name, place in PLACES.items():
        await page.goto(base + place)
        await page.locator("#live").get_by_text("Live").wait_for()
        for frame in await page.locator("iframe").all():
            await frame.scroll_into_view_if_needed()  # a browser paints no frame that is out of sight
            await page.frame_locator("iframe").locator("body").wait_for()
        await page.screenshot(path=folder / f"console-{name}.{width}-{colours}.png", full_page=True)
    await context.close()


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    asyncio.run(main(Path(sys.argv[1])))
