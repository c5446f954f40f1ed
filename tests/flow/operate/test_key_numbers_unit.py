"""The number that heads a schedule's digests, over its runs."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tests.domain.builders import answer, deal
from tests.support.fakes import HOUR, NOW, RUN, WEEKLY, OneQuery, Stored, bundle_with, uses
from worker.domain.run import Run, RunKey
from worker.domain.snapshot.history import remembered
from worker.domain.snapshot.presentation import KeyRule, Presentation
from worker.domain.snapshot.snapshot import Kind, Measure, Snapshot
from worker.flow.operate.key_numbers import key_numbers
from worker.ports.kinds import QuerySpec

LIST = QuerySpec("opportunities", "", False, (), lists_opportunities=True)
RULE = KeyRule("win_rate", 1, instead=("won",))
VALUES = (300, 400, 100, 200)


class Counted(Stored):
    def __init__(self, snapshots: dict[str, Snapshot]) -> None:
        super().__init__(snapshots)
        self.loaded = list[str]()

    async def load(self, snapshot_id: str) -> Snapshot | None:
        self.loaded.append(snapshot_id)
        return await super().load(snapshot_id)


def run(hour: int, *, answered: bool = True) -> Run:
    slot = NOW + hour * HOUR
    return replace(RUN, key=RunKey("weekly", slot), snapshots=(("deals", f"at{hour}"),) if answered else ())


def runs(*hours: int) -> list[Run]:
    """Newest first."""
    return [run(hour) for hour in reversed(hours)]


def remembering(values: Sequence[int] = VALUES) -> dict[str, Snapshot]:
    """An answer for each hour, each with those before it."""
    found, previous = dict[str, Snapshot](), None
    for hour, value in enumerate(values):
        previous = remembered(answer([deal("a", value)], at=NOW + hour * HOUR), previous)
        found[f"at{hour}"] = previous
    return found


def parts(stored: Stored, spec: QuerySpec = LIST) -> Any:
    return uses(connectors=OneQuery(spec), snapshots=stored)


async def test_one_answer_tells_the_total_of_the_runs_before_it() -> None:
    stored = Counted(remembering())
    found = await key_numbers(parts(stored), bundle_with(WEEKLY), WEEKLY, runs(0, 1, 2, 3))
    assert found is not None
    assert (found.query, found.figure, found.kind, found.currency) == ("deals", "", Kind.MONEY, "EUR")
    assert [point.value for point in found.points] == list(VALUES)
    assert stored.loaded == ["at3"]


async def test_a_run_without_an_answer_has_no_number() -> None:
    given = [run(3), run(2, answered=False), run(1)]
    found = await key_numbers(parts(Counted(remembering())), bundle_with(WEEKLY), WEEKLY, given)
    assert found is not None
    assert [point.value for point in found.points] == [400, None, 200]


async def test_where_no_answer_is_stored_there_is_no_number() -> None:
    for spec in (LIST, replace(LIST, lists_opportunities=False)):
        assert await key_numbers(parts(Stored(), spec), bundle_with(WEEKLY), WEEKLY, runs(0, 1)) is None
        assert await key_numbers(parts(Stored(), spec), bundle_with(WEEKLY), WEEKLY, []) is None
    without_deals: Any = Stored({"at0": answer([])})
    assert await key_numbers(parts(without_deals), bundle_with(WEEKLY), WEEKLY, runs(0)) is None


async def test_of_an_answer_without_deals_the_measure_counts_that_its_source_puts_first() -> None:
    measures = (Measure(("total", "won"), Kind.INT, 3), Measure(("total", "win_rate"), Kind.RATIO, 0.25))
    stored = Stored({"at0": remembered(replace(answer([], at=NOW), main=None, measures=measures), None)})
    spec = QuerySpec("funnel", "", False, (), presentation=Presentation(key=RULE, neutral=frozenset({"win_rate"})))
    found = await key_numbers(parts(stored, spec), bundle_with(WEEKLY), WEEKLY, runs(0))
    assert found is not None
    assert (found.figure, found.kind, found.neutral) == ("win_rate", Kind.RATIO, True)
    assert [point.value for point in found.points] == [0.25]
