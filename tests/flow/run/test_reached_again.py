"""The operator who was told that readers were not reached is told once that they are again, whenever a process dies."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.domain.builders import deal
from tests.support.watched import Killed, Watched, watched
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.delivery import DeliveryState, Envelope, Part, Receipt
from worker.domain.reason import Reason
from worker.domain.run import RunKey, RunState
from worker.errors import DeliveryRefused
from worker.flow.run.produce import produce
from worker.ports import Channel

WEEK = timedelta(days=7)
TO = """to:
  - {id: team, channel: mail, address: sales@acme.example}
  - {id: boss, channel: mail, address: boss@acme.example}"""


class Receivers:
    """`refused`: addresses whose mails are refused, without a fault of the address but for those in `dead`."""

    def __init__(self) -> None:
        self.refused, self.dead = set[str](), set[str]()

    async def transmit(self, channel: Channel[Any], part: Part, sealed: bytes, envelope: Envelope) -> Receipt:
        if envelope.key.address in self.refused:
            suspend = "address" if envelope.key.address in self.dead else None
            raise DeliveryRefused("mail", "this text is not taken", code="554", suspend=suspend)
        return Receipt("250 ok")


@pytest.fixture
def receivers() -> Receivers:
    return Receivers()


@pytest.fixture
async def watch(empty_redis: EmbeddedRedis, tmp_path: Path, receivers: Receivers) -> AsyncIterator[Watched]:
    async with watched(empty_redis.url, tmp_path / "project", to=TO) as here:
        here.services = replace(here.services, transmit=receivers.transmit)
        yield here


async def week(watch: Watched, *points: str) -> RunState:
    """The next run, with processes that die at these points."""
    watch.deadly = list(points)
    key = await watch.run([deal("a", 100 + watch.slot.minute)])
    await watch.calm()
    watch.slot = watch.ledger.at
    run = await watch.services.lookups.run(key)
    assert run is not None
    return run.state


async def told(watch: Watched) -> list[str]:
    """The subjects of the notices that were sent, in the order of the runs."""
    rows = [row for run in await watch.runs() for row in await watch.services.lookups.deliveries(run.key)]
    return [row.notice.subject for row in rows if row.notice is not None and row.state is DeliveryState.SENT]


PARTLY, NOBODY, OVER = "failed week partly_delivered", "failed week undelivered", "over failed week undelivered"


@pytest.mark.parametrize("point", ["delivery.sending", "delivery.accepted", "delivery.sent"])
async def test_killed_there_the_end_is_told_once(watch: Watched, receivers: Receivers, point: str) -> None:
    receivers.refused = {"boss@acme.example"}
    assert await week(watch) is RunState.PARTIAL
    receivers.refused.clear()
    assert await week(watch, point) is RunState.DELIVERED
    assert watch.deadly == [], "nobody passed the fail point"
    assert await week(watch) is RunState.DELIVERED
    assert await told(watch) == [PARTLY, OVER]


async def test_who_dies_before_and_after_the_end_is_written_tells_it_once(
    watch: Watched, receivers: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    receivers.refused = {"boss@acme.example", "sales@acme.example"}
    assert await week(watch) is RunState.FAILED
    receivers.refused.clear()
    key, died = await watch.run([deal("a", 1)]), list[str]()

    def deadly(when: str) -> None:
        write: Callable[..., Awaitable[Any]] = type(watch.services.runs).notify

        async def notify(*given: Any, **named: Any) -> Any:
            if when == "after":
                await write(watch.services.runs, *given, **named)
            died.append(when)
            raise Killed(when)

        monkeypatch.setattr(watch.services.runs, "notify", notify)

    for when in ("before", "after"):
        deadly(when)
        with pytest.raises(Killed):
            await produce(watch.services, key)
    monkeypatch.undo()
    await watch.calm()
    assert died == ["before", "after"]
    assert await told(watch) == [NOBODY, OVER]
    await produce(watch.services, key)
    assert await told(watch) == [NOBODY, OVER]


async def test_while_a_reader_is_suspended_it_is_not_over(watch: Watched, receivers: Receivers) -> None:
    receivers.refused, receivers.dead = {"sales@acme.example", "boss@acme.example"}, {"boss@acme.example"}
    assert await week(watch) is RunState.FAILED
    receivers.refused.clear()
    assert await week(watch) is RunState.DELIVERED
    rows = [row for run in await watch.runs() for row in await watch.services.lookups.deliveries(run.key)]
    assert [row.key.address for row in rows if row.reason is Reason.SUSPENDED] == ["boss@acme.example"]
    assert OVER not in await told(watch)
    deployed = await watch.services.deployments.deployed()
    assert deployed is not None
    bundle = await watch.services.deployments.bundle(deployed.bundle)
    assert bundle is not None
    await watch.services.deployments.activate(bundle, {}, ())  # lifts the suspension
    assert await week(watch) is RunState.DELIVERED
    assert (await told(watch)).count(OVER) == 1


async def test_a_schedule_that_always_reached_everybody_has_no_end_to_tell(watch: Watched) -> None:
    assert await week(watch) is RunState.DELIVERED
    assert await told(watch) == []


async def tried_again(watch: Watched, run: RunKey) -> None:
    """What a person does with `retry`."""
    rows = await watch.services.lookups.deliveries(run)
    refused = {row.key.reader: watch.ledger.at + WEEK for row in rows if row.state is DeliveryState.REFUSED}
    assert len(await watch.services.deliveries.retry(run, refused)) == 1
    await watch.calm()
    for _ in range(2):  # the clock looks at the run, and then at its notice
        await watch.pass_time()


async def test_one_that_is_tried_again_with_success_ends_the_trouble(watch: Watched, receivers: Receivers) -> None:
    receivers.refused = {"boss@acme.example"}
    assert await week(watch) is RunState.PARTIAL
    receivers.refused.clear()
    (run,) = await watch.runs()
    await tried_again(watch, run.key)
    assert sorted(await told(watch)) == [PARTLY, OVER]


async def test_an_older_run_that_reaches_everybody_late_ends_nothing(watch: Watched, receivers: Receivers) -> None:
    """The newest still misses somebody."""
    receivers.refused = {"boss@acme.example"}
    assert await week(watch) is RunState.PARTIAL
    (older,) = await watch.runs()
    assert await week(watch) is RunState.PARTIAL
    receivers.refused.clear()
    await tried_again(watch, older.key)
    run = await watch.services.lookups.run(older.key)
    assert run is not None
    assert run.state is RunState.DELIVERED
    assert await told(watch) == [PARTLY]
