"""`for_each:` and `on:` of a rule: what it has one alert for."""

from dataclasses import dataclass
from typing import Any

from worker.adapters.definitions.alert_model import AlertShape, GroupsShape
from worker.adapters.definitions.items import Report
from worker.adapters.definitions.place import Path, Sheet
from worker.adapters.definitions.shapes import read
from worker.adapters.definitions.words import advice, described
from worker.domain.alert.rule import ChangeKind, Form
from worker.domain.expression import Columns
from worker.domain.snapshot.opportunity import COLUMNS, TABLE
from worker.domain.snapshot.snapshot import Column, Kind
from worker.domain.snapshot.values import KEY

OPPORTUNITY: Columns = {column.name: column.kind for column in (KEY, *COLUMNS)}
BY_ID = {"owner": "owner_id", "stage": "stage_id", "pipeline": "pipeline_id", "lead": "lead_id"}
"""Two people may share a name, so that rows are grouped by the id behind it."""


@dataclass(frozen=True, slots=True)
class Target:
    """The fields of Rule with the same names. `deals`: its rows are opportunities. `columns`, `measures`: None if an
    answer decides them.
    """

    form: Form
    query: str
    table: str = ""
    by: str = ""
    change: ChangeKind | None = None
    deals: bool = False
    columns: Columns | None = None
    measures: Columns | None = None


def target(sheet: Sheet, path: Path, piece: AlertShape, asked: Report, *, sound: bool) -> Target | None:
    """None after a complaint. Of a piece that is not `sound`, a refused key may have been meant as the missing one."""
    both = piece.has("for_each"), piece.has("on")
    if all(both):
        sheet.complain((*path, "on"), "`on` beside `for_each`", "keep one of the two", key=True)
        return None
    if not any(both):
        if sound:
            found = "an alert without `for_each` and `on`"
            sheet.complain(path, found, "write `for_each: QUERY`, or `on: QUERY` for the query as a whole")
        return None
    if piece.has("on"):
        return _made(sheet, (*path, "on"), piece.on, "", asked, Form.QUERY)
    return _each(sheet, (*path, "for_each"), piece.for_each, asked)


def _each(sheet: Sheet, path: Path, value: Any, asked: Report) -> Target | None:
    if isinstance(value, dict):
        return _groups(sheet, path, value, asked)
    if not isinstance(value, str):
        sheet.complain(path, f"`for_each` with {described(value)}", "write a query, or `{rows: QUERY, by: owner}`")
        return None
    query, dot, table = str(value).partition(".")
    if dot and not table:
        found = f"`for_each` with {described(value)}, which names no table"
        sheet.complain(path, found, f"write `{query}`, or a table behind the dot")
        return None
    if table in set(ChangeKind):
        return _made(sheet, path, query, "", asked, Form.CHANGES, change=ChangeKind(table))
    return _made(sheet, path, query, table, asked, Form.ROWS)


def _groups(sheet: Sheet, path: Path, value: dict[str, Any], asked: Report) -> Target | None:
    piece = read(GroupsShape, value, sheet, path).piece
    if piece is None:
        return None
    by = BY_ID.get(piece.by, piece.by)
    made = _made(sheet, (*path, "rows"), piece.rows, "", asked, Form.GROUPS, by=by)
    if made is None or made.columns is None:
        return made
    able = [name for name, kind in made.columns.items() if kind in (Kind.TEXT, Kind.ID)]
    if by not in able:
        wrong = "holds no text and no id" if by in made.columns else "is no column"
        found = f"`by` with {described(piece.by)}, which {wrong}"
        sheet.complain((*path, "by"), found, advice(piece.by, [*BY_ID, *able]))
    return made


def _made(
    sheet: Sheet,
    path: Path,
    query: str,
    table: str,
    asked: Report,
    form: Form,
    *,
    by: str = "",
    change: ChangeKind | None = None,
) -> Target | None:
    if query not in asked.names:
        found = f"`{path[-1]}` with {described(query)}, which is no item of `report`"
        sheet.complain(path, found, advice(query, asked.names, "write the item first"))
        return None
    if query not in asked.specs:
        return None
    spec = asked.specs[query]
    main = table in ("", TABLE) and spec.lists_opportunities
    if form is not Form.QUERY and not table and not spec.lists:
        expected = f"write `{query}.TABLE`, or `on: {query}` for its measures"
        sheet.complain(path, f"`{query}`, which is no list", expected)
        return None
    sliced = [param.name for param in spec.params if param.cuts and param.name in asked.items[query].params]
    if change is not None and sliced:
        found = f"`{query}.{change}`, while `{sliced[0]}` cuts the list: nothing joins or leaves a part of a list"
        sheet.complain(path, found, f"leave `{sliced[0]}` out, or write `for_each: {query}`")
        return None
    tables = spec.rule_tables
    if table and not main and tables is not None and table not in tables:
        found = f"`{path[-1]}` with {described(f'{query}.{table}')}, whose answer has no table of this name"
        known = [f"{query}.{name}" for name in (*tables, *ChangeKind)]
        sheet.complain(path, found, advice(f"{query}.{table}", known))
        return None
    columns = OPPORTUNITY if main else _columns(tables.get(table, ())) if table and tables is not None else None
    return Target(form, query, "" if main else table, by, change, spec.lists_opportunities, columns, spec.measures)


def _columns(of: tuple[Column, ...]) -> Columns:
    return {column.name: column.kind for column in (KEY, *of)}
