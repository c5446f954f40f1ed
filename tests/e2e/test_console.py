"""What people come to the console for, clicked through in a real browser: `funnelbeat web`, a clock and a real worker
behind it.
"""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.measured.browser import CHROMIUM
from tests.support.console_browser import MISSING, WAIT, ConsoleBrowser, console_browser
from tests.support.installation import Installation, installation
from worker.adapters.child_process import tied
from worker.domain.access import Actor, Door, TokenScope
from worker.domain.run import CLOSED, Run, RunKey
from worker.flow.operate.access_tokens import add_token
from worker.flow.operate.on_demand import request
from worker.flow.services import Services

T = TypeVar("T")

pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason=MISSING), pytest.mark.slow]

WATCHED = """
name: Weekly pipeline
when: {every: 23h}
report:
  - id: deals
    source: close
    query: opportunities
    follow: closed
    share_for: 1s
    params: {pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, status_type: active}
digest: {bridge: deals}
alerts:
  - {id: big, name: A big deal, for_each: deals, if: row.value >= 30000, notify: [team]}
to:
  - {id: team, channel: mail, address: sales@acme.example, on_unknown: hold}
  - {id: boss, channel: mail, address: boss@acme.example}
  - {id: room, channel: chat, address: C0123456789}
"""
OWN = "ann@acme.example"
PLACES = (
    "",
    "schedules",
    "schedule/week",
    "history/week",
    "runs",
    "run/week@latest",
    "moves/week@latest",
    "explain/week@latest",
    "alerts",
    "backtest/week/big",
    "subscriptions",
    "deployments",
    "connections",
    "audit",
    "nowhere",
)


@dataclass
class Here:
    installed: Installation
    browser: ConsoleBrowser

    def ask(self, question: Callable[[Services], Awaitable[T]], *, queue: bool = False) -> T:
        """From another thread: the browser's own event loop runs in this one."""
        with ThreadPoolExecutor(1) as other:
            return other.submit(self.installed.ask, question, queue=queue).result()

    def run(self) -> RunKey:
        """One more run, by the worker, after something moved."""
        self.installed.box.call(lambda box: box.pipeline.step(box.now()))

        async def ask(services: Services) -> RunKey:
            key = await request(services, "week", None, None)
            await services.queue.produce([key], on_demand=True)
            return key

        key = self.ask(ask, queue=True)
        self.installed.until(lambda: self.settled(key))
        return key

    def settled(self, key: RunKey) -> Run | None:
        """Once the first try of every reader is over."""

        async def look(services: Services) -> Run | None:
            run, rows = await services.lookups.run(key), await services.lookups.deliveries(key)
            tried = rows and all(row.state in {"sent", "refused", "unknown", "skipped"} for row in rows)
            return run if run is not None and (run.state in CLOSED or tried) else None

        return self.ask(look)

    def acts(self) -> list[tuple[str, str]]:
        """The newest on the audit list: the act, and who did it."""

        async def look(services: Services) -> list[tuple[str, str]]:
            return [(one.act, one.who) for one in await services.audit.newest(20) if one.door is Door.CONSOLE]

        return self.ask(look)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    with installation(tmp_path_factory.mktemp("console"), schedules={"week": WATCHED}) as installed:

        async def made(services: Services) -> str:
            ops = Actor(Door.CLI, "ops@host")
            return (await add_token(services, ops, "ann.lee", [TokenScope.MANAGE], address=OWN))[1]

        token, port = installed.ask(made), _free_port()
        words = [sys.executable, "-m", "worker.entry", "--project", str(installed.place), "web", "--port", str(port)]
        given = installed.settings
        environment = {
            **os.environ,
            "FUNNELBEAT_REDIS_URL": given.redis_url,
            "FUNNELBEAT_BROKER_URL": given.broker_url,
            "FUNNELBEAT_PROJECT": "acme",
            "FUNNELBEAT_SANDBOX": given.sandbox,
        }
        with (
            (installed.place.parent / "web.log").open("wb") as log,
            subprocess.Popen(tied(words), env=environment, stderr=log, stdout=log) as web,
        ):
            try:
                installed.until(lambda: _listens(port))
                with console_browser(f"http://127.0.0.1:{port}", token) as browser:
                    yield Here(installed, browser)
                    assert browser.elsewhere == []
                    assert browser.said == []
            finally:
                web.terminate()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _listens(port: int) -> bool | None:
    with socket.socket() as one:
        return True if one.connect_ex(("127.0.0.1", port)) == 0 else None


def said(page: Page, words: str) -> None:
    expect(page.locator(".said")).to_contain_text(words, timeout=WAIT)


