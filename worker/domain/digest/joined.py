"""Tables of several queries as one, row by row: for example visitors and revenue by origin, or open deals by stage and
how long deals stay there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.domain.digest.layout import FIGURES
from worker.domain.digest.sections import FigurePlace, Layout, TableSection
from worker.domain.digest.table_rows import Cells, Listing, in_order
from worker.domain.snapshot.presentation import TableRule
from worker.domain.snapshot.snapshot import Cell, Column, Kind

NAME = Column("name", Kind.TEXT)
POSITION = Column("position", Kind.INT)

Part = tuple[TableRule, Listing]
Source = tuple[int, int]
"""The number of a part, and the place of a column in it."""


@dataclass(frozen=True, slots=True)
class _Joined:
    """The columns of the joined table, and where each comes from; None for the name and the position, which any part
    may have.
    """

    columns: tuple[Column, ...]
    sources: tuple[Source | None, ...]
    layout: Layout


def joined(name: str, parts: Sequence[Part]) -> TableSection:
    """Counts stand before amounts, and amounts decide the order, unless every table has an order of its own: then rows
    stand by their position. A row that one of the tables lacks has 0 there, unless its service leaves rows out of that
    table: then the value is unknown. Each figure is compared with what its own table is compared with.
    """
    made = _made(parts)
    keys = tuple(dict.fromkeys(key for _, rows in parts for key in rows.keys))
    compared = any(rows.earlier is not None for _, rows in parts)
    listed = Listing(
        columns=made.columns,
        keys=keys,
        rows=tuple(_row(parts, made, key) for key in keys),
        earlier={key: _row(parts, made, key, before=True) for key in keys} if compared else None,
    )
    rows = in_order(listed, _order(parts, made.columns))
    of_days = next((rows for _, rows in parts if rows.window is not None), parts[0][1])
    return TableSection(
        query_id="",
        table_id=name,
        columns=made.columns,
        rows=rows.rows,
        limit=min(rule.rows for rule, _ in parts),
        layout=made.layout,
        before=rows.before,
        window=of_days.window,
        compared=of_days.compared if compared else None,
        title=f"table.{name}",
    )


def _order(parts: Sequence[Part], columns: Sequence[Column]) -> list[str]:
    if all(rule.order for rule, _ in parts):
        return [POSITION.name]
    amounts = [column for column in columns if column.kind is Kind.MONEY]
    counts = [column for column in columns if column.kind is Kind.INT and column != POSITION]
    return [f"-{column.name}" for column in (*amounts, *counts)]


def _made(parts: Sequence[Part]) -> _Joined:
    figures: list[tuple[Column, Source]] = []
    beside: list[tuple[Column, Source]] = []
    for at, (rule, rows) in enumerate(parts):
        places = {column.name: place for place, column in enumerate(rows.columns)}
        for name in (figure.column for figure in rule.figures if figure.column in places):
            column = rows.columns[places[name]]
            called = Column(rule.called.get(name, name), column.kind, sum=column.sum)
            figures.append((called, (at, places[name])))
        further = [*rule.details, *rule.upto.values()]
        beside += [(rows.columns[places[name]], (at, places[name])) for name in further if name in places]
        if "currency" in places and all(column.name != "currency" for column, _ in beside):
            beside.append((rows.columns[places["currency"]], (at, places["currency"])))
    figures.sort(key=lambda one: one[0].kind is Kind.MONEY)
    columns = (NAME, *(column for column, _ in (*figures, *beside)), POSITION)
    sources = (None, *(source for _, source in (*figures, *beside)), None)
    return _Joined(columns, sources, _layout(parts, columns, len(figures)))


def _layout(parts: Sequence[Part], columns: Sequence[Column], figures: int) -> Layout:
    places = {column.name: place for place, column in enumerate(columns)}
    details = [name for rule, _ in parts for name in rule.details if name in places]
    ranges = [(low, high) for rule, _ in parts for low, high in rule.upto.items() if {low, high} <= places.keys()]
    return Layout(
        0,
        tuple(places[name] for name in details),
        tuple(FigurePlace(place) for place in range(1, 1 + min(figures, FIGURES))),
        tuple((places[low], places[high]) for low, high in ranges),
        next((places[rule.bars] for rule, _ in parts if rule.bars in places), None),
    )


def _row(parts: Sequence[Part], made: _Joined, key: str, *, before: bool = False) -> Cells:
    cells: list[Cell] = []
    for source, column in zip(made.sources, made.columns, strict=True):
        if source is None:
            cells.append(_own(parts, key, column))
        elif column.name == "currency":
            cells.append(_currency(parts[source[0]][1], source[1]))
        else:
            cells.append(_cell(*parts[source[0]], key, source[1], before=before))
    return tuple(cells)


def _own(parts: Sequence[Part], key: str, column: Column) -> Cell:
    """The name or the position of a row: of the last table that has the row."""
    found: Cell = None
    for rule, rows in parts:
        wanted = rule.name if column == NAME else column.name
        place = next((at for at, one in enumerate(rows.columns) if one.name == wanted), None)
        found = rows.now()[key][place] if place is not None and key in rows.keys else found
    return found


def _currency(rows: Listing, place: int) -> Cell:
    """One for the whole table: a joined row that has no amount has a zero of it."""
    return next((row[place] for row in rows.rows if row[place]), None)


def _cell(rule: TableRule, rows: Listing, key: str, place: int, *, before: bool) -> Cell:
    if before and rows.earlier is None:
        return None
    known, whole = ((rows.earlier or {}), rows.earlier_whole) if before else (rows.now(), rows.whole)
    absent = 0 if whole and not rule.partial else None
    return known[key][place] if key in known else absent
