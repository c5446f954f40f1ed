"""`cc` of an entry, over a real mail server: one mail, several recipients, and what becomes of each of them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from tests.regressions.helpers import to_its_end
from tests.support.in_process import SCHEDULE, InProcessRun, in_process_run
from tests.support.installation import SHORT
from tests.support.patience import PATIENCE
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.redis_store import steps, together
from worker.adapters.redis_store.together import sent
from worker.documents.explained import explained_document
from worker.documents.plan import plan_document
from worker.domain.choices import Choices
from worker.domain.delivery import Delivery, DeliveryState, Reader
from worker.domain.reason import Reason
from worker.domain.run import RunState
from worker.domain.subscription import Choice, Origin, Preference
from worker.entry.project_dir import bundle_of
from worker.errors import RequestError
from worker.flow.deploy.plan import plan
from worker.flow.operate.bounces import Followed, suspend_bounced, suspend_vouched_for
from worker.flow.operate.explain import explain
from worker.flow.operate.forget import forget
from worker.flow.operate.on_demand import request
from worker.flow.operate.preview import send_to
from worker.flow.operate.replay import replay
from worker.flow.operate.same_address import same_address
from worker.flow.operate.subscriptions import Author, State, listed, pause, resume
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce
from worker.ports.bounces import BounceReport

SALES, BOSS, CHIEF = "sales@acme.example", "boss@acme.example", "chief@acme.example"
WITH_COPIES = SCHEDULE.replace(f"address: {SALES}", f"address: {SALES}, cc: [{BOSS}, {CHIEF}]")
BY = Author(Origin.CLI, "ops")


@pytest.fixture
async def story(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[InProcessRun]:
    """The schedule `week` with one reader and two copies, deployed."""
    async with in_process_run(empty_redis.url, tmp_path / "project", replace(SHORT, delivery_lease=60.0)) as here:
        await here.deploy(WITH_COPIES)
        yield here


async def commands_of(story: InProcessRun, patch: pytest.MonkeyPatch) -> int:
    """How many the delivery of one mail sends to Redis."""
    counted = list[int]()

    async def counting(client: Any, commands: Any) -> Any:
        counted.append(len(commands))
        return await sent(client, commands)

    (delivery,) = await produce(story.services, await request(story.services, "week", None, None))
    with patch.context() as here:
        for module in (together, steps):
            here.setattr(module, "sent", counting)
        await deliver(story.services, delivery)
    return sum(counted)


async def test_a_mail_with_copies_asks_two_things_more_than_one_without(
    story: InProcessRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is said of its copies, and what is suspended. Whom the definition names is read once for a deployment.
    Whether the server answers is asked again after some seconds, which a slow machine takes between two mails.
    """
    monkeypatch.setattr("worker.adapters.redis_store.circuits.REPORTED", PATIENCE)
    found = list[int]()
    for schedule in (SCHEDULE, WITH_COPIES):
        await story.deploy(schedule)
        await commands_of(story, monkeypatch)  # which also reads what is kept from then on
        found.append(await commands_of(story, monkeypatch))
    without, with_copies = found
    assert with_copies - without == 2, found


def boxes(story: InProcessRun) -> list[tuple[str, str]]:
    """Of each mail that the server took: its recipients, and its header Cc. Without notices to the operator."""
    taken = [(item.meta["to"], message_from_bytes(item.body)) for item in story.box.outbox.of("eml")]
    return [(to, " ".join((mail["Cc"] or "").split())) for to, mail in taken if not to.startswith("ops@")]


async def one_run(story: InProcessRun) -> tuple[RunState, Delivery]:
    run, rows = await story.run()
    return run.state, next(row for row in rows if row.key.reader == f"team|{SALES}")


async def states(story: InProcessRun) -> dict[str, State]:
    return {row.reader.address: row.state for row in await listed(story.services, "week") if row.copy}


