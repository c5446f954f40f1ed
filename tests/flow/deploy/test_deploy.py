"""What a deployment does to slots, and to the history of a schedule that is renamed, taken away or brought back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from tests.support.set_clock import Month, month
from worker.adapters.redis_store.deployments import RedisDeployments
from worker.domain.choices import Choices
from worker.domain.delivery import Baseline, DeliveryKey, Reader
from worker.domain.due.spread import delay_of
from worker.domain.outcome import Sent
from worker.domain.reason import Reason
from worker.domain.run import RunKey, RunState
from worker.domain.schedule import Bundle, CatchUp, Connection, Defaults, Query, Schedule, Send, Subscription, Trigger
from worker.domain.subscription import Choice, Origin, Preference
from worker.flow.deploy.deploy import Changes, deploy
from worker.flow.deploy.recompute_due import recompute_due
from worker.flow.operate.doctor import Level, due_ahead
from worker.flow.operate.pause import pause
from worker.flow.run.comparison import Answers, Comparison, RunSlot
from worker.flow.run.reader_digests import digest_context
from worker.flow.run.tick import slot_claim, tick
from worker.ports import Deployment, Due

MORNING = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
NINE = MORNING + timedelta(hours=1)
DAY = timedelta(days=1)
TEAM = Subscription("team", "mail", "sales@tern.example", "pipeline", "en_GB", "UTC")


def daily(name: str = "daily", hour: int = 9, minute: int = 0, **more: Any) -> Schedule:
    items = (Query("deals", "close", "opportunities"),)
    return Schedule(
        Trigger("cron", "UTC", f"{minute} {hour} * * *"), id=name, name=name, report=items, to=(TEAM,), **more
    )


async def put(here: Month, *schedules: Schedule) -> Changes:
    bundle = Bundle("tern", Defaults(), {}, {}, {one.id: one for one in schedules})
    return (await deploy(bundle, here.services))[1]


async def slots(here: Month, name: str = "daily") -> list[datetime]:
    return sorted(slot for schedule, slot in await here.runs() if schedule == name)


def reader(name: str) -> Reader:
    return Reader(name, TEAM.id, "sales@tern.example")


async def sent(here: Month, key: RunKey, snapshot: str = "one") -> Baseline:
    """The run goes all its way; its reader's baseline."""
    delivery = await delivering(here, key, snapshot)
    return await settled(here, delivery, key, snapshot)


async def delivering(here: Month, key: RunKey, snapshot: str = "one") -> DeliveryKey:
    begun = (await here.services.runs.begin(key, 5)).lease
    assert begun is not None
    expires = {reader("any"): here.ledger.at + DAY}
    (delivery,) = (await here.services.runs.deliver(key, begun.attempt, {"deals": snapshot}, (), expires)).deliveries
    return delivery


async def settled(here: Month, delivery: DeliveryKey, key: RunKey, snapshot: str) -> Baseline:
    slot = key.slot
    moved = Baseline(snapshot, slot, slot + timedelta(seconds=2))
    attempt = await here.services.deliveries.intend(delivery, 0, 1, "ab" * 32, slot, {"deals": None})
    await here.services.deliveries.settle(delivery, attempt, Sent("ok", {"deals": moved}))
    return moved


async def baseline(here: Month, name: str) -> Baseline | None:
    return (await here.services.runs.baselines([reader(name)]))[reader(name)].get("deals")


@pytest.fixture
async def here(redis_client: Redis) -> Month:
    return await month(redis_client, MORNING)


class Interrupted(RedisDeployments):
    """Something happens between what a deployment was reckoned from and its one step."""

    def __init__(self, here: Month) -> None:
        super().__init__(here.ledger.scripts)
        self.here = here
        self.happened = 0

    async def happens(self) -> None:
        await self.here.ledger.set(NINE + timedelta(seconds=1))
        await tick(self.here.services)

    async def activate(
        self,
        bundle: Bundle,
        firsts: Mapping[str, datetime | None],
        gone: Sequence[str],
        dropped: Sequence[Reader] = (),
        **more: Any,
    ) -> Deployment:
        self.happened += 1
        if self.happened == 1:
            await self.happens()
        return await super().activate(bundle, firsts, gone, dropped, **more)


