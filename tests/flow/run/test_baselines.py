"""A digest compares with the last complete answer that this reader was sent (semantics 5), row by row of the table."""

from tests.support.in_process import SCHEDULE, TEAM, InProcessRun
from worker.documents.bridge import bridge_document
from worker.domain.delivery import DeliveryState
from worker.domain.outcome import Sent
from worker.domain.reason import Reason
from worker.domain.run import RunState
from worker.entry.project_dir import bundle_of
from worker.flow.operate.preview import bridge_of, dry_run, preview, send_to

CLOSE_LIST = "GET /close/api/v1/opportunity/"


async def test_a_sent_digest_is_what_the_next_one_compares_with(week: InProcessRun) -> None:
    first, _ = await week.run()
    week.step()
    second, rows = await week.run()
    assert rows[0].compared_with is not None
    assert {query: b.slot if b else None for query, b in rows[0].compared_with.items()} == dict.fromkeys(
        ("deals", "stalled"), first.key.slot
    )
    assert {b.slot for b in (await week.baselines()).values()} == {second.key.slot}
    bridge = await bridge_of(week.services, second, rows)
    assert bridge is not None
    assert bridge_document(bridge)["EUR"]["new"] > 0


async def test_a_query_that_was_a_gap_keeps_its_baseline_while_the_others_move(week: InProcessRun) -> None:
    first, _ = await week.run()
    week.step()
    week.box.faults.arm(CLOSE_LIST, "html", times=1)
    second, rows = await week.run()
    missing = [query for query, _, _ in second.gaps]
    assert len(missing) == 1
    assert rows[0].state is DeliveryState.SENT
    slots = {query: baseline.slot for query, baseline in (await week.baselines()).items()}
    assert slots[missing[0]] == first.key.slot
    assert {slot for query, slot in slots.items() if query not in missing} == {second.key.slot}


async def test_a_run_that_brought_nothing_fails_with_a_word_to_the_operator_and_moves_no_baseline(
    week: InProcessRun,
) -> None:
    await week.run()
    before = await week.baselines()
    week.box.faults.arm("* /close/*", "status", times=1000, status=403)
    run, rows = await week.run()
    assert run.state is RunState.FAILED
    assert run.reason is Reason.SOURCE
    assert [row.key.reader for row in rows] == ["operator|ops@acme.example"]
    assert rows[0].state is DeliveryState.SENT
    assert await week.baselines() == before


async def test_previews_dry_runs_and_test_sends_move_no_baseline(week: InProcessRun) -> None:
    await week.run()
    before = await week.baselines()
    week.step()
    bundle = bundle_of(week.place)
    schedule = bundle.schedules["week"]
    seen = await preview(week.services, bundle, schedule, None)
    assert seen.digest.bridges
    assert [trial.decision.send for trial in await dry_run(week.services, bundle, schedule, None)] == [True]
    assert not (await send_to(week.services, bundle, schedule, None, "mail", "me@acme.example")).failed
    assert await week.baselines() == before


async def test_a_refused_mail_moves_no_baseline_and_the_next_digest_tells_it_all(week: InProcessRun) -> None:
    first, _ = await week.run()
    week.step()
    week.box.mail.faults.refuse("sales@acme.example", 554)
    second, rows = await week.run()
    assert rows[0].state is DeliveryState.REFUSED
    assert second.state is RunState.FAILED
    assert {b.slot for b in (await week.baselines()).values()} == {first.key.slot}


async def test_an_unclear_mail_moves_no_baseline_until_it_is_proved(week: InProcessRun) -> None:
    first, _ = await week.run()
    week.step()
    week.box.mail.faults.drop()
    second, rows = await week.run()
    assert rows[0].state is DeliveryState.UNKNOWN
    assert second.state is RunState.DELIVERING
    assert {b.slot for b in (await week.baselines()).values()} == {first.key.slot}
    await week.services.deliveries.settle(rows[0].key, rows[0].attempt, Sent("told by the operator", {}))
    run = await week.services.lookups.run(second.key)
    assert run is not None
    assert run.state is RunState.DELIVERED


async def test_an_edited_query_is_first_again_and_says_why(week: InProcessRun) -> None:
    await week.run()
    await week.deploy(SCHEDULE.replace("status_type: active}", "status_type: active, value_period: annual}", 1))
    _, rows = await week.run()
    assert rows[0].compared_with is not None
    assert rows[0].compared_with["deals"] is None
    assert rows[0].compared_with["stalled"] is not None


async def test_a_reader_who_left_and_came_back_begins_afresh(week: InProcessRun) -> None:
    await week.run()
    other = SCHEDULE.replace(
        "{id: team, channel: mail, address: sales@acme.example}", "{channel: mail, address: b@c.d}"
    )
    await week.deploy(other)
    assert await week.baselines(TEAM) == {}
    await week.deploy()
    _, rows = await week.run()
    assert set((rows[0].compared_with or {}).values()) == {None}


async def test_on_change_sends_the_first_then_stays_silent_until_something_moves(week: InProcessRun) -> None:
    await week.deploy(SCHEDULE.replace("{bridge: deals}", "{bridge: deals, send: on_change}"))
    bundle = bundle_of(week.place)
    trials = await dry_run(week.services, bundle, bundle.schedules["week"], None)
    assert trials[0].decision.send
    await week.run()
    seen = await preview(week.services, bundle, bundle.schedules["week"], None)
    assert not seen.digest.changed
    week.step()
    seen = await preview(week.services, bundle, bundle.schedules["week"], None)
    assert seen.digest.changed
