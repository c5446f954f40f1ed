"""Converts answers to `retention`, `revenue` and `performance`: rows by local day.

The service leaves out days on which nothing happened. They are zero in the chart of `revenue`, and in `retention`
(nobody returned on a day that has passed). They are not filled in the chart of `performance`, because no visit has no
speed.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from worker.domain.snapshot.notes import Note
from worker.domain.snapshot.snapshot import Cell, Column, Kind, Measure, Row, Table
from worker.sources.common.parse import Node
from worker.sources.umami import returns
from worker.sources.umami.days import span
from worker.sources.umami.notes import NO_SESSIONS, NOT_GIVEN
from worker.sources.umami.parse import count, instant, local, name_or_none, number, number_or_none
from worker.sources.umami.scene import Scene
from worker.sources.umami.tables import (
    ReportAnswer,
    counted,
    distinct,
    key,
    merged,
    money,
    rows_table,
    text_cell,
    total,
)

LAST_DAY = 31
"""Days for which the service follows a cohort."""
DIRECT = "(direct)"
NOT_SET = "(none)"

COHORTS = (
    Column("date", Kind.DATE),
    Column("day", Kind.INT),
    distinct("visitors"),
    distinct("return_visitors"),
    Column("percentage", Kind.RATIO),
)
_MONEY = (Column("revenue", Kind.MONEY, significant=True, sum=True), Column("currency", Kind.TEXT))
_DATE, _AT = Column("date", Kind.DATE), Column("at", Kind.INSTANT)
"""The beginning of a bucket: a local day, or an instant for hours and minutes."""
_WITHIN_DAYS = ("hour", "minute")
CHART = (Column("event", Kind.TEXT), *_MONEY, counted("transactions"))
BY_NAME = (Column("name", Kind.TEXT), *_MONEY)
BY_REGION = (Column("country", Kind.TEXT), *BY_NAME)
_PERCENTILES = ("p50", "p75", "p95")
SPEED = tuple(Column(name, Kind.INT) for name in _PERCENTILES)
SPEED_BY_NAME = (Column("name", Kind.TEXT), *SPEED, Column("measured", Kind.INT))


def retention(answer: Node, scene: Scene) -> ReportAnswer:
    """A table `cohorts`, keyed `date|day`: of those who first came on `date`, how many came back `day` days later; and
    a table `first_days` with a row for each date.
    """
    cohorts: dict[date, int] = {}
    rows: dict[str, tuple[Node, Row]] = {}
    for node in answer.items():
        shown, day = local(node.get("date"), scene.place).date(), count(node.get("day"))
        visitors = count(node.get("visitors"))
        if cohorts.setdefault(shown, visitors) != visitors:
            raise node.get("visitors").wrong(f"the {cohorts[shown]} visitors of the day's other rows")
        row = _cohort(shown, day, visitors, count(node.get("returnVisitors")), _percent(node.get("percentage")))
        if row.key in rows:
            raise node.wrong(f"one row for {row.key}")
        rows[row.key] = (node, row)
    for row in _silent(cohorts, scene):
        rows.setdefault(row.key, (answer, row))
    table = rows_table("cohorts", COHORTS, rows.values())
    measures = (total("new_visitors", Kind.INT, sum(cohorts.values())), *returns.shares(table))
    return ReportAnswer(measures, (table, returns.first_days(table)))


def _cohort(shown: date, day: int, visitors: int, back: int, share: float | None) -> Row:
    return Row(f"{shown.isoformat()}|{day:02}", (shown.isoformat(), day, visitors, back, share))


def _percent(node: Node) -> float | None:
    """A fraction of one. Umami writes per cent."""
    found = number_or_none(node)
    if found is not None and not 0 <= found <= 100:
        raise node.wrong("a percentage")
    return None if found is None else float(found / 100)


def _silent(cohorts: dict[date, int], scene: Scene) -> Iterator[Row]:
    """Past days on which nobody returned, and days on which nobody came for the first time."""
    if scene.window is None:
        return
    for shown in scene.missing(set(cohorts), "day"):
        yield _cohort(shown, 0, 0, 0, None)
    _first, last = span(scene.window, scene.place, scene.until)
    for shown, visitors in cohorts.items():
        for day in range(min(LAST_DAY, (last - shown).days) + 1):
            yield _cohort(shown, day, visitors, 0, 0.0 if visitors else None)


def revenue(answer: Node, scene: Scene) -> ReportAnswer:
    """Measures ("total", …), a table `chart` keyed `date|event`, and one table for each given origin.

    The measures have the names that Umami's own page shows, because its API's names, such as `unique_count`, are
    unclear.
    """
    currency = str(scene.asked.parameters["currency"])
    notes: list[Note] = []
    chart = _chart(answer.get("chart"), scene, currency, notes)
    tables = [chart, _by_name(answer.get("country"), ("name",), currency, notes)]
    for name, columns in (("region", ("country", "name")), ("referrer", ("name",)), ("channel", ("name",))):
        if answer.get(name).missing:
            notes.append(NOT_GIVEN(name))
        else:
            tables.append(_by_name(answer.get(name), columns, currency, notes))
    measures = _revenue_measures(answer.get("total"), scene, notes)
    return ReportAnswer(measures, tuple(tables), tuple(dict.fromkeys(notes)))


def _revenue_measures(found: Node, scene: Scene, notes: list[Note]) -> tuple[Measure, ...]:
    """Without a sale, the sum is null. The averages are 0 then, which is an average of nothing, so they become null
    too.
    """
    currency = str(scene.asked.parameters["currency"])
    sales, customers = count(found.get("count")), count(found.get("unique_count"))
    amount = number_or_none(found.get("sum"))
    whole = None if amount is None else money(amount, currency, "total", notes)
    average = money(number(found.get("average")), currency, "", []) if sales else None
    return (
        total("revenue", Kind.MONEY, whole, "nothing was sold", currency),
        total("transactions", Kind.INT, sales),
        total("unique_customers", Kind.INT, customers),
        total("average", Kind.MONEY, average, "nothing was sold", currency),
        *_per_session(found, scene, currency, notes),
    )


def _per_session(found: Node, scene: Scene, currency: str, notes: list[Note]) -> Iterator[Measure]:
    """Umami counts the sessions of the whole site whatever the filters are, so they are no measure of a part of it."""
    if found.get("total_sessions").missing:
        return
    sessions = count(found.get("total_sessions"))
    if scene.asked.filters:
        notes.append(NO_SESSIONS())
        return
    arpu = money(number(found.get("arpu")), currency, "", []) if sessions else None
    yield total("sessions", Kind.INT, sessions)
    yield total("revenue_per_session", Kind.MONEY, arpu, "nobody came", currency)


def _chart(listed: Node, scene: Scene, currency: str, notes: list[Note]) -> Table:
    rows: list[tuple[Node, Row]] = []
    seen: dict[str, set[date]] = {}
    for node in listed.items():
        shown, event = local(node.get("t"), scene.place), node.get("x").text()
        sold = None if node.get("count").missing else count(node.get("count"))
        seen.setdefault(event, set()).add(shown.date())
        amount = money(number(node.get("y")), currency, "chart", notes)
        rows.append((node, _bucket(shown, event, amount, sold, currency, scene)))
    for event, days in seen.items():
        empty = [datetime.combine(day, datetime.min.time()) for day in scene.missing(days, scene.unit)]
        rows += [(listed, _bucket(shown, event, 0, 0, currency, scene)) for shown in empty]
    return rows_table("chart", (begin_column(scene.unit), *CHART), rows)


def _bucket(shown: datetime, event: str, amount: int, sold: int | None, currency: str, scene: Scene) -> Row:
    return Row(f"{_bucket_key(shown, scene)}|{event}", (_begin(shown, scene), event, amount, currency, sold))


def _within_days(scene: Scene) -> bool:
    return scene.unit in _WITHIN_DAYS


def begin_column(unit: str) -> Column:
    """The column of the beginning of a chart's bucket."""
    return _AT if unit in _WITHIN_DAYS else _DATE


