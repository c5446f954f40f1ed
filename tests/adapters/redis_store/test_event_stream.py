"""Facts on the stream: what scripts write, what comes from flow, and what is gone."""

import json
from typing import Any

import pytest

from tests.support.ledger_fixture import ANN, PROJECT, LedgerFixture
from worker.adapters.redis_store.event_stream import _OTHERS
from worker.adapters.redis_store.facts import BY_SCRIPTS
from worker.domain.events import DeliverySettled, Fact, QueryAnswered, RunBegun, RunEnded
from worker.domain.run import RunKey
from worker.ports.event_stream import StreamedFact


async def test_facts_of_scripts_and_of_flow_stand_in_one_order(story: LedgerFixture) -> None:
    (key,) = await story.delivering((ANN,))
    answered = QueryAnswered(key.run, "deals", 3, 0.5)
    await story.event_stream.add([answered])
    await story.finish(key, "sent")
    seen = (await story.event_stream.after("", 100)).facts
    names = [type(one.fact).__name__ for one in seen]
    assert names == ["RunClaimed", "RunBegun", "DeliveryBegun", "QueryAnswered", "DeliverySettled", "RunEnded"]
    assert answered in [one.fact for one in seen]
    assert {one.fact.run for one in seen} == {key.run}
    assert await story.event_stream.newest() == seen[-1].id
    rest = await story.event_stream.after(seen[2].id, 2)
    assert (rest.last, rest.full) == (seen[4].id, True)
    assert [one.id for one in rest.facts] == [one.id for one in seen[3:5]]


def test_every_kind_of_fact_is_known_to_the_stream() -> None:
    """By name: a class with slots is made twice."""
    known = {kind.__name__ for kind in (*BY_SCRIPTS, *_OTHERS.values())}
    assert known == {kind.__name__ for kind in Fact.__subclasses__()}


async def settlement(story: LedgerFixture) -> StreamedFact:
    page = await story.event_stream.after("", 100)
    return next(one for one in page.facts if isinstance(one.fact, DeliverySettled))


@pytest.mark.parametrize(
    "row",
    [
        ["RunPaused", "acme/weekly", 1],
        ["teleported", "acme/weekly@2026-11-23T08:00:00Z", "there"],
        ["QueryAnswered", None, "deals", 3, 0.5, "a field more"],
        ["delivery", "weekly@2026-11-23T08:00:00Z", "team|a@acme.example", "?", "", ""],
        ["begun", "no run of this version", 1],
    ],
)
async def test_a_fact_of_a_newer_version_is_passed_over_and_named(story: LedgerFixture, row: list[Any]) -> None:
    await story.delivering((ANN,))
    before = await story.event_stream.newest()
    await story.client.xadd(f"{PROJECT}:events", {"f": json.dumps(row)})
    page = await story.event_stream.after(before, 100)
    assert (page.facts, page.unknown, page.full) == ((), (row[0],), False)
    assert page.last == await story.event_stream.newest() != before
    assert (await story.event_stream.after(before, 1)).full


async def test_what_names_a_forgotten_address_is_gone(story: LedgerFixture) -> None:
    (key,) = await story.delivering((ANN,))
    await story.finish(key, "sent")
    settled = await settlement(story)
    assert await story.event_stream.holds(settled.id)
    await story.upkeep.forget_reader(ANN.partition("|")[2])
    assert not await story.event_stream.holds(settled.id)
    left = {type(one.fact) for one in (await story.event_stream.after("", 100)).facts}
    assert {RunBegun, RunEnded} <= left
    assert isinstance(key.run, RunKey)