async def test_copies_are_recipients_of_the_readers_mail_and_count_in_its_delivery(story: InProcessRun) -> None:
    state, row = await one_run(story)
    assert boxes(story) == [(f"{SALES}, {BOSS}, {CHIEF}", f"{BOSS}, {CHIEF}")]
    assert (state, row.state, row.reason, row.sentence) == (RunState.DELIVERED, DeliveryState.SENT, None, "")
    assert len(await story.services.lookups.deliveries(row.key.run)) == 1


async def test_a_refused_copy_is_named_and_suspended_and_left_out_of_the_next_mail(story: InProcessRun) -> None:
    story.box.mail.faults.refuse(BOSS, 550)
    state, row = await one_run(story)
    assert (state, row.state, row.reason) == (RunState.DELIVERED, DeliveryState.SENT, Reason.COPIES_MISSING)
    assert row.sentence == f"no copy to {BOSS}: 550 5.1.1 rcpt: No such user here"
    assert row.parts[0].state is DeliveryState.SENT
    assert await story.baselines()
    assert await states(story) == {BOSS: State.SUSPENDED, CHIEF: State.ACTIVE}
    story.step()
    _, after = await one_run(story)
    assert boxes(story) == [(f"{SALES}, {CHIEF}", f"{BOSS}, {CHIEF}"), (f"{SALES}, {CHIEF}", CHIEF)]
    assert after.sentence == f"no copy to {BOSS}: this address is suspended"


async def test_a_copy_that_is_refused_for_now_is_told_and_not_sent_later(story: InProcessRun) -> None:
    story.box.mail.faults.refuse(BOSS, 450)
    _, row = await one_run(story)
    assert (row.state, row.reason) == (DeliveryState.SENT, Reason.COPIES_MISSING)
    assert set((await states(story)).values()) == {State.ACTIVE}
    await to_its_end(story, row.key.run)
    assert [to for to, _ in boxes(story)] == [f"{SALES}, {CHIEF}"]


async def test_each_of_many_refused_copies_is_told(story: InProcessRun) -> None:
    many = [f"somebody.with.a.long.name.{number}@acme.example" for number in range(20)]
    await story.deploy(WITH_COPIES.replace(f"[{BOSS}, {CHIEF}]", f"[{', '.join(many)}]"))
    for one in many:
        story.box.mail.faults.refuse(one, 450)
    _, row = await one_run(story)
    found = await explain(story.services, str(row.key.run))
    assert isinstance(found, tuple)
    (shown,) = explained_document(*found, ())["deliveries"]
    assert shown["copies"] == dict.fromkeys(many, "refused")


async def test_nobody_gets_a_copy_of_a_mail_that_its_reader_does_not_get(story: InProcessRun) -> None:
    story.box.mail.faults.refuse(SALES, 550)
    state, row = await one_run(story)
    assert (state, row.state, boxes(story)) == (RunState.FAILED, DeliveryState.REFUSED, [])


async def test_a_mail_that_is_put_off_is_sent_to_all_once(story: InProcessRun) -> None:
    story.box.mail.faults.refuse(SALES, 450)
    _, row = await one_run(story)
    assert (row.state, boxes(story)) == (DeliveryState.DEFERRED, [])
    await to_its_end(story, row.key.run)
    assert boxes(story) == [(f"{SALES}, {BOSS}, {CHIEF}", f"{BOSS}, {CHIEF}")]


@pytest.mark.parametrize(
    ("choice", "words", "state"),
    [
        (Choice.PAUSED, "messages to this address are paused", State.PAUSED),
        (Choice.UNSUBSCRIBED, "this address is unsubscribed", State.UNSUBSCRIBED),
    ],
)
async def test_who_wants_no_copies_is_left_out_and_that_is_shown(
    story: InProcessRun, choice: Choice, words: str, state: State
) -> None:
    now = await story.services.clock.now()
    await story.services.subscriptions.prefer(
        "week", f"cc:team|{BOSS}", Preference(choice, Origin.LINK, "a reader", now)
    )
    _, row = await one_run(story)
    assert boxes(story) == [(f"{SALES}, {CHIEF}", CHIEF)]
    assert (row.reason, row.sentence) == (None, f"no copy to {BOSS}: {words}")
    assert await states(story) == {BOSS: state, CHIEF: State.ACTIVE}
    found = await explain(story.services, str(row.key.run))
    assert isinstance(found, tuple)
    (shown,) = explained_document(*found, ())["deliveries"]
    assert shown["copies"] == {BOSS: str(choice.replace("paused", "muted")), CHIEF: None}


