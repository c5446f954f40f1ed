"""What another version of the program wrote of alerts stops that record alone: silence, acknowledgement or state."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from tests.domain.builders import deal
from tests.support.watched import SCHEDULE, TEAM, Watched, watched
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.redis_store.plain import pack
from worker.domain.access import Actor, Door
from worker.domain.alert.matcher_text import parse_matcher
from worker.domain.delivery import DeliveryState
from worker.domain.run import RunState
from worker.flow.alert.acts import acknowledge, expire, silence
from worker.flow.alert.current import current

BIG, SMALL = 100_000, 100
ANN = Actor(Door.CLI, "ann")
OTHER = "  - {id: other, name: Another, for_each: deals, if: row.value >= 1000}\n"


@pytest.fixture
async def watch(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[Watched]:
    async with watched(empty_redis.url, tmp_path / "project", rule=", repeat: 5m") as here:
        yield here


async def newer(watch: Watched, key: str, field: str) -> None:
    """As a version would write it that this one does not know."""
    client = watch.ledger.scripts.client
    raw = await client.hget(f"acme:{key}", field)
    assert isinstance(raw, bytes)
    if key.startswith("alerts:"):
        head = raw.partition(b"\n")[0]
        await client.hset(f"acme:{key}", field, head + b"\n" + pack({"phases": ["new"]}, 2))
    else:
        record = msgspec.json.decode(raw) | {"version": 2, "also": "new"}
        await client.hset(f"acme:{key}", field, msgspec.json.encode(record))


async def notices(watch: Watched) -> list[tuple[str, str]]:
    rows = [row for run in await watch.runs() for row in await watch.services.lookups.deliveries(run.key)]
    told = [row.notice for row in rows if row.notice is not None and row.state is DeliveryState.SENT]
    return [(one.subject, cause.sentence) for one in told for cause in one.causes]


async def test_a_silence_that_cannot_be_read_keeps_nothing_quiet_and_is_shown(watch: Watched) -> None:
    until = watch.ledger.at + timedelta(days=7)
    made = await silence(watch.services, ANN, [parse_matcher("rule=big")], until, "the fair")
    await newer(watch, "silences", made.silence.id)
    await watch.run([deal("a", BIG), deal("b", SMALL)])
    assert await watch.told() == [("team", "a", "first")]
    (shown,) = await watch.services.alerts.silences()
    assert (shown.id, shown.until) == (made.silence.id, until), "its end is known, so it is not listed for ever"
    assert shown.unreadable == "its record has version 2; this program reads version 1"
    await expire(watch.services, ANN, made.silence.id)
    assert await watch.services.alerts.silences() == ()


@pytest.mark.parametrize("raw", [b"{}", b"\xff", b'{"version": 2}', b'{"version": 2, "silence": {"until": "soon"}}'])
async def test_nor_does_what_is_no_silence_at_all(watch: Watched, raw: bytes) -> None:
    await watch.ledger.scripts.client.hset("acme:silences", "odd", raw)
    await watch.run([deal("a", BIG)])
    assert await watch.told() == [("team", "a", "first")]
    (shown,) = await watch.services.alerts.silences()
    assert shown.unreadable


async def test_an_acknowledgement_that_cannot_be_read_stops_no_repeats(watch: Watched) -> None:
    await watch.run([deal("a", BIG)])
    (alert,) = await current(watch.services)
    await acknowledge(watch.services, ANN, alert.fingerprint)
    await newer(watch, "acks:week", alert.fingerprint)
    await watch.run([deal("a", BIG)])
    assert [reason for *_, reason in await watch.told()] == ["first", "repeat"]
    assert set((await watch.services.alerts.memory("week")).unreadable_acks) == {alert.fingerprint}


async def test_a_rule_whose_state_cannot_be_read_stays_as_it_was_and_the_others_go_on(watch: Watched) -> None:
    await watch.deploy(two_rules())
    await watch.run([deal("a", BIG)])
    before = await watch.ledger.scripts.client.hget("acme:alerts:week", "big")
    await newer(watch, "alerts:week", "big")
    left = await watch.ledger.scripts.client.hget("acme:alerts:week", "big")
    key = await watch.run([deal("a", BIG), deal("b", BIG)])
    await watch.calm()
    run = await watch.services.lookups.run(key)
    assert run is not None
    assert run.state is RunState.DELIVERED
    second = [(rule, subject) for rule, subject in await by_rule(watch) if subject == "b"]
    assert second == [("other", "b")], "and nothing of the first is told again"
    assert await watch.ledger.scripts.client.hget("acme:alerts:week", "big") == left
    assert await notices(watch) == [
        ("not_read week big", "the state of an alert rule has version 2; this program reads version 1")
    ]

    # The version that wrote it is back: it goes on from there.
    assert before is not None
    await watch.ledger.scripts.client.hset("acme:alerts:week", "big", before)
    watch.slot = watch.ledger.at
    await watch.run([deal("a", SMALL), deal("b", BIG)])
    told = await by_rule(watch)
    assert sorted(one for one in told if one[0] == "big") == [("big", "a"), ("big", "a"), ("big", "b")]


def two_rules() -> str:
    return SCHEDULE.format(to=TEAM, rule="").replace("  - {id: big", OTHER + "  - {id: big")


async def by_rule(watch: Watched) -> list[tuple[str, str]]:
    found = []
    for row in await watch.alert_rows():
        one = await watch.services.alerts.notification(row.key.run, row.content)
        found += [(finding.rule, finding.facts.key) for finding in one.findings] if one is not None else []
    return found
