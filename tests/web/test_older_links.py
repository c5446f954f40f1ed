"""Links in messages that were sent before a deployment gave their reader's entry another id, over a real socket."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.regressions.helpers import to_its_end
from tests.support.in_process import SCHEDULE as PLAIN
from tests.web.test_links import ADA, ONE_CLICK, Site, serving, shown
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.links import Purpose
from worker.domain.subscription import Choice
from worker.flow.operate.forget import forget
from worker.flow.operate.read_mailbox import MailFollowed, followed_by_mail
from worker.flow.operate.subscriptions import listed
from worker.ports.bounces import MailboxPage, Mark, ReturnedMail

GROWN = "\n  - {id: ada, channel: mail, address: [ada@acme.example, ben@acme.example]}\n"
OTHER = "\n  - {id: other, channel: mail, address: ada@acme.example}\n"
TWO = OTHER + "  - {id: more, channel: mail, address: ada@acme.example, rows: row.value >= 0.0}\n"
BODY = {"content": ONE_CLICK, "headers": {"content-type": "application/x-www-form-urlencoded"}}
SCHEDULE = PLAIN.rstrip()
TOO_OLD = "This link is too old"


@pytest.fixture
async def site(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[Site]:
    """Ada reads `week` by the entry `ada`, and has a mail with that in its links."""
    async with serving(empty_redis, tmp_path / "project") as made:
        await made.week.run()
        yield made


def old(site: Site, purpose: Purpose = Purpose.UNSUBSCRIBE) -> str:
    return f"/{purpose.value}/{site.token(purpose)}"


async def sent_to_ada(site: Site) -> int:
    """Mails of a new run that Ada is a recipient of."""
    before = len(site.week.box.outbox.items)
    await site.week.run()
    return sum(ADA.address in item.meta["to"] for item in site.week.box.outbox.items[before:] if item.kind == "eml")


async def stopped(site: Site) -> set[str]:
    said = await site.week.services.subscriptions.preferences("week")
    return {reader for reader, one in said.items() if one.choice is Choice.UNSUBSCRIBED}


async def test_one_click_stops_the_reader_who_goes_on_under_another_id(site: Site) -> None:
    await site.week.deploy(SCHEDULE + GROWN)
    for _ in range(2):
        answer = await site.post(old(site), **BODY)
        assert (answer.status_code, "Stopped" in shown(answer)) == (200, True)
    assert await stopped(site) == {f"ada:{ADA.address}|{ADA.address}"}
    assert await sent_to_ada(site) == 0
    await site.post(old(site), data={"act": "start"})
    assert await sent_to_ada(site) == 1


async def test_so_it_does_after_several_deployments_and_a_rename_and_under_the_first_id_again(site: Site) -> None:
    file = site.week.place / "schedules" / "week.yaml"
    await site.week.deploy(SCHEDULE + GROWN)
    await site.week.deploy(SCHEDULE + OTHER)
    assert "Stop this digest" in shown(await site.get(old(site)))
    await site.week.deploy(SCHEDULE + OTHER.replace("other", "ada"))
    await site.week.deploy(SCHEDULE + OTHER)
    file.with_name("month.yaml").write_text("previously: week\n" + SCHEDULE + OTHER, "utf-8")
    file.unlink()
    await site.week.deploy_files()
    assert (await site.post(old(site), **BODY)).status_code == 200
    said = await site.week.services.subscriptions.preferences("month")
    assert [(reader, one.choice) for reader, one in said.items()] == [(f"other|{ADA.address}", Choice.UNSUBSCRIBED)]


async def test_a_link_to_preferences_opens_the_page_of_the_reader_as_it_is_now(site: Site) -> None:
    await site.week.deploy(SCHEDULE + GROWN)
    answer = await site.post(old(site, Purpose.PREFERENCES), data={"act": "pause-7"})
    assert "Paused until" in shown(answer)
    assert await sent_to_ada(site) == 0


async def test_a_mail_that_unsubscribes_stops_the_reader_too(site: Site) -> None:
    await site.week.deploy(SCHEDULE + GROWN)
    mail = ReturnedMail(1, None, site.token(Purpose.UNSUBSCRIBE))
    followed = await followed_by_mail(site.week.services, MailboxPage((mail,), Mark(1, 1)))
    assert followed == {1: MailFollowed.UNSUBSCRIBED}
    assert await sent_to_ada(site) == 0


@pytest.mark.parametrize("steps", [[TWO], ["", OTHER]], ids=["one of two came", "it was removed, and came again"])
async def test_what_does_not_go_on_is_not_stopped_and_the_page_says_so(site: Site, steps: list[str]) -> None:
    """Another subscription of the address is not stopped by this link, and nobody is told that nothing comes."""
    for to in steps:
        await site.week.deploy(SCHEDULE + to)
    for answer in (await site.get(old(site)), await site.post(old(site), **BODY)):
        assert answer.status_code == 410
        assert TOO_OLD in shown(answer)
        assert "The link at the end of the newest message leads to the page where you can stop it" in shown(answer)
        assert "<form" not in answer.text
    assert await stopped(site) == set()
    assert await sent_to_ada(site) == len(steps[-1].split("- {id")) - 1


async def test_an_old_link_to_preferences_leads_to_the_pages_of_what_comes(site: Site) -> None:
    await site.week.deploy(SCHEDULE + TWO)
    answer = await site.get(old(site, Purpose.PREFERENCES))
    assert (answer.status_code, answer.text.count('href="')) == (410, 2)
    token = answer.text.split('href="')[1].split('"')[0]
    assert "Stop this digest" in shown(await site.get(f"/p/{token}"))


async def test_who_gets_copies_instead_stops_the_copies(site: Site) -> None:
    copies = SCHEDULE.replace("address: sales@acme.example", f"address: sales@acme.example, cc: [{ADA.address}]")
    await site.week.deploy(copies)
    assert await sent_to_ada(site) == 1
    assert (await site.get(old(site, Purpose.PREFERENCES))).status_code == 410
    assert "Stopped" in shown(await site.post(old(site), **BODY))
    assert [row.state for row in await listed(site.week.services, "week") if row.copy] == ["unsubscribed"]
    assert await sent_to_ada(site) == 0


async def test_who_gets_nothing_any_more_is_told_that(site: Site) -> None:
    await site.week.deploy(SCHEDULE)
    answer = await site.post(old(site), **BODY)
    assert (answer.status_code, "You no longer get this digest" in shown(answer)) == (200, True)


async def test_an_id_that_another_reader_had_meanwhile_does_not_lead_to_the_one_before(site: Site) -> None:
    """A link names an id and not when: once it was given to another subscription, what it means is not known."""
    await site.week.deploy(SCHEDULE + OTHER)
    await site.week.deploy(SCHEDULE + OTHER + OTHER.replace("other", "ada").lstrip("\n"))
    await site.week.deploy(SCHEDULE + OTHER)
    assert (await site.post(old(site), **BODY)).status_code == 410
    assert await stopped(site) == set()


async def test_the_ids_of_a_forgotten_address_are_forgotten(site: Site) -> None:
    await site.week.deploy(SCHEDULE + GROWN)
    await site.week.deploy(SCHEDULE)
    await forget(site.week.services, ADA.address.upper())
    assert await site.week.services.subscriptions.continued("week") == {}


async def test_a_run_from_before_the_deployment_is_not_sent_to_who_unsubscribed_after_it(site: Site) -> None:
    """The message waits with the id that its reader had."""
    site.week.box.mail.faults.refuse(ADA.address, 450)
    run, rows = await site.week.run()
    row = next(row for row in rows if row.key.reader == ADA.id)
    assert row.state == "deferred"
    await site.week.deploy(SCHEDULE + GROWN)
    await site.post(old(site), **BODY)
    kept = {one.key.reader: one for one in await to_its_end(site.week, run.key)}[ADA.id]
    assert f"{kept.state} {kept.reason}" == "skipped unsubscribed"
