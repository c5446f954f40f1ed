"""A person or a deal is taken out of what is stored; what is left is whole and is still found."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.adapters.redis_store.test_housekeeping import Kept, answer
from tests.support.alert_changes import ANN_ALERTS, BEN_ALERTS, changes, facts, notification, rule_state
from tests.support.ledger_fixture import ANN, BEN, PROJECT, SLOT, WEEK, WEEKLY, LedgerFixture, baseline
from worker.adapters.redis_store.forget import ForgetfulSnapshots, without
from worker.adapters.redis_store.plain import pack
from worker.domain.access import FORGOTTEN, AccessToken, AuditRecord, Door, TokenScope
from worker.domain.alert.evaluation import Evaluation, Transition
from worker.domain.alert.notification import OpenAlert
from worker.domain.alert.notify import WithheldReason
from worker.domain.alert.rule import Severity
from worker.domain.alert.silence import Matcher, Silence
from worker.domain.alert.state import Acknowledgement, AlertReason, Phase, Withheld
from worker.domain.delivery import DeliveryKey
from worker.domain.events import DeliverySettled
from worker.domain.outcome import Sent
from worker.domain.run import RunState
from worker.domain.schedule import Subscription
from worker.domain.subscription import Choice, Origin, Preference, SubscriptionRecord
from worker.errors import LedgerError
from worker.ports import AlertRecord, Expired

ADDRESS = ANN.split("|")[1]
ROOM = "room|" + ADDRESS.upper()
NAMES = [f"{n:064x}" for n in range(600)]


async def everything(story: LedgerFixture) -> bytes:
    """All that Redis holds, as it would stand in a dump."""
    ask: Callable[..., Awaitable[Any]] = story.client.execute_command
    reading = {b"hash": ("HGETALL",), b"zset": ("ZRANGE", 0, -1), b"set": ("SMEMBERS",), b"string": ("GET",)}
    reading |= {b"stream": ("XRANGE", "-", "+"), b"list": ("LRANGE", 0, -1)}
    found = b""
    for name in await ask("KEYS", "*"):
        command, *rest = reading[await ask("TYPE", name)]
        found += name + repr(await ask(command, name, *rest)).encode()
    return found


async def test_a_reader_leaves_nothing_behind_and_the_others_everything(story: LedgerFixture) -> None:
    key, other, room = await story.delivering((ANN, BEN, ROOM))
    await story.finish(other, "sent")
    for reader in (key, room):
        attempt = await story.intend(reader)
        await story.deliveries.settle(reader, attempt, Sent("250", {"deals": baseline("s")}))
    await story.suspend(f"address mail {ADDRESS}", "550 no such user")
    await story.suspend("address mail ben@tern.example", "550 no such user")
    assert await story.upkeep.forget_reader(ADDRESS) == Expired(baselines=2, deliveries=2, suspensions=1)
    assert ADDRESS.encode() not in (await everything(story)).lower()
    assert [row.key.reader for row in await story.lookups.deliveries(key.run)] == [BEN]
    assert (await story.run(key)).state is RunState.DELIVERED
    assert await story.upkeep.forget_reader(ADDRESS) == Expired(0, 0, 0)


async def test_an_address_that_is_only_folded_alike_stays(story: LedgerFixture) -> None:
    """`ß` and `ss` are two mailboxes."""
    kept, gone = "team|stra\u00dfe@tern.example", "team|STRASSE@tern.example"
    for key in await story.delivering((kept, gone)):
        await story.finish(key, "sent")
    assert (await story.upkeep.forget_reader("strasse@tern.example")).deliveries == 1
    (run,) = await story.lookups.runs(None, 5)
    assert [row.key.reader for row in await story.lookups.deliveries(run.key)] == [kept]
    told = (await story.event_stream.after("", 100)).facts
    assert {one.fact.delivery.reader for one in told if isinstance(one.fact, DeliverySettled)} == {kept}


async def test_a_run_that_waited_only_for_the_forgotten_reader_ends(story: LedgerFixture) -> None:
    key, other = await story.delivering((ANN, BEN))
    await story.finish(other, "sent")
    await story.upkeep.forget_reader(ADDRESS)
    assert (await story.run(key)).state is RunState.DELIVERED
    await story.elapse(99999)
    assert (await story.clock.sweep(10)).deliveries == ()


async def test_a_worker_that_is_sending_to_the_forgotten_reader_writes_nothing_more(story: LedgerFixture) -> None:
    key = await story.sending((ANN, BEN))
    await story.upkeep.forget_reader(ADDRESS)
    with pytest.raises(Exception, match="no longer ours"):
        await story.deliveries.settle(key, 1, Sent("250", {"deals": baseline("s")}))
    assert await story.baseline() is None


async def test_a_deal_is_taken_out_of_every_answer_and_the_answers_keep_their_names(story: LedgerFixture) -> None:
    kept, store = Kept(story), ForgetfulSnapshots(story.client, PROJECT, rows=0)
    runs = [await kept.run(SLOT + n * WEEK, *NAMES[n:]) for n in range(3)]
    gone = NAMES[2]
    assert await store.forget_row(gone) == 3
    for number, key in enumerate(runs):
        held = dict((await story.run(key)).snapshots)["deals"]
        left = [name for name in NAMES[number:] if name != gone]
        assert await store.load(held) == answer(SLOT + number * WEEK, *left)
        assert await store.forgotten(held)
    for name in await story.client.keys("tern:table:*"):
        assert isinstance(name, bytes)
        bodies = await store.bodies(name.decode().removeprefix("tern:table:"))
        assert bodies is not None
    assert await store.forget_row(gone) == 0


async def test_what_was_forgotten_is_dropped_later_like_everything_else(story: LedgerFixture) -> None:
    kept, store = Kept(story), ForgetfulSnapshots(story.client, PROJECT, rows=0)
    runs = [await kept.run(SLOT + n * WEEK, *NAMES[n:]) for n in range(4)]
    await store.forget_row(NAMES[3])
    for key in runs[:3]:
        assert await story.upkeep.drop(key.run, SLOT + 9 * WEEK)
    held = dict((await story.run(runs[3])).snapshots)["deals"]
    assert await store.load(held) == answer(SLOT + 3 * WEEK, *NAMES[4:])
    snapshots, tables = await kept.blobs()
    assert (snapshots, tables) == (2, 2), "the last run's answer and the one that it was compared with"


async def test_an_answer_stored_after_it_is_whole_again_and_stored_by_itself(story: LedgerFixture) -> None:
    kept, store = Kept(story), ForgetfulSnapshots(story.client, PROJECT, rows=0)
    await kept.run(SLOT, *NAMES)
    await store.forget_row(NAMES[0])
    again = await store.keep(answer(SLOT + WEEK, *NAMES))
    assert await store.load(again) == answer(SLOT + WEEK, *NAMES)
    assert not await store.forgotten(again)


async def test_a_key_that_is_part_of_another_or_a_text_is_left_alone(story: LedgerFixture) -> None:
    kept, store = Kept(story), ForgetfulSnapshots(story.client, PROJECT, rows=0)
    key = await kept.run(SLOT, "12", "123", "4")
    assert await store.forget_row("1") == 0
    assert await store.forget_row("123") == 1
    held = dict((await story.run(key)).snapshots)["deals"]
    assert await store.load(held) == answer(SLOT, "12", "4")


@given(keys=st.sets(st.text("abc", min_size=1, max_size=2), min_size=1, max_size=5), data=st.data())
def test_without_a_row_is_the_answer_that_never_had_it(keys: set[str], data: st.DataObject) -> None:
    gone = data.draw(st.sampled_from(sorted(keys)))
    whole = answer(SLOT, *keys)
    assert without(whole, gone) == answer(SLOT, *(keys - {gone}))
    assert without(whole, "nobody") == whole


async def test_a_deal_and_a_reader_leave_what_is_remembered_of_alerts(story: LedgerFixture) -> None:
    key, attempt = await story.begun()
    states = {"big": rule_state("oppo_secret", "oppo_2", slot=key.slot)}
    step = Transition("oppo_secret", None, Phase.FIRING, facts("oppo_secret"), key.slot, Severity.WARNING)
    found = (Evaluation("big", key.slot, states["big"], (step,)),)
    record = AlertRecord(found, {ANN_ALERTS.id: ("f1",), BEN_ALERTS.id: ("f1",)})
    shown = notification(key, "oppo_secret", "oppo_2")
    made = replace(changes(key, states, (ANN_ALERTS, BEN_ALERTS)), record=record)
    made = replace(made, notifications=dict.fromkeys((ANN_ALERTS, BEN_ALERTS), shown))
    await story.runs.deliver(key, attempt, {}, (), {}, alerts=made)
    content = (await story.row(DeliveryKey(key, BEN_ALERTS.id))).content
    assert not await story.alerts.forgotten(key)

    assert await story.alerts.forget("oppo_secret") == 3
    assert b"secret" not in await unpacked(story)
    assert await story.alerts.forgotten(key)
    assert set((await story.alerts.memory(WEEKLY)).states["big"].alerts) == {"oppo_2"}
    left = await story.alerts.notification(key, content)
    assert left is not None
    assert [one.facts.key for one in left.findings] == ["oppo_2"]

    await story.upkeep.forget_reader("Ann@tern.example")
    assert await story.alerts.forget("Ann@tern.example") == 2
    assert b"ann@" not in await unpacked(story)
    assert b"ben@" in await unpacked(story)
    assert await story.alerts.forget("Ann@tern.example") == 0


async def test_whoever_acted_is_forgotten_and_what_was_done_stays(story: LedgerFixture) -> None:
    """Their names stood in acknowledgements, silences, tokens, others' subscriptions and the audit list."""
    key, attempt = await story.begun()
    shown = replace(notification(key), open=(OpenAlert("f2", "big", facts("oppo_2"), SLOT, acked_by=ADDRESS),))
    kept = WithheldReason("f1", "big", "oppo_1", AlertReason.REPEAT, Withheld.ACKED, ADDRESS)
    made = replace(changes(key, None, (BEN_ALERTS,)), notifications={BEN_ALERTS: shown})
    made = replace(made, record=replace(made.record, kept=(kept,)))
    await story.runs.deliver(key, attempt, {}, (), {}, alerts=made)
    now = await story.clock.now()
    ack = Acknowledgement("f1", ADDRESS.title(), now, "calling them")
    quiet = Silence("s1", (Matcher("rule", "=", "big"),), ADDRESS, "the fair", now, now + WEEK)
    token = AccessToken("t1", "robot", frozenset({TokenScope.READ}), "ab", now, ADDRESS)
    record = SubscriptionRecord(
        WEEKLY, Subscription("extra", "mail", "ben@tern.example", "pipeline", "en_GB", "UTC"), Origin.API, ADDRESS, now
    )
    pause = Preference(Choice.PAUSED, Origin.API, ADDRESS, now)
    await story.alerts.acknowledge(WEEKLY, ack)
    await story.alerts.silence(quiet)
    await story.access.add(token)
    assert await story.subscriptions.add(record)
    assert await story.subscriptions.prefer(WEEKLY, BEN, pause)
    act = AuditRecord(
        now, Door.API, ADDRESS, "subscriptions pause", f"{WEEKLY}/{ANN.upper()}", {"by": ADDRESS}, {"to": "x"}
    )
    chat = replace(act, who=f"user_ann (mail {ADDRESS})", subject="x", before={}, after={})
    other = replace(act, who="dann@tern.example", subject=BEN, before={}, after={"note": f"for {ADDRESS}.org"})
    for one in (chat, act, other):
        await story.audit.add(one)

    await story.upkeep.forget_reader(ADDRESS)
    await story.alerts.forget(ADDRESS)
    left = (await unpacked(story)).lower().replace(b"dann@tern.example", b"").replace(ADDRESS.encode() + b".org", b"")
    assert ADDRESS.encode() not in left
    assert (await story.alerts.memory(WEEKLY)).acks == {"f1": replace(ack, by=FORGOTTEN)}
    assert await story.alerts.silences() == (replace(quiet, by=FORGOTTEN),)
    assert await story.access.all() == (replace(token, by=FORGOTTEN),)
    assert [one.by for one in await story.subscriptions.records(WEEKLY)] == [FORGOTTEN]
    assert (await story.subscriptions.preferences(WEEKLY))[BEN] == replace(pause, by=FORGOTTEN)
    newest, older, oldest = await story.audit.newest(10)
    assert oldest.who == FORGOTTEN
    assert replace(newest, id="") == other, "another address that holds this one is another"
    assert (older.who, older.subject) == (FORGOTTEN, f"{WEEKLY}/TEAM|{FORGOTTEN}")
    assert (older.before, older.after) == ({"by": FORGOTTEN}, {"to": "x"})
    assert await story.audit.newest(10, before=newest.id) == (older, oldest)
    assert await story.audit.newest(1) == (newest,)
    await story.upkeep.forget_reader(ADDRESS)
    assert await story.audit.newest(10) == (newest, older, oldest)


