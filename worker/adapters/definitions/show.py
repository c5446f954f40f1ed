"""`show:` of a report's item: its tables and columns must be those of the query's answer."""

from collections.abc import Iterable

from worker.adapters.definitions.model import ShowShape
from worker.adapters.definitions.place import Path, Sheet
from worker.adapters.definitions.words import advice, described, listed
from worker.domain.schedule import Show
from worker.domain.snapshot.opportunity import COLUMNS
from worker.domain.snapshot.opportunity import TABLE as OPPORTUNITIES
from worker.ports.kinds import AnswerTables, QuerySpec
from worker.ports.rules import ReadParams, UnreadParam

KEY = "key"
"""Rows can be sorted by it, and it is no column of the answer."""

_OF_DEALS = tuple(column.name for column in COLUMNS)


def show(sheet: Sheet, path: Path, shown: ShowShape, spec: QuerySpec, params: ReadParams) -> Show:
    """`path`: of the item. Nothing is said of a query whose tables nobody knows before its answer."""
    known = _tables(spec, params)
    at = (*path, "show")
    if known:
        _named(sheet, (*at, "tables"), shown.tables, known, f"which is no table of `{spec.name}`")
    columns = _columns(spec, known, shown.tables)
    if columns:
        of = f" of {listed(f'`{name}`' for name in shown.tables)}" if shown.tables else ""
        _check_columns(sheet, at, shown, columns, f"which is no column{of}")
    return Show(shown.order_by or None, shown.limit, shown.tables, shown.columns)


def show_of_deals(sheet: Sheet, path: Path, shown: ShowShape) -> None:
    """Of an item whose query is not known: most list deals."""
    _check_columns(sheet, (*path, "show"), shown, _OF_DEALS, "which is no column")


def _check_columns(sheet: Sheet, at: Path, shown: ShowShape, columns: tuple[str, ...], wrong: str) -> None:
    _named(sheet, (*at, "columns"), shown.columns, columns, wrong)
    order = shown.order_by.removeprefix("-")
    if order and order not in (KEY, *columns):
        found = f"`order_by` with {described(shown.order_by)}, {wrong}"
        sheet.complain((*at, "order_by"), found, advice(order, columns))


def _tables(spec: QuerySpec, params: ReadParams) -> AnswerTables:
    try:
        return spec.tables_of(params)
    except UnreadParam:
        return {}


def _columns(spec: QuerySpec, tables: AnswerTables, named: Iterable[str]) -> tuple[str, ...]:
    """Of a list of deals its own: `order_by` and `columns` speak of no other table beside it. Else of the tables that
    are named, or of all.
    """
    if spec.lists_opportunities:
        return tables.get(OPPORTUNITIES, _OF_DEALS)
    chosen = [tables[name] for name in named if name in tables] or list(tables.values())
    return tuple(dict.fromkeys(name for columns in chosen for name in columns))


def _named(sheet: Sheet, path: Path, names: Iterable[str], known: Iterable[str], wrong: str) -> None:
    for index, name in enumerate(names):
        if name not in known:
            found = f"`{path[-1]}` with {described(name)}, {wrong}"
            sheet.complain((*path, index), found, advice(name, known))