def test_a_run_is_triggered_and_followed_without_loading_the_page_again(here: Here) -> None:
    with here.browser.signed_in() as page:
        page.get_by_role("link", name="Schedules", exact=True).click()
        page.get_by_role("link", name="Weekly pipeline").click()
        page.get_by_role("button", name="Run now").click()
        said(page, "queued")
        page.evaluate("window.loadedOnce = true")
        expect(page.locator("#r-top .state")).to_contain_text("Delivered", timeout=WAIT)
        expect(page.get_by_role("row", name=re.compile("boss@acme.example"))).to_contain_text("queued as", timeout=WAIT)
        assert page.evaluate("window.loadedOnce") is True
        expect(page.locator("#live")).to_have_text("Live")
    assert here.acts()[0] == ("trigger", "ann.lee")


def test_trouble_stands_first_and_is_mended(here: Here) -> None:
    here.installed.box.call(lambda box: box.mail.faults.refuse("boss@acme.example", 550))
    here.installed.box.call(lambda box: box.mail.faults.drop(to="sales@acme.example"))
    here.run()
    with here.browser.signed_in() as page:
        needs = page.get_by_role("region", name="Runs that need attention")
        expect(needs).to_contain_text("may or may not have arrived")
        needs.get_by_role("link", name="Weekly pipeline").first.click()
        expect(page.get_by_role("row", name=re.compile("boss@acme.example"))).to_contain_text("550")
        page.get_by_role("button", name="It arrived").click()
        said(page, "Recorded as arrived")
        page.get_by_role("button", name="Send again to 1 reader").click()
        said(page, "1 message is sent again")
        expect(page.locator("#r-top .state")).to_contain_text("Delivered", timeout=WAIT)
        page.get_by_role("link", name="Overview").click()
        expect(page.locator("#o-top")).to_contain_text("3 need attention")  # the open alerts
        expect(page.get_by_role("region", name="Runs that need attention")).to_have_count(0)
    assert [act for act, _ in here.acts()[:2]] == ["retry", "deliveries settle"]


def test_what_moved_is_read_filtered_and_taken_along(here: Here) -> None:
    here.run()
    with here.browser.signed_in() as page:
        here.browser.open(page, "run/week@latest")
        page.get_by_role("link", name=re.compile("All [0-9]+ moves")).click()
        whole = page.locator("tbody tr").count()
        page.get_by_label("Move").select_option("new")
        page.get_by_role("button", name="Show").click()
        assert 0 < page.locator("tbody tr").count() < whole
        with page.expect_download() as taken:
            page.get_by_role("link", name="CSV").click()
        rows = Path(str(taken.value.path())).read_text("utf-8-sig").splitlines()
        assert len(rows) == page.locator("tbody tr").count() + 1
        page.get_by_role("link", name=re.compile("^week,")).click()
        page.get_by_role("link", name="History").click()
        page.get_by_role("button", name="Compare").click()
        expect(page.get_by_role("heading", level=2, name=re.compile(" to "))).to_be_visible()


def test_a_stored_message_and_one_of_now_are_looked_at(here: Here) -> None:
    with here.browser.signed_in() as page:
        here.browser.open(page, "run/week@latest")
        page.get_by_role("link", name="C0123456789").click()
        expect(page.locator("iframe")).to_have_attribute("sandbox", "")
        shown = page.frame_locator("iframe")
        expect(shown.locator("h1").first).to_contain_text("open")
        page.get_by_role("link", name="Text").click()
        expect(page.frame_locator("iframe").locator("body")).to_contain_text("blocks")
        here.browser.open(page, "schedule/week")
        page.get_by_role("button", name="Preview").click()
        expect(page.frame_locator("details[open] iframe").locator("body")).to_contain_text("Weekly pipeline")


def test_a_schedule_is_paused_and_resumed(here: Here) -> None:
    with here.browser.signed_in() as page:
        here.browser.open(page, "schedule/week")
        page.get_by_label("Pause for").select_option("7")
        page.get_by_role("button", name="Pause").click()
        said(page, "Paused")
        page.get_by_role("button", name="Resume").click()
        said(page, "Resumed")
    assert [act for act, _ in here.acts()[:2]] == ["resume", "pause"]


def test_alerts_are_acknowledged_snoozed_explained_and_silenced_after_a_look(here: Here) -> None:
    with here.browser.signed_in() as page:
        here.browser.open(page, "alerts")
        page.get_by_role("button", name=re.compile("^Acknowledge")).first.click()
        said(page, "is acknowledged")
        page.get_by_role("button", name=re.compile("^Snooze")).first.click()
        said(page, "is quiet until")
        page.locator("#a-rows tbody a").first.click()
        expect(page.get_by_role("region", name="Why it fired")).to_contain_text("row.value")
        page.get_by_role("link", name="Back-test").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("A big deal")
        here.browser.open(page, "alerts")
        page.get_by_label("Matchers").fill("rule=big")
        page.get_by_role("button", name="Show what it would mute").click()
        would = page.get_by_text(re.compile("A silence keeps [0-9]+ alerts quiet now")).inner_text()
        page.get_by_label("Why; others read it").fill("the quarter ends")
        page.get_by_role("button", name="Silence", exact=True).click()
        said(page, f"Silenced: {re.findall('[0-9]+', would)[0]} alerts")
        page.get_by_role("button", name=re.compile("^End now rule")).click()
        said(page, "is over")
    assert [act for act, _ in here.acts()[:4]] == ["alerts expire", "alerts silence", "alerts snooze", "alerts ack"]


