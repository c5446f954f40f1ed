"""The cap on messages to one address over a real Redis: what is over it is held, and told of in one message."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from random import Random

import pytest

from tests.flow.run.test_quiet_hours import Night
from tests.support.in_process import PROJECT, SCHEDULE, InProcessRun
from tests.support.set_clock import SetLedger
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.redis_store.connection import connect
from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState, Reader
from worker.domain.notice import Notice
from worker.domain.reason import Reason
from worker.domain.run import Claim, RunKey, RunState
from worker.domain.subscription import Choice, Origin, Preference
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce
from worker.flow.run.tick import tick

NINE = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
CAPPED = PROJECT.replace("defaults: {", "defaults: {cap: {messages: 2, per: 1d}, ")
NAMES = ("week", "alpha", "beta", "gamma", "delta")


class Office(Night):
    """Five schedules that send to one address, of which it wants two messages a day."""

    async def deploy(self) -> None:
        (self.week.place / "funnelbeat.yaml").write_text(CAPPED, encoding="utf-8")
        for name in NAMES:
            text = SCHEDULE.replace("Weekly pipeline", f"Pipeline {name}")
            (self.week.place / "schedules" / f"{name}.yaml").write_text(text, encoding="utf-8")
        await self.week.deploy(SCHEDULE)

    async def sent(self, schedule: str, at: datetime) -> Delivery:
        """The delivery of a run of `schedule` as far as it goes at once."""
        deployment = await self.services.deployments.deployed()
        assert deployment is not None
        await self.ledger.set(max(at, self.ledger.at))
        key = RunKey(schedule, at)
        await self.services.clock.request(Claim(key, deployment.bundle, "manual", at + timedelta(hours=1)), 1)
        (delivery,) = await produce(self.services, key)
        await deliver(self.services, delivery)
        return await self.row(delivery)

    async def removed_from(self, *names: str) -> None:
        """Deploys these schedules with another reader."""
        for name in names:
            file = self.week.place / "schedules" / f"{name}.yaml"
            text = file.read_text("utf-8")
            file.write_text(text.replace("sales@acme.example", "else@acme.example"), "utf-8")
        await self.week.deploy_files()

    async def tick(self) -> set[DeliveryKey]:
        """The clock ticks, and workers take what it publishes: what told of held digests."""
        swept = await self.services.clock.sweep(100)
        for key in swept.deliveries:
            await deliver(self.services, key)
        return {key for key in swept.deliveries if key.reader.startswith("also/")}

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(one.body, policy=default) for one in self.week.box.outbox.of("eml")]


@pytest.fixture
async def office(week: InProcessRun, empty_redis: EmbeddedRedis) -> AsyncIterator[Office]:
    client = connect(empty_redis.url)
    here = Office(week, SetLedger(client, NINE, "acme"))
    await here.ledger.set(NINE)
    await here.deploy()
    yield here
    await client.aclose()


async def test_what_is_over_the_cap_is_held_and_told_in_one_message_at_the_periods_end(office: Office) -> None:
    rows = [await office.sent(name, NINE + timedelta(minutes=n)) for n, name in enumerate(NAMES)]
    assert [row.state for row in rows] == [DeliveryState.SENT] * 2 + [DeliveryState.SKIPPED] * 3
    assert {row.reason for row in rows[2:]} == {Reason.CAPPED}
    assert "one message tells of the others at Tue 24 Nov 2026 09:00 (Europe/Berlin)" in rows[2].sentence
    also = DeliveryKey(rows[2].key.run, f"also/{rows[2].key.reader}")
    waits = await office.row(also)
    assert (waits.state, waits.not_before) == (DeliveryState.DEFERRED, NINE + DAY)
    assert waits.notice is not None
    assert [one.name for one in waits.notice.held] == ["Pipeline beta", "Pipeline gamma", "Pipeline delta"]
    told = await office.at(also, NINE + DAY)
    assert told.state is DeliveryState.SENT
    assert len(office.mails) == 3
    assert office.mails[-1]["subject"] == "Also happened: 3 digests"
    plain = office.mails[-1].get_body(("plain",))
    assert plain is not None
    for name in NAMES[2:]:
        assert f"Pipeline {name}, Mon 23 Nov, 09:0" in plain.get_content().replace("\u2068", "").replace("\u2069", "")
    fired = Counter(row.state for row in rows)
    assert fired[DeliveryState.SENT] + len(waits.notice.held) == len(rows), "sent + held = fired"


async def test_a_held_digest_is_not_told_to_whom_its_schedule_does_not_name_any_more(office: Office) -> None:
    """The others of the same address are told, and a replay tells the same."""
    rows = [await office.sent(name, NINE) for name in NAMES]
    also = DeliveryKey(rows[2].key.run, f"also/{rows[2].key.reader}")
    await office.removed_from("gamma")
    told = await office.at(also, NINE + DAY)
    assert (told.state, told.untold) == (DeliveryState.SENT, (1,))
    assert office.mails[-1]["subject"] == "Also happened: 2 digests"
    text = str(office.mails[-1].get_body(("plain",)))
    assert "Pipeline beta" in text
    assert "Pipeline gamma" not in text
    again = await office.services.digests.open(told)
    assert again is not None
    assert isinstance(again.composed.digest, Notice)
    assert [one.name for one in again.composed.digest.held] == ["Pipeline beta", "Pipeline delta"]


async def test_what_names_held_digests_is_not_sent_to_whom_none_of_their_schedules_names(office: Office) -> None:
    rows = [await office.sent(name, NINE) for name in NAMES]
    also = DeliveryKey(rows[2].key.run, f"also/{rows[2].key.reader}")
    await office.removed_from(*NAMES[2:])
    told = await office.at(also, NINE + DAY)
    assert (told.state, told.reason) == (DeliveryState.SKIPPED, Reason.NOT_NAMED)
    assert len(office.mails) == 2


async def test_a_held_digest_is_not_told_to_whom_stopped_its_schedule(office: Office) -> None:
    rows = [await office.sent(name, NINE) for name in NAMES]
    stop = Preference(Choice.UNSUBSCRIBED, Origin.LINK, "", NINE)
    assert await office.services.subscriptions.prefer("delta", rows[4].key.reader, stop)
    told = await office.at(DeliveryKey(rows[2].key.run, f"also/{rows[2].key.reader}"), NINE + DAY)
    assert (told.state, told.untold) == (DeliveryState.SENT, (2,))


async def test_a_held_digest_moves_no_baseline_and_closes_its_run(office: Office) -> None:
    for name in NAMES[:2]:
        await office.sent(name, NINE)
    row = await office.sent("beta", NINE)
    reader = Reader("beta", "team", "sales@acme.example")
    assert await office.services.runs.baselines([reader]) in ({}, {reader: {}})
    run = await office.services.lookups.run(row.key.run)
    assert run is not None
    assert (run.state, run.reason) == (RunState.SKIPPED, Reason.CAPPED)


async def test_the_message_that_tells_counts_in_the_period_that_it_opens(office: Office) -> None:
    rows = [await office.sent(name, NINE) for name in NAMES[:3]]
    await office.at(DeliveryKey(rows[2].key.run, f"also/{rows[2].key.reader}"), NINE + DAY)
    later = [await office.sent(name, NINE + DAY + timedelta(minutes=1)) for name in NAMES[:2]]
    assert [row.state for row in later] == [DeliveryState.SENT, DeliveryState.SKIPPED]


async def test_without_messages_over_the_cap_nothing_is_told(office: Office) -> None:
    await office.sent("week", NINE)
    await office.ledger.set(NINE + DAY)
    ticked = await tick(office.services)
    assert ticked.published == 0
    assert len(office.mails) == 1


@pytest.mark.parametrize("seed", range(3))
async def test_sent_held_and_superseded_are_what_fired(office: Office, seed: int) -> None:
    """Three days of runs in any order: no digest is lost, and none is told twice."""
    dice, moment = Random(seed), NINE  # noqa: S311  # not used for secrets
    fired: list[DeliveryKey] = []
    told: set[DeliveryKey] = set()
    for _ in range(18):
        moment += timedelta(minutes=dice.randrange(10, 400))
        fired.append((await office.sent(dice.choice(NAMES), moment)).key)
        told |= await office.tick()
    await office.ledger.set(moment + 2 * DAY)
    told |= await office.tick()
    rows = [await office.row(key) for key in fired]
    states = Counter("held" if row.reason is Reason.CAPPED else str(row.reason or row.state) for row in rows)
    also = [row for row in [await office.row(key) for key in told] if row.state is DeliveryState.SENT]
    notices = [row.notice for row in also if row.notice is not None]
    by_digests = sum(len(row.tells_of) + row.tells_of_more for row in rows if row.state is DeliveryState.SENT)
    assert states["held"] == by_digests + sum(len(one.held) + one.more_causes for one in notices) > 0
    assert set(states) <= {"held", "sent", "superseded"}
    assert len(office.mails) == states["sent"] + len(also)


async def test_the_next_message_to_the_address_tells_of_what_is_held(office: Office) -> None:
    rows = [await office.sent(name, NINE + timedelta(minutes=n)) for n, name in enumerate(NAMES)]
    also = DeliveryKey(rows[2].key.run, f"also/{rows[2].key.reader}")
    next_one = await office.sent("week", NINE + DAY)
    assert [one.name for one in next_one.tells_of] == ["Pipeline beta", "Pipeline gamma", "Pipeline delta"]
    closed = await office.at(also, NINE + DAY)
    assert (closed.state, closed.reason) == (DeliveryState.SKIPPED, Reason.TAKEN_OVER)
    assert len(office.mails) == 3
    plain = office.mails[-1].get_body(("plain",))
    assert plain is not None
    said = " ".join(plain.get_content().replace("\u2068", "").replace("\u2069", "").split())
    assert "ALSO HELD: 3 DIGESTS" in said
    assert "Pipeline gamma, Mon 23 Nov, 09:03 CET €889,017 open" in said
    post = await office.sent("alpha", NINE + DAY)
    assert (post.state, post.tells_of) == (DeliveryState.SENT, ())


async def test_an_entry_without_a_cap_is_sent_and_tells_of_what_is_held(office: Office) -> None:
    entry = "  - {id: team, channel: mail, address: sales@acme.example}"
    text = SCHEDULE.replace(entry, f"{entry[:-1]}, cap: none}}")
    (office.week.place / "schedules" / "delta.yaml").write_text(text, encoding="utf-8")
    await office.week.deploy(SCHEDULE)
    rows = [await office.sent(name, NINE) for name in NAMES]
    rows.append(await office.sent("delta", NINE + timedelta(minutes=1)))
    assert [str(row.reason or row.state) for row in rows] == ["sent", "sent", "capped", "capped", "sent", "sent"]
    assert [len(row.tells_of) for row in rows[-2:]] == [2, 0]
