"""Columns of a plain-text mail, aligned by display width: an East Asian character takes two columns, a combining mark
none.

At least two blanks separate two cells, so that numbers stay apart and every line can be split again.
"""

from collections.abc import Sequence

from wcwidth import iter_graphemes, wcswidth, wrap

from worker.sanitize import clean, isolate, plain

TEXT_WIDTH = 64
GAP = 2


def width(text: str) -> int:
    """The display width of a text. A text that wcwidth cannot measure is counted in characters."""
    measured = wcswidth(text)
    return measured if measured >= 0 else len(text)


def clip(name: str, most: int) -> str:
    """A name for a column, at most `most` wide (the last character an ellipsis), isolated if it is written right to
    left.
    """
    text = clean(name, most)
    if width(text) > most:
        kept = ""
        for grapheme in iter_graphemes(text):
            if width(kept + grapheme) > most - 1:
                break
            kept += grapheme
        text = kept.rstrip() + "…"
    return isolate(text)


def columns(cells: Sequence[str], widths: Sequence[int]) -> str:
    """One line of a text table: positive widths align left, negative ones right. A longer cell takes more width."""
    return grid([cells], widths)[0]


def grid(rows: Sequence[Sequence[str]], widths: Sequence[int]) -> list[str]:
    """The lines of a text table. `widths`: the minimum for each column, positive ones align left, negative ones right.
    A column grows with its longest cell, and with it all lines.
    """
    cells = [[plain(cell) for cell in row] for row in rows]
    places = [max([abs(least), *(width(row[at]) for row in cells)]) for at, least in enumerate(widths)]
    gaps = [max([0, *(GAP - _space_left(row, at, places, widths) for row in cells)]) for at in range(len(widths))]
    return [_line(row, places, gaps, widths) for row in cells]


def records(heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int], indent: int) -> list[str]:
    """A table with its heads, as a grid. A row that would make it wider than a line is printed cell by cell, each with
    its head. All rows are printed that way if each one fits only by itself.
    """
    short = [row for row in rows if _fits(grid([heads, row], widths), indent)]
    lines = grid([heads, *short], widths)
    if not short or not _fits(lines, indent):
        return [line for row in rows for line in _stacked(heads, row, indent)]
    printed = iter(" " * indent + line for line in lines)
    told = [next(printed)]
    for row in rows:
        told += [next(printed)] if row in short else _stacked(heads, row, indent)
    return told


def _fits(lines: Sequence[str], indent: int) -> bool:
    return max(map(width, lines)) + indent <= TEXT_WIDTH


def _space_left(row: Sequence[str], at: int, places: Sequence[int], widths: Sequence[int]) -> int:
    """Blanks between a cell and the previous non-empty cell; GAP if one of the two is missing."""
    if not row[at]:
        return GAP
    blanks = places[at] - width(row[at]) if widths[at] < 0 else 0
    for before in range(at - 1, -1, -1):
        if row[before]:
            return blanks + (places[before] - width(row[before]) if widths[before] > 0 else 0)
        blanks += places[before]
    return GAP


def _line(row: Sequence[str], places: Sequence[int], gaps: Sequence[int], widths: Sequence[int]) -> str:
    pieces = []
    for cell, wide, gap, least in zip(row, places, gaps, widths, strict=True):
        blanks = " " * (wide - width(cell))
        pieces += [" " * gap, cell + blanks if least > 0 else blanks + cell]
    return "".join(pieces).rstrip()


def _stacked(heads: Sequence[str], row: Sequence[str], indent: int) -> list[str]:
    told = [indented(row[0], indent)]
    told += [indented(f"{head}: {cell}", indent + 2) for head, cell in zip(heads[1:], row[1:], strict=True) if cell]
    return "\n".join(told).split("\n")


def indented(text: str, by: int) -> str:
    """Text for plain-text mails, wrapped at column 64 and indented by `by`. Text joined by a no-break space stays in
    one line. A right-to-left name that continues in the next line is isolated in both.
    """
    blanks = " " * by
    lines, begun = [], False
    for whole in wrap(text, TEXT_WIDTH - by):
        line = plain(whole)
        opened = f"\u2068{line}" if begun else line
        begun = opened.count("\u2068") > opened.count("\u2069")
        lines.append(f"{blanks}{opened}\u2069" if begun else f"{blanks}{opened}")
    return "\n".join(lines)
