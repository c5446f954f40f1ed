"""What was made true is told once, in its order."""

from tests.support.fakes import RUN, Emitted
from worker.domain.events import Fact, RunBegun, RunClaimed
from worker.flow.facts import emit_all


def test_facts_are_told_in_their_order_and_nothing_is_told_of_nothing() -> None:
    events, facts = Emitted(), (RunClaimed(RUN.key, 7), RunBegun(RUN.key, 1))
    emit_all(events, list[Fact]())
    assert events.facts == []
    emit_all(events, iter(facts))
    assert tuple(events.facts) == facts
