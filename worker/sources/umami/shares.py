"""Converts answers to `stats`, `utm`, `attribution` and `breakdown`: counts, in all and by attributes of visitors."""

from typing import Any

from worker.domain.snapshot.notes import Note
from worker.domain.snapshot.snapshot import Column, Kind, Row, Table
from worker.errors import SourceRefused
from worker.sources.common.parse import Node
from worker.sources.umami.notes import TABLE_CUT
from worker.sources.umami.parse import count, name_or_none
from worker.sources.umami.scene import Scene
from worker.sources.umami.tables import (
    ReportAnswer,
    counted,
    distinct,
    key,
    merged,
    ratio,
    rows_table,
    text_cell,
    total,
)

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
UTM_ROWS = 50
ATTRIBUTED_ROWS = 20
BREAKDOWN_ROWS = 500
"""Rows of a list that the service returns at most."""
NOT_SET = "(none)"
SEEN = (
    counted("views"),
    distinct("visitors"),
    counted("visits"),
    counted("bounces"),
    Column("total_time", Kind.SECONDS, sum=True),
)
_COUNTS = ("views", "visitors", "visits", "bounces", "totaltime")
"""The service's names for the columns of SEEN."""
ATTRIBUTED = {"referrer": "referrer", "paidAds": "paid_ads", **{name: name for name in UTM}}


def stats(answer: Node, _scene: Scene) -> ReportAnswer:
    """Only measures; `total_time` is in seconds.

    Raises SourceShapeChanged, and SourceRefused for Umami 2, whose figures are objects with the value and the previous
    one.
    """
    found = [answer.get(name).value for name in ("pageviews", "visitors", "visits", "bounces", "totaltime")]
    if all(isinstance(value, dict) and "value" in value for value in found):
        told = "this is Umami 2, which answers in another way; version 3 is needed"
        raise SourceRefused(answer.endpoint, told, status=200)
    seen = {name: count(answer.get(name)) for name in ("pageviews", "visitors", "visits", "bounces")}
    spent = count(answer.get("totaltime"))
    return ReportAnswer(
        (
            *(total(name, Kind.INT, value) for name, value in seen.items()),
            total("total_time", Kind.SECONDS, spent),
            total("bounce_rate", Kind.RATIO, ratio(seen["bounces"], seen["visits"]), "nobody came"),
            total("time_per_visit", Kind.SECONDS, ratio(spent, seen["visits"]), "nobody came"),
        )
    )


def utm(answer: Node, _scene: Scene) -> ReportAnswer:
    """A table for each campaign parameter, keyed by its value."""
    tables = tuple(_named(answer.get(name), name, "utm", "views", UTM_ROWS) for name in UTM)
    return ReportAnswer(tables=tables, notes=_cut(tables))


def attribution(answer: Node, _scene: Scene) -> ReportAnswer:
    """A table for each kind of origin, and the totals of converted visitors."""
    tables = tuple(
        _named(answer.get(name), table_id, "name", "value", ATTRIBUTED_ROWS) for name, table_id in ATTRIBUTED.items()
    )
    whole = answer.get("total")
    measures = tuple(total(name, Kind.INT, count(whole.get(name))) for name in ("pageviews", "visitors", "visits"))
    return ReportAnswer(measures, tables, _cut(tables))


def breakdown(answer: Node, scene: Scene) -> ReportAnswer:
    """A table `breakdown`, keyed by the values of the requested fields."""
    fields: list[Any] = list(scene.asked.parameters["fields"])
    columns = (*(Column(name, Kind.TEXT) for name in fields), *SEEN)
    rows = []
    for node in answer.items():
        found = [node.get(name) for name in fields]
        named = [text_cell(name_or_none(value), NOT_SET) for value in found]
        counts = [count(node.get(name)) for name in _COUNTS]
        rows.append((node, Row(key(*(value.text_or_none() for value in found)), (*named, *counts))))
    table = rows_table("breakdown", columns, rows, BREAKDOWN_ROWS)
    return ReportAnswer(tables=(table,), notes=_cut((table,)))


def _named(listed: Node, table_id: str, name: str, value: str, most: int) -> Table:
    """Empty and null are one row, because both mean that nothing was sent."""
    nodes = list(listed.items())
    amounts = merged((((name_or_none(node.get(name)),), count(node.get(value))) for node in nodes), 0)
    columns = (Column("name", Kind.TEXT), counted(value))
    rows = [(listed, Row(key(*found), (text_cell(found[0], NOT_SET), n))) for found, n in amounts.items()]
    return rows_table(table_id, columns, rows, len(rows) if len(nodes) >= most else 0)


def _cut(tables: tuple[Table, ...]) -> tuple[Note, ...]:
    return tuple(TABLE_CUT(table.id, len(table.rows)) for table in tables if table.sliced)
