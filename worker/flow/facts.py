"""Emits the facts that a ledger script returned."""

from collections.abc import Iterable

from worker.domain.events import Fact
from worker.ports import Events


def emit_all(events: Events, facts: Iterable[Fact]) -> None:
    for fact in facts:
        events.emit(fact)
