"""A table as lines of plain text, at most 64 columns wide: a number beside its change, details below a name."""

from worker.rendering.numbers import NONE
from worker.rendering.page.table_view import CellView, RowView, TableView
from worker.rendering.text_table import TEXT_WIDTH, clip, grid, indented, width
from worker.sanitize import isolate

INDENT = 2
NAME = 24


def table_lines(view: TableView) -> list[str]:
    """With its heads, as a grid. If it is wider than a line, counts are printed below the name; as the last resort,
    every cell has its own line.
    """
    if not view.rows:
        return []
    for below in (False, True):
        lines = _grid(view, below=below)
        if max(map(width, lines)) <= TEXT_WIDTH:
            return lines
    return _stacked(view)


def _grid(view: TableView, *, below: bool) -> list[str]:
    """`below`: counts are printed in the line below the name."""
    changes = [any(row.cells[at].changes for row in view.rows) for at in range(len(view.rows[0].cells))]
    heads = [view.heads[0]]
    for head, changed in zip(view.heads[1:], changes, strict=True):
        heads += [head, view.change] if changed else [head]
    rows = [[clip(row.name, NAME), *_cells(row, changes, below=below)] for row in view.rows]
    lines = grid([heads, *rows], (1, *[-1] * (len(heads) - 1)))
    told = [" " * INDENT + lines[0]]
    for row, line in zip(view.rows, lines[1:], strict=True):
        told += [" " * INDENT + "-" * max(map(width, lines))] if row.total else []
        told.append(" " * INDENT + line)
        counts = [cell.under for cell in row.cells if below and cell.under and not cell.changes]
        detail = " · ".join(part for part in (row.detail, *counts) if part)
        told += indented(isolate(detail), INDENT + 2).split("\n") if detail else []
    return told


def _cells(row: RowView, changes: list[bool], *, below: bool) -> list[str]:
    told: list[str] = []
    for cell, changed in zip(row.cells, changes, strict=True):
        told += [cell.value, cell.under] if changed else [cell.value if below else _with_count(cell)]
    return told


def _with_count(cell: CellView) -> str:
    return f"{cell.value} ({cell.under})" if cell.under not in ("", NONE) else cell.value


def _stacked(view: TableView) -> list[str]:
    told = []
    for row in view.rows:
        told += indented(isolate(row.name), INDENT).split("\n")
        told += indented(isolate(row.detail), INDENT + 2).split("\n") if row.detail else []
        for head, cell in zip(view.heads[1:], row.cells, strict=True):
            told += indented(f"{head}: {cell.line}", INDENT + 2).split("\n")
    return told