def test_one_subscribes_pauses_and_unsubscribes(here: Here) -> None:
    with here.browser.signed_in() as page:
        page.get_by_role("link", name="Subscriptions").click()
        expect(page.get_by_label("Address", exact=True)).to_have_value(OWN)
        page.get_by_role("button", name="Subscribe").click()
        said(page, f"{OWN} is subscribed to week")
        page.get_by_role("link", name=re.compile("^Mine")).click()
        page.get_by_role("button", name=re.compile("^Pause 7 days")).click()
        said(page, "are paused")
        page.get_by_role("button", name=re.compile("^Resume")).click()
        said(page, "go on")
        page.get_by_role("button", name=re.compile("^Remove")).click()
        said(page, "is removed")
        expect(page.locator("main")).to_contain_text("No subscription fits")
    assert [act.split()[1] for act, _ in here.acts()[:4]] == ["remove", "resume", "pause", "add"]


def test_a_draft_is_refused_planned_deployed_and_rolled_back(here: Here) -> None:
    project = (here.installed.place / "funnelbeat.yaml").read_text("utf-8")
    folder = here.installed.place.parent / "draft"
    (folder / "schedules").mkdir(parents=True)
    (folder / "funnelbeat.yaml").write_text(project, "utf-8")
    (folder / "notes.txt").write_text("of no concern", "utf-8")
    (folder / "schedules" / "week.yaml").write_text(WATCHED.replace("every: 23h", "every: 22h"), "utf-8")
    with here.browser.signed_in() as page:
        page.get_by_role("link", name="Deployments").click()
        wrong = f"==> funnelbeat.yaml <==\n{project}\n==> schedules/week.yaml <==\nname: x\nwhen: {{cron: nonsense}}\n"
        page.get_by_label("Pasted files").fill(wrong)
        page.get_by_role("button", name="Plan").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("fault")
        expect(page.locator("main")).to_contain_text("schedules/week.yaml")
        here.browser.open(page, "deployments")
        page.get_by_label("The project's folder").set_input_files(folder)
        page.get_by_role("button", name="Plan").click()
        differences = page.get_by_role("region", name="Differences")
        expect(differences).to_contain_text(re.compile("changed schedule week.*when", re.DOTALL))
        page.get_by_role("button", name="Deploy").click()
        said(page, "1 changed")
        page.get_by_role("link", name=re.compile("^Go back to it")).first.click()
        expect(page.get_by_role("region", name="Differences")).to_contain_text("changed")
        page.get_by_role("button", name="Roll back").click()
        said(page, "is deployed")
    assert here.acts()[:2] == [("rollback", "ann.lee"), ("deploy", "ann.lee")]


def test_connections_are_checked_and_the_audit_list_says_who_did_what(here: Here) -> None:
    with here.browser.signed_in() as page:
        page.get_by_role("link", name="Connections").click()
        page.get_by_role("button", name="Check now").click()
        checked = page.get_by_role("region", name="Checked")
        expect(checked).to_contain_text("connection close")
        expect(checked).to_contain_text("channel mail")
        here.browser.open(page, "schedule/week")
        page.get_by_role("button", name="Pause").click()
        page.get_by_role("button", name="Resume").click()
        page.get_by_role("link", name="Audit").click()
        first = page.locator("tbody tr").first
        expect(first).to_contain_text("ann.lee")
        expect(first).to_contain_text("console")
        expect(first).to_contain_text("resume")


def test_everything_but_live_updates_works_without_script(here: Here) -> None:
    with here.browser.signed_in(script=False) as page:
        here.browser.open(page, "schedule/week")
        page.get_by_role("button", name="Run now").click()
        said(page, "queued")
        expect(page.locator("#live")).to_have_text("")
        page.get_by_role("link", name="Look again").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Weekly pipeline")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Your token")).to_be_visible()


def test_a_keyboard_alone_leads_from_the_start_into_the_content(here: Here) -> None:
    with here.browser.signed_in() as page:
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('main') !== null")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 768, 1280])
def test_axe_finds_nothing_and_nothing_is_beyond_the_window(here: Here, width: int, *, dark: bool) -> None:
    axe, found = Axe(), list[str]()
    with here.browser.signed_in(width=width, dark=dark, checked=False) as page:
        for place in PLACES:
            here.browser.open(page, place)
            seen = axe.run(page)
            found += [f"{place}: {one['id']} {one['nodes'][0]['html'][:160]}" for one in seen.response["violations"]]
            wide = page.evaluate("document.documentElement.scrollWidth")
            found += [f"{place}: {wide} pixels wide"] if wide > width else []
    assert found == []
