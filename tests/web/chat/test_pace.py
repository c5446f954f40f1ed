"""A burst of requests over a real socket: how many are answered, and what the others are told."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from tests.support.slack_requests import ANNA, BEN, EVE, SlackUser, button_rows
from tests.web.chat.conftest import ChatSite
from worker.web.chat.pace import PERSON_PER_MINUTE, WORKSPACE_PER_MINUTE

OFTEN = "You or your workspace ask very often. Nothing was done: try again in 60 s."
OFTEN_DE = "Sie oder Ihr Workspace fragen sehr oft. Nichts wurde getan: Versuchen Sie es in 60 s wieder."


async def burst(users: Sequence[SlackUser], count: int, text: str = "next") -> Counter[bool]:
    """Of all these requests at once, how many were put off. Each is answered with 200 and an ephemeral text."""
    said = await asyncio.gather(*(user.ask(text) for user in users for _ in range(count)))
    return Counter(one in {OFTEN, OFTEN_DE} for one in said)


async def test_one_person_is_slowed_down_and_nobody_else(site: ChatSite) -> None:
    anna, ben = site.user(ANNA), site.user(BEN)
    assert await burst([anna], 90) == {False: PERSON_PER_MINUTE, True: 90 - PERSON_PER_MINUTE}
    assert await anna.ask("run week") == OFTEN
    assert await site.project.services.lookups.runs(None, 10) == ()
    assert await burst([ben], 5) == {False: 5}
    assert await site.counts() == {"accepted": PERSON_PER_MINUTE + 5, "limited": 90 - PERSON_PER_MINUTE + 1}
    site.clock[0] += 59
    assert "try again in 1 s" in await anna.ask("next")
    site.clock[0] += 1
    assert await burst([anna], 5) == {False: 5}


async def test_one_person_of_two_workspaces_is_two(site: ChatSite) -> None:
    here, there = site.user(EVE), site.user(EVE)
    there.team = "T0OTHER000"
    assert (await burst([here], 40))[True] == 10
    assert await burst([there], 10) == {False: 10}


async def test_a_whole_workspace_is_slowed_down_and_no_other(site: ChatSite) -> None:
    people = [site.user(f"U0PERSON{number:02}") for number in range(12)]
    assert (await burst(people, PERSON_PER_MINUTE))[False] == WORKSPACE_PER_MINUTE
    stranger = site.user(ANNA)
    stranger.team = "T0OTHER000"
    assert await burst([stranger], 1) == {False: 1}


async def test_clicks_that_come_too_often_do_nothing_and_are_told_once(site: ChatSite) -> None:
    await site.project.run()
    ben = site.user(BEN)
    message = next(one for one in site.messages() if len(button_rows(one)) > 1)
    assert await burst([ben], PERSON_PER_MINUTE) == {False: PERSON_PER_MINUTE}
    await ben.click(message, "ack")
    first = await site.replied(ben)
    assert (first["text"], first["response_type"], first["replace_original"]) == (OFTEN_DE, "ephemeral", False)
    told = len(site.project.box.slack.answered)
    await asyncio.gather(*(ben.click(message, "ack") for _ in range(20)))
    assert (await site.counts())["limited"] == 21
    assert len(site.project.box.slack.answered) == told
    assert await site.project.services.audit.newest(10) == ()
    site.clock[0] += 60
    await ben.click(message, "ack")
    assert (await site.replied(ben))["replace_original"] is True