async def test_an_unsubscribed_copy_comes_back_by_the_definition(story: InProcessRun) -> None:
    """No mail has a link of its own for it."""
    said = Preference(Choice.UNSUBSCRIBED, Origin.LINK, "the reader", await story.services.clock.now())
    await story.services.subscriptions.prefer("week", f"cc:team|{BOSS}", said)
    with pytest.raises(RequestError, match="take the address out of `cc`, deploy, and write it there again"):
        await resume(story.services, "week", BOSS)


async def test_a_copy_is_paused_and_resumed_by_its_address(story: InProcessRun) -> None:
    assert (await pause(story.services, "week", BOSS, BY, None)).copy
    await one_run(story)
    assert await resume(story.services, "week", f"team|{BOSS}")
    await one_run(story)
    assert [to for to, _ in boxes(story)] == [f"{SALES}, {CHIEF}", f"{SALES}, {BOSS}, {CHIEF}"]


async def test_an_entrys_id_is_that_of_its_reader(story: InProcessRun) -> None:
    assert (await pause(story.services, "week", "team", BY, None)).reader.address == SALES


async def test_a_second_try_is_the_same_mail_although_a_copy_was_paused_meanwhile(story: InProcessRun) -> None:
    """What may have arrived is repeated as it was, so that the receiver can tell that it is the same."""
    story.box.mail.faults.drop()
    _, row = await one_run(story)
    assert row.state is DeliveryState.UNKNOWN
    await pause(story.services, "week", BOSS, BY, None)
    rows = await to_its_end(story, row.key.run)
    assert (rows[0].state, rows[0].resent) == (DeliveryState.SENT, True)
    first, second = (item.body for item in story.box.outbox.of("eml"))
    assert first == second


async def test_a_delivery_with_a_copy_left_out_is_made_again_from_the_ledger(story: InProcessRun) -> None:
    await pause(story.services, "week", BOSS, BY, None)
    await one_run(story)
    run, _ = await story.run()
    await resume(story.services, "week", BOSS)
    assert [one.equal async for one in replay(story.services, run)] == [True]


@pytest.mark.parametrize("vouched", [False, True])
async def test_a_bounce_of_a_copy_suspends_that_address_alone(story: InProcessRun, vouched: bool) -> None:  # two ways
    _, row = await one_run(story)
    report = BounceReport("" if vouched else row.key.digest, BOSS.upper(), "5.1.1 gone", address_at_fault=True)
    if vouched:
        result = await suspend_vouched_for(story.services, "mail", report)
    else:
        (result,) = await suspend_bounced(story.services, [report])
    assert result.followed is Followed.SUSPENDED
    assert await states(story) == {BOSS: State.SUSPENDED, CHIEF: State.ACTIVE}
    assert [one.state for one in await listed(story.services, "week") if not one.copy] == [State.ACTIVE]


async def test_a_bounce_of_a_copy_that_was_left_out_is_not_ours(story: InProcessRun) -> None:
    await pause(story.services, "week", BOSS, BY, None)
    _, row = await one_run(story)
    report = BounceReport(row.key.digest, BOSS, "5.1.1 gone", address_at_fault=True)
    assert [one.followed for one in await suspend_bounced(story.services, [report])] == [Followed.NOT_OURS]


async def test_a_forgotten_address_of_a_copy_is_in_no_delivery_and_no_suspension(story: InProcessRun) -> None:
    story.box.mail.faults.refuse(BOSS, 550)
    _, row = await one_run(story)
    await story.deploy(WITH_COPIES.replace(f"{BOSS}, ", ""))
    gone = await forget(story.services, BOSS.upper())
    assert gone.named == ()
    (kept,) = [one for one in await story.services.lookups.deliveries(row.key.run) if one.key == row.key]
    assert (kept.state, kept.sentence) == (row.state, "it named an address that was forgotten on request")
    assert await story.services.deliveries.suspended([f"address mail {BOSS}"]) == {}


