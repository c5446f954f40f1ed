"""Alerts run by run over a real Redis: what fires, waits, fails and ends, and what readers are told of it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.domain.builders import deal
from tests.support.watched import MINUTE, START, TEAM, Watched, watched
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.redis_store.alerts_codec import silence_text
from worker.domain.alert.silence import AlertFilter, Matcher, Silence
from worker.domain.alert.state import Acknowledgement, Withheld
from worker.domain.alert.subject import Operand
from worker.domain.delivery import DeliveryState
from worker.domain.reason import Reason
from worker.domain.run import RunState
from worker.domain.schedule import Subscription
from worker.domain.snapshot.snapshot import Kind
from worker.domain.subscription import Origin, SubscriptionRecord
from worker.flow.alert.explain import FindingEnd, explain_run

BIG, SMALL = 100_000, 100
QUIET = TEAM[:-1] + ", quiet_hours: {from: '09:00', to: '18:00'}, timezone: UTC}"


async def test_a_deal_that_fires_is_named_once_and_its_end_is_told(watch: Watched) -> None:
    for value in (BIG, BIG, SMALL, SMALL):
        await watch.run([deal("a", value), deal("b", SMALL)])
    assert await watch.told() == [("team", "a", "first"), ("team", "a", "resolved")]
    states = [(run.state, run.reason, run.notified) for run in await watch.runs()]
    assert states == [
        (RunState.DELIVERED, None, 1),
        (RunState.SKIPPED, Reason.NO_ALERT, 0),
        (RunState.DELIVERED, None, 1),
        (RunState.SKIPPED, Reason.NO_ALERT, 0),
    ]


async def test_a_schedule_without_readers_of_digests_runs_for_its_alerts(
    empty_redis: EmbeddedRedis, tmp_path: Path
) -> None:
    own = ", notify: [{id: boss, channel: mail, address: boss@acme.example}]"
    async with watched(empty_redis.url, tmp_path / "p", to="", rule=own) as watch:
        await watch.run([deal("a", SMALL)])
        await watch.run([deal("a", BIG)])
        assert await watch.told() == [("boss", "a", "first")]
        assert [run.reason for run in await watch.runs()] == [Reason.NO_ALERT, None]


async def test_a_source_that_fails_resolves_nothing_and_the_operator_hears_of_it_once(watch: Watched) -> None:
    await watch.run([deal("a", BIG)])
    watch.rows = None
    for _ in range(5):
        key = await watch.claimed()
        await watch.ledger.set(watch.slot + 31 * MINUTE)
        await watch.work([key])
        watch.slot = watch.ledger.at
    state = await watch.state()
    assert (state.missing, set(state.alerts)) == (5, {"a", "(no data)"})
    notices = [
        row.notice
        for run in await watch.runs()
        for row in await watch.services.lookups.deliveries(run.key)
        if row.notice is not None and row.notice.reason in {Reason.NO_DATA, Reason.DATA_BACK}
    ]
    assert [one.reason for one in notices] == [Reason.NO_DATA]
    await watch.run([deal("a", BIG)])
    assert await watch.told() == [("team", "a", "first")]
    back = [row.notice for row in await watch.services.lookups.deliveries((await watch.runs())[-1].key)]
    assert {one.reason for one in back if one is not None} == {Reason.TROUBLE_OVER, Reason.DATA_BACK}


async def test_a_run_that_failed_counts_once_though_its_worker_died(watch: Watched) -> None:
    watch.rows, watch.deadly = None, ["run.failed"]
    key = await watch.claimed()
    await watch.ledger.set(watch.slot + 31 * MINUTE)
    await watch.work([key])
    await watch.pass_time()
    assert (await watch.state()).missing == 1


async def test_a_run_that_its_workers_died_over_counts_as_one_without_data(watch: Watched) -> None:
    watch.rows, watch.deadly = [deal("a", BIG)], ["run.fetched"] * 5
    await watch.work([await watch.claimed()])
    for _ in range(8):
        await watch.pass_time()
    (run,) = await watch.runs()
    assert (run.state, run.reason) == (RunState.FAILED, Reason.ABANDONED)
    assert (await watch.state()).missing == 1


async def test_what_waits_in_quiet_hours_is_told_with_what_came_later(
    empty_redis: EmbeddedRedis, tmp_path: Path
) -> None:
    async with watched(empty_redis.url, tmp_path / "p", to=QUIET) as watch:
        await watch.run([deal("a", BIG), deal("b", SMALL), deal("c", BIG)])
        await watch.run([deal("a", BIG), deal("b", BIG), deal("c", SMALL)])
        rows = await watch.alert_rows()
        assert [(row.state, row.reason) for row in rows] == [
            (DeliveryState.SKIPPED, Reason.SUPERSEDED),
            (DeliveryState.DEFERRED, Reason.QUIET_HOURS),
        ]
        assert watch.left == {}
        await watch.pass_time(timedelta(hours=10))
        assert {subject for _, subject, _ in await watch.told()} == {"a", "b", "c"}
        one = await watch.services.alerts.notification(rows[1].key.run, rows[1].content)
        assert one is not None
        assert [finding.facts.key for finding in one.findings if finding.over_since] == ["c"]
        first = await explain_run(watch.services, rows[0].key.run)
        second = await explain_run(watch.services, rows[1].key.run)
        assert first is not None
        assert second is not None
        assert (first.balance.ends, first.balance.even) == ({FindingEnd.CARRIED: 2}, True)
        assert second.balance.ends == {FindingEnd.SENT: 2}


async def test_a_silence_keeps_quiet_and_at_its_end_what_still_fires_is_told(watch: Watched) -> None:
    until = START + 12 * MINUTE
    silence = Silence("s1", (Matcher("rule", "=", "big"),), "Ann", "at the fair", START, until)
    await watch.services.alerts.silence(silence)
    for _ in range(4):
        await watch.run([deal("a", BIG)])
    assert await watch.told() == [("team", "a", "after_silence")]
    first = await explain_run(watch.services, (await watch.runs())[0].key)
    assert first is not None
    assert [(one.subject, one.why, one.detail) for one in first.kept] == [("a", "silenced", "s1")]


async def test_a_stored_silence_that_cannot_be_read_keeps_nothing_quiet_and_stops_no_run(watch: Watched) -> None:
    """As an earlier version, or a hand, may have written it."""
    now = watch.ledger.at
    broken = Silence("s1", (Matcher("subject", "=~", "(a"),), "Ann", "at the fair", now, now + timedelta(days=9))
    await watch.ledger.scripts.client.hset("acme:silences", "s1", silence_text(broken))
    for value in (BIG, SMALL):
        await watch.run([deal("a", value)])
    assert await watch.told() == [("team", "a", "first"), ("team", "a", "resolved")]
    assert [one.id for one in await watch.services.alerts.silences()] == ["s1"]


async def test_an_acknowledgement_stops_repeats_until_the_end(empty_redis: EmbeddedRedis, tmp_path: Path) -> None:
    async with watched(empty_redis.url, tmp_path / "p", rule=", repeat: 5m") as watch:
        await watch.run([deal("a", BIG)])
        (run,) = await watch.runs()
        record = await watch.services.alerts.record(run.key)
        assert record is not None
        ((name,),) = record.reasons.values()
        await watch.run([deal("a", BIG)])
        await watch.services.alerts.acknowledge("week", Acknowledgement(name, "Ann", watch.ledger.at))
        await watch.run([deal("a", BIG)])
        await watch.run([deal("a", BIG * 2)])
        await watch.run([deal("a", SMALL)])
        assert [reason for _, _, reason in await watch.told()] == ["first", "repeat", "worse", "resolved"]
        assert (await watch.services.alerts.memory("week")).acks == {}


async def test_a_reader_whom_nothing_reached_is_not_told_of_the_end(watch: Watched) -> None:
    watch.deadly = []
    first = await watch.claimed()
    watch.rows = [deal("a", BIG)]
    await watch.ledger.scripts.client.hset("acme:suspended", "address mail sales@acme.example", "550 gone")
    await watch.work([first])
    await watch.ledger.scripts.client.delete("acme:suspended")
    last = await watch.run([deal("a", SMALL)])
    assert await watch.told() == []
    explained = await explain_run(watch.services, last)
    assert explained is not None
    assert [one.why for one in explained.kept] == ["no_reader"]


@pytest.mark.parametrize("later", [True, False])
async def test_two_runs_at_once_tell_each_alert_once(watch: Watched, later: bool) -> None:
    watch.rows = [deal("a", BIG)]
    keys = [await watch.claimed(), await watch.claimed()]
    await watch.work(keys if later else keys[::-1])
    assert await watch.told() == [("team", "a", "first")]


async def test_alerts_over_the_cap_are_counted_first_in_the_message_at_its_end(
    empty_redis: EmbeddedRedis, tmp_path: Path
) -> None:
    own = ", notify: [{id: boss, channel: mail, address: boss@acme.example}]"
    async with watched(empty_redis.url, tmp_path / "p", to=TEAM.replace("sales@", "boss@"), rule=own) as watch:
        project = tmp_path / "p" / "funnelbeat.yaml"
        capped = project.read_text("utf-8").replace("operator:", "cap: {messages: 1, per: 1d}, operator:")
        project.write_text(capped, encoding="utf-8")
        await watch.deploy((tmp_path / "p" / "schedules" / "week.yaml").read_text("utf-8"))
        for names in ("a", "ab", "abc"):
            await watch.run([deal(name, BIG) for name in names])
        rows = [row for run in await watch.runs() for row in await watch.services.lookups.deliveries(run.key)]
        assert [row.state for row in rows].count(DeliveryState.SENT) == 1
        assert {row.reason for row in rows if row.state is DeliveryState.SKIPPED} == {Reason.CAPPED}
        (also,) = [row for row in rows if row.key.reader.startswith("also/")]
        assert also.notice is not None
        counts = [(one.alerts, one.changes > 0) for one in also.notice.held]
        assert counts == sorted(counts, key=lambda one: one[0] == 0), "alerts come first"
        assert sum(alerts for alerts, _ in counts) + sum(1 for key in watch.left if "alert:" in key.reader) == 3
        for run in await watch.runs():
            explained = await explain_run(watch.services, run.key)
            assert explained is not None
            assert explained.balance.even
            assert set(explained.balance.ends) <= {FindingEnd.SENT, FindingEnd.HELD}
        await watch.pass_time(timedelta(days=1, minutes=1))
        assert also.key in watch.left


async def test_a_subscriber_to_one_rule_is_told_of_it_and_gets_no_digest(watch: Watched) -> None:
    entry = Subscription("eve", "mail", "eve@acme.example", "pipeline", "en_GB", "UTC")
    for name, asked in (("eve", AlertFilter(("big",))), ("south", AlertFilter((), (Matcher("team", "=", "south"),)))):
        own = replace(entry, id=name, address=f"{name}@acme.example", alerts=asked)
        assert await watch.services.subscriptions.add(SubscriptionRecord("week", own, Origin.CLI, "ops", START))
    await watch.run([deal("a", BIG)])
    assert await watch.told() == [("eve", "a", "first"), ("team", "a", "first")]
    rows = [row for run in await watch.runs() for row in await watch.services.lookups.deliveries(run.key)]
    assert sorted(row.key.reader for row in rows) == [
        "alert:eve|eve@acme.example",
        "alert:team|sales@acme.example",
        "team|sales@acme.example",
    ]


async def test_the_states_of_rules_go_with_the_last_of_them(watch: Watched, tmp_path: Path) -> None:
    """They held a snapshot as long as the schedule was deployed."""
    await watch.run([deal("a", BIG)])
    held = (await watch.state()).snapshot
    definition = tmp_path / "project" / "schedules" / "week.yaml"
    before, _, after = definition.read_text("utf-8").partition("alerts:\n")
    await watch.deploy(before + after[after.index("to:") :].replace("on_alert", "always"))
    await watch.run([deal("a", BIG)])
    assert (await watch.services.alerts.memory("week")).states == {}
    runs = await watch.runs()
    assert [(run.state, run.reason, run.notified) for run in runs][1:] == [(RunState.DELIVERED, None, 0)]
    assert held


async def test_the_value_that_decided_is_told_in_the_currency_of_its_deal(watch: Watched) -> None:
    """The rule reads no currency; 1,000.00 EUR were told as 100,000."""
    await watch.run([deal("a", BIG)])
    (row,) = await watch.alert_rows()
    said = await watch.services.alerts.notification(row.key.run, row.content)
    assert said is not None
    assert said.findings[0].clauses[0].operands == (Operand("row.value", Kind.MONEY, BIG, "EUR"),)


async def test_what_fired_while_nobody_might_see_it_is_told_once_as_new_to_who_may_and_so_is_its_end(
    empty_redis: EmbeddedRedis, tmp_path: Path
) -> None:
    own = "to:\n  - {id: own, channel: mail, address: a@acme.example, rows: row.owner_id == 'user_ann', send: on_alert}"
    async with watched(empty_redis.url, tmp_path / "p", to=own) as watch:
        for owner, value in ((None, BIG), (None, BIG), ("user_ann", BIG), ("user_ann", BIG), ("user_ann", SMALL)):
            await watch.run([deal("a", value, owner_id=owner)])
        assert await watch.told() == [("own", "a", "new"), ("own", "a", "resolved")]
        explained = [await explain_run(watch.services, run.key) for run in await watch.runs()]
        sums = [(one.balance.fired, dict(one.balance.ends), dict(one.balance.kept)) for one in explained if one]
        told, muted = {FindingEnd.SENT: 1}, {Withheld.NO_READER: 1}
        assert sums == [(1, {}, muted), (0, {}, {}), (1, told, {}), (0, {}, {}), (1, told, {})]
