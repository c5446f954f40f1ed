"""A picture of a page is taken when the frames within it are painted."""

import pytest
from playwright.async_api import async_playwright

from tests.golden.console_pictures import frames_are_painted, painted
from tests.measured.browser import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: `make pictures` installs it")

BELOW = "<p style='height:3000px'>Above</p>"
MESSAGE = "<p>" + "What the reader was sent. " * 40


async def test_an_empty_frame_is_no_picture() -> None:
    async with async_playwright() as playwright:
        assert CHROMIUM is not None
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 600, "height": 900})
        await page.set_content(f"{BELOW}<iframe sandbox loading=lazy srcdoc='{MESSAGE}'></iframe>")
        await frames_are_painted(page)
        assert painted(await page.locator("iframe").screenshot())
        await page.set_content(f"{BELOW}<iframe sandbox srcdoc='<p>&amp;nbsp;</p>'></iframe>")
        with pytest.raises(AssertionError, match="stayed empty"):
            await frames_are_painted(page)
        await browser.close()