async def test_a_slot_that_is_claimed_while_its_trigger_is_edited_does_not_fire_the_day_again(here: Month) -> None:
    await put(here, daily())
    await here.ledger.set(NINE - timedelta(milliseconds=1))
    bundle = Bundle("tern", Defaults(), {}, {}, {"daily": daily(minute=30)})
    deployments = Interrupted(here)
    await deploy(bundle, replace(here.services, deployments=deployments))
    assert deployments.happened == 2
    await here.play(NINE + DAY + timedelta(hours=1))
    assert await slots(here) == [NINE, NINE + DAY + timedelta(minutes=30)]


class Overtaken(Interrupted):
    async def happens(self) -> None:
        await put(self.here, daily(), daily("other"))


async def test_a_deployment_that_another_one_overtook_is_reckoned_anew(here: Month) -> None:
    """It would have left `other` due for ever: it had never heard of it."""
    await put(here, daily())
    bundle = Bundle("tern", Defaults(), {}, {}, {"daily": daily(), "third": daily("third")})
    deployments = Overtaken(here)
    _, found = await deploy(bundle, replace(here.services, deployments=deployments))
    assert (found.added, found.removed) == (("third",), ("other",))
    assert sorted(await here.services.clock.pending(["daily", "other", "third"])) == ["daily", "third"]


async def test_a_tick_that_reckoned_from_an_older_bundle_writes_nothing(here: Month) -> None:
    await put(here, daily(spread=600))
    deployed = await here.services.deployments.deployed()
    assert deployed is not None
    timings = await here.services.deployments.timings(deployed.bundle)
    await put(here, replace(daily(), spread=0))
    await here.ledger.set(NINE)
    (due,) = (await here.services.clock.due(5))[1]
    stale = slot_claim(here.services.triggers, timings, deployed.bundle, due, NINE)
    assert stale is not None
    assert stale.runs[0].key.slot != NINE
    assert (await here.services.clock.claim([stale], 1)).runs == ()
    assert (await tick(here.services)).claimed == (RunKey.parse("daily@2026-11-23T09:00:00Z"),)


async def test_what_was_due_before_an_edit_is_settled_by_the_definition_it_was_due_by(here: Month) -> None:
    await put(here, daily(), daily("strict", catch_up=CatchUp.NONE), daily("gone"))
    await here.ledger.set(NINE + 2 * DAY + timedelta(hours=1))
    found = await put(here, daily(minute=30), daily("strict", hour=20, catch_up=CatchUp.NONE))
    assert found.removed == ("gone",)
    assert await slots(here) == [NINE + 2 * DAY]
    missed = {(row.schedule, row.count, row.reason) for row in await here.services.lookups.missed(None, 9)}
    assert missed == {("daily", 2, Reason.CAUGHT_UP), ("strict", 3, Reason.TOO_LATE), ("gone", 2, Reason.CAUGHT_UP)}
    assert (await here.services.runs.begin(RunKey.parse("gone@2026-11-25T09:00:00Z"), 5)).lease is None
    ended = await here.services.lookups.run(RunKey.parse("gone@2026-11-25T09:00:00Z"))
    assert ended is not None
    assert (ended.state, ended.reason) == (RunState.SKIPPED, Reason.DELETED)


async def test_an_edit_of_something_else_leaves_what_is_due_to_the_clock(here: Month) -> None:
    await put(here, daily())
    await here.ledger.set(NINE + timedelta(hours=1))
    found = await put(here, daily(catch_up=CatchUp.NONE))
    assert (found.changed, found.firsts, found.overdue) == (("daily",), {}, ())
    await tick(here.services)
    assert [row.reason for row in await here.services.lookups.missed("daily", 9)] == [Reason.TOO_LATE]


