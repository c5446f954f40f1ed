"""What a reader sees and does by the link in a message about alerts."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.fakes import HOUR, NOW, READER, WEEKLY, Audited, Deployed, FixedClock, Reads, Said, bundle_with, uses
from worker.domain.access import Actor, Door
from worker.domain.links import Link, Purpose
from worker.errors import NotFound
from worker.flow.operate import alert_links
from worker.flow.operate.alert_links import AlertAnswer, alerts_page, answer_alert

LINK = Link(Purpose.ALERTS, READER, NOW + HOUR)


def parts(link: Link | None = LINK, **more: Any) -> Any:
    made = bundle_with(WEEKLY)
    shared = replace(made, shared_addresses=more.pop("shared", ()))
    return uses(
        clock=FixedClock(),
        deployments=Deployed(shared),
        links=Reads(link),
        subscriptions=Said(),
        connectors=object(),
        audit=Audited(),
        **more,
    )


async def test_without_alert_rules_the_page_is_empty() -> None:
    page = await alerts_page(parts(), "token")
    assert page is not None
    assert (page.link, page.name, page.alerts) == (LINK, WEEKLY.name, ())
    assert page.entry == WEEKLY.to[0]
    assert await answer_alert(parts(), page, "fingerprint", "ack") is AlertAnswer.OVER


@pytest.mark.parametrize(
    "link",
    [
        None,
        replace(LINK, purpose=Purpose.PREFERENCES),
        replace(LINK, expires=NOW),
        replace(LINK, reader=replace(READER, schedule="gone")),
    ],
)
async def test_a_link_that_does_not_hold_shows_nothing(link: Link | None) -> None:
    assert await alerts_page(parts(link), "token") is None


async def test_an_address_that_several_read_has_no_page() -> None:
    assert await alerts_page(parts(shared=(READER.address,)), "token") is None


@pytest.mark.parametrize(("act", "done"), [("ack", True), ("snooze", True), ("silence", False)])
async def test_an_act_is_done_once(monkeypatch: pytest.MonkeyPatch, act: str, done: bool) -> None:
    seen = list[tuple[str, str, Door]]()

    async def acknowledged(_uses: object, actor: Actor, fingerprint: str) -> None:
        seen.append(("ack", fingerprint, actor.door))

    async def snoozed(_uses: object, actor: Actor, fingerprint: str, _until: object) -> None:
        seen.append(("snooze", fingerprint, actor.door))

    monkeypatch.setattr(alert_links, "acknowledge", acknowledged)
    monkeypatch.setattr(alert_links, "snooze", snoozed)
    page = await alerts_page(parts(), "token")
    assert page is not None
    row: Any = uses(fingerprint="f1", ack=None, quiet=None)
    kept: Any = uses(fingerprint="f2", ack=object(), quiet=object())
    page = replace(page, alerts=(row, kept))
    assert await answer_alert(parts(), page, "f1", act) is (AlertAnswer.DONE if done else AlertAnswer.NOTHING)
    assert await answer_alert(parts(), page, "f2", act) is AlertAnswer.NOTHING
    assert await answer_alert(parts(), page, "f3", act) is (AlertAnswer.OVER if done else AlertAnswer.NOTHING)
    assert await answer_alert(parts(), page, "", act) is AlertAnswer.NOTHING
    assert seen == ([(act, "f1", Door.LINK)] if done else [])


@pytest.mark.parametrize("act", ["ack", "snooze"])
async def test_an_alert_that_ends_meanwhile_is_over(monkeypatch: pytest.MonkeyPatch, act: str) -> None:
    async def over(*_given: object) -> None:
        raise NotFound("no alert that fires or is pending begins with 'f1'")

    monkeypatch.setattr(alert_links, "acknowledge", over)
    monkeypatch.setattr(alert_links, "snooze", over)
    page = await alerts_page(parts(), "token")
    assert page is not None
    row: Any = uses(fingerprint="f1", ack=None, quiet=None)
    assert await answer_alert(parts(), replace(page, alerts=(row,)), "f1", act) is AlertAnswer.OVER
