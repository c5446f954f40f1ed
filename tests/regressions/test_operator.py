"""The operator hears of each failed run and of each suspension, in a message of its own kind."""

from tests.regressions.helpers import mails, row_of
from tests.support.in_process import SCHEDULE, InProcessRun
from tests.support.suspending import suspend
from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState
from worker.domain.run import Run
from worker.flow.operate.on_demand import request, run_here
from worker.flow.operate.replay import replay
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce
from worker.flow.run.tick import tick

OPS = "ops@acme.example"
BOSS = "boss@acme.example"


async def notices(story: InProcessRun, run: Run) -> list[Delivery]:
    return [row for row in await story.services.lookups.deliveries(run.key) if row.notice is not None]


async def whole(story: InProcessRun) -> Run:
    """A run in the foreground, with what the operator is to hear of it."""
    key = await request(story.services, "week", None, None)
    await run_here(story.services, key)
    run = await story.services.lookups.run(key)
    assert run is not None
    return run


def told(story: InProcessRun) -> list[str]:
    """What the operator's mails say, oldest first."""
    found = [item for item in story.box.outbox.of("eml") if item.meta["to"] == OPS]
    return [item.body.decode("utf-8", "replace") for item in found]


async def test_the_operator_hears_of_a_suspension_once_and_is_told_what_to_type(three: InProcessRun) -> None:
    three.box.mail.faults.refuse(BOSS, 550)
    run = await whole(three)
    (row,) = await notices(three, run)
    assert row.state is DeliveryState.SENT
    (mail,) = told(three)
    assert f"Subject: Suspended: {BOSS}" in mail
    assert "funnelbeat retry week@" in mail
    three.step()
    await whole(three)
    assert mails(three)[OPS] == 1


async def test_a_suspension_on_the_same_day_after_a_deployment_is_only_counted(three: InProcessRun) -> None:
    for _ in range(3):
        three.box.mail.faults.refuse(BOSS, 550)
        await whole(three)
        await three.services.deliveries.lift([f"address mail {BOSS}"])
        three.step()
    assert mails(three)[OPS] == 1


async def test_the_operator_hears_of_a_run_that_reached_nobody(week: InProcessRun) -> None:
    folder = week.place / "templates" / "pipeline"
    folder.mkdir(parents=True)
    (folder / "email.txt.j2").write_text("{{ digest.dealz }}", encoding="utf-8")
    await week.deploy(SCHEDULE)
    run = await whole(week)
    assert run.state == "failed"
    (mail,) = told(week)
    assert "Subject: Failed: Weekly pipeline, " in mail
    assert "dealz" in mail
    await whole(week)
    assert mails(week)[OPS] == 1, "one a day of each cause"


async def test_a_clock_has_a_worker_tell_of_a_run_that_reached_nobody(week: InProcessRun) -> None:
    """The worker that settled its last delivery knows nobody to tell, or died before it could."""
    week.box.mail.faults.refuse("sales@acme.example", 554)
    run, _ = await week.run()
    await tick(week.services)
    (key,) = await produce(week.services, run.key)
    assert key == DeliveryKey(run.key, f"operator|{OPS}")
    assert await deliver(week.services, key) is DeliveryState.SENT
    assert await produce(week.services, run.key) == ()


async def test_a_notice_is_made_again_as_it_was(three: InProcessRun) -> None:
    three.box.mail.faults.refuse(BOSS, 550)
    run = await whole(three)
    (row,) = await notices(three, run)
    (found,) = [one async for one in replay(three.services, run) if one.row.key == row.key]
    assert found.equal, found.causes


async def test_a_notice_that_is_refused_makes_no_other(three: InProcessRun) -> None:
    three.box.mail.faults.refuse(BOSS, 550)
    three.box.mail.faults.refuse(OPS, 550)
    run = await whole(three)
    (row,) = await notices(three, run)
    assert row.state is DeliveryState.REFUSED
    assert set(await three.services.deliveries.suspended([f"address chat {OPS}"])) == {f"address chat {OPS}"}


async def test_a_notice_whose_own_channel_is_suspended_waits_for_it(three: InProcessRun) -> None:
    """Both channels of the sandbox take its address, and the first of them is taken."""
    await suspend(three.services, "channel chat", "token_revoked")
    three.box.mail.faults.refuse(BOSS, 550)
    run = await whole(three)
    (row,) = await notices(three, run)
    assert (row.state, row.reason) == (DeliveryState.DEFERRED, "suspended")
    assert row_of(await three.services.lookups.deliveries(run.key), "boss").state is DeliveryState.REFUSED


async def test_without_an_operator_nobody_is_told_and_nothing_is_left_to_do(week: InProcessRun) -> None:
    project = week.place / "funnelbeat.yaml"
    project.write_text(project.read_text(encoding="utf-8").replace(f", operator: {OPS}", ""), encoding="utf-8")
    await week.deploy(SCHEDULE)
    week.box.mail.faults.refuse("sales@acme.example", 554)
    run = await whole(week)
    assert await notices(week, run) == []
    assert (await week.services.clock.sweep(10)).runs == ()


async def test_another_operator_is_told_that_the_first_ones_own_channel_is_suspended(three: InProcessRun) -> None:
    """A second list of addresses: the notice about the only mail channel waited for that channel."""
    project = three.place / "funnelbeat.yaml"
    both = "operator: [{channel: mail, address: " + OPS + "}, {channel: chat, address: C0000000042}]"
    project.write_text(project.read_text(encoding="utf-8").replace(f"operator: {OPS}", both), encoding="utf-8")
    await three.deploy((three.place / "schedules" / "week.yaml").read_text(encoding="utf-8"))
    three.box.mail.faults.refuse(BOSS, 550)
    await suspend(three.services, f"address mail {OPS}", "550 no such user")
    run = await whole(three)
    (row,) = await notices(three, run)
    assert (row.state, row.key.address) == (DeliveryState.SENT, "C0000000042")
    assert told(three) == []
    posts = [item.body.decode() for item in three.box.outbox.of("slack")]
    assert any(f"Suspended: {BOSS}" in post for post in posts)


async def test_a_refused_notice_is_told_to_another_operator(three: InProcessRun) -> None:
    project = three.place / "funnelbeat.yaml"
    both = f"operator: [{OPS}, C0000000042]"
    project.write_text(project.read_text(encoding="utf-8").replace(f"operator: {OPS}", both), encoding="utf-8")
    await three.deploy((three.place / "schedules" / "week.yaml").read_text(encoding="utf-8"))
    three.box.mail.faults.refuse(BOSS, 550)
    three.box.mail.faults.refuse(OPS, 550)
    run = await whole(three)
    rows = {row.key.address: row for row in await notices(three, run)}
    assert rows[OPS].state is DeliveryState.REFUSED
    assert rows["C0000000042"].notice is not None
    assert OPS in rows["C0000000042"].notice.subject