async def test_a_schedule_that_names_a_forgotten_address_in_cc_is_told(story: InProcessRun) -> None:
    assert (await forget(story.services, CHIEF)).named == ("week",)


async def test_copies_come_back_with_every_choice_of_the_reader(story: InProcessRun) -> None:
    """A run keeps the entry of a reader who chose something; who gets copies is not kept with it."""
    now = await story.services.clock.now()
    made = Choices(Origin.LINK, "a reader", now, locale="de_DE")
    await story.services.subscriptions.choose("week", f"team|{SALES}", made)
    run, _ = await story.run()
    kept = await story.services.lookups.subscribed(run.key)
    assert [(entry.locale, entry.cc) for entry in kept.values()] == [("de_DE", ())]
    assert [to for to, _ in boxes(story)] == [f"{SALES}, {BOSS}, {CHIEF}"]


async def test_who_stops_everything_on_a_page_of_their_own_stops_copies_too(story: InProcessRun) -> None:
    await story.deploy(WITH_COPIES + f"  - {{id: own, channel: mail, address: {BOSS}}}\n")
    bundle = bundle_of(story.place)
    found = await same_address(story.services, bundle, BOSS.upper())
    assert {reader.id: sent.copy for reader, sent in found.items()} == {f"own|{BOSS}": False, f"cc:team|{BOSS}": True}
    said = Preference(Choice.UNSUBSCRIBED, Origin.LINK, "the reader", await story.services.clock.now())
    await story.services.subscriptions.stop_all([(one.schedule, one.id) for one in found], said)
    await one_run(story)
    assert [to for to, _ in boxes(story)] == [f"{SALES}, {CHIEF}"]
    assert await same_address(story.services, bundle, BOSS) == {}


async def test_several_addresses_of_an_entry_are_readers_of_their_own(story: InProcessRun) -> None:
    """Each with a mail, a state and a baseline; a refusal of one is nothing to the other."""
    await story.deploy(SCHEDULE.replace(f"address: {SALES}", f"address: [{SALES}, {BOSS}]"))
    story.box.mail.faults.refuse(BOSS, 550)
    run, rows = await story.run()
    told = {row.key.reader: row.state for row in rows if not row.notice}
    assert told == {f"team:{SALES}|{SALES}": DeliveryState.SENT, f"team:{BOSS}|{BOSS}": DeliveryState.REFUSED}
    assert run.state is RunState.PARTIAL
    assert boxes(story) == [(SALES, "")]
    sales, boss = (Reader("week", f"team:{one}", one) for one in (SALES, BOSS))
    assert await story.baselines(sales)
    assert not await story.baselines(boss)


async def test_copies_are_sent_of_alerts_too_and_of_no_test(story: InProcessRun) -> None:
    rules = 'alerts: [{id: any, for_each: deals, if: "row.value >= 0.0"}]\nto:\n'
    await story.deploy(WITH_COPIES.replace("to:\n", rules, 1))
    run, rows = await story.run()
    assert {row.state for row in rows} == {DeliveryState.SENT}
    assert boxes(story) == [(f"{SALES}, {BOSS}, {CHIEF}", f"{BOSS}, {CHIEF}")] * 2
    bundle = bundle_of(story.place)
    tried = await send_to(story.services, bundle, bundle.schedules["week"], None, "mail", "me@acme.example")
    assert not tried.failed
    assert boxes(story)[2] == ("me@acme.example", "")
    assert run.state is RunState.DELIVERED


async def test_answers_go_where_the_digest_says(story: InProcessRun) -> None:
    await story.deploy(SCHEDULE.replace("digest: {", "digest: {reply_to: Umsatz Büro <revops@acme.example>, "))
    await one_run(story)
    (item,) = story.box.outbox.of("eml")
    answers = str(message_from_bytes(item.body, policy=policy.default)["Reply-To"])
    assert answers == "Umsatz Büro <revops@acme.example>"


