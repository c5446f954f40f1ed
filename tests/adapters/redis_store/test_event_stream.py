"""Facts on the stream: what scripts write, what comes from flow, and what is gone."""

from tests.support.ledger_fixture import ANN, LedgerFixture
from worker.adapters.redis_store.event_stream import _OTHERS
from worker.adapters.redis_store.facts import BY_SCRIPTS
from worker.domain.events import DeliverySettled, Fact, QueryAnswered, RunBegun, RunEnded
from worker.domain.run import RunKey


async def test_facts_of_scripts_and_of_flow_stand_in_one_order(story: LedgerFixture) -> None:
    (key,) = await story.delivering((ANN,))
    answered = QueryAnswered(key.run, "deals", 3, 0.5)
    await story.event_stream.add([answered])
    await story.finish(key, "sent")
    seen = await story.event_stream.after("", 100)
    names = [type(one.fact).__name__ for one in seen]
    assert names == ["RunClaimed", "RunBegun", "DeliveryBegun", "QueryAnswered", "DeliverySettled", "RunEnded"]
    assert answered in [one.fact for one in seen]
    assert {one.fact.run for one in seen} == {key.run}
    assert await story.event_stream.newest() == seen[-1].id
    rest = await story.event_stream.after(seen[2].id, 2)
    assert [one.id for one in rest] == [one.id for one in seen[3:5]]


def test_every_kind_of_fact_is_known_to_the_stream() -> None:
    """By name: a class with slots is made twice."""
    known = {kind.__name__ for kind in (*BY_SCRIPTS, *_OTHERS.values())}
    assert known == {kind.__name__ for kind in Fact.__subclasses__()}


async def test_what_names_a_forgotten_address_is_gone(story: LedgerFixture) -> None:
    (key,) = await story.delivering((ANN,))
    await story.finish(key, "sent")
    settled = next(one for one in await story.event_stream.after("", 100) if isinstance(one.fact, DeliverySettled))
    assert await story.event_stream.holds(settled.id)
    await story.upkeep.forget_reader(ANN.partition("|")[2])
    assert not await story.event_stream.holds(settled.id)
    left = {type(one.fact) for one in await story.event_stream.after("", 100)}
    assert {RunBegun, RunEnded} <= left
    assert isinstance(key.run, RunKey)
