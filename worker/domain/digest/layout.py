"""Which cells of a table are printed: as its source says, as `show` chooses, or as its columns suggest."""

from collections.abc import Sequence

from worker.domain.digest.sections import FigurePlace, Layout
from worker.domain.snapshot.presentation import FigureColumn, TableRule
from worker.domain.snapshot.snapshot import Cell, Column, Kind

DEALS = TableRule(
    "title",
    (FigureColumn("annual"), FigureColumn("updated_at")),
    details=("owner", "stage", "expected_close"),
    order=("-annual",),
    rows=10,
)
"""Of a list of deals: value and days without an update; below the name its owner, stage and closing date."""

NUMBERS = frozenset({Kind.INT, Kind.MONEY, Kind.RATIO, Kind.SECONDS})
_DAYS = frozenset({Kind.DATE, Kind.INSTANT})
_NAMES = frozenset({Kind.TEXT}) | _DAYS
_NEVER = frozenset({"currency", "position", "stage_order", "url"})
"""Columns that are not printed: a currency is printed with its amount, and a position says no more than the order of
the rows.
"""

FIGURES = 2
SHADED = 5
DETAILS = 4


def ruled(columns: Sequence[Column], rule: TableRule) -> Layout:
    """As the source says. A column that the answer lacks is left out."""
    places = {column.name: place for place, column in enumerate(columns)}
    most = SHADED if rule.shaded else FIGURES
    figures = [one for one in rule.figures if one.column in places][:most]
    return Layout(
        places.get(rule.name),
        tuple(places[name] for name in rule.details if name in places),
        tuple(FigurePlace(places[one.column], places.get(one.under), places.get(one.of)) for one in figures),
        tuple((places[low], places[high]) for low, high in rule.upto.items() if low in places and high in places),
        places.get(rule.bars),
    )


def chosen(columns: Sequence[Column], names: Sequence[str]) -> Layout:
    """As `show: {columns: […]}` says: the first text column names the row, the first two number columns are printed
    next to it.
    """
    places = {column.name: place for place, column in enumerate(columns)}
    return _laid(columns, [places[name] for name in names if name in places])


def suggested(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> Layout:
    """No id beside a text, nothing that is empty or the same in every row, at most two numbers and four details."""
    named = any(column.kind is Kind.TEXT for column in columns)
    printed = [
        place
        for place, column in enumerate(columns)
        if column.name not in _NEVER
        and not (column.kind is Kind.ID and named)
        and column.kind is not Kind.BOOL
        and _differs([row[place] for row in rows if place < len(row)])
    ]
    if not any(columns[place].kind in _NAMES or columns[place].kind is Kind.ID for place in printed):
        first = next((place for place, column in enumerate(columns) if column.kind in _NAMES), None)
        printed = printed if first is None else [first, *printed]
    layout = _laid(columns, printed)
    return Layout(layout.name, layout.details[:DETAILS], layout.figures)


def _laid(columns: Sequence[Column], printed: Sequence[int]) -> Layout:
    named = [place for place in printed if columns[place].kind not in NUMBERS]
    figures = [place for place in printed if columns[place].kind in NUMBERS]
    details = [*named[1:], *figures[FIGURES:]]
    return Layout(named[0] if named else None, tuple(details), tuple(FigurePlace(one) for one in figures[:FIGURES]))


def _differs(cells: Sequence[Cell]) -> bool:
    known = [cell for cell in cells if cell is not None and cell != ""]
    return bool(known) and (len(cells) < 2 or len(set(cells)) > 1)