async def test_what_another_version_wrote_of_alerts_is_named_once_all_else_is_forgotten(story: LedgerFixture) -> None:
    key, attempt = await story.begun()
    states = {"big": rule_state("oppo_secret", slot=key.slot), "huge": rule_state("oppo_secret", slot=key.slot)}
    await story.runs.deliver(key, attempt, {}, (), {}, alerts=changes(key, states, ()))
    name = f"{PROJECT}:alerts:{WEEKLY}"
    await story.client.hset(name, "big", b"1 \n" + pack({"newer": True}, 2))
    with pytest.raises(
        LedgerError, match=r"1 records of alerts cannot be read and may still name it: .* has version 2"
    ):
        await story.alerts.forget("oppo_secret")
    assert (await story.alerts.memory(WEEKLY)).states["huge"].alerts == {}


async def unpacked(story: LedgerFixture) -> bytes:
    """What `everything` shows, and what is compressed in it of alerts."""
    memory = await story.alerts.memory(WEEKLY)
    runs = await story.lookups.runs(WEEKLY, 10)
    kept = [await story.alerts.record(run.key) for run in runs]
    rows = [row for run in runs for row in await story.lookups.deliveries(run.key)]
    shown = [await story.alerts.notification(row.key.run, row.content) for row in rows]
    return await everything(story) + repr((memory, kept, shown)).encode()
