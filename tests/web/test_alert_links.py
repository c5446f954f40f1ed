"""The link in a mail about alerts, from the mail to the ledger, over a real socket."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from tests.web.test_links import BASE, Site, serving
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.access import Door
from worker.domain.delivery import Reader
from worker.domain.links import Purpose
from worker.flow.alert.current import current
from worker.flow.operate.replay import replay

WATCHED = """
name: Weekly pipeline
when: {cron: "0 9 * * MON"}
report:
  - id: deals
    source: close
    query: opportunities
    follow: closed
    params: {pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, status_type: active}
digest: {bridge: deals}
alerts:
  - {id: big, name: A big deal, for_each: deals, if: row.value >= 20000, notify: [ada]}
  - {id: small, name: A small deal, for_each: deals, if: row.value < 500, notify: [boss]}
to:
  - {id: ada, channel: mail, address: ada@acme.example, locale: de_DE}
  - {id: boss, channel: mail, address: boss@acme.example}
"""


@pytest.fixture
async def site(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[Site]:
    async with serving(empty_redis, tmp_path / "project") as made:
        await made.week.deploy(WATCHED)
        await made.week.run()
        yield made


def mails(site: Site) -> list[dict[str, str]]:
    """Text and HTML of every mail to Ada, and its subject."""
    found = []
    for item in site.week.box.outbox.items:
        mail = message_from_bytes(item.body, policy=policy.default)
        if item.kind == "eml" and "ada@" in str(mail["To"]):
            parts = {part: str(mail.get_body((part,)).get_content()) for part in ("plain", "html")}  # type: ignore[union-attr]
            found.append({**parts, "subject": str(mail["Subject"])})
    return found


def path_in(mail: dict[str, str]) -> str:
    (link,) = set(re.findall(rf"{re.escape(BASE)}(/a/[^\s\"<]+)", mail["plain"] + mail["html"]))
    return str(link)


async def fired(site: Site) -> list[str]:
    return [row.fingerprint for row in await current(site.week.services) if row.rule.id == "big"]


async def test_an_alert_is_acknowledged_from_its_mail(site: Site) -> None:
    digest, alert = sorted(mails(site), key=lambda mail: "/a/" in mail["plain"])
    assert "/a/" not in digest["html"]
    path, (first, *others) = path_in(alert), await fired(site)
    for mail in (alert["plain"], alert["html"]):
        assert path in mail
        assert "Bestätigen oder zurückstellen" in mail
    for _ in range(3):
        shown = await site.get(path)
        assert shown.status_code == 200
        assert shown.text.count('<form method="post">') == len([first, *others])
        for url in set(re.findall(r"https://app\.close\.com/\S+?(?=[\s\"<])", alert["plain"])):
            assert f'<a class="go" href="{url}"' in shown.text
        assert "Deal öffnen" in shown.text
    assert await site.week.services.audit.newest(10) == ()
    done = await site.post(path, data={"alert": first, "act": "ack"})
    again = await site.post(path, data={"alert": first, "act": "ack"})
    assert [done.status_code, again.status_code] == [200, 200]
    assert "Bestätigt von ada@acme.example, " in done.text
    rows = {row.fingerprint: row.ack.by if row.ack else "" for row in await current(site.week.services)}
    assert {name for name, by in rows.items() if by} == {first}
    (record,) = await site.week.services.audit.newest(10)
    assert (record.door, record.who, record.act) == (Door.LINK, "ada@acme.example", "alerts ack")


async def test_an_alert_is_snoozed_for_a_week_once(site: Site) -> None:
    (alert,) = [mail for mail in mails(site) if "/a/" in mail["plain"]]
    first = (await fired(site))[0]
    for _ in range(2):
        assert "Stumm bis " in (await site.post(path_in(alert), data={"alert": first, "act": "snooze"})).text
    (silence,) = await site.week.services.alerts.silences()
    assert silence.snooze
    assert timedelta(days=6, hours=23) < silence.until - silence.starts <= timedelta(days=7)


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"act": "ack"},
        {"alert": "", "act": "ack"},
        {"alert": "{own}", "act": "x"},
        {"alert": "{other}", "act": "ack"},
    ],
)
async def test_nothing_else_is_done(site: Site, form: dict[str, str]) -> None:
    """No form, no alert, no such act, and an alert of which another reader was told."""
    own = (await fired(site))[0]
    other = next(row.fingerprint for row in await current(site.week.services) if row.rule.id == "small")
    sent = {name: text.format(own=own, other=other) for name, text in form.items()}
    answer = await site.post(f"/a/{site.token(Purpose.ALERTS)}", data=sent)
    assert answer.status_code == (409 if form.get("alert") == "{other}" else 200)
    assert other not in answer.text
    assert await site.week.services.audit.newest(10) == ()


async def test_a_link_for_something_else_leads_nowhere(site: Site) -> None:
    now = await site.week.services.clock.now()
    wrong = [
        site.token(Purpose.UNSUBSCRIBE),
        site.token(Purpose.PREFERENCES),
        site.token(Purpose.ALERTS)[:-2] + "xx",
        site.token(Purpose.ALERTS, expires=now),
        site.token(Purpose.ALERTS, Reader("gone", "ada", "ada@acme.example")),
        "x",
    ]
    for token in wrong:
        assert (await site.get(f"/a/{token}")).status_code == 404
        assert (await site.post(f"/a/{token}", data={"act": "ack"})).status_code == 404
    assert (await site.get(f"/p/{site.token(Purpose.ALERTS)}")).status_code == 404
    assert (await site.get(f"/u/{site.token(Purpose.ALERTS)}")).status_code == 404


async def test_an_address_that_several_read_has_no_link(site: Site) -> None:
    file = site.week.place / "funnelbeat.yaml"
    file.write_text(file.read_text("utf-8") + "shared_addresses: [ada@acme.example]\n", "utf-8")
    await site.week.deploy(WATCHED)
    assert (await site.get(f"/a/{site.token(Purpose.ALERTS)}")).status_code == 404
    await site.week.run()
    assert not any("/a/" in mail["plain"] for mail in mails(site)[2:])


async def test_when_all_is_over_the_page_says_so(site: Site) -> None:
    await site.week.deploy(WATCHED.replace("row.value >= 20000", "row.value >= 99000000"))
    await site.week.run()
    page = await site.get(f"/a/{site.token(Purpose.ALERTS)}")
    assert "Keiner davon ist noch offen." in page.text


async def test_an_alert_that_ended_before_the_click_is_said_to_be_over(site: Site) -> None:
    """It was answered as if all was well."""
    first, *_ = await fired(site)
    await site.week.deploy(WATCHED.replace("row.value >= 20000", "row.value >= 99000000"))
    await site.week.run()
    for act in ("ack", "snooze"):
        answer = await site.post(f"/a/{site.token(Purpose.ALERTS)}", data={"alert": first, "act": act})
        assert answer.status_code == 409
        assert "Dieser Alarm ist vorbei." in answer.text
    assert await site.week.services.audit.newest(10) == ()


@pytest.mark.parametrize("act", ["ack", "snooze"])
async def test_so_is_one_that_ends_while_the_click_is_dealt_with(
    site: Site, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    """It was answered with 503, as if the server was busy."""
    first, *_ = await fired(site)
    asked = list[str]()
    memory = site.week.services.alerts.memory

    async def ends(schedule: str) -> Any:
        """After the page was made, before the act."""
        found = await memory(schedule)
        asked.append(schedule)
        return found if len(asked) == 1 else replace(found, states={})

    monkeypatch.setattr(site.week.services.alerts, "memory", ends)
    answer = await site.post(f"/a/{site.token(Purpose.ALERTS)}", data={"alert": first, "act": act})
    assert len(asked) > 1
    assert answer.status_code == 409
    assert "Dieser Alarm ist vorbei." in answer.text


async def test_the_mail_is_rendered_again_byte_for_byte(site: Site) -> None:
    run = (await site.week.services.lookups.runs(None, 1))[0]
    replayed = [one async for one in replay(site.week.services, run)]
    assert len(replayed) > 2
    assert all(one.equal for one in replayed), replayed