def _begin(shown: datetime, scene: Scene) -> Cell:
    return instant(shown, scene.place) if _within_days(scene) else shown.date().isoformat()


def _bucket_key(shown: datetime, scene: Scene) -> str:
    """A day, or for shorter units the minute in local time."""
    return shown.isoformat(timespec="minutes") if _within_days(scene) else shown.date().isoformat()


def _by_name(listed: Node, names: tuple[str, ...], currency: str, notes: list[Note]) -> Table:
    """A null referrer and an empty one both mean direct, so they are one row."""
    found = (
        (tuple(name_or_none(node.get(name)) for name in names), number(node.get("value"))) for node in listed.items()
    )
    amounts = {of: money(amount, currency, str(listed.step), notes) for of, amount in merged(found, Decimal(0)).items()}
    instead = DIRECT if listed.step == "referrer" else NOT_SET
    rows = [
        (listed, Row(key(*of), (*(text_cell(name, instead) for name in of), amount, currency)))
        for of, amount in amounts.items()
    ]
    return rows_table(str(listed.step), BY_REGION if len(names) > 1 else BY_NAME, rows)


def performance(answer: Node, scene: Scene) -> ReportAnswer:
    """Percentiles in milliseconds; those of `cls` (a number without unit) in thousandths. Both are rounded."""
    metric = str(scene.asked.parameters["metric"])
    summary = answer.get("summary")
    measured = count(summary.get("count"))
    measures = [total("measured", Kind.INT, measured)]
    for name in ("lcp", "inp", "cls", "fcp", "ttfb"):
        cells = _speeds(summary.get(name), name)
        for percentile, value in zip(_PERCENTILES, cells, strict=True):
            known = value if measured else None
            measures.append(Measure((_unit(name), percentile), Kind.INT, known, None, _unmeasured(known)))
    tables = [_speed_chart(answer.get("chart"), scene, metric)]
    for name, table_id in (("pages", "pages"), ("pageTitles", "page_titles"), ("devices", ""), ("browsers", "")):
        tables.append(rows_table(table_id or name, SPEED_BY_NAME, _speed_rows(answer.get(name), metric)))
    return ReportAnswer(tuple(measures), tuple(tables))


