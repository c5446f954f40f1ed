"""Clicks on the buttons of messages that were really sent."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.support.slack_requests import ANNA, BEN, EVE, ROOM, button_rows, words
from tests.web.chat.conftest import ChatSite
from worker.domain.access import Door
from worker.flow.alert.current import current, find_alert
from worker.flow.operate.subscriptions import listed
from worker.web.chat import buttons


@pytest.fixture
async def alerted(site: ChatSite) -> ChatSite:
    await site.project.run()
    return site


def alert_of(site: ChatSite) -> Mapping[str, Any]:
    return next(one for one in site.messages() if len(button_rows(one)) > 1)


def digest_of(site: ChatSite) -> Mapping[str, Any]:
    return next(one for one in site.messages() if [row["block_id"] for row in button_rows(one)] == ["mute"])


async def audit(site: ChatSite) -> list[tuple[Door, str, str]]:
    return [(one.door, one.who, one.act) for one in await site.project.services.audit.newest(10)]


async def test_an_alert_is_acknowledged_and_the_message_says_by_whom(alerted: ChatSite) -> None:
    ben, message = alerted.user(BEN), alert_of(alerted)
    rows = button_rows(message)
    await ben.click(message, "ack", 1)
    shown = await alerted.replied(ben)
    assert shown["replace_original"] is True
    assert [row["block_id"] for row in button_rows(shown)] == [
        row["block_id"] for row in rows if row["block_id"] != rows[1]["block_id"]
    ]
    assert f"Acknowledged by @{BEN}, " in words(shown["blocks"])
    fingerprint = rows[1]["block_id"].removeprefix("alert ")
    acked = [(one.fingerprint, one.ack.by) for one in await current(alerted.project.services) if one.ack]
    assert acked == [(fingerprint, f"user_ben (slack {BEN})")]
    assert await audit(alerted) == [(Door.CHAT, f"user_ben (slack {BEN})", "alerts ack")]


async def test_a_second_click_changes_nothing(alerted: ChatSite) -> None:
    anna, ben, message = alerted.user(ANNA), alerted.user(BEN), alert_of(alerted)
    await ben.click(message, "ack")
    await alerted.replied(ben)
    await anna.click(message, "ack")
    shown = await alerted.replied(anna)
    assert f"Acknowledged by user_ben (slack {BEN}), " in words(shown["blocks"])
    assert len(await audit(alerted)) == 1


async def test_an_alert_is_snoozed_for_a_week(alerted: ChatSite) -> None:
    anna, message = alerted.user(ANNA), alert_of(alerted)
    await anna.click(message, "snooze")
    assert f"Snoozed by @{ANNA} until " in words((await alerted.replied(anna))["blocks"])
    await anna.click(message, "snooze")
    await alerted.replied(anna)
    (silence,) = await alerted.project.services.alerts.silences()
    assert (silence.until - silence.starts).days in {6, 7}
    assert silence.snooze
    assert [act for _, _, act in await audit(alerted)] == ["alerts snooze"]


async def test_who_is_not_known_and_who_was_not_told_are_refused_in_private(alerted: ChatSite) -> None:
    for user, said in ((alerted.user(EVE), "does not know you"), (alerted.user(ANNA, "C9999999999"), "not told")):
        await user.click(alert_of(alerted), "ack")
        answer = await alerted.replied(user)
        assert (answer["response_type"], answer["replace_original"]) == ("ephemeral", False)
        assert said in answer["text"]
    assert all(row.ack is None for row in await current(alerted.project.services))
    assert await audit(alerted) == []


async def test_an_alert_that_is_over_is_said_to_be(alerted: ChatSite) -> None:
    anna, message = alerted.user(), alert_of(alerted)
    gone = {**message, "blocks": [dict(block) for block in message["blocks"]]}
    for row in button_rows(gone):
        for button in row["elements"]:
            button["value"] = "0000000000000000"
    await anna.click(gone, "ack")
    assert (await alerted.replied(anna))["text"] == "This alert is over."


async def test_so_is_one_whose_schedule_is_renamed_while_the_click_is_dealt_with(
    alerted: ChatSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The click is judged by the deployment that was in force when it came."""
    found = find_alert

    async def renamed(*given: Any) -> Any:
        return replace(await found(*given), schedule="another")

    monkeypatch.setattr(buttons, "find_alert", renamed)
    anna = alerted.user()
    await anna.click(alert_of(alerted), "ack")
    assert (await alerted.replied(anna))["text"] == "This alert is over."
    assert await audit(alerted) == []


async def test_a_digest_of_a_room_is_muted_by_who_may(alerted: ChatSite) -> None:
    anna, message = alerted.user(), digest_of(alerted)
    await anna.click(message, "mute")
    assert "goes to a whole conversation" in (await alerted.replied(anna))["text"]
    file = alerted.project.place / "funnelbeat.yaml"
    file.write_text(file.read_text("utf-8").replace("may: [trigger, subscribe]", "may: [manage]"), encoding="utf-8")
    await alerted.project.deploy((alerted.project.place / "schedules" / "week.yaml").read_text("utf-8"))
    await anna.click(message, "mute")
    assert f"Muted by @{ANNA} until " in words((await alerted.replied(anna))["blocks"])
    states = {row.reader.address: str(row.state) for row in await listed(alerted.project.services, "week")}
    assert states == {ROOM: "paused", "sales@acme.example": "active"}
    assert (await audit(alerted))[0] == (Door.CHAT, f"user_anna (slack {ANNA})", "subscriptions pause")


async def test_ones_own_digest_needs_no_scope(site: ChatSite) -> None:
    anna = site.user()
    await anna.ask("subscribe week")
    await site.project.run()
    message = next(one for one in site.messages(ANNA) if button_rows(one))
    anna.place = "D0ANNA0000"
    await anna.click(message, "mute")
    assert f"Muted by @{ANNA} until " in words((await site.replied(anna))["blocks"])


async def test_a_channel_without_a_secret_has_no_buttons(site: ChatSite) -> None:
    file = site.project.place / "schedules" / "week.yaml"
    await site.project.deploy(file.read_text("utf-8").replace("channel: slack", "channel: quiet"))
    await site.project.run()
    assert len(site.messages()) > 1
    assert not any(button_rows(one) for one in site.messages())
