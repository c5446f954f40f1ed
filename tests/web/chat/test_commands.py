"""What people get for a command: what they may see and do, in their language, and nothing else."""

import pytest

from tests.support.slack_requests import ANNA, BEN, EVE, ROOM
from tests.web.chat.conftest import ChatSite
from worker.domain.access import Door
from worker.domain.subscription import Choice, Origin, Preference
from worker.flow.operate.subscriptions import listed
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce

ELSEWHERE = "C9999999999"


async def acts(site: ChatSite) -> list[tuple[Door, str, str, str]]:
    newest = await site.project.services.audit.newest(10)
    return [(one.door, one.who, one.act, one.subject) for one in reversed(newest)]


async def test_a_run_is_asked_for_delivered_and_answered(site: ChatSite) -> None:
    anna = site.user()
    assert await anna.ask("run week") == ("Weekly pipeline: a run is on its way. You are told here when it has ended.")
    services = site.project.services
    (run,) = await services.lookups.runs(None, 10)
    for delivery in await produce(services, run.key):
        await deliver(services, delivery)
    ended = await site.replied(anna)
    assert ended["text"] == "Weekly pipeline: the run has ended. Delivered, 3 messages sent."
    assert ended["response_type"] == "ephemeral"
    assert await acts(site) == [(Door.CHAT, f"user_anna (slack {ANNA})", "trigger", "week")]


async def test_a_run_that_is_asked_for_twice_is_one(site: ChatSite) -> None:
    """Signed anew, so that no copy is refused."""
    anna = site.user()
    for _ in range(3):
        assert "on its way" in await anna.ask("run week", trigger="one.trigger")
    assert len(await site.project.services.lookups.runs(None, 10)) == 1
    await anna.ask("run week", trigger="another.trigger")
    assert len(await site.project.services.lookups.runs(None, 10)) == 2


async def test_nobody_whom_the_definitions_do_not_know_gets_anything(site: ChatSite) -> None:
    eve = site.user(EVE)
    for text in ("run week", "next", "why", "alerts", "subscribe week", "unsubscribe week", "help", ""):
        said = await eve.ask(text)
        assert (
            said
            == f"Funnelbeat does not know you: ask whoever runs it to write {EVE} into `people:` of funnelbeat.yaml."
        )
    assert await acts(site) == []


async def test_who_may_not_run_is_refused_in_the_own_language(site: ChatSite) -> None:
    assert await site.user(BEN).ask("run week") == (
        "Das dürfen Sie nicht: Es braucht `may: [trigger]` neben Ihrer Adresse in funnelbeat.yaml."
    )
    assert await site.project.services.lookups.runs(None, 10) == ()


async def test_nobody_sees_what_is_sent_to_others(site: ChatSite) -> None:
    """Anna reads the digest of the room. The board's schedule is as unknown to her as one that does not exist."""
    anna = site.user()
    assert "Board" not in await anna.ask("next")
    hidden, missing = await anna.ask("run board"), await anna.ask("run bored")
    assert hidden == "You see no schedule board; you see week."
    assert missing == "You see no schedule bored; you see week."
    for text in ("next", "run week", "why week", "alerts"):
        assert await site.user(ANNA, ELSEWHERE).ask(text) == (
            "You see no schedule: none sends anything to you or to this conversation."
        )


async def test_what_moved_is_told_as_it_came_to_whoever_asks(site: ChatSite) -> None:
    anna, ben = site.user(), site.user(BEN)
    assert await anna.ask("why week") == "Weekly pipeline: nothing came to you yet"
    await site.project.run()
    said = await anna.ask("why")
    assert said.startswith("Weekly pipeline, ")
    assert ": Delivered. " in said
    assert site.messages()[0]["text"][:40] in said
    assert ": Zugestellt. " in await ben.ask("why week")


async def test_alerts_are_those_that_whoever_asks_was_told_of(site: ChatSite) -> None:
    anna = site.user()
    assert await anna.ask("alerts") == "No alert that you were told of fires now."
    await site.project.run()
    lines = (await anna.ask("alerts")).splitlines()
    assert len(lines) > 1
    assert all(": A big deal, since " in line for line in lines if "more" not in line)


async def test_a_subscription_is_a_direct_message_of_ones_own(site: ChatSite) -> None:
    anna = site.user()
    assert await anna.ask("subscribe week") == "Weekly pipeline comes to you as a direct message from now on."
    assert await anna.ask("subscribe week") == "Weekly pipeline comes to you as a direct message already."
    await site.project.run()
    assert len(site.messages(ANNA)) > 0
    assert await anna.ask("unsubscribe week") == "Weekly pipeline does not come to you as a direct message any more."
    assert "no subscription" in await anna.ask("unsubscribe week")
    who = f"user_anna (slack {ANNA})"
    assert await acts(site) == [
        (Door.CHAT, who, "subscriptions add", f"week slack:{ANNA}|{ANNA}"),
        (Door.CHAT, who, "subscriptions remove", f"week slack:{ANNA}|{ANNA}"),
    ]


async def test_who_was_muted_comes_back(site: ChatSite) -> None:
    anna, services = site.user(), site.project.services
    await anna.ask("subscribe week")
    pause = Preference(Choice.PAUSED, Origin.CLI, "ops", await services.clock.now())
    await services.subscriptions.prefer("week", f"slack:{ANNA}|{ANNA}", pause)
    assert await anna.ask("subscribe week") == "Weekly pipeline comes to you again."
    rows = {row.reader.address: str(row.state) for row in await listed(services, "week")}
    assert rows[ANNA] == "active"


async def test_nobody_subscribes_without_the_scope(site: ChatSite) -> None:
    assert "`may: [subscribe]`" in await site.user(BEN).ask("subscribe week")
    assert [row.reader.address for row in await listed(site.project.services, "week")] == [ROOM, "sales@acme.example"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("help", "/funnelbeat run ID: run a schedule now"),
        ("", "/funnelbeat run ID: run a schedule now"),
        ("dance", "There is no command dance: /funnelbeat help lists all."),
        ("<!channel>", "There is no command &lt;!channel&gt;: /funnelbeat help lists all."),
        ("run", "Write which schedule: week."),
        ("RUN nobody", "You see no schedule nobody; you see week."),
    ],
)
async def test_a_word_that_is_none_gets_one_sentence(site: ChatSite, text: str, said: str) -> None:
    assert (await site.user().ask(text)).startswith(said)