async def test_a_plan_counts_copies_and_names_them(story: InProcessRun) -> None:
    found = await plan(story.services, bundle_of(story.place), 7)
    assert {(one.address, one.count) for one in found.messages} == {(SALES, 1), (BOSS, 1), (CHIEF, 1)}
    (told,) = plan_document(found)["schedules"]
    assert told["copies"] == [{"entry": "team", "cc": [BOSS, CHIEF]}]


@pytest.mark.parametrize("name", ["Acme Sales", "Büro & <b>Söhne</b>"])
async def test_the_brand_of_the_deployment_stands_in_the_mail(story: InProcessRun, name: str) -> None:
    config = story.place / "funnelbeat.yaml"
    plain = config.read_text("utf-8")
    for brand in ("First", name):
        config.write_text(f"{plain}brand: {{logo_text: {brand}}}\n", "utf-8")
        await story.deploy(SCHEDULE)
        await one_run(story)
    first, second = (message_from_bytes(item.body, policy=policy.default) for item in story.box.outbox.of("eml"))
    assert text_of(first).startswith("First\n")
    assert text_of(second).startswith(f"{name}\n")


def text_of(mail: Any) -> str:
    return str(mail.get_body(("plain",)).get_content()).replace("\r\n", "\n")


async def test_what_a_copy_said_outlives_a_deployment_and_ends_with_its_place_in_the_file(story: InProcessRun) -> None:
    """As a reader's. The owner of the definition can begin anew by taking the address out."""
    await pause(story.services, "week", BOSS, BY, None)
    await story.deploy(WITH_COPIES.replace("Weekly pipeline", "Weekly"))
    assert await states(story) == {BOSS: State.PAUSED, CHIEF: State.ACTIVE}
    await story.deploy(WITH_COPIES.replace("id: team", "id: all"))
    assert await states(story) == {BOSS: State.PAUSED, CHIEF: State.ACTIVE}
    await story.deploy(WITH_COPIES.replace(f"{BOSS}, ", "").replace("id: team", "id: all"))
    await story.deploy(WITH_COPIES)
    assert await states(story) == {BOSS: State.ACTIVE, CHIEF: State.ACTIVE}


async def test_what_an_older_version_kept_of_a_copy_outlives_a_deployment_too(story: InProcessRun) -> None:
    """There the copy had the id of a reader."""
    said = Preference(Choice.PAUSED, Origin.CLI, "ops", await story.services.clock.now(), for_copies=True)
    await story.services.subscriptions.prefer("week", f"team|{BOSS}", said)
    for schedule in (WITH_COPIES.replace("Weekly pipeline", "Weekly"), WITH_COPIES.replace("id: team", "id: all")):
        await story.deploy(schedule)
        assert await states(story) == {BOSS: State.PAUSED, CHIEF: State.ACTIVE}
    await story.deploy(WITH_COPIES.replace(f"{BOSS}, ", ""))
    await story.deploy(WITH_COPIES)
    assert await states(story) == {BOSS: State.ACTIVE, CHIEF: State.ACTIVE}
    assert await story.services.subscriptions.preferences("week") == {}


async def test_a_reader_who_unsubscribed_gets_no_copies_instead_and_the_other_way_round(story: InProcessRun) -> None:
    await story.deploy(SCHEDULE + f"  - {{id: own, channel: mail, address: {BOSS}}}\n")
    await story.run()
    said = Preference(Choice.UNSUBSCRIBED, Origin.LINK, "the reader", await story.services.clock.now())
    await story.services.subscriptions.prefer("week", f"own|{BOSS}", said)
    await story.deploy(WITH_COPIES)
    assert await states(story) == {BOSS: State.UNSUBSCRIBED, CHIEF: State.ACTIVE}
    assert not await story.baselines(Reader("week", "cc:team", BOSS))
    await story.deploy(SCHEDULE + f"  - {{id: again, channel: mail, address: {BOSS}}}\n")
    assert await story.services.subscriptions.preferences("week") == {f"again|{BOSS}": said}
