"""An owner who reads a digest of their own, and also gets copies of the others': each is stopped by itself."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.in_process import DEALS_AND_FUNNEL, InProcessRun, in_process_run
from tests.support.installation import SHORT
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.redis_store.connection import connect
from worker.domain.delivery import DeliveryState, Reader
from worker.domain.links import Link, Purpose
from worker.domain.reader_page import Act
from worker.domain.reason import Reason
from worker.domain.subscription import Choice, Origin, Preference
from worker.errors import RequestError
from worker.flow.operate.reader_page import act, reader_page
from worker.flow.operate.replay import replay
from worker.flow.operate.subscriptions import Author, State, SubscriptionRow, listed, pause, resume
from worker.sandbox.cast import USERS

ADA = USERS[0].email
BY = Author(Origin.CLI, "ops")
OWN, COPY = f"owners|{ADA}", f"cc:owners|{ADA}"
SCHEDULE = f"""{DEALS_AND_FUNNEL}to:
  - {{id: owners, channel: mail, each: owner, unassigned: ops@acme.example, cc: [{ADA}]}}
"""


@pytest.fixture
async def story(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[InProcessRun]:
    """The schedule `week` with a digest for each owner, and Ada gets copies of all."""
    settings = replace(SHORT, delivery_lease=60.0, link_key="k" * 40)
    async with in_process_run(empty_redis.url, tmp_path / "project", settings) as here:
        await here.deploy(SCHEDULE)
        yield here


async def of_one_run(story: InProcessRun) -> tuple[bool, set[bool]]:
    """Whether Ada got a digest of her own, and whether she was a recipient of the others'."""
    before = len(story.box.outbox.of("eml"))
    run, rows = await story.run()
    taken = [item.meta["to"].split(", ") for item in story.box.outbox.of("eml")[before:]]
    assert len(taken) > 2
    own = next(row for row in rows if row.key.reader == OWN)
    assert (own.state is DeliveryState.SENT) is ([ADA] in taken)
    assert (own.sentence, own.left_out) == ("", {})  # nobody is named there who got no copy
    assert own.state is DeliveryState.SENT or own.reason in {Reason.MUTED, Reason.UNSUBSCRIBED}
    assert {one.equal async for one in replay(story.services, run)} == {True}
    return [ADA] in taken, {ADA in to for to in taken if to != [ADA]}


async def rows(story: InProcessRun) -> dict[str, SubscriptionRow]:
    return {row.reader.id: row for row in await listed(story.services, "week")}


async def test_a_pause_of_her_own_digest_leaves_the_copies(story: InProcessRun) -> None:
    assert await of_one_run(story) == (True, {True})
    assert not (await pause(story.services, "week", OWN, BY, None)).copy
    assert await of_one_run(story) == (False, {True})
    await resume(story.services, "week", OWN)
    assert await of_one_run(story) == (True, {True})


async def test_a_pause_of_the_copies_leaves_her_own_digest(story: InProcessRun) -> None:
    assert (await pause(story.services, "week", COPY, BY, None)).copy
    assert await of_one_run(story) == (True, {False})
    assert (await rows(story))[COPY].state is State.PAUSED
    await resume(story.services, "week", COPY)
    assert await of_one_run(story) == (True, {True})


async def test_the_link_in_her_own_message_stops_exactly_that_digest(story: InProcessRun) -> None:
    links = story.services.links
    token = links.sign(Link(Purpose.UNSUBSCRIBE, Reader("week", "owners", ADA)), links.key_id)
    page = await reader_page(story.services, token, Purpose.UNSUBSCRIBE)
    assert page is not None
    assert await act(story.services, page, Act.STOP)
    assert await of_one_run(story) == (False, {True})
    assert {name: row.state for name, row in (await rows(story)).items() if ADA in name} == {
        OWN: State.UNSUBSCRIBED,
        COPY: State.ACTIVE,
    }


async def test_who_stops_everything_stops_both(story: InProcessRun) -> None:
    await of_one_run(story)
    links, now = story.services.links, await story.services.clock.now()
    token = links.sign(Link(Purpose.PREFERENCES, Reader("week", "owners", ADA), now.replace(year=9999)), links.key_id)
    page = await reader_page(story.services, token, Purpose.PREFERENCES)
    assert page is not None
    assert [one.reader.id for one in page.others] == [COPY]
    assert await act(story.services, page, Act.STOP_ALL)
    assert await of_one_run(story) == (False, {False})