async def test_spread_delays_what_is_due_and_moves_no_slot(here: Month) -> None:
    share = delay_of("daily", 3600)
    assert timedelta(minutes=1) < share < timedelta(minutes=59)
    await put(here, daily(spread=3600))
    assert await here.services.clock.pending(["daily"]) == {"daily": NINE + share}
    await here.play(NINE + share)
    assert await slots(here) == []
    await here.play(NINE + share + timedelta(minutes=1))
    assert await slots(here) == [NINE]
    await put(here, daily())
    assert await here.services.clock.pending(["daily"]) == {"daily": NINE + DAY}


async def test_a_run_is_late_from_when_it_was_due_and_says_how_long_after_its_slot(here: Month) -> None:
    schedule = daily(spread=3600)
    connections = {"close": Connection("close", "sandbox")}
    bundle = Bundle("tern", Defaults(), connections, {}, {"daily": schedule})

    def late(after: timedelta) -> int:
        at = NINE + delay_of("daily", 3600) + after
        found, past, of = Answers({}, {}, ()), Comparison({}, {}, {}), RunSlot(bundle, schedule, "", NINE, at)
        return digest_context(here.services.connectors, here.services.triggers, of, found, past).late

    share = delay_of("daily", 3600) // timedelta(seconds=1)
    assert [late(timedelta(seconds=after)) for after in (0, 60, 61)] == [0, 0, share + 61]


async def test_a_schedule_that_was_taken_away_and_comes_back_does_not_fire_the_day_again(here: Month) -> None:
    await put(here, daily())
    await here.play(NINE + timedelta(minutes=10))
    await sent(here, RunKey.parse("daily@2026-11-23T09:00:00Z"))
    await put(here)
    await put(here, daily(minute=30))
    await here.play(NINE + timedelta(hours=5))
    assert await slots(here) == [NINE]
    assert await baseline(here, "daily") is None, "its readers begin afresh"


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_renamed_schedule_takes_its_history_along(here: Month, at_once: bool) -> None:
    """At once, or after the old id had gone and the new one had begun for itself."""
    await put(here, daily("old"))
    await here.play(NINE + timedelta(minutes=10))
    before = await sent(here, RunKey.parse("old@2026-11-23T09:00:00Z"))
    await pause(here.services, "old", None)
    if not at_once:
        await put(here)
        await put(here, daily("new", minute=30))
    found = await put(here, daily("new", minute=30, previously="old"))
    assert found.renamed == ((("old", "new"),) if at_once else ())
    assert await baseline(here, "new") == before
    assert await here.services.runs.chain("new", "deals", None) == ("one",)
    assert [run.key for run in await here.services.lookups.runs("new", 5)] == [RunKey.parse("old@2026-11-23T09:00:00Z")]
    assert await here.services.deployments.last_slot("new") == NINE
    assert await here.services.lookups.runs("old", 5) == ()
    if at_once:
        assert list(await here.services.clock.pauses()) == ["new"]
        assert await here.services.clock.pending(["old", "new"]) == {"new": NINE + DAY + timedelta(minutes=30)}


async def test_a_schedule_that_went_and_comes_back_by_another_name_does_not_fire_the_day_again(here: Month) -> None:
    await put(here, daily("old"))
    await here.play(NINE + timedelta(minutes=1))
    await put(here)
    await put(here, daily("new", minute=30, previously="old"))
    await here.play(NINE + DAY + timedelta(hours=1))
    assert await slots(here, "new") == [NINE + DAY + timedelta(minutes=30)]


async def test_a_rename_is_made_once_and_the_next_deployment_changes_nothing(here: Month) -> None:
    await put(here, daily("old"))
    await here.play(NINE + timedelta(minutes=10))
    await sent(here, RunKey.parse("old@2026-11-23T09:00:00Z"))
    heir = daily("new", previously="old")
    assert await put(here, heir)
    newer = await sent(here, (await _next_run(here)))
    assert not await put(here, heir)
    assert await baseline(here, "new") == newer
    await put(here, daily("third", previously="new"))
    assert await baseline(here, "third") == newer
    assert await baseline(here, "old") == newer, "a run that began under the first id still finds its past"


