"""Links from a digest to its run in the console: only where the definitions say that the console is reached there."""

import html
from email import message_from_bytes
from email.policy import default

import pytest

from tests.support.in_process import PROJECT, SCHEDULE, InProcessRun
from worker.domain.links import console_page

WEB = "https://beat.acme.example"


async def sent(week: InProcessRun, web: str, schedule: str = SCHEDULE) -> str:
    """The mail of a second run: text and HTML."""
    (week.place / "funnelbeat.yaml").write_text(f"{PROJECT}{web}\n", encoding="utf-8")
    await week.deploy(schedule)
    await week.run()
    await week.run()
    mail = message_from_bytes(week.box.outbox.of("eml")[-1].body, policy=default)
    bodies = [mail.get_body((kind,)) for kind in ("plain", "html")]
    return html.unescape("\n".join(body.get_content() for body in bodies if body is not None))


async def test_a_digest_links_to_its_run_where_the_console_is_reached(week: InProcessRun) -> None:
    text = await sent(week, f'web: {{base_url: "{WEB}", console: true}}')
    run, *_ = await week.services.lookups.runs("week", 5)
    page = console_page(WEB, "run", str(run.key))
    assert text.count(page) == 2
    assert f"Open this run:\n{page}" in text.replace("\r", "")


@pytest.mark.parametrize("web", ["", f'web: {{base_url: "{WEB}"}}'])
async def test_no_link_leads_to_a_console_that_nobody_reaches(week: InProcessRun, web: str) -> None:
    text = await sent(week, web)
    assert "/console/" not in text
    assert "Open this run" not in text


def test_the_address_of_a_page_holds_any_key() -> None:
    assert console_page(WEB, "run", "a/b@2026-11-16T08:00:00Z") == f"{WEB}/console/run/a/b@2026-11-16T08:00:00Z"
    assert console_page(WEB, "run", "week+x@1") == f"{WEB}/console/run/week%2Bx@1"
