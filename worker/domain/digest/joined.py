"""Tables of several queries as one, row by row: what each origin brought in visitors and in revenue."""

from collections.abc import Sequence

from worker.domain.digest.layout import FIGURES
from worker.domain.digest.sections import FigurePlace, Layout, TableSection
from worker.domain.digest.table_rows import Cells, Listing, in_order
from worker.domain.snapshot.presentation import TableRule
from worker.domain.snapshot.snapshot import Cell, Column, Kind

NAME = Column("name", Kind.TEXT)


def joined(name: str, parts: Sequence[tuple[TableRule, Listing]]) -> TableSection:
    """Counts stand before amounts, and amounts decide the order. A row that one of the tables lacks has 0 there, unless
    its service leaves rows out of that table: then nothing is known.
    """
    columns, sources = _columns(parts)
    keys = tuple(dict.fromkeys(key for _, rows in parts for key in rows.keys))
    compared = all(rows.earlier is not None for _, rows in parts)
    listed = Listing(
        columns=columns,
        keys=keys,
        rows=tuple(_row(parts, sources, key, columns) for key in keys),
        earlier={key: _row(parts, sources, key, columns, before=True) for key in keys} if compared else None,
    )
    amounts = [column for column in columns if column.kind is Kind.MONEY]
    counts = [column for column in columns if column.kind is Kind.INT]
    rows = in_order(listed, [f"-{column.name}" for column in (*amounts, *counts)])
    figures = tuple(FigurePlace(place) for place, one in enumerate(columns) if one.kind in (Kind.INT, Kind.MONEY))
    return TableSection(
        query_id="",
        table_id=name,
        columns=columns,
        rows=rows.rows,
        limit=min(rule.rows for rule, _ in parts),
        layout=Layout(0, (), figures[:FIGURES]),
        before=rows.before,
        window=parts[0][1].window,
        compared=parts[0][1].compared if compared else None,
        title=f"table.{name}",
    )


def _columns(parts: Sequence[tuple[TableRule, Listing]]) -> tuple[tuple[Column, ...], list[tuple[int, int] | None]]:
    """The columns of the joined table, and for each the part and the place that it comes from (None: the name)."""
    found: list[tuple[Column, tuple[int, int]]] = []
    currency: list[tuple[Column, tuple[int, int]]] = []
    for at, (rule, rows) in enumerate(parts):
        places = {column.name: place for place, column in enumerate(rows.columns)}
        for figure in rule.figures:
            if figure.column in places:
                column = rows.columns[places[figure.column]]
                called = Column(rule.called.get(column.name, column.name), column.kind, sum=column.sum)
                found.append((called, (at, places[figure.column])))
        if "currency" in places and not currency:
            currency.append((rows.columns[places["currency"]], (at, places["currency"])))
    found.sort(key=lambda one: one[0].kind is Kind.MONEY)
    told = [*found, *currency]
    return (NAME, *(column for column, _ in told)), [None, *(source for _, source in told)]


def _row(
    parts: Sequence[tuple[TableRule, Listing]],
    sources: Sequence[tuple[int, int] | None],
    key: str,
    columns: Sequence[Column],
    *,
    before: bool = False,
) -> Cells:
    cells: list[Cell] = []
    for source, column in zip(sources, columns, strict=True):
        if source is None:
            cells.append(_name(parts, key))
        elif column.name == "currency":
            cells.append(_currency(parts[source[0]][1], source[1]))
        else:
            cells.append(_cell(*parts[source[0]], key, source[1], before=before))
    return tuple(cells)


def _name(parts: Sequence[tuple[TableRule, Listing]], key: str) -> Cell:
    """Of the last table that has the row."""
    found: Cell = None
    for rule, rows in parts:
        place = next(at for at, column in enumerate(rows.columns) if column.name == rule.name)
        found = rows.now()[key][place] if key in rows.keys else found
    return found


def _currency(rows: Listing, place: int) -> Cell:
    """One for the whole table: a joined row that has no amount has a zero of it."""
    return next((row[place] for row in rows.rows if row[place]), None)


def _cell(rule: TableRule, rows: Listing, key: str, place: int, *, before: bool) -> Cell:
    known, whole = ((rows.earlier or {}), rows.earlier_whole) if before else (rows.now(), rows.whole)
    absent = 0 if whole and not rule.partial else None
    return known[key][place] if key in known else absent