def _unmeasured(value: int | None) -> str | None:
    return "nothing was measured" if value is None else None


def _unit(metric: str) -> str:
    return "cls_thousandths" if metric == "cls" else f"{metric}_ms"


def _speeds(node: Node, metric: str) -> tuple[int | None, ...]:
    """Umami writes 0 for a metric that was never sent. Only a layout that never shifts has three true zeros."""
    factor = Decimal(1000 if metric == "cls" else 1)
    found = [number_or_none(node.get(name)) for name in _PERCENTILES]
    for name, value in zip(_PERCENTILES, found, strict=True):
        if value is not None and value < 0:
            raise node.get(name).wrong("a length of time")
    if metric != "cls" and not any(found):
        return (None,) * len(_PERCENTILES)
    return tuple(
        None if value is None else int((value * factor).quantize(Decimal(1), ROUND_HALF_EVEN)) for value in found
    )


def _speed_chart(listed: Node, scene: Scene, metric: str) -> Table:
    rows = []
    for node in listed.items():
        shown = local(node.get("t"), scene.place)
        cells = (_begin(shown, scene), *_speeds(node, metric))
        rows.append((node, Row(_bucket_key(shown, scene), cells)))
    return rows_table("chart", (begin_column(scene.unit), *SPEED), rows)


def _speed_rows(listed: Node, metric: str) -> Iterable[tuple[Node, Row]]:
    for node in listed.items():
        name = name_or_none(node.get("name"))
        cells: tuple[Cell, ...] = (text_cell(name, NOT_SET), *_speeds(node, metric), count(node.get("count")))
        yield node, Row(key(node.get("name").text_or_none()), cells)