async def _next_run(here: Month) -> RunKey:
    await here.play(here.ledger.at + DAY)
    return next(run.key for run in await here.services.lookups.runs("new", 1))


async def test_a_past_that_comes_late_joins_what_the_new_name_has_of_its_own(here: Month) -> None:
    await put(here, daily("old"))
    await here.play(NINE + timedelta(minutes=1))
    await sent(here, RunKey.parse("old@2026-11-23T09:00:00Z"))
    await put(here, daily("new"))
    newer = await sent(here, await _next_run(here), "two")
    await put(here, daily("new", previously="old"))
    assert await baseline(here, "new") == newer, "it is younger"
    assert [run.key.schedule for run in await here.services.lookups.runs("new", 5)] == ["new", "old"]
    assert await here.services.runs.chain("new", "deals", NINE) == ("two", "one")
    assert await here.services.deployments.last_slot("new") == NINE + DAY


async def test_an_old_id_that_is_used_again_is_a_schedule_of_its_own(here: Month) -> None:
    await put(here, daily("a"))
    await here.play(NINE + timedelta(minutes=1))
    moved = await sent(here, RunKey.parse("a@2026-11-23T09:00:00Z"))
    await put(here, daily("b", previously="a"))
    await put(here, daily("b"), daily("a", hour=10))
    await here.play(NINE + timedelta(hours=2))
    assert [run.key for run in await here.services.lookups.runs("a", 5)] == [RunKey.parse("a@2026-11-23T10:00:00Z")]
    await sent(here, RunKey.parse("a@2026-11-23T10:00:00Z"), "other")
    assert await baseline(here, "b") == moved


async def test_a_run_that_was_on_its_way_when_its_schedule_was_renamed_arrives(here: Month) -> None:
    await put(here, daily("old"))
    await here.play(NINE + timedelta(minutes=1))
    delivery = await delivering(here, RunKey.parse("old@2026-11-23T09:00:00Z"))
    await here.ledger.set(NINE + DAY + timedelta(seconds=1))
    await tick(here.services)
    await put(here, daily("new", previously="old"))
    moved = await settled(here, delivery, RunKey.parse("old@2026-11-23T09:00:00Z"), "one")
    assert await baseline(here, "new") == moved
    claimed = (await here.services.runs.begin(RunKey.parse("old@2026-11-24T09:00:00Z"), 5)).lease
    assert claimed is not None, "it is not taken for one whose schedule is gone"
    await here.services.runs.deliver(
        RunKey.parse("old@2026-11-24T09:00:00Z"), claimed.attempt, {"deals": "two"}, (), {}
    )
    assert await here.services.runs.chain("new", "deals", None) == ("two",)


async def test_a_reader_who_is_not_named_by_the_renamed_schedule_loses_what_he_had(here: Month) -> None:
    await put(here, daily("old"))
    await here.play(NINE + timedelta(minutes=1))
    await sent(here, RunKey.parse("old@2026-11-23T09:00:00Z"))
    found = await put(here, replace(daily("new", previously="old"), to=()))
    assert found.dropped == (reader("new"),)
    assert await baseline(here, "new") is None


async def test_who_unsubscribed_stays_so_when_the_entry_names_another_address_too_and_back(here: Month) -> None:
    """An entry with an `id` and several addresses has an id for each of them."""
    await put(here, daily())
    await here.play(NINE + timedelta(minutes=1))
    moved = await sent(here, RunKey.parse("daily@2026-11-23T09:00:00Z"))
    stop = Preference(Choice.UNSUBSCRIBED, Origin.LINK, "the reader", here.ledger.at)
    await here.services.subscriptions.prefer("daily", reader("daily").id, stop)
    chosen = Choices(Origin.LINK, "the reader", here.ledger.at, send=Send.ALWAYS)
    await here.services.subscriptions.choose("daily", reader("daily").id, chosen)
    several = tuple(replace(TEAM, id=f"{TEAM.id}:{one}", address=one) for one in (TEAM.address, "boss@tern.example"))
    now = Reader("daily", several[0].id, reader("daily").address)
    for to, named in ((several, now), ((TEAM,), reader("daily"))):
        await put(here, replace(daily(), to=to))
        assert await here.services.subscriptions.preferences("daily") == {named.id: stop}
        assert await here.services.subscriptions.choices("daily") == {named.id: chosen}
        kept = await here.services.runs.baselines([now, reader("daily")])
        assert {who: held for who, held in kept.items() if held} == {named: {"deals": moved}}