async def test_a_copy_in_two_entries_is_stopped_in_one_of_them(story: InProcessRun) -> None:
    other = f"  - {{id: team, channel: mail, address: sales@acme.example, cc: [{ADA}]}}\n"
    await story.deploy(SCHEDULE + other)
    with pytest.raises(RequestError, match=rf"fits several subscriptions of week; write one of {COPY}, cc:team\|{ADA}"):
        await pause(story.services, "week", ADA, BY, None)
    await pause(story.services, "week", f"team|{ADA}", BY, None)  # as it was written before copies had ids
    assert {name: row.state for name, row in (await rows(story)).items() if ADA in name} == {
        COPY: State.ACTIVE,
        f"cc:team|{ADA}": State.PAUSED,
    }


async def test_a_copy_in_other_letters_is_hers_and_stopped_by_itself(story: InProcessRun) -> None:
    """No mail names her twice."""
    other = ADA.upper()
    await story.deploy(SCHEDULE.replace(f"cc: [{ADA}]", f"cc: [{other}]"))
    await story.run()
    before = [item.meta["to"].lower().split(", ") for item in story.box.outbox.of("eml")]
    assert {to.count(ADA) for to in before} == {1}
    await pause(story.services, "week", f"cc:owners|{(await copy_of(story)).reader.address}", BY, None)
    await story.run()
    after = [item.meta["to"].lower().split(", ") for item in story.box.outbox.of("eml")][len(before) :]
    assert [to for to in after if ADA in to] == [[ADA]]


async def copy_of(story: InProcessRun) -> SubscriptionRow:
    return next(row for row in await listed(story.services, "week") if row.copy)


@pytest.mark.parametrize("choice", list(Choice))
async def test_what_an_older_version_kept_stops_both_as_it_did(
    story: InProcessRun, empty_redis: EmbeddedRedis, choice: Choice
) -> None:
    """For it, a reader and a copy to the same address were one."""
    said = f'{{"choice":"{choice}","origin":"cli","by":"ops","at":"2026-11-23T08:00:00Z","until":null}}'
    async with connect(empty_redis.url) as client:
        await client.hset("acme:preferences:week", OWN, said)
    assert await of_one_run(story) == (False, {False})


async def test_a_pause_that_an_older_version_kept_is_ended_by_resuming_the_copy(story: InProcessRun) -> None:
    paused = Preference(Choice.PAUSED, Origin.CLI, "ops", await story.services.clock.now(), for_copies=True)
    await story.services.subscriptions.prefer("week", OWN, paused)
    assert (await rows(story))[COPY].state is State.PAUSED
    _, was_paused = await resume(story.services, "week", COPY)
    assert was_paused
    assert await of_one_run(story) == (True, {True})


OLDER = '{{"choice":"paused","origin":"cli","by":"ops","at":"2026-11-23T08:00:00Z","until":null{more}}}'


async def paused_anew(story: InProcessRun) -> None:
    await pause(story.services, "week", OWN, BY, None)


async def stopped_by_her(story: InProcessRun) -> None:
    links = story.services.links
    token = links.sign(Link(Purpose.UNSUBSCRIBE, Reader("week", "owners", ADA)), links.key_id)
    page = await reader_page(story.services, token, Purpose.UNSUBSCRIBE)
    assert page is not None
    assert await act(story.services, page, Act.STOP)


@pytest.mark.parametrize("more", ["", ',"for_copies":true'])
@pytest.mark.parametrize("say", [paused_anew, stopped_by_her])
async def test_what_she_says_anew_of_her_own_digest_leaves_the_pause_of_her_copies(
    story: InProcessRun, empty_redis: EmbeddedRedis, say: Callable[[InProcessRun], Awaitable[None]], more: str
) -> None:
    async with connect(empty_redis.url) as client:
        await client.hset("acme:preferences:week", OWN, OLDER.format(more=more))
    await say(story)
    await say(story)
    assert (await rows(story))[COPY].state is State.PAUSED
    assert await of_one_run(story) == (False, {False})
    await resume(story.services, "week", COPY)
    assert await of_one_run(story) == (False, {True})


async def test_a_pause_of_her_own_digest_that_this_version_kept_is_renewed_alone(story: InProcessRun) -> None:
    await pause(story.services, "week", OWN, BY, None)
    await pause(story.services, "week", OWN, BY, None)
    assert set(await story.services.subscriptions.preferences("week")) == {OWN}


async def test_what_was_said_of_the_copies_is_not_replaced_by_the_pause_of_an_older_version(
    story: InProcessRun, empty_redis: EmbeddedRedis
) -> None:
    said = Preference(Choice.UNSUBSCRIBED, Origin.LINK, "the reader", await story.services.clock.now())
    await story.services.subscriptions.prefer("week", COPY, said)
    async with connect(empty_redis.url) as client:
        await client.hset("acme:preferences:week", OWN, OLDER.format(more=""))
    await pause(story.services, "week", OWN, BY, None)
    assert (await rows(story))[COPY].state is State.UNSUBSCRIBED
