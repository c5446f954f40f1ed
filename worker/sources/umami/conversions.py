"""Converts answers to `funnel`, `goal` and `journey`.

https://docs.umami.is/docs/api/reports; the cases with null were measured on version 3.1.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from worker.domain.snapshot.snapshot import Column, Kind, Row
from worker.sources.common.parse import Node
from worker.sources.umami.notes import JOURNEYS_CUT
from worker.sources.umami.parse import count, fraction_or_none
from worker.sources.umami.scene import Scene
from worker.sources.umami.tables import ReportAnswer, counted, distinct, key, merged, ratio, rows_table, total

NOBODY = "nobody came"
JOURNEYS = 100
"""Rows that the service returns at most."""
_ARROW = " → "

STAGES = (
    Column("label", Kind.TEXT),
    Column("type", Kind.TEXT),
    Column("position", Kind.INT),
    distinct("count"),
    Column("count_conversion_rate", Kind.RATIO),
    Column("step", Kind.TEXT),
    Column("dropped", Kind.INT),
    Column("dropoff", Kind.RATIO),
    Column("remaining", Kind.RATIO),
)
"""Columns of a funnel. `type` is won for the last step and active before, as in every funnel. `step` is path or event.
`count` counts sessions. `dropoff` is the share lost since the previous step, null for the first and after an empty one.
"""
PATHS = (Column("path", Kind.TEXT), Column("steps", Kind.INT), counted("visits"))


def funnel(answer: Node, scene: Scene) -> ReportAnswer:
    """A table `stages`, keyed by position, and the conversion from first to last. Raises SourceShapeChanged."""
    steps = scene.asked.parameters["steps"]
    nodes = list(answer.items())
    if len(nodes) != len(steps):
        raise answer.wrong(f"{len(steps)} steps") if not nodes else _surplus(nodes, steps)
    for node, step in zip(nodes, steps, strict=True):
        _same(node, step)
    visitors = [count(node.get("visitors")) for node in nodes]
    onward = [ratio(after, before) for before, after in pairwise(visitors)]
    rows = [
        (node, _stage(node, position, visitors[position], onward[position] if position < len(onward) else None))
        for position, node in enumerate(nodes)
    ]
    measures = (
        total("visitors", Kind.INT, visitors[0]),
        total("conversions", Kind.INT, visitors[-1]),
        total("conversion_rate", Kind.RATIO, ratio(visitors[-1], visitors[0]), NOBODY),
    )
    return ReportAnswer(measures, (rows_table("stages", STAGES, _last_is_won(rows)),))


def _surplus(nodes: list[Node], steps: list[Any]) -> Exception:
    return nodes[min(len(nodes), len(steps) + 1) - 1].wrong(f"{len(steps)} steps in all")


def _same(node: Node, step: dict[str, Any]) -> None:
    """Checks that the answer is about the requested steps."""
    for name in ("type", "value"):
        if node.get(name).text() != step[name]:
            raise node.get(name).wrong(f"the step's own {name}, {step[name]!r}")


def _stage(node: Node, position: int, visitors: int, onward: float | None) -> Row:
    cells = (
        node.get("value").text(),
        "active",
        position,
        visitors,
        onward,
        node.get("type").text(),
        count(node.get("dropped")),
        fraction_or_none(node.get("dropoff")),
        fraction_or_none(node.get("remaining")),
    )
    return Row(str(position + 1), cells)


def _last_is_won(rows: list[tuple[Node, Row]]) -> Iterator[tuple[Node, Row]]:
    yield from rows[:-1]
    node, row = rows[-1]
    yield node, Row(row.key, (row.cells[0], "won", *row.cells[2:]))


def goal(answer: Node, _scene: Scene) -> ReportAnswer:
    """Only measures: converted sessions and all sessions. Raises SourceShapeChanged."""
    reached, sessions = count(answer.get("num")), count(answer.get("total"))
    return ReportAnswer(
        (
            total("conversions", Kind.INT, reached),
            total("sessions", Kind.INT, sessions),
            total("conversion_rate", Kind.RATIO, ratio(reached, sessions), NOBODY),
        )
    )


def journey(answer: Node, _scene: Scene) -> ReportAnswer:
    """A table `journeys`, printed with most visits first. Raises SourceShapeChanged.

    Unused steps are one or two trailing nulls, so one journey may come in several rows, which are added up.
    """
    nodes = list(answer.items())
    visits = merged(((_way(node), count(node.get("count"))) for node in nodes), 0)
    rows = [(answer, Row(key(*way), (_ARROW.join(map(str, way)), len(way), n))) for way, n in visits.items()]
    cut = len(nodes) >= JOURNEYS
    notes = (JOURNEYS_CUT(JOURNEYS),) if cut else ()
    return ReportAnswer(tables=(rows_table("journeys", PATHS, rows, len(rows) if cut else 0),), notes=notes)


def _way(node: Node) -> tuple[str | None, ...]:
    way = tuple(step.text() for step in node.get("items").items() if step.value is not None)
    if not way:
        raise node.get("items").wrong("a step at least")
    return way