async def test_a_slot_that_waits_while_its_schedule_is_renamed_runs_under_the_new_name(here: Month) -> None:
    await put(here, daily("old"))
    await here.ledger.set(NINE + timedelta(hours=1))
    found = await put(here, daily("new", previously="old"))
    assert found.overdue == ()
    await tick(here.services)
    assert list(await here.runs()) == [("new", NINE)]


async def test_due_speaks_of_the_slot_as_it_stands_in_the_ledger(here: Month) -> None:
    await put(here, daily())
    await here.ledger.set(NINE)
    assert (await here.services.clock.due(5))[1] == (Due("daily", NINE),)


async def test_a_due_instant_that_new_rules_of_the_zone_made_wrong_is_reckoned_anew(here: Month) -> None:
    """As though it had been reckoned with the rules of another year: an hour off."""
    await put(here, daily(spread=600), daily("other"), daily("late"))
    await here.play(NINE + timedelta(hours=1))
    was = await here.services.clock.pending(["daily", "other", "late"])
    client = here.ledger.scripts.client
    for name, at in (("daily", was["daily"] - timedelta(hours=1)), ("late", NINE - timedelta(hours=1))):
        await client.zadd("tern:due", {name: int(at.timestamp() * 1000)})
    assert await recompute_due(here.services) == 1
    assert await here.services.clock.pending(["daily", "other"]) == {"daily": was["daily"], "other": was["other"]}
    assert (await here.services.clock.pending(["late"]))["late"] == NINE - timedelta(hours=1), (
        "it has come: it was expected"
    )
    assert await recompute_due(here.services) == 0


async def test_reckoning_anew_leaves_what_an_edit_put_off_and_an_empty_ledger_alone(here: Month) -> None:
    assert await recompute_due(here.services) == 0
    await put(here, daily())
    await here.play(NINE + timedelta(hours=1))
    await put(here, daily(hour=12))
    assert await recompute_due(here.services) == 0
    assert await here.services.clock.pending(["daily"]) == {"daily": NINE + DAY + timedelta(hours=3)}


async def test_what_a_clock_that_was_ahead_once_made_due_is_taken_back_and_doctor_says_so(here: Month) -> None:
    """Redis's clock was a year ahead for a while: each schedule waits for a slot that its trigger names."""
    await put(here, daily(), daily("quarter", minute=15), daily("calm", hour=11))
    was = await here.services.clock.pending(["daily", "quarter", "calm"])
    client = here.ledger.scripts.client
    for name in ("daily", "quarter"):
        far = was[name] + timedelta(days=365)
        await client.zadd("tern:due", {name: int(far.timestamp() * 1000)})
        await client.hset("tern:last", name, int((far - DAY).timestamp() * 1000))
    found = await due_ahead(here.services.deployments, here.services.clock, here.services.triggers)
    assert [one.level for one in found] == [Level.FAIL]
    assert all(name in found[0].sentence for name in ("daily", "quarter"))
    assert "calm" not in found[0].sentence
    assert await recompute_due(here.services) == 2
    assert await here.services.clock.pending(["daily", "quarter", "calm"]) == was
    assert await due_ahead(here.services.deployments, here.services.clock, here.services.triggers) == []


async def test_a_slot_that_an_edit_put_off_is_not_ahead(here: Month) -> None:
    await put(here, daily())
    await here.play(NINE + timedelta(hours=1))
    await put(here, daily(hour=12))
    assert await due_ahead(here.services.deployments, here.services.clock, here.services.triggers) == []
