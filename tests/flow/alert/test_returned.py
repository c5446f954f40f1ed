"""Who is told of alerts and gets no digests hears of what a refused message was to tell."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from tests.domain.builders import deal
from tests.support.watched import Watched, watched
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.delivery import DeliveryState, Envelope, Part, Receipt
from worker.errors import DeliveryRefused
from worker.flow.run.readers import is_also
from worker.ports import Channel

BIG, HOUR = 100_000, timedelta(hours=1)
NOTIFIED = ", notify: [{id: team, channel: mail, address: sales@acme.example}]"
CAPPED = "defaults: {timezone: Europe/Berlin, operator: ops@acme.example, cap: {messages: 1, per: 1h}}"


class Receiver:
    """`refuses`: messages that tell of held ones. `bodies`: of those that were taken."""

    def __init__(self) -> None:
        self.refuses, self.bodies = True, list[str]()

    async def transmit(self, channel: Channel[Any], part: Part, sealed: bytes, envelope: Envelope) -> Receipt:
        if self.refuses and is_also(envelope.key.reader):
            raise DeliveryRefused("mail", "this text is not taken", code="554")
        if is_also(envelope.key.reader):
            body = message_from_bytes(sealed, policy=default).get_body(("plain",))
            self.bodies.append(body.get_content() if body is not None else "")
        return Receipt("250 ok")


@pytest.fixture
async def watch(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[Watched]:
    async with watched(empty_redis.url, tmp_path / "project", to="", rule=NOTIFIED) as here:
        yield here


async def test_held_alerts_of_a_refused_message_are_told_with_the_next(watch: Watched, tmp_path: Path) -> None:
    receiver = Receiver()
    watch.services = replace(watch.services, transmit=receiver.transmit)
    project = tmp_path / "project"
    file = project / "funnelbeat.yaml"
    text = file.read_text("utf-8")
    file.write_text(text.replace(text[text.index("defaults:") :].partition("\n")[0], CAPPED), "utf-8")
    await watch.deploy((project / "schedules" / "week.yaml").read_text("utf-8"))

    await watch.run([deal("a", BIG)])
    await watch.run([deal("a", BIG), deal("b", BIG)])  # over the cap
    for _ in range(4):
        await watch.pass_time(HOUR)
    refused = [row for row in await also(watch) if row.state is DeliveryState.REFUSED]
    assert len(refused) == 1
    assert receiver.bodies == []

    receiver.refuses = False
    watch.slot = watch.ledger.at
    await watch.run([deal(name, BIG) for name in "abc"])
    for _ in range(8):
        await watch.pass_time(HOUR)
    assert len(receiver.bodies) == 1
    assert "1 alert" in " ".join(receiver.bodies[0].split())
    assert await watch.ledger.scripts.ask("EXISTS", "acme:returned:week") == 0


async def also(watch: Watched) -> list[Any]:
    return [
        row
        for run in await watch.runs()
        for row in await watch.services.lookups.deliveries(run.key)
        if is_also(row.key.reader)
    ]
