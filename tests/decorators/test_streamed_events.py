"""Facts on their way to the stream: in the order in which they were told, many in one step."""

import asyncio
from collections.abc import Sequence

from tests.support.patience import PATIENCE
from worker.decorators.streamed_events import AT_ONCE, StreamedEvents
from worker.domain.events import Fact, Interrupted
from worker.errors import LedgerUnavailable


class Log:
    def __init__(self) -> None:
        self.facts = list[Fact]()

    def emit(self, fact: Fact) -> None:
        self.facts.append(fact)


class SlowStream:
    """`down`: steps that Redis does not take."""

    def __init__(self, down: int = 0) -> None:
        self.steps, self.down = list[list[Fact]](), down

    async def add(self, facts: Sequence[Fact]) -> None:
        await asyncio.sleep(0)
        if self.down:
            self.down -= 1
            raise LedgerUnavailable("Redis is away")
        self.steps.append(list(facts))


def told(number: int) -> Fact:
    return Interrupted(None, str(number))


async def emptied(events: StreamedEvents, stream: SlowStream, steps: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while len(stream.steps) < steps or stream.down:  # noqa: ASYNC110  # nothing else of this loop is to be waited for
            await asyncio.sleep(0)


async def test_a_thousand_facts_go_in_order_and_in_few_steps() -> None:
    log, stream = Log(), SlowStream()
    events = StreamedEvents(log, stream)  # type: ignore[arg-type]
    facts = [told(number) for number in range(2 * AT_ONCE)]
    for fact in facts:
        events.emit(fact)
    await emptied(events, stream, 2)
    assert log.facts == facts
    assert [len(step) for step in stream.steps] == [AT_ONCE, AT_ONCE]
    assert [fact for step in stream.steps for fact in step] == facts


async def test_what_is_told_meanwhile_and_later_goes_too() -> None:
    stream = SlowStream()
    events = StreamedEvents(Log(), stream)  # type: ignore[arg-type]
    events.emit(told(1))
    await asyncio.sleep(0)
    events.emit(told(2))
    await emptied(events, stream, 2)
    events.emit(told(3))
    await emptied(events, stream, 3)
    assert stream.steps == [[told(1)], [told(2)], [told(3)]]


async def test_facts_that_redis_does_not_take_stop_none_of_the_later_ones() -> None:
    log, stream = Log(), SlowStream(down=1)
    events = StreamedEvents(log, stream)  # type: ignore[arg-type]
    events.emit(told(1))
    await emptied(events, stream, 0)
    events.emit(told(2))
    await emptied(events, stream, 1)
    assert (log.facts, stream.steps) == ([told(1), told(2)], [[told(2)]])
