"""What was made true is told once, in its order."""

from tests.support.fakes import RUN, Emitted
from worker.domain.events import Fact, RunBegun, RunClaimed
from worker.flow.facts import tell


def test_facts_are_told_in_their_order_and_nothing_is_told_of_nothing() -> None:
    events, facts = Emitted(), (RunClaimed(RUN.key, 7), RunBegun(RUN.key, 1))
    tell(events, list[Fact]())
    assert events.facts == []
    tell(events, iter(facts))
    assert tuple(events.facts) == facts
