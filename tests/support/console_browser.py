"""The console in a real browser: the system's Chromium, which asks no host but ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from tests.measured.browser import CHROMIUM

MISSING = "Chromium is not installed: `make pictures` installs it"
WAIT = 60_000
"""Milliseconds for what a page is to show, on a busy machine."""


@dataclass
class ConsoleBrowser:
    """`base`: where the console is. `elsewhere`: requests to other hosts. `said`: errors of pages."""

    browser: Browser
    base: str
    token: str
    elsewhere: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @contextmanager
    def signed_in(
        self, *, width: int = 1280, dark: bool = False, script: bool = True, checked: bool = True
    ) -> Iterator[Page]:
        """`checked` False: the page's policy is off, so that a test may run a script of its own in it."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            bypass_csp=not checked,
        )
        with _closed(context):
            context.set_default_timeout(WAIT)
            context.on("request", self._asked)
            page = context.new_page()
            page.on("pageerror", lambda error: self.said.append(str(error)))
            self.open(page, "")
            page.get_by_label("Your token").fill(self.token)
            page.get_by_role("button", name="Sign in").click()
            # A key pressed before the answer came is pressed in the page that leaves.
            page.get_by_role("button", name="Sign out").wait_for()
            yield page

    def open(self, page: Page, place: str) -> None:
        page.goto(f"{self.base}/console/{place}")

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.base).netloc:
            self.elsewhere.append(request.url)


@contextmanager
def _closed(context: BrowserContext) -> Iterator[None]:
    try:
        yield
    finally:
        context.close()


@contextmanager
def console_browser(base: str, token: str) -> Iterator[ConsoleBrowser]:
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        try:
            yield ConsoleBrowser(browser, base, token)
        finally:
            browser.close()
