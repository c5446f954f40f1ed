"""The key number of a schedule's digests, in words and as a line."""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.domain.run import Run
from worker.domain.schedule import Schedule
from worker.domain.snapshot.snapshot import Kind
from worker.errors import RequestError
from worker.flow.operate.key_numbers import KeyNumbers, key_numbers
from worker.rendering.numbers import NONE
from worker.web.console.charts import Spark, spark, tone_of
from worker.web.console.page import Visit


@dataclass(frozen=True, slots=True)
class ShownNumber:
    """`value`: of the newest run, NONE where it has no answer. `change`: since the run before; empty if one of the two
    is not known. `tone`: in, out or flat.
    """

    label: str
    value: str
    change: str
    tone: str
    line: Spark | None


async def numbers_of(visit: Visit, schedule: Schedule, runs: Sequence[Run]) -> KeyNumbers | None:
    """`runs`: newest first. Read once for the same runs. None also where this process does not have the type of a
    connection.
    """

    async def read() -> KeyNumbers | None:
        try:
            return await key_numbers(visit.uses, visit.deployed, schedule, runs)
        except RequestError:
            return None

    key = "numbers", visit.bundle_id, schedule.id, tuple((run.key, run.snapshots) for run in runs)
    return await visit.state.numbers.get(key, read)


def shown_number(visit: Visit, of: KeyNumbers | None) -> ShownNumber | None:
    if of is None:
        return None
    values = [point.value for point in of.points]
    now, before = values[-1], values[-2] if len(values) > 1 else None
    return ShownNumber(
        label=label_of(visit, of),
        value=number(visit, of, now),
        change=change(visit, of, before, now),
        tone="flat" if of.neutral else tone_of(before, now),
        line=spark(values),
    )


def label_of(visit: Visit, of: KeyNumbers) -> str:
    return visit.w.metric_label(of.figure) if of.figure else visit.w.say("console.total", currency=of.currency or "")


def number(visit: Visit, of: KeyNumbers, value: float | None) -> str:
    """Money in whole units."""
    if value is None:
        return NONE
    if of.kind is Kind.MONEY:
        return visit.w.whole(round(value), of.currency or "")
    return visit.w.measure(value, of.kind, of.currency)


def change(visit: Visit, of: KeyNumbers, before: float | None, now: float | None) -> str:
    if before is None or now is None:
        return ""
    if before == now:
        return visit.w.say("console.unchanged")
    if of.kind is Kind.MONEY:
        return visit.w.whole(round(now) - round(before), of.currency or "", signed=True)
    return visit.w.difference(now, before, of.kind, of.currency)
